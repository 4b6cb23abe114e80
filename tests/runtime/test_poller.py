"""The poller: which calendar is asked when, and which were heard."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kepthour.runtime.poller import Poller
from kepthour.runtime.scheduler import Scheduler
from kepthour_connectors.base import Batch, Known
from tests.support.day import Day, when


@pytest.fixture
async def scheduler() -> AsyncIterator[Scheduler]:
    made = Scheduler()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:00")
    made.put("one", "2026-03-02T10:00:00")
    return made


async def test_all_are_heard_when_each_was_asked_once(day: Day, scheduler: Scheduler) -> None:
    heard = asyncio.Event()
    poller = Poller(day.app, scheduler, heard.set)
    poller.ask_all()
    assert not poller.all_heard
    async with asyncio.timeout(10):
        await heard.wait()
    assert poller.all_heard
    assert day.only().state == "scheduled"


async def test_a_calendar_that_hangs_does_not_hold_up_conclusions_for_ever(
    day: Day, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    answer = day.calendar.poll

    def hang(known: Known) -> Batch:
        loop.call_soon_threadsafe(asked.set)
        go_on.wait(20)
        return answer(known)

    monkeypatch.setattr(day.calendar, "poll", hang)
    poller = Poller(day.app, scheduler, lambda: None)
    poller.ask_all()
    async with asyncio.timeout(10):
        await asked.wait()
    assert not poller.all_heard
    day.clock.at = day.clock.at.replace(second=11)
    assert poller.all_heard
    go_on.set()


async def test_a_poll_from_before_a_sleep_does_not_count_as_heard_after_it(
    day: Day, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it heard is as old as the sleep is long: the calendar would be told to be out of sync at the resume."""
    go_on = [threading.Event(), threading.Event()]
    asked = [asyncio.Event(), asyncio.Event()]
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    answer = day.calendar.poll
    polls = iter(zip(asked, go_on, strict=True))

    def slow(known: Known) -> Batch:
        begun, end = next(polls)
        loop.call_soon_threadsafe(begun.set)
        end.wait(20)
        return answer(known)

    monkeypatch.setattr(day.calendar, "poll", slow)
    poller = Poller(day.app, scheduler, told.set)
    poller.ask_all()
    async with asyncio.timeout(10):
        await asked[0].wait()
    day.clock.at = when("2026-03-02 09:00")
    poller.ask_all()
    go_on[0].set()
    async with asyncio.timeout(10):
        await told.wait()
        assert not poller.all_heard
        told.clear()
        await asked[1].wait()
        go_on[1].set()
        await told.wait()
    assert poller.all_heard


async def test_a_poll_that_outlives_its_poller_is_not_set_again(
    day: Day, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    asked, told = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    answer = day.calendar.poll
    jobs: list[str] = []

    def slow(known: Known) -> Batch:
        loop.call_soon_threadsafe(asked.set)
        go_on.wait(20)
        return answer(known)

    monkeypatch.setattr(day.calendar, "poll", slow)
    poller = Poller(day.app, scheduler, told.set)
    poller.ask_all()
    async with asyncio.timeout(10):
        await asked.wait()
    monkeypatch.setattr(scheduler, "once", lambda name, at, work: jobs.append(name))
    poller.forget()
    go_on.set()
    async with asyncio.timeout(10):
        await told.wait()
    assert jobs == []
