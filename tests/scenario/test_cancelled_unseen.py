"""Sessions that were cancelled while nobody watched, or perhaps: nobody is asked why they did not come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.day import Day, a_morning
from tests.support.fence import TITLE
from tests.support.named import NAMED, stands
from tests.support.situation import OUT_OF_DATE, Situation, at, ever_suspected, live_through
from tests.support.steps import empties, is_read


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path, NAMED)


def cancelled(day: Day) -> None:
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")


def deleted(day: Day) -> None:
    day.calendar.delete("one.ics")


def renamed(day: Day) -> None:
    day.put("one", "2026-03-02T10:00:00", 50, title=f"Cancelled: AB {TITLE}")


def moved_to_tomorrow(day: Day) -> None:
    day.put("one", "2026-03-03T10:00:00")


@pytest.mark.parametrize("change", [cancelled, renamed, moved_to_tomorrow])
async def test_what_was_cancelled_in_a_sleep_is_not_asked_about(
    day: Day, change: Callable[[Day], None]
) -> None:
    await day.until("2026-03-02 09:30")
    change(day)
    day.sleep_until("2026-03-02 11:30")
    await day.until("2026-03-02 11:45")
    assert ("11:30:00", "question") not in day.rungs()
    assert [v for _a, v, s in stands(day) if s != "cancelled"] == []


@pytest.mark.parametrize("change", [cancelled, deleted, renamed, moved_to_tomorrow])
async def test_what_was_cancelled_in_a_sleep_that_ends_in_it_is_not_asked_about(
    day: Day, change: Callable[[Day], None]
) -> None:
    await day.until("2026-03-02 09:30")
    change(day)
    day.sleep_until("2026-03-02 10:30")
    await day.until("2026-03-02 11:45")
    assert [v for _a, v, s in stands(day) if s != "cancelled"] == []
    assert not [r for r in day.rungs() if r[1] == "question"]


def moved_to_friday(day: Day) -> None:
    day.put("one", "2026-03-06T10:00:00")


@pytest.mark.parametrize("change", [cancelled, renamed, moved_to_friday])
async def test_what_was_cancelled_in_a_sleep_of_days_is_not_asked_about(
    day: Day, change: Callable[[Day], None]
) -> None:
    """A weekend, or a leave that nobody told of."""
    await day.until("2026-03-02 09:30")
    change(day)
    day.sleep_until("2026-03-05 08:00")
    await day.until("2026-03-05 08:15")
    assert not [r for r in day.rungs() if r[1] == "question"]


async def test_what_still_stands_after_a_sleep_of_days_is_asked_about(day: Day) -> None:
    await day.until("2026-03-02 09:30")
    day.sleep_until("2026-03-05 08:00")
    await day.until("2026-03-05 08:15")
    assert [rung for _at, rung in day.rungs()].count("question") == 1


async def test_an_answer_that_is_not_believed_yet_is_no_ground_for_a_suspicion(tmp_path: Path) -> None:
    day = await live_through(
        Situation("all deleted", OUT_OF_DATE, (at("10:11", empties(), is_read()),), until="10:17"), tmp_path
    )
    assert not ever_suspected(day)
