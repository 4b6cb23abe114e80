"""The timer around APScheduler."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from kepthour.runtime.scheduler import Scheduler
from tests.support.logs import capture_logs


@pytest.fixture
async def scheduler() -> AsyncIterator[Scheduler]:
    made = Scheduler()
    made.start()
    yield made
    made.stop()


def now() -> datetime:
    return datetime.now(UTC)


async def test_work_may_put_itself_on_the_timer_again_for_this_very_moment(scheduler: Scheduler) -> None:
    # APScheduler counts work as running until after its last line: with its default of one instance the second
    # turn would be dropped without a word, and with it every turn to come.
    turns = 0
    done = asyncio.Event()

    async def turn() -> None:
        nonlocal turns
        turns += 1
        if turns == 50:
            done.set()
        else:
            scheduler.once("pump", now(), turn)

    scheduler.once("pump", now(), turn)
    async with asyncio.timeout(10):
        await done.wait()


async def test_work_that_is_late_still_runs(scheduler: Scheduler) -> None:
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    scheduler.once("late", now() - timedelta(days=400), work)
    async with asyncio.timeout(10):
        await done.wait()


async def test_forgotten_work_does_not_run(scheduler: Scheduler) -> None:
    ran = []
    done = asyncio.Event()

    async def first() -> None:
        ran.append("forgotten")

    async def last() -> None:
        done.set()

    scheduler.once("a", now() + timedelta(seconds=0.2), first)
    scheduler.once("b", now() + timedelta(seconds=0.4), last)
    scheduler.forget("a")
    scheduler.forget("never there")
    async with asyncio.timeout(10):
        await done.wait()
    assert ran == []


async def test_an_exception_in_one_job_does_not_stop_the_others(scheduler: Scheduler) -> None:
    done = asyncio.Event()

    async def broken() -> None:
        raise RuntimeError

    async def sound() -> None:
        done.set()

    scheduler.once("a", now(), broken)
    scheduler.once("b", now() + timedelta(seconds=0.1), sound)
    async with asyncio.timeout(10):
        await done.wait()


async def test_a_clock_that_leaps_years_ahead_costs_one_run_and_no_memory(scheduler: Scheduler) -> None:
    """agronholm/apscheduler#1066: it listed each run that the leap had skipped until the memory was full."""
    turns = 0
    done = asyncio.Event()

    async def work() -> None:
        nonlocal turns
        turns += 1
        done.set()

    tracemalloc.start()
    try:
        scheduler.every("audit", timedelta(minutes=5), work, now() - timedelta(days=365 * 30))
        async with asyncio.timeout(10):
            await done.wait()
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert turns == 1
    assert peak < 5_000_000, "bytes"


async def test_work_at_intervals_comes_again_and_again(scheduler: Scheduler) -> None:
    turns: asyncio.Queue[None] = asyncio.Queue()

    async def work() -> None:
        turns.put_nowait(None)

    scheduler.every("audit", timedelta(seconds=0.1), work, now())
    async with asyncio.timeout(10):
        for _turn in range(3):
            await turns.get()


async def test_work_that_goes_on_when_the_timer_is_stopped_is_cancelled_and_no_error(
    scheduler: Scheduler,
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with capture_logs() as said:
        scheduler.once("poll", now(), work)
        async with asyncio.timeout(10):
            await begun.wait()
            scheduler.stop()
            await ended.wait()
        await asyncio.sleep(0)  # the timer hears of it
        await asyncio.sleep(0)
    assert said == []
