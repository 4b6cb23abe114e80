"""One turn of the pump: a sign of life, verdicts, reminders; and how long the next turn may wait."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime, timedelta
from importlib.metadata import version

from kepthour.app import App
from kepthour.pipeline.dispatch import Dispatcher
from kepthour.runtime.asker import Asker
from kepthour.store import reminders, watches

CAP = timedelta(
    seconds=15
)  # a turn comes at least this often: a suspended or stepped clock is noticed by then
_BEAT = timedelta(seconds=25)  # how often a sign of life is written
_BEAT_GAP = timedelta(seconds=60)  # more between two signs, and it is another watch


class Pump:
    """Turns by an App's clock, on its store, into its channels. The timer is somebody else's."""

    def __init__(self, app: App, dispatcher: Dispatcher, asker: Asker) -> None:
        self._app = app
        self.dispatcher = dispatcher
        self.asker = asker
        self._version = version("kepthour")
        self._last_beat: datetime | None = None

    async def turn(self, *, may_conclude: bool = True) -> timedelta:
        """Do what is due; returns how long the next turn may wait (CAP at most). Raises TryLater, NeedsPerson.

        Verdicts and the questions before them wait until `may_conclude`; reminders never do.
        """
        await asyncio.to_thread(self._beat)
        if may_conclude:
            await self.asker.turn()
            await asyncio.to_thread(self._app.look)
        await self.dispatcher.pump()
        now = self._app.clock.now()
        due = await asyncio.to_thread(self.next_due)
        return CAP if due is None else max(timedelta(), min(due - now, CAP))

    def next_due(self) -> datetime | None:
        """When the next reminder, question to a source, or deadline comes; None: nothing is planned."""
        with self._app.store.read() as tx:
            reminder = reminders.next_time(tx)
        return min((at for at in (reminder, self._app.next_look()) if at is not None), default=None)

    async def settle(self) -> None:
        """Wait until what was asked is answered, and what was sent is recorded."""
        await self.asker.settle()
        await self.dispatcher.settle()

    async def close(self) -> None:
        """Ask no more, let what is on its way arrive, and let go of the channels."""
        await self.asker.close()
        await self.dispatcher.close()

    def _beat(self) -> None:
        now = self._app.clock.now()
        if self._last_beat is not None and timedelta() <= now - self._last_beat < _BEAT:
            return
        with self._app.store.write() as tx:
            watches.beat(tx, now, os.getpid(), self._version, _BEAT_GAP)
        self._last_beat = now
