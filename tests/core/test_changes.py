"""Which of the sessions that are new takes over from which of those that are gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kepthour.core.changes import Fate, KnownSession, compare
from kepthour.core.privacy import NOTHING
from kepthour.core.sessions import Session

FRIDAY = datetime(2026, 10, 23, tzinfo=UTC)
HOUR, LENGTH = timedelta(hours=1), timedelta(minutes=50)


def known(uid: str, start: datetime) -> KnownSession:
    return KnownSession(
        f"{uid}-then", "practice", uid, start, start, start + LENGTH, NOTHING, NOTHING, NOTHING, 1, False
    )


def seen(uid: str, start: datetime) -> Session:
    return Session(f"{uid}-now", "practice", uid, start, start, start + LENGTH, NOTHING, NOTHING, NOTHING)


def test_floating_times_that_a_flight_moved_are_told_apart_by_their_uid() -> None:
    """Six hours to the west ten o'clock is when four o'clock was."""
    before = {
        one.id: one for one in (known("at-ten", FRIDAY + 8 * HOUR), known("at-four", FRIDAY + 14 * HOUR))
    }
    after = {one.id: one for one in (seen("at-ten", FRIDAY + 14 * HOUR), seen("at-four", FRIDAY + 20 * HOUR))}
    happened = compare(before, after, FRIDAY + 24 * HOUR)
    heirs = {one.id: one.successor for one in happened if one.fate is Fate.SUCCEEDED}
    assert heirs == {"at-ten-then": "at-ten-now", "at-four-then": "at-four-now"}
    assert all(one.keeps_answers for one in happened)
