"""The pump: hands due reminders to their channels. Claim, act, confirm: in that order.

    1  claim what is due with a lease, and set aside what is late or no longer useful   (one transaction)
    2  hand each over to its channel, with a deadline                                    (channels)
    3  record what became of it: sent, tried again later, failed                         (one transaction each)
    4  take back notices that no longer hold                                             (channels)

A crash between 2 and 3 repeats a reminder when its lease ends: at least once, never lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog

from kepthour.core.errors import KeptHourError
from kepthour.core.freshness import SOON
from kepthour.core.notice import Notice, Showing, calendar_notice, digest_notice, question_notice, rung_notice
from kepthour.core.reminder import Change, Reminder, State, Why, hand_out, next_attempt
from kepthour.core.response import Kind
from kepthour.core.spans import midnight
from kepthour.core.verdict import SessionState, state_of
from kepthour.core.words import calendar_text
from kepthour.ports import Channel, ChannelFailed, Clock, Recallable
from kepthour.store import calendars, reminders, sessions
from kepthour.store.engine import Store, Tx

log = structlog.get_logger()

SEND_SECONDS = 15.0
LEASE = timedelta(seconds=45)  # longer than a channel may take, so that no reminder is in two hands
_LONGEST_SESSION = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A claimed reminder on its way to a channel. `replaces` is the reference of what it takes the place of."""

    reminder: Reminder
    notice: Notice
    replaces: str | None


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
        self._how = how
        self._clock = clock
        self._stale_after = stale_after
        self._wake = refused
        self._sending: set[asyncio.Task[None]] = set()

    async def pump(self) -> None:
        """Claim what is due and start handing it over; returns before the channels answer."""
        parcels, outdated = await asyncio.to_thread(self._claim)
        for parcel in parcels:
            self._start(self._deliver(parcel))
        await self._recall(outdated)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def show_again(self) -> None:
        """After a start: show anew what a process before us left on the screen, each in its own place.

        A notice answers only to the process that showed it: without this its buttons would be dead until the next
        rung. One that a reboot took away comes back, too.
        """
        for parcel in await asyncio.to_thread(self._left_open):
            self._start(self._deliver_again(parcel))

    async def settle(self) -> None:
        """Wait until everything that is on its way has been recorded."""
        while self._sending:
            await asyncio.gather(*self._sending)

    def _claim(self) -> tuple[list[_Parcel], list[Reminder]]:
        """What to hand over, leased; and what to take back."""
        now = self._clock.now()
        with self._store.read() as tx:
            outdated = reminders.to_recall(tx)
            if not reminders.due(tx, now):
                return [], outdated
        with self._store.write() as tx:
            due = reminders.due(tx, now)
            # Where the therapist is matters to the early rungs only: most of the time nobody need ask.
            busy = _in_session(tx, now) if any(one.skip_in_session for one in due) else set()
            hand = hand_out(due, now, busy)
            reminders.change(tx, hand.changes)
            return [parcel for reminder in hand.send if (parcel := self._wrap(tx, reminder, now))], outdated

    def _wrap(self, tx: Tx, reminder: Reminder, now: datetime) -> _Parcel | None:
        """Lease `reminder` and word it; None if there is nothing (left) to say or nobody to say it."""
        if reminder.channel not in self._channels:
            reminders.change(tx, [Change(reminder.id, State.FAILED, Why.NO_CHANNEL)])
            return None
        notice = _worded(tx, reminder, now, self._how, self._stale_after)
        if notice is None:
            reminders.change(tx, [Change(reminder.id, State.SUPERSEDED, Why.REPLANNED)])
            return None
        reminders.lease(tx, reminder, now + LEASE)
        return _Parcel(reminder, notice, reminders.shown(tx, reminder.subject, reminder.channel))

    async def _deliver(self, parcel: _Parcel) -> None:
        reminder = parcel.reminder
        channel = self._channels[reminder.channel]
        try:
            async with asyncio.timeout(SEND_SECONDS):
                reference = await channel.send(parcel.notice, parcel.replaces)
        except TimeoutError:
            await self._refused(reminder, "timeout")
        except ChannelFailed as error:
            await self._refused(reminder, error.code)
        except Exception as error:  # noqa: BLE001  supervised: a channel's bug must not cost the other reminders
            await self._refused(reminder, f"bug-{type(error).__name__}")
        else:
            await self._accepted(reminder, reference)

    def _left_open(self) -> list[_Parcel]:
        now = self._clock.now()
        with self._store.read() as tx:
            return [
                _Parcel(reminder, notice, reminder.reference)
                for reminder in reminders.left_open(tx, now)
                if reminder.channel in self._channels
                and (notice := _worded(tx, reminder, now, self._how, self._stale_after)) is not None
            ]

    async def _deliver_again(self, parcel: _Parcel) -> None:
        """No new delivery: nothing is recorded but where the notice stands now."""
        reminder = parcel.reminder
        try:
            async with asyncio.timeout(SEND_SECONDS):
                reference = await self._channels[reminder.channel].send(parcel.notice, parcel.replaces)
        except (TimeoutError, ChannelFailed) as error:
            log.warning("reminder.not_shown_again", reminder=reminder.id, problem=error)
            return
        holds = await asyncio.to_thread(self._record_place, reminder, reference)
        if not holds and reference is not None:
            await self._recall([replace(reminder, reference=reference)])

    def _record_place(self, reminder: Reminder, reference: str | None) -> bool:
        with self._store.write() as tx:
            return reminders.record_place(tx, reminder.id, reference)

    async def _accepted(self, reminder: Reminder, reference: str | None) -> None:
        holds = await asyncio.to_thread(self._record_sent, reminder, reference)
        log.info("reminder.sent", reminder=reminder.id, session=reminder.session_id, rung=reminder.rung,
                 channel=reminder.channel, attempt=reminder.attempts + 1)  # fmt: skip
        if not holds and reference is not None:
            await self._recall([replace(reminder, reference=reference)])

    def _record_sent(self, reminder: Reminder, reference: str | None) -> bool:
        with self._store.write() as tx:
            return reminders.record_sent(tx, reminder.id, self._clock.now(), reference)

    async def _refused(self, reminder: Reminder, code: str) -> None:
        again = await asyncio.to_thread(self._record_refusal, reminder)
        self._wake()
        log.warning("reminder.refused", reminder=reminder.id, session=reminder.session_id, rung=reminder.rung,
                    channel=reminder.channel, problem=code, again=again is not None)  # fmt: skip

    def _record_refusal(self, reminder: Reminder) -> datetime | None:
        attempts = reminder.attempts + 1
        again = next_attempt(attempts, self._clock.now(), reminder.useful_until)
        with self._store.write() as tx:
            now_is = reminders.get(tx, reminder.id)
            if now_is is None or now_is.state is not State.PENDING:
                return None
            if again is None:
                reminders.change(tx, [Change(reminder.id, State.FAILED, Why.ATTEMPTS)])
            else:
                reminders.retry(tx, reminder.id, again)
        return again

    async def _recall(self, outdated: Sequence[Reminder]) -> None:
        """Take back notices that were answered elsewhere, moved or cancelled."""
        for reminder in outdated:
            channel = self._channels.get(reminder.channel)
            if reminder.reference is not None and isinstance(channel, Recallable):
                await channel.recall(reminder.reference)
            await asyncio.to_thread(self._recalled, reminder)

    def _recalled(self, reminder: Reminder) -> None:
        with self._store.write() as tx:
            reminders.recalled(tx, reminder.id)

    async def close(self) -> None:
        """Let what is on its way arrive (each has its deadline), then let go of the channels."""
        await self.settle()
        for name, channel in self._channels.items():
            try:
                await channel.close()
            except KeptHourError as error:
                log.warning("channel.close_failed", channel=name, problem=type(error).__name__)


