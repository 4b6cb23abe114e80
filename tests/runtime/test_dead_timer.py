"""The daemon when its timer dies: the guardian turns the pump all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.jobstores.memory import MemoryJobStore

from kepthour.app import App
from kepthour.config.reading import load
from kepthour.core.reminder import State
from kepthour.runtime import daemon as daemons
from kepthour.runtime.daemon import Daemon
from kepthour.runtime.guardian import Guardian
from kepthour.store import reminders
from kepthour.store.engine import open_store
from tests.support.calendars import calendar, event
from tests.support.clock import FakeClock
from tests.support.day import CONFIG, FakePlugins

RUNG = '[[reminders.rungs]]\nat = "-30m"\n'


class WallClock(FakeClock):
    """The real time: the timer under test knows no other."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@asynccontextmanager
async def running(folder: Path, due_in: timedelta) -> AsyncIterator[App]:
    """A daemon in this process, with a session whose one rung is due in `due_in`."""
    clock = WallClock(datetime.now(UTC))
    plugins = FakePlugins(clock)
    begins = clock.now() + timedelta(minutes=30) + due_in
    stamp = "%Y%m%dT%H%M%SZ"
    text = event("one", "AB", f"{begins:{stamp}}", f"{begins + timedelta(minutes=50):{stamp}}", zone=None)
    plugins.memory.calendar("practice").put("one.ics", calendar(text))
    (folder / "config.toml").write_text(CONFIG + RUNG, encoding="utf-8")
    app = App(load(folder / "config.toml", plugins), open_store(folder / "kepthour.db"), plugins, clock)
    daemon = Daemon(app, lambda: app)
    run = asyncio.create_task(daemon.run())
    try:
        yield app
    finally:
        daemon.stop()
        await run


def states(app: App) -> list[tuple[str, State]]:
    with app.store.read() as tx:
        return [(one.rung, one.state) for one in reminders.everything(tx)]


async def test_a_timer_that_dies_of_an_exception_in_its_store_costs_no_reminder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """agronholm/apscheduler PR#1132: the exception left it without a wake-up, and it went on looking alive.

    leits/MeetingBar#882: an application that stopped to notify, and nobody in it noticed.
    """
    dead = asyncio.Event()
    next_run_time = MemoryJobStore.get_next_run_time

    apps: list[App] = []

    def fail_while_the_pump_waits(store: MemoryJobStore) -> Any:
        pump = store.lookup_job("pump")
        waits = pump is not None and pump.next_run_time > datetime.now(UTC) + timedelta(seconds=1)
        if not dead.is_set() and apps and states(apps[0]) and waits:
            dead.set()
            raise RuntimeError
        return next_run_time(store)

    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)  # it is expected
    monkeypatch.setattr(MemoryJobStore, "get_next_run_time", fail_while_the_pump_waits)
    monkeypatch.setattr(daemons, "Guardian", lambda revive: Guardian(revive, timedelta(seconds=0.5)))
    async with running(tmp_path, due_in=timedelta(seconds=6)) as app, asyncio.timeout(30):
        apps.append(app)
        await dead.wait()
        while states(app) != [("-30m", State.SENT)]:
            await asyncio.sleep(0.05)
