"""Time that passes only when nothing is left to do: an event loop and a wall clock that move together.

Everything runs in one thread, so that the n-th statement is the same one in every run of the same story.
"""

from __future__ import annotations

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from kepthour.core.timekeeping import Reading
from tests.support.at_once import AtOnce

_T = TypeVar("_T")


class Stuck(AssertionError):
    """Nothing is left to do, and nothing is awaited that time would bring."""


class _Selector(selectors.DefaultSelector):
    """Waits for nothing: it lets the time pass that the loop would have waited."""

    seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            raise Stuck("all that is awaited never comes")
        if not events and timeout is not None:
            self.seconds += max(timeout, 0.0)
        return events


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose monotonic clock is `elapsed`, in seconds since it was made."""

    def __init__(self) -> None:
        self._time = _Selector()
        super().__init__(self._time)
        self.set_default_executor(AtOnce(1))

    def time(self) -> float:
        """The monotonic clock."""
        return self._time.seconds


class WallClock:
    """Satisfies `ports.Clock`: runs with the loop, sleeps with the machine, and can be put wrong."""

    def __init__(self, at: datetime, loop: Loop) -> None:
        self._loop = loop
        self._origin = at.astimezone(UTC)
        self._slept = timedelta()

    def now(self) -> datetime:
        """What the machine's clock shows, aware UTC."""
        return self.read().wall

    def read(self) -> Reading:
        """Wall, monotonic and boot-time clock."""
        monotonic = timedelta(seconds=self._loop.time())
        boot = monotonic + self._slept
        return Reading(self._origin + boot, monotonic, boot)

    def sleep(self, span: timedelta) -> None:
        """The machine is suspended for so long: no task sees that time pass."""
        self._slept += span

    def step(self, by: timedelta) -> None:
        """Somebody sets the wall clock."""
        self._origin += by
