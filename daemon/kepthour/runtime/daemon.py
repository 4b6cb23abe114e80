"""The daemon: one process, one event loop, a handful of timed jobs.

- `pump`: when the next reminder or deadline is due, 15 s at most; when a command rings; after a poll
- `poll NAME`: at each calendar's interval, and shortly before each of its sessions
- `audit`: every five minutes; what the plan lacks is planned again
- `housekeeping`: every six hours; the calendars' windows move on
- `heartbeat`: if the configuration wants it

The guardian, which is no timed job, sees to it that the pump turns.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from importlib.metadata import version

import structlog

from kepthour.app import App
from kepthour.config.faults import Faulty
from kepthour.core.errors import KeptHourError, TryLater
from kepthour.core.notice import Key
from kepthour.core.response import Kind
from kepthour.ports import Answer
from kepthour.runtime.asker import Asker
from kepthour.runtime.bell import Bell
from kepthour.runtime.guardian import Guardian
from kepthour.runtime.health import Health
from kepthour.runtime.heartbeat import Heartbeat
from kepthour.runtime.logs import place
from kepthour.runtime.opener import open_link
from kepthour.runtime.poller import Poller
from kepthour.runtime.pump import Pump
from kepthour.runtime.scheduler import Scheduler

log = structlog.get_logger()

_AUDIT = timedelta(minutes=5)
_HOUSEKEEPING = timedelta(hours=6)
_SOON = timedelta(seconds=1)
_GAP = timedelta(seconds=60)


class Daemon:
    """Keeps one App going until it is told to stop. Reload by `reload`, from a signal or a test."""

    def __init__(self, app: App, load: Callable[[], App]) -> None:
        self._app = app
        self._load = load
        self._scheduler = Scheduler()
        self._bell = Bell(app.store.path)
        self._stop = asyncio.Event()
        self._pump: Pump | None = None
        self._guardian = Guardian(self._revive)
        self._pumping = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._again = False
        self._poller = Poller(app, self._scheduler, self.wake)
        self._health = Health()
        self._heartbeat = Heartbeat(app, self._scheduler, self._health.ok)
        self._last_turn = app.clock.now()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until `stop`. The caller holds the store's lock. Raises NeedsPerson if the store cannot be used."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._spawn_reload)
        self._bell.listen(self.wake)
        await self._take_up()
        self._scheduler.start()
        self._spawn(self._guardian.watch())
        log.info("daemon.started", pid=os.getpid(), version=version("kepthour"))
        try:
            await self._stop.wait()
        finally:
            await self._end()

    def stop(self) -> None:
        """End cleanly: what is on its way still arrives."""
        self._stop.set()

    def wake(self) -> None:
        """Pump now: something was stored."""
        self._again = True
        if not self._pumping:
            self._scheduler.once("pump", self._app.clock.now(), self._turn)

    def _revive(self) -> None:
        """The pump has not turned for too long: whatever the timer thinks, it has to."""
        self._pumping = False
        self._spawn(self._turn())

    async def reload(self) -> None:
        """Take up the configuration anew; a faulty one is reported, and the old one stays."""
        try:
            fresh = await asyncio.to_thread(self._load)
        except Faulty as error:
            for fault in error.faults:
                log.error("configuration.refused", path=fault.path, problem=fault.text)
            return
        self._poller.forget()
        self._heartbeat.forget()
        old, self._app = self._app, fresh
        if self._pump is not None:
            await self._pump.close()
        old.close()
        await self._take_up()
        log.info("configuration.reloaded")

    def _spawn_reload(self) -> None:
        self._spawn(self.reload())

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("task.failed", problem=error, place=place(error))

    async def _take_up(self) -> None:
        """Open the channels, plan from what is stored, and put the jobs on the timer."""
        channels = self._app.channels()
        for channel in channels.values():
            await channel.open(self._answered)
        dispatcher = self._app.dispatcher(channels, self.wake)
        self._pump = Pump(self._app, dispatcher, Asker(self._app, self.wake))
        await self._pump.dispatcher.show_again()
        await asyncio.to_thread(self._app.refresh)
        await asyncio.to_thread(self._app.replan)
        self._health.audited()
        self._poller = Poller(self._app, self._scheduler, self.wake)
        self._heartbeat = Heartbeat(self._app, self._scheduler, self._health.ok)
        self._last_turn = self._app.clock.now()
        self._set_timer(self._last_turn)
        self._scheduler.once("pump", self._last_turn, self._turn)

    def _set_timer(self, now: datetime) -> None:
        """All jobs but the pump, counted from `now`: what was set by another clock would come at another time."""
        self._poller.ask_all()
        self._scheduler.every("audit", _AUDIT, self._audit, now + _AUDIT)
        self._scheduler.every("housekeeping", _HOUSEKEEPING, self._housekeeping, now + _HOUSEKEEPING)
        self._heartbeat.begin()

    async def _end(self) -> None:
        await self._idle.wait()
        self._heartbeat.forget()
        self._scheduler.stop()
        for task in list(self._tasks):
            task.cancel()
        if self._pump is not None:
            await self._pump.close()
        self._bell.close()
        self._app.close()
        log.info("daemon.stopped")

    async def _turn(self) -> None:
        """One turn: sign of life, verdicts, reminders; then the timer is set for the next."""
        if self._pumping or self._pump is None or self._stop.is_set():
            return
        self._pumping, self._again = True, False
        self._idle.clear()
        self._guardian.seen()
        wait = _SOON
        self._notice_a_gap()
        try:
            wait = await self._pump.turn(may_conclude=self._poller.all_heard)
            self._health.turned()
        except TryLater:
            log.warning("pump.busy")
        except Exception as error:  # noqa: BLE001  supervised: whatever it was, the next turn must come
            log.error("pump.failed", problem=error, place=place(error))
        finally:
            self._pumping = False
            self._idle.set()
            if not self._stop.is_set():
                now = self._app.clock.now()
                self._scheduler.once("pump", now if self._again else now + wait, self._turn)

    def _notice_a_gap(self) -> None:
        """After a sleep or a step of the clock: plan for the new now, and ask the calendars before concluding."""
        now = self._app.clock.now()
        gap, self._last_turn = now - self._last_turn, now
        if abs(gap) > _GAP:
            log.info("clock.gap", seconds=round(gap.total_seconds()))
            self._set_timer(now)
            self._spawn(self._audit())

    async def _audit(self) -> None:
        await self._supervised("audit", self._audit_now)
        self.wake()

    def _audit_now(self) -> None:
        self._app.replan()
        self._health.audited()

    async def _housekeeping(self) -> None:
        await self._supervised("housekeeping", self._app.refresh)

    async def _supervised(self, name: str, work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
        except KeptHourError as error:
            log.warning("job.failed", job=name, problem=error)

    def _answered(self, answer: Answer) -> None:
        self._spawn(self._take_answer(answer))

    async def _take_answer(self, answer: Answer) -> None:
        try:
            answered = await asyncio.to_thread(
                self._app.answer, Kind(answer.key.value), answer.subject, answer.surface
            )
        except KeptHourError as error:
            log.warning("answer.refused", answer=answer.key.value, problem=error)
            return
        self.wake()
        if answer.key is Key.JOIN:
            await open_link(answered.session.known.join_url, self._app.config.join_hosts)