def _in_session(tx: Tx, now: datetime) -> set[str]:
    """The sessions in which the therapist is proven to be."""
    found = set()
    for row in sessions.between(tx, now - _LONGEST_SESSION, now + timedelta(hours=1)):
        answers = sessions.responses_to(tx, row)
        state = state_of(
            row.known.start,
            row.known.end,
            cancelled=row.known.cancelled,
            reminded=False,
            verdict=row.verdict,
            responses=answers,
            now=now,
        )
        if state is SessionState.IN_SESSION:
            found.add(row.id)
    return found


def _worded(
    tx: Tx, reminder: Reminder, now: datetime, how: Showing, stale_after: Mapping[str, timedelta]
) -> Notice | None:
    if reminder.rung.startswith("digest-"):
        return _digest(tx, reminder, how, _troubled(tx, stale_after, now))
    if reminder.rung == "calendar":
        return _alert(tx, reminder, now, how, stale_after)
    if reminder.rung == "question":
        asked = [row.known for row in sessions.asked_in(tx, reminder.subject)]
        return question_notice(reminder, asked, how) if asked else None
    row = sessions.get(tx, reminder.session_id or "")
    if row is None or row.known.revision != reminder.revision:
        return None
    late = [r.until for r in sessions.responses_to(tx, row) if r.kind is Kind.LATE and r.until]
    return rung_notice(reminder, row.known, now, how, max(late, default=None))


def _troubled(tx: Tx, stale_after: Mapping[str, timedelta], now: datetime) -> list[calendars.Troubled]:
    return calendars.troubled(tx, stale_after, sessions.soonest(tx, now, now + SOON), now)


def _alert(
    tx: Tx, reminder: Reminder, now: datetime, how: Showing, stale_after: Mapping[str, timedelta]
) -> Notice | None:
    """An alert about a calendar, if it still is in trouble."""
    name = reminder.subject.removeprefix("calendar:")
    for one in _troubled(tx, stale_after, now):
        if one.calendar.name == name:
            problem = f"{one.calendar.problem_what or ''} {one.calendar.problem_remedy or ''}".strip()
            words = calendar_text(
                name, one.state, one.calendar.last_good_at, problem, one.next_session, how.zone
            )
            return calendar_notice(reminder, words, how)
    return None


def _digest(
    tx: Tx, reminder: Reminder, how: Showing, troubled: Sequence[calendars.Troubled]
) -> Notice | None:
    day = date.fromisoformat(reminder.subject.removeprefix("day:"))
    start, end = midnight(day, how.zone), midnight(day + timedelta(days=1), how.zone)
    held = [
        row.known
        for row in sessions.between(tx, start, end)
        if not row.hidden and not row.known.cancelled and start <= row.known.start < end
    ]
    if not held:
        return None
    return digest_notice(reminder, held, how, {one.calendar.name: one.state for one in troubled})
