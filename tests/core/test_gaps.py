"""When nobody watched, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kepthour.core.gaps import Gap, Kept, Meanwhile, Pause, gaps, pause

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
LONG_AGO = -9999


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("slept", "stepped", "booted", "is_first", "why"),
    [
        (29, 0, LONG_AGO, False, Pause.ASLEEP),
        (0, 29, LONG_AGO, False, Pause.CLOCK_SET),
        (20, 9, LONG_AGO, False, Pause.CLOCK_SET),
        (0, 0, LONG_AGO, False, Pause.HELD_UP),
        (10, 0, LONG_AGO, False, Pause.HELD_UP),
        (40, -11, LONG_AGO, False, Pause.ASLEEP),
        (0, 0, LONG_AGO, True, Pause.NOT_RUNNING),
        (0, 0, -1, True, Pause.NOT_RUNNING),
        (0, 0, 20, True, Pause.OFF),
        (0, 0, 20, False, Pause.HELD_UP),
    ],
    ids=["a sleep", "a clock set forward", "both", "a store that was locked", "a nap and a store that was locked",
         "a clock set back after a sleep", "another process", "another process since a start before", "a start",
         "no other process"],
)  # fmt: skip
def test_why_there_was_no_sign_of_life_for_half_an_hour(
    slept: float, stepped: float, booted: float, is_first: bool, why: Pause
) -> None:
    meanwhile = Meanwhile(timedelta(minutes=slept), timedelta(minutes=stepped), at(booted), is_first=is_first)
    assert pause(TEN, at(30), meanwhile) is why


@pytest.mark.parametrize("minutes", [-30, 0, 1])
def test_what_is_no_gap_needs_no_reason(minutes: float) -> None:
    meanwhile = Meanwhile(timedelta(), timedelta(), at(LONG_AGO), is_first=False)
    assert pause(TEN, at(minutes), meanwhile) is None


def kept(*spans: tuple[float, float]) -> list[Kept]:
    return [Kept(at(since), at(until), Pause.ASLEEP) for since, until in spans]


@pytest.mark.parametrize(
    ("watches", "found"),
    [
        ([(-60, 20)], []),
        ([(-60, 5), (6, 20)], []),
        ([(-60, 14)], []),
        ([(-60, 5), (6.1, 20)], [(5, 6.1)]),
        ([(-60, -20), (-10, 20)], []),
        ([(-60, -20), (-4, 20)], [(-20, -4)]),
        ([(-60, 14.9), (60, 70)], [(14.9, 60)]),
        ([(-60, 13.9)], [(13.9, None)]),
        ([(-60, -30)], [(-30, None)]),
        ([(3, 20)], [(None, 3)]),
        ([(-5, 20)], []),
        ([], [(None, None)]),
        ([(-60, 20), (-3, 2), (25.5, 30)], [(20, 25.5)]),
        ([(-60, 1), (4, 6), (9, 11)], [(1, 4), (6, 9), (11, None)]),
    ],
    ids=["all the time", "a restart", "up to just before the deadline", "a little longer", "over before",
         "over within", "over the deadline", "to this day", "long before, and to this day", "never before",
         "since just then", "never", "one within another", "several"],
)  # fmt: skip
def test_when_nobody_watched_from_five_to_a_quarter_past(
    watches: list[tuple[float, float]], found: list[tuple[float | None, float | None]]
) -> None:
    expected = [
        Gap(
            None if since is None else at(since),
            None if until is None else at(until),
            None if since is None or until is None else Pause.ASLEEP,
        )
        for since, until in found
    ]
    assert gaps(kept(*watches), at(-5), at(15)) == expected
