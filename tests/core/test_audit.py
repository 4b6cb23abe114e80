"""What the auditor misses: each of its rules once kept, and once broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kepthour.core.audit import Gap, Open, gaps
from kepthour.core.ladder import Urgency
from kepthour.core.reminder import Reminder, State, Why
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BEFORE = START - 30 * MINUTE
DURING = START + 10 * MINUTE
AFTER = START + 18 * MINUTE  # the deadline is at +15 min


def rung(minutes: int, state: State = State.PENDING, why: Why | None = None, **more: object) -> Reminder:
    due = START + minutes * MINUTE
    made = Reminder(
        id=minutes, subject="one", session_id="one", revision=1, rung=f"{minutes:+}m", offset=minutes * MINUTE,
        channel="screen", urgency=Urgency.HIGH, due_at=due, useful_until=START + 15 * MINUTE, skip_in_session=False,
        state=state, why=why, attempts=0, problem=None, not_before=due, claimed_at=None, sent_at=None, changed_at=None,
        reference=None,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def question(state: State = State.SENT) -> Reminder:
    return replace(rung(15, state), rung="question", offset=None)


def session(
    *ladder: Reminder,
    verdict: Verdict | None = None,
    by: str = "daemon",
    answers: frozenset[Kind] = frozenset(),
) -> Open:
    return Open(START, START + 15 * MINUTE, verdict, by if verdict else None, answers, ladder)


TO_COME = (rung(-15), rung(0))
OUT = (rung(-15, State.SENT, Why.ACCEPTED), rung(0, State.SENT, Why.ACCEPTED))
HERE = frozenset({Kind.HERE})
CUE = rung(-29, rung="opening-cue")


def refused(attempts: int, state: State = State.PENDING) -> Reminder:
    return rung(0, state, problem="refused", attempts=attempts, not_before=DURING + MINUTE)


@pytest.mark.parametrize(
    ("found", "what", "now"),
    [
        ([], session(*TO_COME), BEFORE),
        ([Gap.NO_LADDER], session(), BEFORE),
        ([], session(), START - MINUTE),  # it was added just now, perhaps
        ([], session(question(State.PENDING), *TO_COME), BEFORE),
        ([Gap.NO_LADDER], session(question(State.PENDING)), BEFORE),  # a question is no ladder
        ([Gap.NO_LADDER], session(CUE), BEFORE),  # nor is an opening cue
        ([], session(CUE, *TO_COME), BEFORE),
        ([], session(rung(0, State.SUPERSEDED, Why.CHECKED_IN), answers=HERE), BEFORE),
        ([Gap.SILENCED], session(rung(0, State.SUPERSEDED, Why.CHECKED_IN)), BEFORE),
        ([Gap.SILENCED], session(rung(0, State.SUPERSEDED, Why.CHECKED_OUT), answers=HERE), BEFORE),
        ([Gap.SILENCED], session(rung(-15, State.SUPERSEDED, Why.ACKNOWLEDGED)), BEFORE),
        ([], session(rung(-15, State.SUPERSEDED, Why.ACKNOWLEDGED), answers=frozenset({Kind.ACK})), BEFORE),
        ([Gap.SILENCED], session(rung(-15, State.SUPERSEDED, Why.SNOOZED)), BEFORE),
        ([Gap.SILENCED], session(rung(-15, State.SUPERSEDED, Why.LATE)), BEFORE),
        ([Gap.SILENCED], session(rung(0, State.SUPERSEDED, Why.FLAGGED)), BEFORE),
        ([Gap.SILENCED], session(rung(0, State.SUPERSEDED, Why.SETTLED)), BEFORE),
        ([], session(rung(0, State.SUPERSEDED, Why.SETTLED), verdict=Verdict.COVERED, by="therapist"), BEFORE),
        ([], session(rung(-15, State.SUPERSEDED, Why.IN_SESSION)), BEFORE),  # with another client
        ([], session(*OUT), DURING),
        ([Gap.OVERDUE], session(OUT[0], rung(0)), DURING),
        ([], session(OUT[0], rung(9)), DURING),  # due a minute ago: the pump is busy
        ([], session(OUT[0], rung(0, not_before=DURING)), DURING),  # leased
        ([Gap.HELD_BACK], session(OUT[0], rung(0, not_before=DURING + 5 * MINUTE)), DURING),
        ([Gap.HELD_BACK], session(rung(0, not_before=START + 5 * MINUTE)), BEFORE),
        ([], session(OUT[0], rung(0, useful_until=DURING)), DURING),  # of no use any more
        ([Gap.OVERDUE], session(rung(0), verdict=Verdict.ON_TIME), DURING),
        ([], session(OUT[0], refused(2)), DURING),
        ([Gap.UNHEARD], session(OUT[0], refused(3)), DURING),
        ([], session(OUT[0], refused(3), rung(0, State.SENT, channel="phone")), DURING),
        ([], session(*OUT), START + 16 * MINUTE),  # sources of evidence are still being asked
        ([Gap.UNDECIDED], session(*OUT), AFTER),
        ([], session(*OUT, verdict=Verdict.ON_TIME), AFTER),
        ([], session(*OUT, question(), verdict=Verdict.SUSPECTED_MISS), AFTER),
        ([], session(*OUT, question(State.PENDING), verdict=Verdict.UNKNOWN), AFTER),
        ([], session(*OUT, question(State.WITHDRAWN), verdict=Verdict.UNKNOWN), AFTER),
        ([Gap.UNASKED], session(*OUT, verdict=Verdict.SUSPECTED_MISS), AFTER),
        ([Gap.UNASKED], session(*OUT, question(State.FAILED), verdict=Verdict.UNKNOWN), AFTER),
        ([], session(*OUT, verdict=Verdict.UNKNOWN, by="therapist"), AFTER),
    ],
)  # fmt: skip
def test_the_auditor_finds_what_is_missing_and_nothing_else(
    found: list[Gap], what: Open, now: datetime
) -> None:
    assert gaps(what, now) == found


def test_a_running_late_moves_what_is_overdue_to_decide() -> None:
    late = replace(session(*OUT), deadline=START + 25 * MINUTE)
    assert gaps(late, AFTER) == []
    assert gaps(late, START + 28 * MINUTE) == [Gap.UNDECIDED]
