"""The daemon: one process, one event loop, a handful of timed jobs.

- `pump`: when the next reminder or deadline is due, 15 s at most; when a command rings; after a poll
- the others: see jobs.py

The guardian, which is no timed job, sees to it that the pump turns.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version

from kepthour import collecting
from kepthour.app import App
from kepthour.config import Configuration
from kepthour.config.faults import Faulty
from kepthour.core.errors import KeptHourError, TryLater, place
from kepthour.core.timekeeping import Leap
from kepthour.logger import log
from kepthour.ports import Answer
from kepthour.runtime.answering import Answering
from kepthour.runtime.asker import Asker
from kepthour.runtime.bell import Bell
from kepthour.runtime.guardian import Guardian
from kepthour.runtime.health import Health
from kepthour.runtime.jobs import Jobs
from kepthour.runtime.outage import Outage
from kepthour.runtime.pump import AHEAD, Pump
from kepthour.runtime.scheduler import Scheduler
from kepthour.runtime.sleep import SleepWatch
from kepthour.runtime.systemd import Systemd
from kepthour.runtime.turns import Turns
from kepthour.runtime.wake import Waker
from kepthour.runtime.zone import ZoneWatch
from kepthour.store.access import Unusable
from kepthour.store.rescue import in_memory
from kepthour.threads import in_own_thread

_SOON = timedelta(seconds=1)
_PATIENCE_SECONDS = 5.0  # a library may wait for an answer where it closes a connection, and a disk may hang
_BEGIN_SECONDS = 4.0  # after a reload all may have to be expanded anew; then what is due goes out from memory
_END_SECONDS = 20.0  # more than a busy store takes


@dataclass(frozen=True, slots=True)
class _Made:
    """All that goes by one configuration, before any of it has begun."""

    app: App
    answering: Answering
    pump: Pump
    turns: Turns
    jobs: Jobs


class Daemon:
    """Keeps one App going until it is told to stop. Reload by `reload`, from a signal or a test."""

    def __init__(
        self,
        app: App,
        load: Callable[[], App],
        systemd: Systemd | None = None,
        trouble: KeptHourError | None = None,
        keep: Callable[[Configuration], None] = lambda _config: None,
    ) -> None:
        """`load` gives an App by the present configuration; `keep` is told of each that a reload took up, in a thread.

        `trouble`: why the store of `app` cannot be used just now.
        """
        self._app = app
        self._load = load
        self._keep = keep
        self._systemd = systemd or Systemd()
        self.health = Health()
        self._refused = False  # the configuration that was to be taken up last
        self._scheduler = Scheduler()
        self._bell = Bell(app.store.path)
        self._stop = asyncio.Event()
        self._pump: Pump | None = None
        self._turns: Turns | None = None
        self._jobs: Jobs | None = None
        self._answering: Answering | None = None
        self._guardian = Guardian(self._revive)
        self._outage = Outage()
        if trouble is not None:
            self._outage.hit(trouble)
        self._reload_waits = False  # until the store works again
        self._changing = asyncio.Lock()  # two reloads at once would each let go of what the other takes up
        self._zone = ZoneWatch()
        self._waker = Waker(app.store.path)
        self._sleep = SleepWatch(self._go_to_sleep, self.wake)
        self._pumping = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._again = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until `stop`. The caller holds the store's lock. Raises NeedsPerson if the store cannot be used."""
        # So long a thread may hold up the loop: Python's own 5 ms would make reminders late.
        sys.setswitchinterval(0.0005)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self._spawn_reload)
        self._bell.listen(self.wake)
        await self._take_up(self._made(self._app))
        collecting.usually()  # what taking up imported stays, too
        self._scheduler.start()
        self._spawn(self._guardian.watch())
        self._spawn(self._sleep.watch())
        self._spawn(self._systemd.feed_watchdog(self.health.alive))
        self._systemd.ready(self._status())
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
        if self._pump is not None:
            self._pump.news()
        if not self._pumping:
            self._scheduler.once("pump", self._app.clock.now(), self._turn)

    def _go_to_sleep(self) -> None:
        self._spawn(self._waker.keep(self._app, anew=True))

    def _revive(self) -> None:
        """The pump has not turned for too long: whatever the timer thinks, it has to. Perhaps there is no timer."""
        self._pumping = False
        self._scheduler.revive()
        self._spawn(self._turn())

    async def reload(self) -> None:
        """Take up the configuration anew; a faulty one is reported, and the old one stays."""
        self._systemd.reloading()
        try:
            async with self._changing:
                await self._change_over()
        finally:
            if not self._stop.is_set():  # else it is stopping, and has said so
                self._systemd.ready(self._status())

    async def _change_over(self) -> None:
        if self._stop.is_set():
            return
        self._refused = True
        try:
            made = self._made(await asyncio.to_thread(self._load))
        except Faulty as error:
            for fault in error.faults:
                log.error("configuration.refused", path=fault.path, problem=fault.text)
            return
        except Exception as error:  # noqa: BLE001  supervised: a bug there leaves the old one on the watch
            log.error("configuration.not_taken_up", problem=error, place=place(error))
            return
        self._refused = False
        await self._idle.wait()  # first: the turn under way may find that the store fails
        if self._outage.on or (self._answering is not None and self._answering.holds):
            log.info("configuration.waits")  # another pump would not know what went out and was answered
            self._reload_waits = True
            return
        if self._jobs is not None:
            self._jobs.forget()
        old, self._app, before = self._app, made.app, self._pump
        try:
            await self._let_go()  # nothing turns until the channels are open again
        except Exception as error:  # noqa: BLE001  supervised: somebody has to go on
            log.error("configuration.not_let_go", problem=error, place=place(error))
        old.give_up()
        self._spawn(in_own_thread(old.close, "close"))  # a library may wait there for an answer
        try:
            await self._take_up(made, before)
        finally:
            await _with_patience(in_own_thread(lambda: self._keep(made.app.config), "keep"))
        log.info("configuration.reloaded")

    def _status(self) -> str:
        """For systemd, and so for anybody on this machine: no name and no time."""
        count = len(self._app.config.calendars)
        refused = (
            " The changed configuration could not be taken up: the one before it stays."
            if self._refused
            else ""
        )
        return f"Watching {count} calendar{'' if count == 1 else 's'}.{refused}"

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

    def _made(self, app: App) -> _Made:
        dispatcher = app.dispatcher(app.channels(), self.wake)
        answering = Answering(app, dispatcher, self.wake)
        pump = Pump(app, dispatcher, Asker(app, self.wake), self._leapt, AHEAD)
        jobs = Jobs(app, self._scheduler, self.health, self.wake, self._found_damage)
        turns = Turns(
            app,
            pump,
            answering,
            self.health,
            self._outage,
            jobs.poller,
            wake=self.wake,
            audit=lambda: self._spawn(jobs.audit()),
        )
        return _Made(app, answering, pump, turns, jobs)

    async def _take_up(self, made: _Made, before: Pump | None = None) -> None:
        """Open the channels, plan from what is stored, and put the jobs on the timer. `before` turned until now."""
        if self._answering is not None:
            made.answering.succeed(self._answering)
        if before is not None:
            made.pump.dispatcher.succeed(before.dispatcher)
        # First: a channel may hear at once what was answered while no daemon ran.
        self._answering = made.answering
        await made.pump.dispatcher.open(self._answered)
        self._jobs, self._turns = made.jobs, made.turns
        try:
            await self._begin(made.pump)
        finally:  # after a reload nobody else is on the watch, and every turn tries again
            self._pump = made.pump
            made.jobs.begin()
            self._scheduler.once("pump", self._app.clock.now(), self._turn)

    async def _begin(self, pump: Pump) -> None:
        try:
            if not self._outage.on and await self._begun(pump):
                self.health.audited()
        except (TryLater, Unusable) as error:
            self._outage.hit(error)
        if self._outage.on and not pump.dispatcher.remembers:  # every turn tries again
            await self._know_what_was_stored(pump)

    async def _begun(self, pump: Pump) -> bool:
        """As `pump.begin`. Where something is known already, nobody waits for a store that hangs."""
        work = asyncio.create_task(pump.begin())
        await asyncio.wait([work], timeout=_BEGIN_SECONDS if pump.dispatcher.remembers else None)
        if work.done():
            return work.result()
        self._spawn(_came_to_its_end(work))
        raise TryLater("The store does not answer.")

    async def _know_what_was_stored(self, pump: Pump) -> None:
        """The store cannot be used from the start: its rungs go out from memory until it can."""
        try:
            with in_memory(self._app.store) as copy:
                await pump.stock_from(copy)
        except Exception as problem:  # noqa: BLE001  supervised: what there is of it may be anything
            log.error("store.not_read", problem=problem, place=place(problem))

    def _leapt(self, _leap: Leap) -> None:
        """The machine slept, or its clock was set: ask the calendars before concluding anything."""
        if self._jobs is not None:
            self._app.forget_pauses()  # first: the polls that follow may fail before the turn goes on
            self._jobs.begin()

    async def _end(self) -> None:
        self._systemd.stopping()
        with suppress(TimeoutError):  # a turn or a reload that hangs is not waited for
            async with asyncio.timeout(_END_SECONDS), self._changing:
                await self._idle.wait()
        if self._jobs is not None:
            self._jobs.forget()
        self._scheduler.stop()
        for task in list(self._tasks):
            task.cancel()
        await self._waker.off()
        await self._let_go()
        self._bell.close()
        self._app.give_up()
        await _with_patience(in_own_thread(self._app.close, "close"))
        log.info("daemon.stopped")

    async def _let_go(self) -> None:
        turns, self._turns = self._turns, None
        pump, self._pump = self._pump, None
        if turns is not None:
            await turns.close()
        if pump is not None:
            await pump.close()

    async def _turn(self) -> None:
        """One turn: sign of life, verdicts, reminders; then the timer is set for the next."""
        if self._pumping or self._pump is None or self._turns is None or self._stop.is_set():
            return
        self._pumping, self._again = True, False
        self._idle.clear()
        self._guardian.seen()
        wait = _SOON
        try:
            self._look_at_the_zone()
            wait = await self._turns.turn()
            self._after_a_turn()
        except Exception as error:  # noqa: BLE001  supervised: whatever it was, the next turn must come
            log.error("pump.failed", problem=error, place=place(error))
        finally:
            self._pumping = False
            self._idle.set()
            if not self._stop.is_set():
                now = self._app.clock.now()
                self._scheduler.once("pump", now if self._again else now + wait, self._turn)

    def _look_at_the_zone(self) -> None:
        if self._zone.changed() and self._app.config.zone_follows_system:
            log.info("zone.changed")
            self._spawn_reload()

    def _after_a_turn(self) -> None:
        if self._outage.on:
            return
        self._bell.listen(self.wake)  # if it could not before
        self._spawn(self._waker.keep(self._app))
        if self._reload_waits:
            self._reload_waits = False
            self._spawn_reload()

    def _found_damage(self) -> None:
        self._outage.damaged = True
        self.wake()

    def _answered(self, answer: Answer) -> None:
        if self._answering is not None:
            self._spawn(self._answering.take(answer))


async def _came_to_its_end(work: Awaitable[bool]) -> None:
    with suppress(TryLater, Unusable):  # every turn meets it, too
        await work


async def _with_patience(work: Awaitable[None]) -> None:
    """Wait for `work`, but not for ever: what hangs goes on without us."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await work
