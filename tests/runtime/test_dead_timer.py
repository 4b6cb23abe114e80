"""A timer that died in the real daemon: it runs, so it says, and is set for nothing.

An exception out of the job store does that to APScheduler up to 3.11.3, which protects only the question for what is
due (agronholm/apscheduler PR#1132). After that question it waits for ten seconds. So an application can stop to notify,
and nobody in it notices (leits/MeetingBar#882).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.jobstores.memory import MemoryJobStore

from kepthour.app import App
from kepthour.config.reading import load
from kepthour.runtime.clock import SystemClock
from kepthour.runtime.daemon import Daemon
from kepthour.runtime.guardian import Guardian
from kepthour_connectors.base import Batch, Known
from tests.support.clock import FakeClock
from tests.support.day import CONFIG, FakePlugins
from tests.support.stores import opened

METHODS = ("get_next_run_time", "remove_job", "get_due_jobs")


class Failing(MemoryJobStore):  # type: ignore[misc]
    """One of its methods fails for a while, as that of a store does whose database is locked."""

    def fail_in(self, method: str) -> None:
        """Until it is mended."""

        def fail(*_args: Any) -> None:
            raise OSError("database is locked")

        setattr(self, method, fail)

    def mend(self) -> None:
        for method in METHODS:
            self.__dict__.pop(method, None)


class Bench:
    """A real daemon on the real clock, with a calendar in memory that is polled each second."""

    def __init__(self, folder: Path) -> None:
        plugins, file = FakePlugins(FakeClock(SystemClock().now())), folder / "config.toml"
        file.write_text(CONFIG.replace('type = "memory"', 'type = "memory"\npoll = "1s"'), encoding="utf-8")
        app = App(load(file, plugins), opened(folder / "kepthour.db"), plugins, SystemClock())
        self.calendar = plugins.memory.calendar("practice")
        self.polled, self.revived = asyncio.Event(), asyncio.Event()
        self._poll, self._loop = self.calendar.poll, asyncio.get_running_loop()
        self.calendar.poll = self._counted  # type: ignore[method-assign]
        self.jobs = Failing()
        self.daemon = Daemon(app, lambda: app)
        self.daemon._guardian = Guardian(self._revive, timedelta(seconds=0.5))
        timer = self.daemon._scheduler._timer
        timer.remove_jobstore("default", shutdown=False)
        timer.add_jobstore(self.jobs, "default")

    def _counted(self, known: Known) -> Batch:
        self._loop.call_soon_threadsafe(self.polled.set)
        return self._poll(known)

    def _revive(self) -> None:
        """Only the guardian goes on by then: all jobs have ended, and nothing wakes the timer."""
        self.jobs.mend()
        self.revived.set()
        self.daemon._revive()

    async def next_poll(self) -> None:
        self.polled.clear()
        await self.polled.wait()


@asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[None]:
    async with asyncio.timeout(30):
        task = asyncio.create_task(bench.daemon.run())
        yield
        bench.daemon.stop()
        await task


@pytest.mark.parametrize("method", METHODS)
async def test_the_guardian_brings_back_the_polls_and_not_the_pump_alone(tmp_path: Path, method: str) -> None:
    bench = Bench(tmp_path)
    async with running(bench):
        await bench.next_poll()
        bench.jobs.fail_in(method)
        bench.revived.clear()
        await bench.revived.wait()
        for _poll in range(3):
            await bench.next_poll()
