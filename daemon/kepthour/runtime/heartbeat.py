"""A sign of life for a service outside, if the therapist wants one: what watches from inside dies with the machine.

The daemon says "I am well" while it is, and nothing when it is not. The service that misses it raises the alarm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from kepthour.app import App
from kepthour.config import HeartbeatConfig
from kepthour.core.heartbeat import Problem, Record
from kepthour.logger import log
from kepthour.runtime.scheduler import Scheduler
from kepthour.store import heartbeat as store
from kepthour.threads import in_own_thread

_JOB = "heartbeat"
# after a start or a sleep: for the first turn of the pump, and for the network
_SETTLE = timedelta(seconds=5)
_LOOK_AGAIN = timedelta(seconds=15)  # while the daemon is not well
_TRY_AGAIN = timedelta(minutes=1)  # after one that did not arrive
_SECONDS = 30.0


class Heartbeat:
    """The heartbeats of one App, or none if its configuration wants none. `well` says whether to send one now."""

    def __init__(
        self, app: App, scheduler: Scheduler, well: Callable[[], bool], seconds: float = _SECONDS
    ) -> None:
        self._app = app
        self._scheduler = scheduler
        self._well = well
        self._seconds = seconds
        self._record = store.kept(app.store.path)
        self._busy = False
        self._asking = False
        self._over = False

    @property
    def under_way(self) -> bool:
        """Whether one is being sent."""
        return self._busy

    def begin(self) -> None:
        """Send one as soon as the daemon is well, and from then on at its time."""
        wanted = self._app.config.heartbeat
        if wanted is not None and not self._over:
            self._set(wanted, min(_SETTLE, wanted.every))

    def forget(self) -> None:
        """Send no more."""
        self._over = True
        self._scheduler.forget(_JOB)

    def _set(self, wanted: HeartbeatConfig, wait: timedelta) -> None:
        async def turn() -> None:
            await self._turn(wanted)

        self._scheduler.once(_JOB, self._app.clock.now() + wait, turn)

    async def _turn(self, wanted: HeartbeatConfig) -> None:
        if self._busy or self._over:
            return
        self._busy = True
        wait = _TRY_AGAIN
        try:
            wait = await self._beat(wanted)
        finally:
            self._busy = False
            if not self._over:
                self._set(wanted, min(wait, wanted.every))

    async def _beat(self, wanted: HeartbeatConfig) -> timedelta:
        """Send one if all is well; returns how long the next may wait."""
        if not self._well():
            await self._note(Problem.WITHHELD)
            return _LOOK_AGAIN
        problem = await self._sent(wanted)
        if not self._over:
            await self._note(problem)
        return wanted.every if problem is None else _TRY_AGAIN

    async def _sent(self, wanted: HeartbeatConfig) -> Problem | None:
        if self._asking:  # the thread of an earlier one hangs
            return Problem.TIMEOUT
        self._asking = True
        try:
            async with asyncio.timeout(self._seconds):
                return await in_own_thread(lambda: self._send(wanted), _JOB)
        except TimeoutError:
            return Problem.TIMEOUT

    def _send(self, wanted: HeartbeatConfig) -> Problem | None:
        from kepthour.runtime.beat import send  # the HTTP library: not every daemon needs it

        try:
            return send(wanted.url)
        finally:
            self._asking = False

    async def _note(self, problem: Problem | None) -> None:
        """Keep how it went for `status`, and log it if it went otherwise than the last time."""
        before = self._record
        last_success = self._app.clock.now() if problem is None else before.last_success
        self._record = Record(last_success, problem)
        if problem is not before.problem:
            _tell(problem)
        if problem is None or problem is not before.problem:
            await asyncio.to_thread(self._keep)

    def _keep(self) -> None:
        try:
            store.keep(self._app.store.path, self._record)
        except OSError as error:  # the disk is full, say: the heartbeat goes on
            log.warning("heartbeat.not_kept", problem=error)


def _tell(problem: Problem | None) -> None:
    if problem is None:
        log.info("heartbeat.accepted_again")
    else:
        log.warning("heartbeat.failed", problem=problem.value)
