"""One life of the daemon: what `runtime/daemon.py` does, with the real App, Pump and Dispatcher, in this world's time.

Turns in which nothing can be due are left out, but near sessions, where the signs of life count.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from kepthour.app import App
from kepthour.core.timekeeping import Leap
from kepthour.ports import Answer
from kepthour.runtime.answering import Answering
from kepthour.runtime.asker import Asker
from kepthour.runtime.pump import AHEAD, CAP, Pump
from kepthour.store import sessions
from kepthour.store.sessions import SessionRow
from tests.model.display import Screen

_SIGN_OF_LIFE = timedelta(seconds=55)  # as seldom as no gap comes of it
_BEAT = timedelta(seconds=25)  # how seldom the pump writes one
_REST = timedelta(hours=6)
_DECISIVE = timedelta(minutes=5)
_A_MOMENT = 0.001  # seconds, for what was just handed over to be taken and recorded
_AUDIT = timedelta(minutes=5)
_RESTLESS = 200  # turns in a minute


class Crash(BaseException):
    """The process is no more. Past every handler of exceptions."""


async def _nothing() -> None:
    return


class Witness(Protocol):
    """What a life tells the world around it."""

    def asks(self, life: Life) -> datetime:
        """It polls; returns when it does so next."""
        ...

    def sees_questions(self, rows: Sequence[SessionRow]) -> None:
        """What `status` would show as open now."""
        ...

    def decisive_spells(self, before: timedelta) -> list[tuple[datetime, datetime]]:
        """From `before` each session's start to its deadline."""
        ...

    def died(self) -> None:
        """It ended on the spot."""
        ...


class _Pump(Pump):
    """Remembers what it foresaw: to look ahead takes a third of a turn."""

    foreseen: datetime | None = None

    def _next(self, before: timedelta, as_of: datetime) -> datetime | None:
        self.foreseen = super()._next(before, as_of)
        return self.foreseen


class Life:
    """From a start to a stop or a death."""

    def __init__(self, app: App, screens: Mapping[str, Screen], world: Witness) -> None:
        self.app = app
        self._screens = screens
        self._world = world
        self._pump: _Pump | None = None
        self._answering: Answering | None = None
        self._wake = asyncio.Event()
        self._stopping = False
        self.resting = False  # between two turns
        self.dead = False
        self._heard = False
        self._pause = timedelta()
        self._beaten = app.clock.now()  # when the pump last wrote a sign of life
        self.next_poll = self._next_audit = app.clock.now()
        self._until_death: int | None = None
        self._turns: deque[float] = deque(maxlen=_RESTLESS)

    async def live(self) -> None:
        """As `Daemon.run`: take up, then turn until it is stopped."""
        await self._take_up()
        while not self._stopping:
            await self._turn()
            await asyncio.sleep(_A_MOMENT)
            self.resting = True
            await self._wait()
            self.resting = False
        assert self._pump is not None
        await self._pump.close()
        self.app.close()

    async def _take_up(self) -> None:
        """As `Daemon._take_up`."""
        dispatcher = self.app.dispatcher(dict(self._screens), self.wake)
        dispatcher.stock = _nothing  # the store never fails here, and a reserve costs a fifth of a run
        self._answering = Answering(self.app, dispatcher, self.wake)
        for screen in self._screens.values():
            await screen.open(self._answered)
        self._pump = _Pump(self.app, dispatcher, Asker(self.app, self.wake), self._leapt, AHEAD)
        await self._pump.begin()
        self._ask_at_once()

    def _leapt(self, _leap: Leap) -> None:
        self._ask_at_once()

    def _ask_at_once(self) -> None:
        """As `Daemon._set_timer`."""
        now = self.app.clock.now()
        self._heard, self.next_poll, self._next_audit = False, now, now + _AUDIT

    async def _turn(self) -> None:
        """As `Daemon._turn_safely`; then what else is due, and a turn for what came of it."""
        assert self._pump is not None
        self._wake.clear()
        self._stay_calm()
        self._pause = await self._pump.turn(may_conclude=self._heard)
        now = self.app.clock.now()
        if not timedelta() <= now - self._beaten < _BEAT:
            self._beaten = now
        with self.app.store.read() as tx:
            self._world.sees_questions(sessions.open_questions(tx))
        if now >= self._next_audit:
            self._next_audit = now + _AUDIT
            self.app.audit()
            self.wake()
        if now >= self.next_poll:
            self.next_poll = self._world.asks(self)
            self._heard = True
            self.wake()

    def _stay_calm(self) -> None:
        """A pump that turns without end would never let the time pass."""
        now = asyncio.get_running_loop().time()
        self._turns.append(now)
        assert len(self._turns) < _RESTLESS or now - self._turns[0] > 60.0, "the pump turns without end"

    async def _wait(self) -> None:
        assert self._pump is not None
        now = self.app.clock.now()
        # A pause as long as pauses are may end before anything is due: then we look further ahead.
        due = now + self._pause if self._pause < CAP else self._far_ahead(now)
        times = [self.next_poll, due, self._sign_of_life(now)]
        wait = min(times) - now
        try:
            async with asyncio.timeout(max(wait.total_seconds(), 0.0)):
                await self._wake.wait()
        except TimeoutError:
            return

    def _far_ahead(self, now: datetime) -> datetime:
        """When the pump would turn for what it has to do next. What comes after it has looked ahead wakes it."""
        assert self._pump is not None
        return now + _REST if self._pump.foreseen is None else self._pump.foreseen

    def _sign_of_life(self, now: datetime) -> datetime:
        """The next turn that is needed even if nothing is due."""
        spells = self._world.decisive_spells(_DECISIVE)
        if any(start <= now <= end for start, end in spells):
            return self._beaten + _SIGN_OF_LIFE
        return min([now + _REST, *(start for start, _end in spells if start > now)])

    def wake(self) -> None:
        """As `Daemon.wake`: something was stored."""
        if self._pump is not None:
            self._pump.news()
        self._wake.set()

    def stop(self) -> None:
        """End in peace."""
        self._stopping = True
        self.wake()

    def _answered(self, answer: Answer) -> None:
        assert self._answering is not None
        asyncio.get_running_loop().create_task(self._answering.take(answer))

    def alive(self) -> None:
        """Raises Crash in a dead process."""
        if self.dead:
            raise Crash

    def die_at(self, statement: int) -> None:
        """Die at the n-th statement or commit from now on."""
        self._until_death = statement

    def die(self) -> None:
        """On the spot. The caller raises Crash, if it is this process."""
        self.dead = True
        self._world.died()

    def step(self) -> None:
        """Before each statement and commit."""
        self.alive()
        if self._until_death is None:
            return
        self._until_death -= 1
        if self._until_death <= 0:
            self.die()
            raise Crash
