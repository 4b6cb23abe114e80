"""The poller: which calendar is asked when, and which were heard."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from kepthour.core.errors import TryLater
from kepthour.runtime.poller import Poller
from kepthour.runtime.scheduler import Scheduler, Work
from kepthour_connectors.base import Batch, Known, SignInNeeded, Transient
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


class Slow:
    """The calendar's poll, of which each call waits until it may go on."""

    def __init__(self, day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
        self._loop = asyncio.get_running_loop()
        self._answer = day.calendar.poll
        self.asked: asyncio.Queue[threading.Event] = asyncio.Queue()  # for each call, what lets it go on
        monkeypatch.setattr(day.calendar, "poll", self._poll)

    def _poll(self, known: Known) -> Batch:
        go_on = threading.Event()
        self._loop.call_soon_threadsafe(self.asked.put_nowait, go_on)
        go_on.wait(60)
        return self._answer(known)


async def asked_once(day: Day, scheduler: Scheduler) -> Poller:
    """A poller that has asked, and was told something."""
    heard = asyncio.Event()
    poller = Poller(day.app, scheduler, heard.set)
    poller.ask_all()
    async with asyncio.timeout(10):
        await heard.wait()
    return poller


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
    slow = Slow(day, monkeypatch)
    poller = Poller(day.app, scheduler, lambda: None)
    poller.ask_all()
    async with asyncio.timeout(10):
        go_on = await slow.asked.get()
    assert not poller.all_heard
    day.clock.at += timedelta(seconds=61)
    assert poller.all_heard
    go_on.set()


async def test_a_poll_from_before_a_sleep_does_not_count_as_heard_after_it(
    day: Day, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it heard is as old as the sleep is long: the calendar would be told to be out of sync at the resume."""
    slow, told = Slow(day, monkeypatch), asyncio.Event()
    poller = Poller(day.app, scheduler, told.set)
    poller.ask_all()
    async with asyncio.timeout(10):
        before = await slow.asked.get()
        day.clock.at = when("2026-03-02 09:00")
        poller.ask_all()
        before.set()
        await told.wait()
        assert not poller.all_heard
        told.clear()
        (await slow.asked.get()).set()
        await told.wait()
    assert poller.all_heard


async def test_a_calendar_that_cannot_be_reached_is_waited_for_as_long_as_a_network_may_take(
    day: Day, scheduler: Scheduler
) -> None:
    """A lid that is opened: the first poll fails at once, since the network takes seconds."""
    day.calendar.broken = Transient("No answer.", "Look at the network.")
    poller = await asked_once(day, scheduler)
    assert not poller.all_heard
    day.clock.at = when("2026-03-02 08:01:01")
    assert poller.all_heard


async def test_a_calendar_that_refuses_is_heard_all_the_same(day: Day, scheduler: Scheduler) -> None:
    day.calendar.broken = SignInNeeded("The password was refused.", "Store the new one.")
    poller = await asked_once(day, scheduler)
    assert poller.all_heard


async def test_a_poll_that_outlives_its_poller_is_not_set_again(
    day: Day, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, told = Slow(day, monkeypatch), asyncio.Event()
    jobs: list[str] = []
    poller = Poller(day.app, scheduler, told.set)
    poller.ask_all()
    async with asyncio.timeout(10):
        go_on = await slow.asked.get()
        monkeypatch.setattr(scheduler, "once", lambda name, at, work: jobs.append(name))
        poller.forget()
        go_on.set()
        await told.wait()
    assert jobs == []


async def test_a_store_that_fails_at_the_end_of_a_long_poll_has_its_pause(
    day: Day, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_name: str) -> NoReturn:
        day.clock.at += timedelta(minutes=10)
        raise TryLater("the store is busy")

    monkeypatch.setattr(day.app, "ask", fails)
    told: list[datetime] = []
    heard = asyncio.Event()
    once = scheduler.once

    def noted(name: str, at: datetime, work: Work) -> None:
        told.append(at)
        if len(told) == 1:
            once(name, at, work)
        else:
            heard.set()

    monkeypatch.setattr(scheduler, "once", noted)
    Poller(day.app, scheduler, lambda: None).ask_all()
    async with asyncio.timeout(10):
        await heard.wait()
    assert told[-1] == day.clock.now() + timedelta(minutes=2)
