"""The desktop channel on a desktop, with what it heard, in a time of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from kepthour.channels.desktop.channel import Desktop as Screen
from kepthour.core.ladder import Urgency
from kepthour.ports import Answer, Notice
from tests.support.clock import FakeClock
from tests.support.desktop import Desktop
from tests.support.rungs import START, rung

OTHER = replace(
    rung(-5, Urgency.HIGH), delivery="9", subject="xyz", title="Session at 15:00 starts in 5 min", later=()
)


class Hours(FakeClock):
    """A clock that a test moves, and waiting by it."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._waiting: list[tuple[datetime, asyncio.Future[None]]] = []

    async def wait(self, seconds: float) -> None:
        """Until the test has moved the clock by so much."""
        over = asyncio.get_running_loop().create_future()
        self._waiting.append((self.at + timedelta(seconds=seconds), over))
        await over

    async def go_on(self, at: datetime) -> None:
        """It is `at`; who waited for it goes on. If that is earlier, everybody does: a clock that is set back holds
        nobody up."""
        await asyncio.sleep(0)  # who was just started begins to wait
        self.strike(at)
        await asyncio.sleep(0)

    def strike(self, at: datetime) -> None:
        """The same, before anything else happens on the event loop."""
        back, self.at = at < self.at, at
        due = [over for end, over in self._waiting if back or end <= at]
        self._waiting = [(end, over) for end, over in self._waiting if over not in due]
        for over in due:
            if not over.done():
                over.set_result(None)


def instant(minutes: int) -> datetime:
    """So many minutes after the start, and a few seconds."""
    return START + timedelta(minutes=minutes, seconds=3)


@dataclass
class Stage:
    """`hours` begin five minutes before the start of the session of `tests.support.rungs`."""

    desktop: Desktop
    hours: Hours = field(default_factory=lambda: Hours(START - timedelta(minutes=5)))
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._bus = ""
        self.channel = Screen("desktop", self.hours.wait)
        self.channel.keep_time(self.hours)

    async def send(self, notice: Notice, replaces: str | None = None) -> str:
        reference = await self.channel.send(notice, replaces)
        assert reference is not None
        self._bus = reference.rsplit(" ", 2)[0]
        return reference

    async def at(self, minutes: int) -> None:
        """It is so many minutes after the start, or before it, and a few seconds."""
        await self.hours.go_on(instant(minutes))

    async def do(self, work: Callable[..., Any], *args: Any) -> None:
        """What blocks, beside the event loop."""
        await asyncio.to_thread(work, *args)

    async def sees(self, *titles: str) -> None:
        """Wait until these notices, and no others, are on the screen."""

        def seen() -> bool:
            return self.desktop.count() == len(titles) and sorted(self.desktop.shown()) == sorted(titles)

        await self.until(seen)

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(holds):
                await asyncio.sleep(0.02)

    async def heard_all(self) -> None:
        """What the server had to say before this has been heard, and what the channel was about to show is shown."""
        # the server's reply comes after all that
        await self.channel.recall(f"{self._bus} 4000000000 nothing")
        await self.channel.probe()
