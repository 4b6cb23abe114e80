"""What the dispatcher asks of the store: claim, record, and what is out or to come. Blocking; a transaction each."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kepthour.core.ladder import Urgency
from kepthour.core.reminder import (
    DIGEST,
    KEPT_QUIET,
    OUT,
    Change,
    Reminder,
    State,
    Why,
    hand_out,
    next_attempt,
)
from kepthour.logger import log
from kepthour.pipeline.dispatch.surroundings import Surroundings
from kepthour.pipeline.dispatch.wording import Unworded, Wording, Words, words_for
from kepthour.store import outbox, reminders, replanting
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow

LEASE = timedelta(seconds=45)  # longer than a channel may take, so that no reminder is in two hands
_REFUSALS = 2  # so often a channel may refuse before the others are tried
_URGENT = {Urgency.HIGH, Urgency.CRITICAL}
MADE_UP = 1 << 62  # from here on: numbers of rungs that no store has


def is_made_up(reminder: Reminder) -> bool:
    """Whether no store knows it: an answer called for it that could not be stored. That adds it there in time."""
    return reminder.id >= MADE_UP


@dataclass(frozen=True, slots=True)
class Parcel:
    """A reminder on its way to a channel. `replaces` is the reference of what it takes the place of."""

    reminder: Reminder
    words: Words
    replaces: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a channel made of a parcel at `at` (aware UTC). `problem` is the code of a refusal; None: accepted."""

    reminder: Reminder
    at: datetime
    reference: str | None = None
    problem: str | None = None


def claim(
    store: Store,
    channels: Collection[str],
    wording: Wording,
    now: datetime,
    in_hand: Collection[int],
    ahead: timedelta = timedelta(),
    *,
    digests: bool = True,
) -> tuple[list[Parcel], list[Reminder]]:
    """What to hand over, leased; and what to take back. Reminders `in_hand` are being sent by this process.

    What falls due within `ahead` is claimed, too; the caller hands it over at its time. Digests only if `digests`.
    """
    horizon = now + ahead
    with store.read() as tx:
        outdated = reminders.to_recall(tx)
        if not _due(tx, horizon, in_hand, digests):
            return [], outdated
    with store.write() as tx:
        due = _due(tx, horizon, in_hand, digests)
        around = Surroundings.read(tx, now)
        hand = hand_out(due, now, around.waits, in_hand, ahead)
        outbox.change(tx, hand.changes, now)
        outbox.hold(tx, hand.holds)
        parcels = [_wrap(tx, reminder, wording, around, channels) for reminder in hand.send]
        claimed = [parcel for parcel in parcels if parcel is not None]
        outbox.lease(tx, [parcel.reminder for parcel in claimed], now, now + LEASE)
        return claimed, outdated


def _due(tx: Tx, horizon: datetime, in_hand: Collection[int], digests: bool) -> list[Reminder]:
    found = reminders.due(tx, horizon, in_hand)
    return found if digests else [one for one in found if not one.rung.startswith(DIGEST)]


def still_wanted(store: Store, claimed: Iterable[Reminder]) -> dict[int, str | None]:
    """The ids of those of `claimed` that nothing has happened to since (no answer, no change of the plan).

    With each the reference of what it takes the place of: since the claim an earlier one may have been shown.
    """
    due = {reminder.id: reminder.due_at for reminder in claimed}
    with store.read() as tx:
        wanted = [one for one in reminders.pending(tx, due.keys()) if one.due_at == due[one.id]]
        return {one.id: reminders.shown(tx, one.subject, one.channel) for one in wanted}


def let_go(store: Store, claimed: Iterable[Reminder]) -> None:
    """End the leases of these: their time has not come, or has gone by, and they are to be weighed again."""
    with store.write() as tx:
        outbox.let_go(tx, [reminder.id for reminder in claimed])


def _wrap(
    tx: Tx, reminder: Reminder, wording: Wording, around: Surroundings, channels: Collection[str]
) -> Parcel | None:
    """Word `reminder`; None if there is nothing (left) to say or nobody to say it."""
    if reminder.channel not in channels:
        _put_elsewhere(tx, reminder, channels, around.now)
        return None
    try:
        words = words_for(tx, reminder, around, wording)
    except Unworded as error:
        again = next_attempt(reminder, around.now)
        outbox.refused(tx, reminder, f"bug-{type(error.__cause__).__name__}", again)
        return None
    if words is None:
        outbox.change(tx, [Change(reminder.id, State.SUPERSEDED, Why.REPLANNED)], around.now)
        return None
    return Parcel(reminder, words, reminders.shown(tx, reminder.subject, reminder.channel))


