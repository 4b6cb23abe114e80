"""Asks sources of evidence, in threads of their own, while the pump goes on turning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from kepthour.app import App
from kepthour.core.errors import KeptHourError
from kepthour.core.presence import Presence, Seen
from kepthour.logger import log
from kepthour.pipeline.inquire import Inquiry
from kepthour.ports import EvidenceSource
from kepthour.threads import in_own_thread

ASK_SECONDS = 20.0


class Asker:
    """The questions of one App, one after the other. `heard` is called on the event loop when answers are stored.

    A source that does not answer within `seconds` is unknown, and so it stays, unasked, until its thread is back.
    """

    def __init__(self, app: App, heard: Callable[[], None], seconds: float = ASK_SECONDS) -> None:
        self._app = app
        self._tell = heard
        self.seconds = seconds
        self._task: asyncio.Task[None] | None = None
        self._busy: set[EvidenceSource] = set()

    async def turn(self, as_of: datetime) -> None:
        """Begin to ask what is due `as_of`, unless answers are still awaited; returns before any comes."""
        if self._task is not None and not self._task.done():
            return
        inquiries = await asyncio.to_thread(self._app.inquiries, as_of)
        if inquiries:
            self._task = asyncio.create_task(self._ask_all(inquiries))

    async def settle(self) -> None:
        """Wait until what is being asked is answered and stored."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def close(self) -> None:
        """Give up what is being asked: it is asked again after the next start."""
        if self._task is not None:
            self._task.cancel()
            await self.settle()

    async def _ask_all(self, inquiries: list[Inquiry]) -> None:
        for inquiry in inquiries:
            asked_at = self._app.clock.now()
            presence = await self._ask(inquiry)
            try:
                await asyncio.to_thread(self._app.testify, inquiry, presence, asked_at)
            except KeptHourError as error:
                log.warning("evidence.not_stored", session=inquiry.session, problem=error)
        self._task = None
        self._tell()

    async def _ask(self, inquiry: Inquiry) -> Presence:
        source = inquiry.witness.source
        if source in self._busy:
            return Presence(Seen.UNKNOWN, problem="busy")
        self._busy.add(source)
        try:
            async with asyncio.timeout(self.seconds):
                return await in_own_thread(lambda: self._answer(inquiry), f"evidence {inquiry.witness.kind}")
        except TimeoutError:
            return Presence(Seen.UNKNOWN, problem="timeout")
        except Exception as error:  # noqa: BLE001  supervised: a source's bug proves nothing, and costs nobody a verdict
            return Presence(Seen.UNKNOWN, problem=f"bug-{type(error).__name__}")

    def _answer(self, inquiry: Inquiry) -> Presence:
        source = inquiry.witness.source
        try:
            return source.presence(inquiry.slot)
        finally:
            self._busy.discard(source)
