"""When a session that was held was nearly missed, as a table. Times are minutes from the start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kepthour.core.ladder import Urgency
from kepthour.core.near_miss import Ground, NearMiss, Seen, near_miss
from kepthour.core.reminder import Reminder, State
from kepthour.core.response import Kind, Response
from kepthour.core.spells import Call
from kepthour.core.verdict import HELD, Because, Verdict

START = datetime(2026, 3, 2, 13, tzinfo=UTC)
LATE_AFTER = timedelta(minutes=2)
ON_TIME, LATE = Verdict.ON_TIME, Verdict.LATE
HERE, ACK, SNOOZE, JOIN, OUT = Kind.HERE, Kind.ACK, Kind.SNOOZE, Kind.JOIN, Kind.OUT
NOTHING = Seen()


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def rung(minutes: float, sent: float | None = None, urgency: Urgency = Urgency.CRITICAL) -> Reminder:
    """A rung that was due then, and went out then, or so many minutes from the start."""
    due, went = at(minutes), at(minutes if sent is None else sent)
    return Reminder(
        id=1, subject="s", session_id="s", revision=1, rung="x", offset=due - START, channel="c", urgency=urgency,
        due_at=due, useful_until=due, skip_in_session=False, state=State.ANSWERED, why=None, attempts=1, problem=None,
        not_before=due, claimed_at=None, sent_at=went, changed_at=None, reference=None,
    )  # fmt: skip


def said(*answers: tuple[Kind, float]) -> list[Response]:
    return [Response(kind, at(minutes), "cli") for kind, minutes in answers]


LADDER = [rung(-5, urgency=Urgency.HIGH), rung(-1), rung(0), rung(1)]


def judged(
    verdict: Verdict | None,
    answers: list[Response],
    ladder: list[Reminder] = LADDER,
    seen: Seen = NOTHING,
    because: Because = Because.CHECKED_IN,
) -> NearMiss | None:
    return near_miss(verdict, because, START, LATE_AFTER, answers, ladder, seen)


@pytest.mark.parametrize(
    ("answers", "sign", "reminder"),
    [
        (said((HERE, 1.2)), 1.2, 1),
        (said((HERE, -0.5)), -0.5, -1),
        (said((JOIN, 0.1), (HERE, 1.5)), 0.1, 0),
        (said((ACK, 0.5), (HERE, 1.5)), 0.5, 0),
        (said((SNOOZE, -0.9), (HERE, 0.5)), -0.9, -1),
    ],
)
def test_the_first_sign_after_a_reminder_of_the_last_minute_makes_one(
    answers: list[Response], sign: float, reminder: float
) -> None:
    assert judged(ON_TIME, answers) == NearMiss(Ground.SIGN, at(sign), at(reminder))


@pytest.mark.parametrize(
    "answers",
    [
        said((HERE, -1.1)),
        said((ACK, -7), (HERE, 1.5)),
        said((SNOOZE, -5), (HERE, 1.5)),
        said((JOIN, -60), (HERE, 1.5)),
        said((Kind.LATE, -2), (HERE, 1.5)),
    ],
)
def test_whoever_gave_a_sign_before_did_not_nearly_miss_it(answers: list[Response]) -> None:
    assert judged(ON_TIME, answers) is None


def test_only_a_critical_reminder_that_went_out_in_the_last_minute_counts() -> None:
    answers = said((HERE, 1.5))
    assert judged(ON_TIME, answers, [rung(-5, urgency=Urgency.HIGH), rung(0, urgency=Urgency.HIGH)]) is None
    assert judged(ON_TIME, answers, [rung(-2)]) is None
    assert judged(ON_TIME, answers, [rung(0, sent=1.6)]) is None
    assert judged(ON_TIME, answers, [rung(-2, sent=-0.5)]) == NearMiss(Ground.SIGN, at(1.5), at(-2))


def test_a_room_or_a_call_is_a_sign() -> None:
    answers = said((HERE, 1.5))
    for since in (Seen(at(-3)), Seen(call=Call(at(-3)))):
        assert judged(ON_TIME, answers, seen=since) is None
    assert judged(ON_TIME, [], seen=Seen(at(0.5)), because=Because.IN_THE_ROOM) == NearMiss(
        Ground.SIGN, at(0.5), at(0)
    )
    assert judged(ON_TIME, [], seen=Seen(call=Call(at(0.5))), because=Because.IN_A_CALL) == NearMiss(
        Ground.SIGN, at(0.5), at(0)
    )


@pytest.mark.parametrize("seen", [Seen(call=Call(None)), Seen(is_gone=True)], ids=["some call", "gone"])
def test_what_cannot_be_told_counts_for_the_therapist(seen: Seen) -> None:
    assert judged(ON_TIME, said((HERE, 1.5)), seen=seen) is None


def test_no_sign_at_all_is_no_late_one() -> None:
    """In a room where no device is touched, it is the therapist who says afterwards that it was held."""
    assert judged(ON_TIME, [], because=Because.SAID) is None
    assert judged(ON_TIME, said((OUT, 50)), because=Because.CHECKED_OUT) is None


@pytest.mark.parametrize(
    "answers", [said((ACK, -7), (HERE, 6)), said((HERE, 6)), said((JOIN, -3), (HERE, 6))]
)
def test_who_came_late_nearly_missed_it(answers: list[Response]) -> None:
    assert judged(LATE, answers, []) == NearMiss(Ground.PRESENCE, at(6))


def test_who_was_proven_there_at_the_very_limit_was_on_time_and_nearly_missed_it() -> None:
    assert judged(ON_TIME, said((ACK, -7), (HERE, 2))) == NearMiss(Ground.PRESENCE, at(2))
    assert judged(ON_TIME, said((ACK, -7), (HERE, 1.9))) is None


def test_who_came_late_did_so_when_the_evidence_is_gone_too() -> None:
    found = judged(LATE, [], seen=Seen(is_gone=True), because=Because.IN_THE_ROOM)
    assert found == NearMiss(Ground.PRESENCE, None)


@pytest.mark.parametrize("verdict", [None, *(one for one in Verdict if one not in HELD)])
def test_what_was_not_held_was_not_nearly_missed(verdict: Verdict | None) -> None:
    assert judged(verdict, said((HERE, 6))) is None


@pytest.mark.parametrize(("verdict", "is_one"), [(ON_TIME, False), (LATE, True), (Verdict.NEAR_MISS, True)])
def test_what_the_therapist_said_is_not_weighed_anew(verdict: Verdict, is_one: bool) -> None:
    found = judged(verdict, said((HERE, 1.5)), because=Because.SAID)
    assert found == (NearMiss(Ground.SAID) if is_one else None)
