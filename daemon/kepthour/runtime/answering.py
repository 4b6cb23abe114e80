"""Takes the answers that channels hear. One that cannot be stored is kept, and does its work from memory meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from kepthour.app import App
from kepthour.core.errors import KeptHourError, TryLater
from kepthour.core.notice import LATE, SNOOZE, Key
from kepthour.core.response import Kind
from kepthour.pipeline.dispatch import Dispatcher
from kepthour.ports import Answer
from kepthour.runtime.opener import open_link
from kepthour.store.engine import Unusable

log = structlog.get_logger()

_SPANS = {Kind.SNOOZE: SNOOZE, Kind.LATE: LATE}


@dataclass(frozen=True, slots=True)
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

    async def take(self, answer: Answer) -> None:
        """Store `answer`, given now, and do what it asks for. Never raises."""
        await self._take(_Held(answer, self._app.clock.now()))

    async def store_held(self) -> None:
        """The store can be used again: what was answered meanwhile goes there, in order."""
        held, self._held = self._held, []
        for one in held:
            await self._take(one)

    async def _take(self, one: _Held) -> None:
        kind = Kind(one.answer.key.value)
        subject, surface = one.answer.subject, one.answer.surface
        try:
            answered = await asyncio.to_thread(
                self._app.answer, kind, subject, surface, None, one.at, one.answer.delivery
            )
        except (TryLater, Unusable) as error:
            log.warning("answer.held", answer=kind.value, problem=error)
            self._held.append(one)
            self._dispatcher.answered(subject, kind, one.at, _SPANS.get(kind))
            return
        except KeptHourError as error:
            log.warning("answer.refused", answer=kind.value, problem=error)
            return
        self._tell()
        if one.answer.key is Key.JOIN:
            await open_link(answered.session.known.join_url, self._app.config.join_hosts)
