"""One turn of the pump: a sign of life, verdicts, reminders; and how long the next turn may wait."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from importlib.metadata import version

from kepthour.app import App
from kepthour.core.errors import NeedsPerson, TryLater, place
from kepthour.core.gaps import GAP, Meanwhile
from kepthour.core.timekeeping import Leap, leap
from kepthour.logger import log
from kepthour.pipeline.dispatch import Dispatcher
from kepthour.runtime.asker import Asker
from kepthour.runtime.lookout import Lookout
from kepthour.store import reminders, watches
from kepthour.store.engine import Store

# a turn comes at least this often: a suspended or stepped clock is noticed by then
CAP = timedelta(seconds=15)
AHEAD = timedelta(seconds=2)  # the daemon's; a turn writes several times, and a disk may take 100 ms for each
_BEAT = timedelta(seconds=25)  # how often a sign of life is written
_LEAST = timedelta(seconds=1)  # before the turn after one that did not come to its end
_LAST = 1.0  # seconds for what is being read into memory that nobody will ask any more
_MORE = timedelta(hours=1)  # how often more is looked for in a store that cannot be written
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
        self.lookout = Lookout(app)
        self._leapt = leapt
        self._ahead = ahead
        self._version = version("kepthour")
        self._last_reading = app.clock.read()
        self._caught_up = False
        self._leaps = 0
        self._last_beat: datetime | None = None
        self._has_beaten = False
        self._last_sign = self._last_reading  # of the clocks, at the last sign of life
        self._stocked_at: datetime | None = None
        self._more_at: datetime | None = None
        self._stocking: asyncio.Task[None] | None = None
        self._due_before: datetime | None = None
        self.sound = True  # whether no part of the last turn failed

    def news(self) -> None:
        """Something was stored: what is kept in memory is to be taken anew."""
        self._stocked_at = None

    @property
    def knows(self) -> bool:
        """Whether what is kept in memory is as the store has it: nothing was stored since, and no clock leapt."""
        reading = self._stocking is not None and not self._stocking.done()
        return self._caught_up and self._stocked_at is not None and not reading

    async def store_is_new(self) -> None:
        """A new store took the place of a damaged one: begin with it as after a start. Raises TryLater, NeedsPerson."""
        self._caught_up = False
        self._last_beat = None
        await self.dispatcher.renewed()
        self.news()  # there, what is kept in memory may have other numbers

    async def begin(self) -> bool:
        """After a start: bring the plan in step, and show again what is still open; whether all of it was done.

        What is to come is kept in memory from here on: the store may fail next. Raises TryLater, NeedsPerson.
        """
        done = [await self._step(step) for step in (self._catch_up, self.dispatcher.show_again)]
        self._stock()
        return all(done)

    async def stock_from(self, store: Store) -> None:
        """After a start on a store that cannot be used: know in memory what a copy of it holds."""
        await self.dispatcher.stock_from(store)

    async def turn(self, *, may_conclude: bool = True) -> timedelta:
        """Do what is due; returns how long the next turn may wait (CAP at most). Raises TryLater, NeedsPerson.

        Verdicts, the questions before them, and what is said of the calendars themselves wait until `may_conclude`;
        reminders of sessions never do.
        """
        may_conclude = not self._notice_a_leap() and may_conclude
        # By this all conclusions go: a clock that leaps between here and there must not be believed.
        as_of = self._last_reading.wall
        self.sound = True

        async def ask() -> None:
            await self.asker.turn(as_of)

        async def look() -> None:
            await asyncio.to_thread(self._app.look, as_of)

        async def hand_out() -> None:
            sleeps = leap(self._last_reading, self._app.clock.read()).noticeable
            await self.dispatcher.pump(self._ahead, digests=may_conclude and not sleeps)

        if not self._caught_up:
            await self._step(self._catch_up)
        await self._step(self._beat_in_time)
        if may_conclude:
            await self._step(ask)
            await self._step(look)
        if not await self._step(hand_out):
            self.dispatcher.pump_without_store()
        await self._step(self.lookout.turn)
        self._stock()
        return await self._wait(as_of)

    async def turn_without_store(self) -> timedelta:
        """What can be done while the store cannot be used: reminders, as far as they are known in memory."""
        self._notice_a_leap()
        self.dispatcher.pump_without_store()
        self._stock_more()
        return self._until(self.dispatcher.next_without_store())

    async def _wait(self, as_of: datetime) -> timedelta:
        """`as_of`: up to then everything was concluded; a deadline that has passed since is still to come."""
        dues: list[datetime | None] = []

        async def look_ahead() -> None:
            dues.append(await asyncio.to_thread(self._next, self._ahead / 2, as_of))

        seen = await self._step(look_ahead)
        due = dues[0] if seen else self.dispatcher.next_without_store()
        wait = self._until(due)
        stuck, self._due_before = not wait and due == self._due_before, due
        # What was due, and could not be seen to, is due still: no reason to turn without a pause.
        return max(wait, _LEAST) if stuck or not self.sound else wait

    def _until(self, due: datetime | None) -> timedelta:
        return CAP if due is None else max(timedelta(), min(due - self._app.clock.now(), CAP))

    def next_due(self) -> datetime | None:
        """When the next reminder, deadline, question to a source, or one to show again comes; None: nothing does."""
        return self._next(timedelta(), self._app.clock.now())

    def _next(self, before: timedelta, as_of: datetime) -> datetime | None:
        """When something is to be done, `before` a reminder's own time."""
        with self._app.store.read() as tx:
            reminder = reminders.next_time(tx, self.dispatcher.in_hand)
        times = (reminder and reminder - before, self._app.next_look(as_of), self.dispatcher.next_to_show())
        return min((at for at in times if at is not None), default=None)

    async def settle(self) -> None:
        """Wait until what was asked is answered, and what was sent is recorded."""
        await self.asker.settle()
        await self.lookout.settle()
        await self.dispatcher.settle()
        if self._stocking is not None:
            await self._stocking

    async def close(self) -> None:
        """Ask no more, let what is on its way arrive, and let go of the channels."""
        await self.asker.close()
        await self.lookout.close()
        await self.dispatcher.close()
        if self._stocking is not None:
            await asyncio.wait([self._stocking], timeout=_LAST)

    async def _step(self, step: Callable[[], Awaitable[None]]) -> bool:
        """One part of a turn; whether it came to its end. A bug in it costs itself, not the parts that follow."""
        await self.dispatcher.make_way()
        try:
            await step()
        except (TryLater, NeedsPerson):
            raise  # the store: the others would fare no better
        except Exception as error:  # noqa: BLE001  supervised: said, and the turn goes on
            self.sound = False
            log.error("step.failed", step=step.__name__.strip("_"), problem=error, place=place(error))
            return False
        return True

    def _notice_a_leap(self) -> bool:
        """A sleep or a step of the clock: until it has been caught up with, what is planned is not to be trusted."""
        before, self._last_reading = self._last_reading, self._app.clock.read()
        happened = leap(before, self._last_reading)
        if happened.noticeable:
            log.info(
                "clock.leapt", slept=happened.slept.total_seconds(), stepped=happened.stepped.total_seconds()
            )
            self._caught_up = False
            self._leaps += 1
            self._leapt(happened)
        return happened.noticeable

    async def _catch_up(self) -> None:
        leaps = self._leaps
        await self.dispatcher.begin()
        await asyncio.to_thread(self._app.catch_up)
        self._caught_up = leaps == self._leaps  # another may have come meanwhile

    def _stock(self) -> None:
        """Take in anew what is kept in memory, beside the turns: it takes longer than the next may wait."""
        now = self._app.clock.now()
        fresh = self._stocked_at is not None and timedelta() <= now - self._stocked_at < _STOCK
        if fresh or (self._stocking is not None and not self._stocking.done()):
            return
        self._stocked_at = now
        self._stocking = asyncio.create_task(self._stock_now())

    def _stock_more(self) -> None:
        """A disk that is full for days can be read: memory, which reaches a day ahead, is to reach on."""
        now = self._app.clock.now()
        recent = self._more_at is not None and timedelta() <= now - self._more_at < _MORE
        if recent or (self._stocking is not None and not self._stocking.done()):
            return
        self._more_at = now
        self._stocking = asyncio.create_task(self._stock_more_now())

    async def _stock_more_now(self) -> None:
        with suppress(TryLater, NeedsPerson):  # what is known stays known
            await self._step(self.dispatcher.stock_more)

    async def _stock_now(self) -> None:
        try:
            await self._step(self.dispatcher.stock)
        except (TryLater, NeedsPerson):  # the next turn meets it, too, and sees to it
            self._stocked_at = None

    async def beat(self) -> None:
        """Store a sign of life now. Raises TryLater, NeedsPerson."""
        await asyncio.to_thread(self._give_a_sign)

    async def _beat_in_time(self) -> None:
        now = self._app.clock.now()
        if self._last_beat is None or not timedelta() <= now - self._last_beat < _BEAT:
            await self.beat()

    def _give_a_sign(self) -> None:
        # Read once: what is told of a leap is to be told of the time that it made.
        clocks = self._app.clock.read()
        since = leap(self._last_sign, clocks)
        booted_at, is_first = clocks.wall - clocks.boot, not self._has_beaten
        meanwhile = Meanwhile(since.slept, since.stepped, booted_at, is_first=is_first)
        with self._app.store.write() as tx:
            watches.beat(tx, clocks.wall, os.getpid(), self._version, GAP, meanwhile)
        self._last_beat, self._last_sign, self._has_beaten = clocks.wall, clocks, True
