"""Watches the pump from outside its own timer: a timer that died says nothing.

APScheduler has lost its timer after an exception in its store, and sleeps through a clock that was set back.
The guardian depends on neither: it is a task of its own, on the monotonic clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from kepthour.logger import log
from kepthour.runtime.pump import CAP

_PATIENCE = CAP + timedelta(seconds=3)  # all that follows from a step of the clock stands within 20 s


class Guardian:
    """Revives a pump that has not turned for `patience`. `seen` is to be called at every turn."""

    def __init__(self, revive: Callable[[], None], patience: timedelta = _PATIENCE) -> None:
        self._revive = revive
        self._patience = patience.total_seconds()
        self._turned = asyncio.Event()

    def seen(self) -> None:
        """The pump has turned."""
        self._turned.set()

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                async with asyncio.timeout(self._patience):
                    await self._turned.wait()
            except TimeoutError:
                log.error("pump.silent", seconds=self._patience)
                self._revive()
            self._turned.clear()