def _put_elsewhere(tx: Tx, reminder: Reminder, channels: Collection[str], now: datetime) -> None:
    """Its channel is gone, and an answer called for it since: the plan knows nothing of it. Others are to have it."""
    if reminder.offset is None:
        outbox.change(tx, [Change(reminder.id, State.FAILED, Why.NO_CHANNEL)], now)
        return
    outbox.change(tx, [Change(reminder.id, State.SUPERSEDED, Why.NO_CHANNEL)], now)
    ladder = [one for one in reminders.of_subject(tx, reminder.subject) if one.revision == reminder.revision]
    calmer = {
        one.channel
        for one in ladder
        if one.offset is not None and one.urgency.rank <= reminder.urgency.rank and one.channel in channels
    }
    outbox.spread(tx, reminder, calmer or channels)


def record(store: Store, outcomes: Iterable[Outcome], channels: Collection[str]) -> list[Outcome]:
    """Store what became of parcels, all of them or none; returns those accepted whose notice no longer holds.

    What matters and was refused twice goes to all `channels`, unless the refusal was out of consideration.
    """
    outdated = []
    with store.write() as tx:
        for said in outcomes:
            one = _as_stored(tx, said) if is_made_up(said.reminder) else said
            if one is None:
                continue
            if one.problem is not None:
                wanted = outbox.refused(tx, one.reminder, one.problem, next_attempt(one.reminder, one.at))
                if wanted and one.reminder.attempts + 1 >= _REFUSALS and _matters(tx, one):
                    outbox.spread(tx, one.reminder, channels)
            elif not outbox.accepted(tx, one.reminder, one.at, one.reference):
                outdated.append(one)
    return outdated


def _as_stored(tx: Tx, one: Outcome) -> Outcome | None:
    """Of a rung that an answer called for in memory: the one it added here meanwhile. None: it added none."""
    made_up = one.reminder
    for there in reminders.of_subject(tx, made_up.subject):
        if there.state is State.PENDING and place_of(there) == place_of(made_up):
            return replace(one, reminder=there)
    return None


def place_of(reminder: Reminder) -> tuple[int, str, timedelta | None, datetime]:
    """By which a rung is known that has no number yet."""
    return reminder.revision, reminder.channel, reminder.offset, reminder.due_at


def _matters(tx: Tx, refused: Outcome) -> bool:
    """Whether the other channels are to have it. In a call they need not, if one of them has reached the therapist."""
    reminder = refused.reminder
    if reminder.urgency not in _URGENT:
        return False
    same = (reminder.revision, reminder.rung)
    return refused.problem != KEPT_QUIET or not any(
        other.state in OUT and (other.revision, other.rung) == same
        for other in reminders.of_subject(tx, reminder.subject)
    )


def lost(store: Store, wanted: Iterable[Reminder]) -> set[Reminder]:
    """Those of `wanted` that `store` does not hold, or not under their number."""
    with store.read() as tx:
        return {one for one in wanted if _key(reminders.get(tx, one.id)) != _key(one)}


def replant(store: Store, known: Iterable[tuple[SessionRow, Reminder]]) -> None:
    """What is known of rungs to come, and `store`, which was begun anew, lacks."""
    with store.write() as tx:
        count = replanting.replant(tx, known)
    if count:
        log.warning("store.replanted", reminders=count)


def _key(reminder: Reminder | None) -> tuple[str, int, str, str] | None:
    if reminder is None:
        return None
    return reminder.subject, reminder.revision, reminder.rung, reminder.channel


def release(store: Store, in_hand: Collection[int]) -> None:
    """End the leases of dispatchers before this one, and all pauses between attempts."""
    with store.write() as tx:
        outbox.release(tx, in_hand)


def place(store: Store, reminder: Reminder, reference: str | None) -> bool:
    """Where an open notice stands now. False if it was answered or withdrawn meanwhile."""
    with store.write() as tx:
        return outbox.shown_at(tx, reminder.id, reference)


def recalled(store: Store, reminder: Reminder) -> None:
    """A notice was taken back."""
    with store.write() as tx:
        outbox.recalled(tx, reminder.id)
