"""One turn of the pump: a sign of life, verdicts, reminders; and how long the next turn may wait."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from importlib.metadata import version

import structlog

from kepthour.app import App
from kepthour.core.errors import NeedsPerson, TryLater
from kepthour.core.timekeeping import Leap, leap
from kepthour.pipeline.dispatch import Dispatcher
from kepthour.runtime.asker import Asker
from kepthour.runtime.logs import place
from kepthour.store import reminders, watches

log = structlog.get_logger()

CAP = timedelta(
    seconds=15
)  # a turn comes at least this often: a suspended or stepped clock is noticed by then
AHEAD = timedelta(milliseconds=500)  # the daemon's; a turn takes some milliseconds, and is late by some
_BEAT = timedelta(seconds=25)  # how often a sign of life is written
_BEAT_GAP = timedelta(seconds=60)  # more between two signs, and it is another watch
_STOCK = timedelta(minutes=1)  # how old what is kept in memory may grow while nothing is said to be new


class Pump:
    """Turns by an App's clock, on its store, into its channels. The timer is somebody else's."""

    def __init__(
        self,
        app: App,
        dispatcher: Dispatcher,
        asker: Asker,
        leapt: Callable[[Leap], None] = lambda _leap: None,
        ahead: timedelta = timedelta(),
    ) -> None:
        """`leapt` is called when the machine slept or its clock was set: timers and polls go by the old time.

        What falls due within `ahead` of a turn is prepared by it; a turn comes when half of that time is left.
        """
        self._app = app
        self.dispatcher = dispatcher
        self.asker = asker
        self._leapt = leapt
        self._ahead = ahead
        self._version = version("kepthour")
        self._last_reading = app.clock.read()
        self._caught_up = False
        self._last_beat: datetime | None = None
        self._stocked_at: datetime | None = None
        self._stocking: asyncio.Task[None] | None = None
        self.sound = True  # whether no part of the last turn failed

    def news(self) -> None:
        """Something was stored: what is kept in memory is to be taken anew."""
        self._stocked_at = None

    def store_is_new(self) -> None:
        """A new store took the place of a damaged one: begin with it as after a start."""
        self._caught_up = False
        self._last_beat = None

    async def begin(self) -> None:
        """After a start: bring the plan in step, and show again what is still open. Raises TryLater, NeedsPerson."""
        await self._catch_up()
        await self.dispatcher.show_again()

    async def turn(self, *, may_conclude: bool = True) -> timedelta:
        """Do what is due; returns how long the next turn may wait (CAP at most). Raises TryLater, NeedsPerson.

        Verdicts and the questions before them wait until `may_conclude`; reminders never do.
        """
        leapt = self._notice_a_leap()
        self.sound = True
        await self._step(self._prepare)
        if may_conclude and not leapt:
            await self._step(self._conclude)
        await self._step(self._hand_out)
        self._stock()
        due = await asyncio.to_thread(self._next_turn)
        now = self._app.clock.now()
        return CAP if due is None else max(timedelta(), min(due - now, CAP))

    async def turn_without_store(self) -> timedelta:
        """What can be done while the store cannot be used: reminders, as far as they are known in memory."""
        self._notice_a_leap()
        self.dispatcher.pump_without_store()
        now, due = self._app.clock.now(), self.dispatcher.next_without_store()
        return CAP if due is None else max(timedelta(), min(due - now, CAP))

    def next_due(self) -> datetime | None:
        """When the next reminder, question to a source, or deadline comes; None: nothing is planned."""
        return self._next(timedelta())

    def _next_turn(self) -> datetime | None:
        return self._next(self._ahead / 2)

    def _next(self, before: timedelta) -> datetime | None:
        """When something is to be done, `before` a reminder's own time."""
        with self._app.store.read() as tx:
            reminder = reminders.next_time(tx, self.dispatcher.in_hand)
        times = (reminder and reminder - before, self._app.next_look())
        return min((at for at in times if at is not None), default=None)

    async def settle(self) -> None:
        """Wait until what was asked is answered, and what was sent is recorded."""
        await self.asker.settle()
        await self.dispatcher.settle()
        if self._stocking is not None:
            await self._stocking

    async def close(self) -> None:
        """Ask no more, let what is on its way arrive, and let go of the channels."""
        await self.asker.close()
        await self.dispatcher.close()
        if self._stocking is not None:
            await self._stocking

    async def _step(self, step: Callable[[], Awaitable[None]]) -> None:
        """One part of a turn. A bug in it costs itself, not the parts that follow: least of all the reminders."""
        try:
            await step()
        except (TryLater, NeedsPerson):
            raise  # the store: the others would fare no better
        except Exception as error:  # noqa: BLE001  supervised: said, and the turn goes on
            self.sound = False
            log.error("step.failed", step=step.__name__, problem=error, place=place(error))

    async def _prepare(self) -> None:
        if not self._caught_up:
            await self._catch_up()
        await asyncio.to_thread(self._beat)

    async def _hand_out(self) -> None:
        await self.dispatcher.pump(self._ahead)

    async def _conclude(self) -> None:
        await self.asker.turn()
        await asyncio.to_thread(self._app.look)

    def _notice_a_leap(self) -> bool:
        """A sleep or a step of the clock: until it has been caught up with, what is planned is not to be trusted."""
        before, self._last_reading = self._last_reading, self._app.clock.read()
        happened = leap(before, self._last_reading)
        if happened.noticeable:
            log.info(
                "clock.leapt", slept=happened.slept.total_seconds(), stepped=happened.stepped.total_seconds()
            )
            self._caught_up = False
            self._leapt(happened)
        return happened.noticeable

    async def _catch_up(self) -> None:
        await asyncio.to_thread(self._app.catch_up)
        await self.dispatcher.begin()
        self._caught_up = True

    def _stock(self) -> None:
        """Take in anew what is kept in memory, beside the turns: it takes longer than the next may wait."""
        now = self._app.clock.now()
        fresh = self._stocked_at is not None and timedelta() <= now - self._stocked_at < _STOCK
        if fresh or (self._stocking is not None and not self._stocking.done()):
            return
        self._stocked_at = now
        self._stocking = asyncio.create_task(self._stock_now())

    async def _stock_now(self) -> None:
        try:
            await self._step(self.dispatcher.stock)
        except (TryLater, NeedsPerson):  # the next turn meets it, too, and sees to it
            self._stocked_at = None

    def _beat(self) -> None:
        now = self._app.clock.now()
        if self._last_beat is not None and timedelta() <= now - self._last_beat < _BEAT:
            return
        with self._app.store.write() as tx:
            watches.beat(tx, now, os.getpid(), self._version, _BEAT_GAP)
        self._last_beat = now
