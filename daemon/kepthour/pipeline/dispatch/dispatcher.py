"""Hands claimed reminders to their channels, side by side, and sees to it that what became of them is recorded."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from kepthour.core.errors import KeptHourError
from kepthour.core.notice import Notice, Showing
from kepthour.core.reminder import Reminder
from kepthour.core.response import Kind
from kepthour.core.timekeeping import LEAST
from kepthour.pipeline.dispatch import claim
from kepthour.pipeline.dispatch.claim import Outcome, Parcel
from kepthour.pipeline.dispatch.reserve import Reserve, provisions
from kepthour.pipeline.dispatch.wording import Wording
from kepthour.ports import Channel, ChannelFailed, Clock, Recallable
from kepthour.store.engine import Store

log = structlog.get_logger()

SEND_SECONDS = 15.0
RECALL_SECONDS = 5.0
_GLANCE = timedelta(milliseconds=5)  # so long before its time a claimed reminder is looked at again
_FURTHEST = timedelta(seconds=2)  # nothing is claimed further ahead: the clock was set back


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
        self._channels = channels
        self._wording = Wording(how, stale_after)
        self._clock = clock
        self._wake = refused
        self._sending: set[asyncio.Task[None]] = set()
        self._in_hand: set[int] = set()  # claimed here, and not yet recorded
        self._outcomes: list[Outcome] = []  # to be recorded
        self._recording = asyncio.Lock()
        self._reserve = Reserve()

    @property
    def in_hand(self) -> frozenset[int]:
        """Reminders that are being sent, or wait to be recorded."""
        return frozenset(self._in_hand)

    async def begin(self) -> None:
        """After a start or a step of the clock: whoever leased a reminder before is dead, or leased by another time."""
        await asyncio.to_thread(claim.release, self._store, frozenset(self._in_hand))

    async def pump(self, ahead: timedelta = timedelta()) -> None:
        """Claim what is due and start handing it over; returns before the channels answer.

        What falls due within `ahead` is claimed, too, and handed over at its time, to the millisecond.
        """
        await self._record()
        now, in_hand = self._clock.now(), frozenset(self._in_hand)
        parcels, outdated = await asyncio.to_thread(
            claim.claim, self._store, self._channels.keys(), self._wording, now, in_hand, ahead
        )
        self._send(parcels)
        await self._recall(outdated)

    async def stock(self) -> None:
        """Keep in memory what is to go out in the coming hours."""
        self._reserve.stock(
            await asyncio.to_thread(provisions, self._store, self._wording, self._clock.now())
        )

    def pump_without_store(self) -> None:
        """Start handing over what is due as far as it is known here, since the store cannot be asked."""
        self._send(self._reserve.hand_out(self._clock.now(), self._in_hand))

    def next_without_store(self) -> datetime | None:
        """When `pump_without_store` will have something to do; None: it will not."""
        return self._reserve.next_time()

    def answered(self, session_id: str, kind: Kind, at: datetime, span: timedelta | None) -> None:
        """An answer that cannot be stored yet silences what it would silence. `at` is aware UTC."""
        self._reserve.answered(session_id, kind, at, span)

    async def tell(self, notice: Notice) -> None:
        """Show a notice that stands in no store, on every channel that takes it."""
        for name, channel in self._channels.items():
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await channel.send(notice, None)
            except Exception as error:  # noqa: BLE001  supervised: one channel's trouble must not cost the others
                log.warning("notice.refused", channel=name, problem=_code(error))

    async def show_again(self) -> None:
        """After a start: show anew what a process before us left on the screen, each in its own place.

        A notice answers only to the process that showed it: without this its buttons would be dead until the next
        rung. One that a reboot took away comes back, too.
        """
        left = await asyncio.to_thread(
            claim.left_open, self._store, self._channels.keys(), self._wording, self._clock.now()
        )
        for parcel in left:
            self._start(self._deliver_again(parcel))

    async def settle(self) -> None:
        """Wait until everything that is on its way has arrived, and been recorded if the store allows."""
        while self._sending:
            await asyncio.gather(*self._sending)

    async def close(self) -> None:
        """Let what is on its way arrive (each has its deadline), then let go of the channels."""
        await self.settle()
        await self._record()
        for name, channel in self._channels.items():
            try:
                await channel.close()
            except KeptHourError as error:
                log.warning("channel.close_failed", channel=name, problem=type(error).__name__)

    def _send(self, parcels: Sequence[Parcel]) -> None:
        now = self._clock.now()
        coming: defaultdict[datetime, list[Parcel]] = defaultdict(list)
        for parcel in parcels:
            self._in_hand.add(parcel.reminder.id)
            at = parcel.reminder.not_before
            if at <= now:
                self._start(self._deliver(parcel))
            else:
                coming[at].append(parcel)
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
        wanted = await self._still_wanted(parcels)
        if not await self._reach(at):
            await self._let_go(wanted)
            return
        for parcel in wanted:
            self._start(self._deliver(parcel))

    async def _reach(self, at: datetime) -> bool:
        """Wait until `at` by the wall clock; False if that has leapt over it, or moved it far away."""
        while (left := at - self._clock.now()) > timedelta():
            if left > _FURTHEST:
                return False
            await asyncio.sleep(left.total_seconds())
        return -left < LEAST

    async def _still_wanted(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        try:
            wanted = await asyncio.to_thread(
                claim.still_wanted, self._store, [parcel.reminder for parcel in parcels]
            )
        except Exception as error:  # noqa: BLE001  supervised: rather one too many than one too few
            log.warning("reminder.not_looked_at", count=len(parcels), problem=error)
            return list(parcels)
        self._in_hand.difference_update(
            parcel.reminder.id for parcel in parcels if parcel.reminder.id not in wanted
        )
        return [parcel for parcel in parcels if parcel.reminder.id in wanted]

    async def _let_go(self, parcels: Sequence[Parcel]) -> None:
        claimed = [parcel.reminder for parcel in parcels]
        try:
            await asyncio.to_thread(claim.let_go, self._store, claimed)
        except Exception as error:  # noqa: BLE001  supervised: then the lease ends by itself
            log.warning("lease.not_ended", count=len(claimed), problem=error)
        self._in_hand.difference_update(reminder.id for reminder in claimed)
        self._wake()

    async def _deliver(self, parcel: Parcel) -> None:
        reminder = parcel.reminder
        try:
            async with asyncio.timeout(SEND_SECONDS):
                notice = parcel.words(self._clock.now())
                reference = await self._channels[reminder.channel].send(notice, parcel.replaces)
        except Exception as error:  # noqa: BLE001  supervised: a channel's bug must not cost the other reminders
            self._refused(reminder, _code(error))
        else:
            self._accepted(reminder, reference)
        await self._record()

    def _accepted(self, reminder: Reminder, reference: str | None) -> None:
        self._reserve.used(reminder.id)
        self._outcomes.append(Outcome(reminder, self._clock.now(), reference))
        log.info("reminder.sent", reminder=reminder.id, session=reminder.session_id, rung=reminder.rung,
                 channel=reminder.channel, attempt=reminder.attempts + 1)  # fmt: skip

    def _refused(self, reminder: Reminder, code: str) -> None:
        now = self._clock.now()
        self._reserve.refused(reminder.id, now)
        self._outcomes.append(Outcome(reminder, now, problem=code))
        log.warning("reminder.refused", reminder=reminder.id, session=reminder.session_id, rung=reminder.rung,
                    channel=reminder.channel, problem=code)  # fmt: skip

    async def _record(self) -> None:
        """Store all outcomes that wait. What the store does not take waits on: it is not claimed again meanwhile."""
        async with self._recording:
            outcomes = list(self._outcomes)
            if not outcomes:
                return
            try:
                outdated = await asyncio.to_thread(claim.record, self._store, outcomes, self._channels.keys())
            except KeptHourError as error:
                log.warning("outcome.not_stored", count=len(outcomes), problem=error)
                self._forget_refusals()
                return
            del self._outcomes[: len(outcomes)]
            self._in_hand.difference_update(one.reminder.id for one in outcomes)
        if any(one.problem is not None for one in outcomes):
            self._wake()
        await self._recall([replace(one.reminder, reference=one.reference) for one in outdated])

    def _forget_refusals(self) -> None:
        """A refusal that cannot be stored is not worth waiting for: the reminder is to be tried again."""
        lost = [one for one in self._outcomes if one.problem is not None]
        self._outcomes = [one for one in self._outcomes if one.problem is None]
        self._in_hand.difference_update(one.reminder.id for one in lost)

    async def _deliver_again(self, parcel: Parcel) -> None:
        """No new delivery: nothing is recorded but where the notice stands now."""
        reminder = parcel.reminder
        try:
            async with asyncio.timeout(SEND_SECONDS):
                notice = parcel.words(self._clock.now())
                reference = await self._channels[reminder.channel].send(notice, parcel.replaces)
            holds = await asyncio.to_thread(claim.place, self._store, reminder, reference)
        except Exception as error:  # noqa: BLE001  supervised: it was shown before, and the next rung comes
            log.warning("reminder.not_shown_again", reminder=reminder.id, problem=_code(error))
            return
        if not holds and reference is not None:
            await self._recall([replace(reminder, reference=reference)])

    async def _recall(self, outdated: Sequence[Reminder]) -> None:
        """Take back notices that were answered elsewhere, moved or cancelled."""
        for reminder in outdated:
            channel = self._channels.get(reminder.channel)
            if reminder.reference is not None and isinstance(channel, Recallable):
                try:
                    async with asyncio.timeout(RECALL_SECONDS):
                        await channel.recall(reminder.reference)
                except Exception as error:  # noqa: BLE001  supervised: a notice that stays is no reason to hold up others
                    log.warning("reminder.not_recalled", reminder=reminder.id, problem=_code(error))
            await asyncio.to_thread(claim.recalled, self._store, reminder)


def _code(error: Exception) -> str:
    """A short word for the log: an unknown error's own text may hold a client's words."""
    if isinstance(error, ChannelFailed):
        return error.code
    return "timeout" if isinstance(error, TimeoutError) else f"bug-{type(error).__name__}"
