"""Turn after turn: with the store; or, where that fails or keeps us waiting, from memory.

The work with the store is a task of its own. While it goes on, what is due goes out from what is kept in memory, at
its time. What went out, and what was answered, is stored as soon as the store takes it, before anything else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from kepthour.app import App
from kepthour.core.errors import KeptHourError, TryLater
from kepthour.core.notice import Notice
from kepthour.core.notices import key_notice, rescued_notice, store_notice, store_works_notice
from kepthour.runtime.answering import Answering
from kepthour.runtime.health import Health
from kepthour.runtime.outage import Outage
from kepthour.runtime.pump import Pump
from kepthour.store.access import KeyUnavailable, Refused, Unusable
from kepthour.store.engine import Damaged
from kepthour.store.rescue import begin_anew

_PATIENCE = 1.0  # seconds that a turn with the store may take before what is due goes out from memory
_LONGER = 8.0  # the same, where the store may hold what memory does not know
_SOON = timedelta(seconds=1)  # the next look at a store that cannot be used
_NOT_AGAIN_FOR = 30.0  # seconds after a new store could not be begun
_DOUBTS = 2  # so often damage that cannot be found is taken for none
_TELL_AGAIN_AFTER = 20.0  # seconds


class Asks(Protocol):
    """Who asks the calendars, as the Poller does: see there."""

    @property
    def all_heard(self) -> bool: ...
    def ask_all(self) -> None: ...


class Turns:
    """The turns of one App's pump. `wake` asks for another one, `audit` for an audit."""

    def __init__(
        self,
        app: App,
        pump: Pump,
        answering: Answering,
        health: Health,
        outage: Outage,
        poller: Asks,
        wake: Callable[[], None],
        audit: Callable[[], None],
    ) -> None:
        self._app = app
        self._pump = pump
        self._answering = answering
        self._health = health
        self._outage = outage
        self._poller = poller
        self._wake = wake
        self._audit = audit
        self._work: asyncio.Task[timedelta] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._doubts = 0  # how often in a row damage was met that could not be found
        self._futile: tuple[float, Unusable] | None = None  # when a new store could not be begun, and why

    @property
    def under_way(self) -> asyncio.Task[timedelta] | None:
        """The work with the store that has not come to its end; None: there is none."""
        return self._work

    async def turn(self) -> timedelta:
        """One turn; returns how long the next may wait. Raises what is no fault of the store's."""
        if self._outage.on:
            await self._pump.turn_without_store()
        begun = self._work is None
        work = self._work = self._work or asyncio.create_task(self._with_store())
        await asyncio.wait([work], timeout=self._patience())
        if not work.done():
            if begun:
                work.add_done_callback(lambda _work: self._wake())
            return await self._from_memory(TryLater("The store does not answer."))
        self._work = None
        return await self._followed_up(work)

    async def close(self) -> None:
        """Tell no more, and let the store finish what it began, if it does."""
        if self._telling is not None:
            self._telling.cancel()
        if self._work is not None:
            await asyncio.wait([self._work], timeout=_LONGER)

    def _patience(self) -> float:
        if self._outage.on:
            return 0.0
        return _PATIENCE if self._pump.knows else _LONGER

    async def _with_store(self) -> timedelta:
        if self._outage.damaged:
            await self._begin_anew()
        elif self._outage.on:
            await self._pump.beat()  # raises if it still cannot be written
            self._poller.ask_all()  # nothing was stored of them meanwhile: first hear, then conclude
        await self._answering.store_held()
        await self._pump.dispatcher.record()
        return await self._pump.turn(may_conclude=self._poller.all_heard)

    async def _followed_up(self, work: asyncio.Task[timedelta]) -> timedelta:
        try:
            wait = work.result()
        except Damaged as error:
            self._outage.damaged = True
            await self._from_memory(error)
            self._health.coped()
            return timedelta() if self._futile is None else _SOON
        except (TryLater, Unusable, Refused) as error:
            self._health.coped()
            return await self._from_memory(error)
        self._doubts = 0
        if self._pump.sound:
            self._health.turned()
        if self._outage.over():
            self._audit()  # none came to its end meanwhile
            self._tell(store_works_notice(self._app.config.showing))
        return wait

    async def _from_memory(self, error: KeptHourError) -> timedelta:
        news = self._outage.hit(error)
        if news is not None:
            how = self._app.config.showing
            notice = key_notice(news, how) if isinstance(news, KeyUnavailable) else store_notice(news, how)
            self._tell(notice, self._outage.told)
        return min(await self._pump.turn_without_store(), _SOON)

    def _tell(self, notice: Notice, told: Callable[[], None] = lambda: None) -> None:
        """Show `notice` in the place of the one before it, as soon as some channel takes it."""

        if self._telling is not None:
            self._telling.cancel()
        self._telling = asyncio.create_task(self._go_on_telling(notice, told))

    async def _go_on_telling(self, notice: Notice, told: Callable[[], None]) -> None:
        while True:
            if await self._pump.dispatcher.tell(notice):
                told()
                return
            await asyncio.sleep(_TELL_AGAIN_AFTER)

    async def _begin_anew(self) -> None:
        """Keep a damaged store aside, save what can be read of it, and ask the calendars for the rest."""
        if self._futile is not None and time.monotonic() - self._futile[0] < _NOT_AGAIN_FOR:
            raise self._futile[1]
        store = self._app.store
        if await asyncio.to_thread(self._is_whole):
            return
        try:
            now = self._app.clock.now()
            rescued = await asyncio.to_thread(begin_anew, store, now)
        except Unusable as error:
            self._futile = time.monotonic(), error
            raise
        self._futile = None
        await asyncio.to_thread(store.reopen)
        self._outage.damaged = False
        self._outage.over()
        await self._pump.store_is_new()
        self._poller.ask_all()
        aside = rescued.aside.name if rescued.aside else None
        self._tell(rescued_notice(aside, rescued.answers, self._app.config.showing))

    def _is_whole(self) -> bool:
        """Whoever met damage may have met what was set right meanwhile. Met again and again it is there."""
        self._doubts += 1
        try:
            self._app.store.check()
        except Damaged:
            return False
        if self._doubts > _DOUBTS:
            return False
        self._app.store.reopen()
        self._outage.damaged = False
        return True
