"""What of an answer is proof, when a source is asked, and what the verdict makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kepthour.core.presence import Stay, next_ask, proven_since
from kepthour.core.response import Kind, Response
from kepthour.core.verdict import Because, Coverage, Finding, Verdict, decide

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
END, DEADLINE = TEN + timedelta(minutes=50), TEN + timedelta(minutes=15)
COVERED = Coverage(daemon=True, calendar=True, ladder=True)


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("stays", "since"),
    [
        ([], None),
        ([(-2, None)], -2),
        ([(-2, 1)], -2),
        ([(3, 4), (6, None)], 3),
        ([(-14, -1)], None),
        ([(-14, 0)], None),
        ([(-14, -1), (4, None)], 4),
        ([(50, None)], None),
        ([(49, None)], 49),
    ],
)
def test_a_stay_counts_if_it_overlaps_the_session(
    stays: list[tuple[float, float | None]], since: float | None
) -> None:
    made = [Stay(at(begin), None if end is None else at(end)) for begin, end in stays]
    assert proven_since(made, TEN, END) == (None if since is None else at(since))


@pytest.mark.parametrize(
    ("last", "following"),
    [(None, 2), (2, 4.5), (12, 14.5), (13, 14.5), (14.4, 14.5), (14.5, None), (200, None)],
)
def test_a_source_is_asked_at_intervals_and_just_before_the_deadline(
    last: float | None, following: float | None
) -> None:
    found = next_ask(TEN, DEADLINE, None if last is None else at(last))
    assert found == (None if following is None else at(following))


def test_a_very_short_session_is_asked_about_before_its_deadline_too() -> None:
    assert next_ask(TEN, at(1), None) == at(0.5)


def decided(
    in_room: float | None, checked_in: float | None, now: float, *, heard: bool = True
) -> Finding | None:
    responses = [] if checked_in is None else [Response(Kind.HERE, at(checked_in), "cli")]
    since = None if in_room is None else at(in_room)
    late_after = timedelta(minutes=2)
    return decide(TEN, DEADLINE, late_after, responses, COVERED, at(now), in_room_since=since, heard=heard)


@pytest.mark.parametrize(
    ("in_room", "checked_in", "finding"),
    [
        (-3, None, Finding(Verdict.ON_TIME, Because.IN_THE_ROOM)),
        (2, None, Finding(Verdict.ON_TIME, Because.IN_THE_ROOM)),
        (2.1, None, Finding(Verdict.LATE, Because.IN_THE_ROOM)),
        (1, 4, Finding(Verdict.ON_TIME, Because.IN_THE_ROOM)),
        (4, 1, Finding(Verdict.ON_TIME, Because.CHECKED_IN)),
        (None, None, None),
    ],
)
def test_the_earlier_of_check_in_and_presence_counts(
    in_room: float | None, checked_in: float | None, finding: Finding | None
) -> None:
    assert decided(in_room, checked_in, now=5) == finding


def test_not_having_been_seen_changes_nothing_but_that_it_must_have_been_asked() -> None:
    assert decided(None, None, now=15, heard=False) is None
    assert decided(None, None, now=15) == Finding(Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)
