"""A day that is turned as the daemon turns it, with a store that may be locked."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kepthour.core.notice import Key
from kepthour.ports import Answer
from kepthour.runtime.answering import Answering
from kepthour.runtime.health import Health
from kepthour.runtime.outage import Outage
from kepthour.runtime.turns import Turns
from tests.support.day import Day, when


class Watch:
    """The seconds that an outage lasts."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Heard:
    """A poller whose calendars all answer at once."""

    all_heard = True

    def __init__(self, day: Day) -> None:
        self._day = day

    def ask_all(self) -> None:
        self._day.sync()


class Bench:
    """A Day with one session at 10:00, turned as the daemon turns it."""

    def __init__(self, folder: Path) -> None:
        self.day = Day(folder, "2026-03-02 09:50")
        self.day.put("one", "2026-03-02T10:00:00")
        self.day.sync()
        self.watch = Watch()
        self.outage = Outage(self.watch)
        self.health = Health(self.watch)
        self.health.audited()
        self.audits = 0
        self.answering = Answering(self.day.app, self.day.pump.dispatcher, lambda: None)
        self.heard = Heard(self.day)
        self.turns = Turns(
            self.day.app,
            self.day.pump,
            self.answering,
            self.health,
            self.outage,
            self.heard,
            wake=lambda: None,
            audit=self._audit,
        )

    def _audit(self) -> None:
        self.audits += 1

    async def at(self, time: str) -> None:
        """Turns at this time, until nothing is under way any more."""
        self.day.clock.at = when(f"2026-03-02 {time}")
        await self.turn()

    async def turn(self) -> None:
        for _turn in range(3):  # one finds out, one from memory, one to take up what became of it
            await self.turns.turn()
            work = self.turns.under_way
            if work is not None:
                await asyncio.wait([work])
        await self.day.pump.settle()

    async def press(self, key: Key) -> None:
        """A button on the newest notice."""
        _at, notice = self.day.screen.received[-1]
        await self.answering.take(Answer(notice.delivery, notice.subject, key, "screen"))

    async def reply(self, time: str, key: Key) -> None:
        """A button on the question, at this time."""
        self.day.clock.at = when(f"2026-03-02 {time}")
        asked = next(notice for notice in self.day.notices() if notice.rung == "question")
        await self.answering.take(Answer(asked.delivery, asked.subject, key, "screen"))

    def rungs(self) -> list[str]:
        """What came of the ladder. Nobody polls here: that the calendar is stale is told, too."""
        return [rung for _at, rung in self.day.rungs() if rung not in {"store", "calendar"}]

    def told(self) -> list[str]:
        """What was said of the store."""
        return [notice.title for notice in self.day.notices() if notice.rung == "store"]

    def states(self) -> dict[str, str]:
        return {rung: state for rung, state, _why in self.day.states()}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program writes, and does not come to its end."""
        with closing(sqlite3.connect(self.day.store_path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
