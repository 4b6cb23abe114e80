"""Hands claimed reminders to their channels, each at its time, side by side; and takes back what no longer holds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from kepthour.core.errors import NeedsPerson, TryLater
from kepthour.core.notice import Notice, Showing
from kepthour.core.reminder import Reminder, State, Target
from kepthour.core.response import Kind
from kepthour.core.timekeeping import LEAST, leap
from kepthour.logger import log
from kepthour.pipeline.dispatch import claim
from kepthour.pipeline.dispatch.claim import Outcome, Parcel
from kepthour.pipeline.dispatch.imminent import Imminent
from kepthour.pipeline.dispatch.ledger import Ledger
from kepthour.pipeline.dispatch.outlets import Outlets, code_of
from kepthour.pipeline.dispatch.reserve import Provision, Reserve, provisions
from kepthour.pipeline.dispatch.standing import left_open
from kepthour.pipeline.dispatch.wording import Wording
from kepthour.ports import Answer, Channel, Clock
from kepthour.store.engine import Store

# So long before its time a claimed reminder is looked at again, and worded
_GLANCE = timedelta(milliseconds=10)
_LOOK_SECONDS = 0.25  # that look may take so long: a disk that hangs must not hold back what is ready
_FURTHEST = timedelta(seconds=4)  # nothing is claimed further ahead: the clock was set back
_REMEMBERED = timedelta(days=1)
_WEIGHED_FOR = timedelta(minutes=1)  # who is away, or with a client, may be back before that was to end


class Dispatcher:
    """Sends what is due. One instance a daemon; `pump` is never run twice at once."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        how: Showing,
        clock: Clock,
        stale_after: Mapping[str, timedelta],
        refused: Callable[[], None],
    ) -> None:
        """`stale_after` is each calendar's limit. `refused` is called when a reminder has to be tried again soon."""
        self._store = store
        self._outlets = Outlets(channels)
        self._ledger = Ledger(store, self._outlets.names, self._recall, refused)
        self._wording = Wording(how, stale_after)
        self._clock = clock
        self._wake = refused
        self._sending: set[asyncio.Task[None]] = set()
        self._handed: set[int] = set()  # handed over since what is kept in memory was last taken
        self._recalling: set[int] = set()
        self._newest: dict[Target, datetime] = {}  # when the newest of each that was handed over was due
        self._before: dict[Target, datetime] = {}  # the same, as another one left it
        self._later: dict[int, datetime] = {}  # what is to be shown again, and when
        self._weighed_at = clock.now()  # when that was last asked for
        self._reserve = Reserve()
        self._stocked: Callable[[], None] = lambda: None
        self._imminent = Imminent()

    def succeed(self, before: Dispatcher) -> None:
        """What the one `before` keeps in memory is kept here, until it is taken anew."""
        self._reserve.inherit(before._reserve, self._outlets.names)
        self._newest, self._before = dict(before._newest), dict(before._newest)

    @property
    def remembers(self) -> bool:
        """Whether anything to come is kept in memory."""
        return self._reserve.next_time() is not None

    @property
    def in_hand(self) -> frozenset[int]:
        """Reminders that are being sent, or wait to be recorded."""
        return self._ledger.in_hand

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Open the channels, side by side."""
        await self._outlets.open(answered)

    async def begin(self) -> None:
        """After a start or a step of the clock: whoever leased a reminder before is dead, or leased by another time."""
        now = self._clock.now()
        self._newest = {target: due for target, due in self._newest.items() if due <= now}
        await asyncio.to_thread(claim.release, self._store, self.in_hand)

    async def renewed(self) -> None:
        """A new store was begun: what is known here goes in there. Numbers of the old one mean nothing there."""
        self._later = {}
        await asyncio.to_thread(claim.replant, self._store, self._reserve.known)
        await self._ledger.renewed()

    async def pump(self, ahead: timedelta = timedelta(), *, digests: bool = True) -> None:
        """Claim what is due and start handing it over; returns before the channels answer.

        What falls due within `ahead` is claimed, too, and handed over at its time, to the millisecond. Without
        `digests` these are left where they are: they tell how the calendars stand, and some were not heard yet.
        """
        await self.record()
        await self.make_way()
        clocks, in_hand = self._clock.read(), self.in_hand
        now = clocks.wall
        parcels, outdated = await asyncio.to_thread(
            claim.claim, self._store, self._outlets.names, self._wording, now, in_hand, ahead, digests=digests
        )
        if parcels and leap(clocks, self._clock.read()).noticeable:
            await self._end_leases(parcels)  # by this time others are due, perhaps
            self._wake()
        else:
            self._send(parcels)
        self._recall(outdated)
        since = now - self._weighed_at
        if self._later and (min(self._later.values()) <= now or not timedelta() <= since < _WEIGHED_FOR):
            await self._show_again(list(self._later))

    async def make_way(self) -> None:
        """Wait while a hand-over is imminent, for a moment: work beside it would make it late."""
        await self._imminent.over()

    async def stock(self) -> None:
        """Keep in memory what is to go out in the coming hours."""
        await self.stock_from(self._store)

    async def stock_from(self, store: Store) -> None:
        """The same, out of another store: a copy, perhaps, of one that cannot be used."""
        now = self._clock.now()
        self._reserve.stock(await self._found(store, now))
        self._stocked()
        self._newest = {target: due for target, due in self._newest.items() if due > now - _REMEMBERED}

    async def stock_more(self) -> None:
        """While the store cannot be written: what it says of the hours after those that are known."""
        self._reserve.add(await self._found(self._store, self._clock.now()))

    async def _found(self, store: Store, now: datetime) -> list[Provision]:
        self._handed = set(self.in_hand)  # what goes out from here on may be found pending
        found = await asyncio.to_thread(provisions, store, self._wording, now)
        return [_sent(one) if one.reminder.id in self._handed else one for one in found]

    def on_stock(self, tell: Callable[[], None]) -> None:
        """`tell` is called whenever what is kept in memory was taken anew, and knows nothing else any more."""
        self._stocked = tell

    def pump_without_store(self) -> None:
        """Start handing over what is due as far as it is known here, since the store cannot be asked."""
        self._send(self._reserve.hand_out(self._clock.now(), self.in_hand))

    def next_without_store(self) -> datetime | None:
        """When `pump_without_store` will have something to do; None: it will not."""
        return self._reserve.next_time()

    def answered(self, session_id: str, kind: Kind, at: datetime, span: timedelta | None) -> None:
        """What is kept in memory hears of an answer, too, stored or not. `at` is aware UTC."""
        self._reserve.answered(session_id, kind, at, span)

    async def tell(self, notice: Notice) -> bool:
        """Show a notice that stands in no store, on every channel that takes it; whether one did."""
        return await self._outlets.tell(notice)

    async def show_again(self) -> None:
        """After a start: show anew what a process before us left on the screen, each in its own place.

        A notice answers only to the process that showed it: without this its buttons would be dead until the next
        rung. One that a reboot took away comes back, too.
        """
        await self._show_again(None)

    def next_to_show(self) -> datetime | None:
        """When what could not be shown again yet is to be; None: nothing waits for that."""
        return min(self._later.values(), default=None)

    async def _show_again(self, only: Collection[int] | None) -> None:
        """`only` these, if given."""
        now = self._clock.now()
        left, self._later = await asyncio.to_thread(
            left_open, self._store, self._outlets.names, self._wording, now, only
        )
        self._weighed_at = now
        for parcel in left:
            newest = self._newest.get(parcel.reminder.target)
            if newest is not None and newest != self._before.get(parcel.reminder.target):
                continue  # the store hung meanwhile: from memory, a newer one was shown by this process
            self._start(self._deliver_again(parcel))

    async def settle(self) -> None:
        """Wait until everything that is on its way has arrived, and been recorded if the store allows."""
        while self._sending:
            going = list(self._sending)
            await asyncio.gather(*going)
            # Of what is done gather does not wait for a turn of the loop (Python 3.12): no callback took it out yet.
            self._sending.difference_update(going)

    async def close(self) -> None:
        """Let what is on its way arrive (each has its deadline), then let go of the channels."""
        await self.settle()
        with suppress(TryLater, NeedsPerson):  # said; what went out comes once more after the next start
            await self.record()
        await self._outlets.close()

    async def record(self, until: datetime | None = None) -> None:
        """Store what became of reminders; with `until` (aware UTC), up to then. Raises TryLater, NeedsPerson."""
        await self._ledger.record(until)

    def _send(self, parcels: Sequence[Parcel]) -> None:
        now = self._clock.now()
        coming: defaultdict[datetime, list[Parcel]] = defaultdict(list)
        for parcel in parcels:
            reminder = parcel.reminder
            target = reminder.target
            newest = self._newest.get(target, reminder.due_at)
            # Store and memory may hand out at the same time: none of them twice, and no older one after a newer.
            if self._ledger.holds(reminder) or newest > reminder.due_at:
                continue
            self._newest[target] = reminder.due_at
            self._ledger.take(reminder)
            self._handed.add(reminder.id)
            if reminder.not_before <= now:
                self._start(self._deliver(parcel))
            else:
                coming[reminder.not_before].append(parcel)
        for at, those in coming.items():
            self._start(self._deliver_at(at, those))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver_at(self, at: datetime, parcels: Sequence[Parcel]) -> None:
        """Deliver at `at` what is still wanted just before. After a leap of the clock it is weighed again instead."""
        if not await self._reach(at - _GLANCE):
            await self._let_go(parcels)
            return
        with self._imminent:
            wanted = [_worded(parcel, at) for parcel in await self._still_wanted(parcels)]
            in_time = await self._reach(at)
            if in_time:
                for parcel in wanted:
                    self._start(self._deliver(parcel))
        if not in_time:
            await self._let_go(wanted)

    async def _reach(self, at: datetime) -> bool:
        """Wait until `at` by the wall clock; False if that has leapt over it, or moved it far away."""
        while (left := at - self._clock.now()) > timedelta():
            if left > _FURTHEST:
                return False
            await asyncio.sleep(left.total_seconds())
        return -left < LEAST

    async def _still_wanted(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                wanted = await asyncio.to_thread(
                    claim.still_wanted, self._store, [parcel.reminder for parcel in parcels]
                )
        except Exception as error:  # noqa: BLE001  supervised: rather one too many than one too few
            log.warning("reminder.not_looked_at", count=len(parcels), problem=error)
            return list(parcels)
        unwanted = [parcel.reminder for parcel in parcels if parcel.reminder.id not in wanted]
        if unwanted:
            self._put_down(unwanted)
            self._wake()  # put off, perhaps, by a few seconds only
        return [
            replace(parcel, replaces=wanted[parcel.reminder.id])
            for parcel in parcels
            if parcel.reminder.id in wanted
        ]

    async def _let_go(self, parcels: Sequence[Parcel]) -> None:
        await self._end_leases(parcels)
        self._put_down([parcel.reminder for parcel in parcels])
        self._wake()

    async def _end_leases(self, parcels: Sequence[Parcel]) -> None:
        claimed = [parcel.reminder for parcel in parcels]
        try:
            await asyncio.to_thread(claim.let_go, self._store, claimed)
        except Exception as error:  # noqa: BLE001  supervised: then the lease ends by itself
            log.warning("lease.not_ended", count=len(claimed), problem=error)

    def _put_down(self, claimed: Sequence[Reminder]) -> None:
        """These were claimed ahead, and not handed over."""
        for reminder in claimed:
            self._ledger.put_down(reminder)
            self._handed.discard(reminder.id)
            self._newest.pop(reminder.target, None)

    async def _deliver(self, parcel: Parcel) -> None:
        reminder = parcel.reminder
        self._ledger.sending(reminder)
        try:
            notice = parcel.words(self._clock.now())
            reference = await self._outlets.send(reminder.channel, notice, parcel.replaces)
        except Exception as error:  # noqa: BLE001  supervised: a channel's bug must not cost the other reminders
            self._refused(reminder, code_of(error))
        else:
            self._accepted(reminder, reference)
        await self._ledger.record_if_possible()

    def _accepted(self, reminder: Reminder, reference: str | None) -> None:
        self._reserve.used(reminder.id)
        self._ledger.note(Outcome(reminder, self._clock.now(), reference))
        log.info("reminder.sent", reminder=reminder.id, session=reminder.session_id, rung=reminder.rung,
                 channel=reminder.channel, attempt=reminder.attempts + 1)  # fmt: skip

    def _refused(self, reminder: Reminder, code: str) -> None:
        now = self._clock.now()
        self._reserve.refused(reminder.id, now)
        self._handed.discard(reminder.id)
        self._ledger.note(Outcome(reminder, now, problem=code))
        log.warning("reminder.refused", reminder=reminder.id, session=reminder.session_id, rung=reminder.rung,
                    channel=reminder.channel, problem=code)  # fmt: skip

    async def _deliver_again(self, parcel: Parcel) -> None:
        """No new delivery: nothing is recorded but where the notice stands now."""
        reminder = parcel.reminder
        try:
            notice = parcel.words(self._clock.now())
            reference = await self._outlets.send(reminder.channel, notice, parcel.replaces)
            holds = await asyncio.to_thread(claim.place, self._store, reminder, reference)
        except Exception as error:  # noqa: BLE001  supervised: it was shown before, and the next rung comes
            log.warning("reminder.not_shown_again", reminder=reminder.id, problem=code_of(error))
            return
        if not holds and reference is not None:
            self._recall([replace(reminder, reference=reference)])

    def _recall(self, outdated: Sequence[Reminder]) -> None:
        """Start to take back notices that were answered elsewhere, moved or cancelled."""
        for reminder in outdated:
            if reminder.id not in self._recalling:
                self._recalling.add(reminder.id)
                self._start(self._take_back(reminder))

    async def _take_back(self, reminder: Reminder) -> None:
        try:
            if reminder.reference is not None:
                await self._outlets.recall(reminder.channel, reminder.reference)
            await asyncio.to_thread(claim.recalled, self._store, reminder)
        except Exception as error:  # noqa: BLE001  supervised: it stays marked, and the next turn tries again
            log.warning("reminder.not_recalled", reminder=reminder.id, problem=code_of(error))
        finally:
            self._recalling.discard(reminder.id)


def _sent(one: Provision) -> Provision:
    """It is on its way, or went out and is not recorded yet."""
    return replace(one, reminder=replace(one.reminder, state=State.SENT))


def _worded(parcel: Parcel, at: datetime) -> Parcel:
    """With its notice made in advance, as it reads at `at`: so the words cost the reminder no time."""
    try:
        notice = parcel.words(at)
    except Exception:  # noqa: BLE001  whoever delivers it meets the same, and tells
        return parcel
    return replace(parcel, words=lambda _now: notice)
