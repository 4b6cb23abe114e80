"""What comes by the timer, beside the turns, for one App.

- `poll NAME`: at each calendar's interval, and shortly before each of its sessions
- `audit`: every five minutes; whatever has no next step gets one, or somebody hears of it
- `housekeeping`: ten minutes after the start, and every six hours; the calendars' windows move on, old evidence goes
- `heartbeat`: if the configuration wants it
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from kepthour.app import App
from kepthour.core.errors import KeptHourError
from kepthour.logger import log
from kepthour.runtime.health import Health
from kepthour.runtime.heartbeat import Heartbeat
from kepthour.runtime.poller import Poller
from kepthour.runtime.scheduler import Scheduler
from kepthour.store.engine import Damaged

_AUDIT = timedelta(minutes=5)
_HOUSEKEEPING = timedelta(hours=6)
_FIRST_HOUSEKEEPING = timedelta(minutes=10)  # a computer that is on for a morning keeps house, too


class Jobs:
    """`wake` asks for a turn, `damaged` is called when the store turned out to be; both on the event loop."""

    def __init__(
        self,
        app: App,
        scheduler: Scheduler,
        health: Health,
        wake: Callable[[], None],
        damaged: Callable[[], None],
    ) -> None:
        self._app = app
        self._scheduler = scheduler
        self._health = health
        self._wake = wake
        self._damaged = damaged
        self.poller = Poller(app, scheduler, wake, damaged)
        self._heartbeat = Heartbeat(app, scheduler, health.ok)

    def begin(self) -> None:
        """Put them on the timer, counted from now: what was set by another clock would come at another time."""
        now = self._app.clock.now()
        self.poller.ask_all()
        self._scheduler.every("audit", _AUDIT, self.audit, now + _AUDIT)
        self._scheduler.every("housekeeping", _HOUSEKEEPING, self.keep_house, now + _FIRST_HOUSEKEEPING)
        self._heartbeat.begin()

    def forget(self) -> None:
        """Take them off it. A poll that is under way is finished."""
        self.poller.forget()
        self._scheduler.forget("audit")
        self._scheduler.forget("housekeeping")
        self._heartbeat.forget()

    async def audit(self) -> None:
        """Look whether the store is whole, and whether everything has its next step."""
        try:
            if await self._supervised("audit", self._check_and_audit):
                self._health.audited()
        finally:
            self._wake()

    def _check_and_audit(self) -> None:
        self._app.store.check()
        self._app.audit()

    async def keep_house(self) -> None:
        """Move the calendars' windows on, and forget what is too old."""
        try:
            await self._supervised("housekeeping", self._app.refresh)
        finally:  # what is too old goes, whatever the calendars are like
            await self._supervised("housekeeping", self._app.forget_old)

    async def _supervised(self, name: str, work: Callable[[], None]) -> bool:
        """Whether it came to its end."""
        try:
            await asyncio.to_thread(work)
        except KeptHourError as error:
            log.warning("job.failed", job=name, problem=error)
            if isinstance(error, Damaged):
                self._damaged()
            return False
        return True
