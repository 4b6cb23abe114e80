"""When a calendar is asked next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kepthour.core.polling import next_poll

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(
    ("session_in", "expected"),
    [
        (None, 60),  # nothing near: the interval
        (120, 60),
        (70, 50),  # twenty minutes before it
        (20, 14),  # that look is just now: the one six minutes before it
        (6, 60),  # both looks have been
        (3, 60),
        (-5, 60),
    ],
)
def test_a_look_is_taken_twenty_and_six_minutes_before_a_session(
    session_in: float | None, expected: float
) -> None:
    starts = [NOON + minutes(session_in)] if session_in is not None else []
    assert next_poll(NOON, NOON + minutes(60), starts) == NOON + minutes(expected)


def test_the_nearest_look_of_several_sessions_counts() -> None:
    starts = [NOON + minutes(55), NOON + minutes(30), NOON + minutes(90)]
    assert next_poll(NOON, NOON + minutes(60), starts) == NOON + minutes(10)
