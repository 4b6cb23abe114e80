"""Windows of expansion move while polls go on: after a leap of the clock both happen at the same moment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kepthour.store import holdings
from kepthour.store.engine import Tx
from kepthour_connectors.base import Batch, Known
from tests.support.day import Day, when

LATER = "2027-06-01"  # far outside of the first window


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:00")
    made.put("old", f"{LATER}T08:10:00")
    made.sync()
    return made


def once(work: Callable[[], object]) -> Callable[[], None]:
    """`work` at the first call only."""
    pending = [work]
    return lambda: pending.pop()() and None if pending else None


async def test_a_poll_that_comes_in_between_does_not_keep_a_window_from_moving(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    day.sleep_until(f"{LATER} 08:00")
    read, poll = holdings.everything, once(day.sync)

    def everything(tx: Tx, *args: object) -> object:
        found = read(tx, *args)  # type: ignore[arg-type]
        poll()
        return found

    monkeypatch.setattr(holdings, "everything", everything)
    await day.until(f"{LATER} 08:10")
    assert ("08:10:00", "0m") in day.rungs()


async def test_what_a_poll_brings_while_the_window_moves_is_expanded_for_the_new_one(day: Day) -> None:
    day.clock.at = when(f"{LATER} 08:00")
    day.put("new", f"{LATER}T08:20:00")
    answer, asked, go_on = day.calendar.poll, threading.Event(), threading.Event()

    def slow(known: Known) -> Batch:
        batch = answer(known)
        day.calendar.poll = answer  # type: ignore[method-assign]
        asked.set()
        go_on.wait(20)
        return batch

    day.calendar.poll = slow  # type: ignore[method-assign]
    poll = asyncio.create_task(asyncio.to_thread(day.sync))
    await asyncio.to_thread(asked.wait, 20)
    await day.until(f"{LATER} 08:00")  # the turn of the pump that notices
    go_on.set()
    await poll
    await day.until(f"{LATER} 08:20")
    assert ("08:20:00", "0m") in day.rungs()
