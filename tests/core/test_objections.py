"""Answers and verdicts that make no sense yet, or any more, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kepthour.core.changes import KnownSession
from kepthour.core.errors import NeedsPerson
from kepthour.core.objections import object_to_answer, object_to_verdict
from kepthour.core.privacy import NOTHING
from kepthour.core.response import Kind, Response, until
from kepthour.core.verdict import Verdict, is_premature

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SESSION = KnownSession(
    id="one", calendar="practice", uid="one", recurrence_id=None, start=START, end=START + timedelta(minutes=50),
    client=NOTHING, place=NOTHING, join_url=NOTHING, revision=1, cancelled=False,
)  # fmt: skip
HERE, ACK, SNOOZE, LATE, OUT, JOIN = Kind.HERE, Kind.ACK, Kind.SNOOZE, Kind.LATE, Kind.OUT, Kind.JOIN
SEVERAL = timedelta(minutes=10)


def said(kind: Kind, minute: float, span: timedelta = SEVERAL) -> Response:
    at = START + timedelta(minutes=minute)
    return Response(kind, at, "cli", until(kind, START, at, span))


@pytest.mark.parametrize(
    ("answer", "before", "settled", "what"),
    [
        (said(HERE, -31), [], None, "too early to check in"),
        (said(OUT, -1), [], None, "has not begun"),
        (said(SNOOZE, 0), [], None, "cannot be snoozed"),
        (said(LATE, -16), [], None, "too early to say that you are late"),
        (said(LATE, 5, timedelta(minutes=45)), [], None, "after the end"),
        (said(LATE, -5), [HERE], None, "You are checked in"),
        (said(ACK, -5), [HERE], None, "You are checked in"),
        (said(SNOOZE, -5), [HERE], None, "You are checked in"),
        (said(LATE, 5), [HERE], None, "You are checked in"),
        (said(HERE, -5), [], Verdict.COVERED, "You settled this session: covered"),
        (said(LATE, 5), [], Verdict.CLIENT_NO_SHOW, "You settled this session: client no show"),
        (said(OUT, 20), [], Verdict.NOT_A_SESSION, "You settled this session: not a session"),
    ],
)
def test_what_contradicts_what_is_known_is_refused_with_a_way_out(
    answer: Response, before: list[Kind], settled: Verdict | None, what: str
) -> None:
    with pytest.raises(NeedsPerson) as refused:
        object_to_answer(answer, SESSION, [said(kind, -10) for kind in before], settled)
    assert what in refused.value.what
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("answer", "before", "settled"),
    [
        (said(HERE, -30), [], None),
        (said(HERE, -5), [ACK, SNOOZE, LATE], None),
        (said(HERE, 45), [OUT], None),
        (said(ACK, 3), [], None),
        (said(LATE, -15), [ACK], None),
        (said(LATE, 5, timedelta(minutes=44)), [LATE], None),
        (said(OUT, -1), [HERE], None),
        (said(OUT, 0), [], None),
        (said(OUT, 49), [HERE], None),
        (said(JOIN, -5), [HERE, OUT], Verdict.COVERED),
    ],
)
def test_everything_else_is_taken(answer: Response, before: list[Kind], settled: Verdict | None) -> None:
    object_to_answer(answer, SESSION, [said(kind, -10) for kind in before], settled)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_before_the_start_only_some_verdicts_can_be_foreseen(verdict: Verdict) -> None:
    known = {"client_cancelled", "therapist_cancelled", "covered", "not_a_session", "unknown"}
    assert is_premature(verdict, START, START - timedelta(seconds=1)) is (verdict.value not in known)
    assert not is_premature(verdict, START, START)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_miss_or_nearly_one_has_to_have_begun(verdict: Verdict) -> None:
    object_to_verdict(verdict, SESSION, START)
    before = START - timedelta(seconds=1)
    if verdict not in {Verdict.MISSED, Verdict.LATE, Verdict.NEAR_MISS}:
        object_to_verdict(verdict, SESSION, before)
        return
    with pytest.raises(NeedsPerson, match=f"it cannot be .*{verdict.value.replace('_', ' ')} yet") as refused:
        object_to_verdict(verdict, SESSION, before)
    assert "therapist_cancelled" in refused.value.remedy
