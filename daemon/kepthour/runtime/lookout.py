"""Looks at this machine around sessions, for those sources of evidence that the configuration asks for.

It has no timer of its own: a turn of the pump begins a look if one is due, and goes on.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from kepthour.app import App
from kepthour.core.errors import KeptHourError
from kepthour.core.spells import EVERY, Look, Sign
from kepthour.logger import log
from kepthour.ports import Observer

LOOK_SECONDS = 5.0


class Lookout:
    """The looks of one App. A source that fails, or does not answer within `seconds`, has not looked."""

    def __init__(self, app: App, seconds: float = LOOK_SECONDS) -> None:
        self._app = app
        self.seconds = seconds
        self._looked_at: datetime | None = None
        self._last: dict[str, Look] = {}  # by source
        self._failing: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def turn(self) -> None:
        """Begin to look, if that is due; returns before anything is seen."""
        now = self._app.clock.now()
        if not self._app.observers or not self._is_due(now):
            return
        if await asyncio.to_thread(self._app.is_watching):
            self._looked_at = now
            self._task = asyncio.create_task(self._look_around())

    async def settle(self) -> None:
        """Wait until what is being looked at is seen and stored."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await self.settle()

    def _is_due(self, now: datetime) -> bool:
        if self._task is not None and not self._task.done():
            return False
        return self._looked_at is None or not timedelta() <= now - self._looked_at < EVERY

    async def _look_around(self) -> None:
        observers = self._app.observers
        seen = await asyncio.gather(*(self._look(name, one) for name, one in observers.items()))
        for name, signs in zip(observers, seen, strict=True):
            if signs is not None:
                await self._keep(name, Look(self._app.clock.now(), signs))

    async def _look(self, name: str, observer: Observer) -> frozenset[Sign] | None:
        try:
            async with asyncio.timeout(self.seconds):
                signs = await observer.look()
        except Exception as error:  # noqa: BLE001  supervised: a source that fails has seen nothing, and costs nothing
            self._failed(name, type(error).__name__)
            return None
        if signs is None:
            self._failed(name, "cannot_tell")
        else:
            self._failing.discard(name)
        return signs

    def _failed(self, name: str, problem: str) -> None:
        """Said once, until it works again: it is looked at twice a minute."""
        if name not in self._failing:
            log.warning("evidence.not_observed", source=name, problem=problem)
        self._failing.add(name)

    async def _keep(self, name: str, look: Look) -> None:
        try:
            await asyncio.to_thread(self._app.saw, name, look, self._last.get(name))
        except KeptHourError as error:
            log.warning("evidence.not_stored", source=name, problem=error)
            return
        self._last[name] = look
