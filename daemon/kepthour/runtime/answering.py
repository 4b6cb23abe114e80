"""Takes the answers that channels hear. One that cannot be stored is kept, and does its work from memory meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kepthour.app import App
from kepthour.core.errors import KeptHourError, TryLater, place
from kepthour.core.notice import LATE, SNOOZE, Key
from kepthour.core.replies import SAYS
from kepthour.core.response import Kind
from kepthour.logger import log
from kepthour.pipeline.dispatch import Dispatcher
from kepthour.ports import Answer
from kepthour.runtime.opener import open_link
from kepthour.store.access import Refused, Unusable

_SPANS = {Kind.SNOOZE: SNOOZE, Kind.LATE: LATE}


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    answer: Answer
    at: datetime  # aware UTC


class Answering:
    """The answers of one App. `taken` is called on the event loop when one was stored."""

    def __init__(self, app: App, dispatcher: Dispatcher, taken: Callable[[], None]) -> None:
        self._app = app
        self._dispatcher = dispatcher
        self._tell = taken
        self._held: list[_Held] = []
        dispatcher.on_stock(self._remind)

    def succeed(self, before: Answering) -> None:
        """What waits with the one `before`, or comes to wait there yet, is stored from here, and holds rungs here."""
        self._held = before._held
        before._dispatcher = self._dispatcher

    @property
    def holds(self) -> bool:
        """Whether an answer waits to be stored."""
        return bool(self._held)

    async def take(self, answer: Answer) -> None:
        """Store `answer`, given now or a while ago, and do what it asks for. Never raises."""
        one = _Held(answer, self._app.clock.now() - answer.ago)
        if answer.key is Key.JOIN:
            await self._join(answer)
        try:
            holds = await self._store(one)
        except (TryLater, Unusable, Refused) as error:
            log.warning("answer.held", answer=answer.key.value, problem=error)
            self._held.append(one)
            holds = True
        if holds:  # stored or not: should the store fail next, it is memory that goes on
            self._tell_memory(one)

    def _remind(self) -> None:
        """Memory was taken anew from a store that does not have what waits."""
        for one in self._held:
            self._tell_memory(one)

    def _tell_memory(self, one: _Held) -> None:
        """Of an answer to a question nothing: it holds no rung."""
        if one.answer.key not in SAYS:
            kind = Kind(one.answer.key.value)
            self._dispatcher.answered(one.answer.subject, kind, one.at, _SPANS.get(kind))

    async def store_held(self) -> None:
        """What was answered while the store could not be used goes there, in order. Raises TryLater, Unusable, Refused.

        What went out before an answer is recorded before it: what it means depends on what was out.
        """
        while self._held:
            one = self._held[0]
            await self._dispatcher.record(until=one.at)
            await self._store(one)
            if one in self._held:  # else the one before came to its end with it, too
                self._held.remove(one)

    async def _store(self, one: _Held) -> bool:
        """Whether it was taken; false for one that makes no sense, or no sense any more.

        Raises TryLater, Unusable, Refused.
        """
        key = one.answer.key.value
        try:
            await asyncio.to_thread(self._hand_in, one.answer, one.at)
        except (TryLater, Unusable, Refused):
            raise
        except KeptHourError as error:
            log.warning("answer.refused", answer=key, problem=error)
            return False
        except Exception as error:  # noqa: BLE001  supervised: one answer must not hold up the others
            log.error("answer.lost", answer=key, problem=error, place=place(error))
            return True
        self._tell()
        return True

    def _hand_in(self, answer: Answer, at: datetime) -> None:
        if answer.key in SAYS:
            self._app.reply(answer, at)
        else:
            kind = Kind(answer.key.value)
            self._app.answer(kind, answer.subject, answer.surface, None, at, answer.delivery)

    async def _join(self, answer: Answer) -> None:
        """Open the room first: it must not wait for a store that is busy."""
        try:
            link = await asyncio.to_thread(self._app.join_link, answer.subject)
        except KeptHourError as error:
            log.warning("link.unknown", problem=error)
            return
        await open_link(link, self._app.config.join_hosts, answer.activation)
