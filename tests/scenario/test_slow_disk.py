"""A disk that takes its time: what was handed over waits to be stored; the next reminders are claimed all the same."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.notice import Notice
from kepthour.core.reminder import Reminder
from kepthour.pipeline.dispatch import claim
from kepthour.pipeline.dispatch.claim import Outcome
from kepthour.store.engine import Store
from tests.support.day import Day, when

SESSIONS = 8


class SlowDisk:
    """Stores what became of reminders when it is let, one lot at a time. Asks `meanwhile` when it begins with one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
        self._record = claim.record
        self._let = threading.Semaphore(0)
        self._meanwhile = meanwhile
        self.begun = 0
        monkeypatch.setattr(claim, "record", self._slowly)

    def _slowly(self, store: Store, outcomes: Iterable[Outcome], channels: Iterable[str]) -> list[Outcome]:
        self.begun += 1
        self._meanwhile()
        self._let.acquire()
        return self._record(store, outcomes, tuple(channels))

    def let(self, lots: int) -> None:
        self._let.release(lots)

    def __enter__(self) -> SlowDisk:
        return self

    def __exit__(self, *_error: object) -> None:
        self.let(SESSIONS)  # a thread that waits for it would keep the tests from ending


async def test_a_turn_waits_for_the_disk_twice_however_many_were_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It claims what is next: behind a queue of others it would come too late for that."""
    day = Day(tmp_path, "2026-03-02 08:30")
    day.threads = True
    for number in range(SESSIONS):
        day.put(f"{number}", "2026-03-02T09:00:00")
    day.sync()
    await day.until("2026-03-02 08:54")
    accepts, shown, loop = asyncio.Semaphore(0), 0, asyncio.get_running_loop()

    async def send(_notice: Notice, _replaces: str | None = None) -> None:
        nonlocal shown
        await accepts.acquire()
        shown += 1

    monkeypatch.setattr(day.screen, "send", send)
    # While one lot is being stored, the next reminder is shown: there is always something to store.
    with SlowDisk(monkeypatch, lambda: loop.call_soon_threadsafe(accepts.release)) as disk:
        day.clock.at = when("2026-03-02 08:55")
        await day.pump.dispatcher.pump()
        accepts.release()
        await reached(lambda: disk.begun == 1 and shown == 2)
        for _ in range(3):
            accepts.release()
        await reached(lambda: shown == 5)
        turn = asyncio.create_task(day.pump.dispatcher.record())
        await asyncio.sleep(0)
        disk.let(3)  # what is being stored, who waits for that, and the turn's own
        await reached(lambda: turn.done() or disk.begun > 3)
        assert turn.done()

    for _ in range(SESSIONS):
        accepts.release()
    await day.pump.settle()
    assert [state for rung, state, _why in day.states() if rung == "-5m"] == ["sent"] * SESSIONS


async def test_a_disk_that_hangs_holds_back_nothing_that_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reminder is looked at once more just before it goes out; if nobody answers, it goes."""
    day = Day(tmp_path, "2026-03-02 08:30")
    day.threads = True
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    await day.until("2026-03-02 08:54")
    hangs, end = threading.Event(), threading.Event()

    def still_wanted(_store: Store, claimed: Iterable[Reminder]) -> dict[int, str | None]:
        hangs.set()
        end.wait()
        return {one.id: None for one in claimed}

    monkeypatch.setattr(claim, "still_wanted", still_wanted)
    day.clock.at = when("2026-03-02 08:55") - timedelta(milliseconds=50)
    try:
        await day.pump.dispatcher.pump(timedelta(seconds=1))
        day.clock.at = when("2026-03-02 08:55")
        await reached(hangs.is_set)
        await reached(lambda: ("08:55:00", "-5m") in day.rungs())
    finally:
        end.set()
    await day.pump.settle()


async def reached(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0)


async def test_what_is_done_and_not_yet_put_away_holds_up_no_end(tmp_path: Path) -> None:
    """From Python 3.12 on `gather` does not wait for the loop where all is done: what puts it away had no turn."""
    dispatcher = Day(tmp_path, "2026-03-02 08:30").pump.dispatcher
    done = asyncio.create_task(asyncio.sleep(0))
    await done
    dispatcher._sending.add(done)
    async with asyncio.timeout(10):
        await dispatcher.settle()
