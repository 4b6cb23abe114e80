"""A reminder's states, the one table of allowed moves, and what a pump does with those that are due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.errors import BrokenPromise
from kepthour.core.ladder import Urgency


class State(StrEnum):
    """Where a reminder stands. The words are those of `kepthour log`."""

    PENDING = "pending"  # due in the future, or being sent, or waiting for another attempt
    SENT = "sent"  # a channel accepted it, which does not mean that it was seen
    ANSWERED = "answered"  # the newest one out when the therapist answered
    SUPERSEDED = "superseded"  # no longer called for: answered, moved, cancelled, planned anew
    COLLAPSED = "collapsed"  # late, and a newer one of the same session went out instead
    EXPIRED = "expired"  # its time passed before it could be sent
    FAILED = "failed"  # no attempt was accepted
    WITHDRAWN = "withdrawn"  # sent, and taken back because it no longer held


MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.SENT, State.SUPERSEDED, State.COLLAPSED, State.EXPIRED, State.FAILED}),
    State.SENT: frozenset({State.ANSWERED, State.WITHDRAWN}),
    State.ANSWERED: frozenset({State.WITHDRAWN}),
    State.SUPERSEDED: frozenset({State.PENDING}),  # a snooze ends just where it was due
    # these, too, if the clock is set back to before they are due
    State.COLLAPSED: frozenset({State.PENDING}),
    State.EXPIRED: frozenset({State.PENDING}),
    State.FAILED: frozenset({State.PENDING}),
    State.WITHDRAWN: frozenset(),
}


DIGEST = "digest-"  # begins the rungs that tell of a day: the evening before, and in the morning
QUESTION = "question"  # the rung that asks what became of sessions
SWEEP = "sweep"  # the rung that asks once more, after the session and in the evening
ALERT = "calendar"  # the rung that says that a calendar cannot be trusted
OPENING = "opening-cue"  # a rung more than the ladder has, of the session at which they meet after a miss
KEPT_QUIET = "microphone-in-use"  # the problem of a channel that could, and leaves the therapist in peace

OUT = frozenset({State.SENT, State.ANSWERED, State.WITHDRAWN})  # a channel accepted it


class Why(StrEnum):
    """Why a reminder moved; kept beside its state."""

    ACCEPTED = "accepted"
    CHECKED_IN = "checked_in"
    IN_THE_ROOM = "in_the_room"
    JOINED = "joined"  # the deadline has come, and by then the room was opened
    OVER = "session_over"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    LATE = "running_late"
    CHECKED_OUT = "checked_out"
    SETTLED = "settled"
    TAKEN_BACK = "taken_back"  # what was said of the session
    FLAGGED = "flagged"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REPLANNED = "replanned"
    IN_SESSION = "in_another_session"
    AWAY = "away"
    NEWER = "newer_one_due"
    TOO_LATE = "too_late"
    ATTEMPTS = "no_attempt_accepted"
    HEALED = "healed"
    REPAIRED = "repaired"  # what the card was to tell of is done, or skipped
    CLOCK_SET = "clock_was_set"
    NO_CHANNEL = "channel_not_configured"


_ASKED_FOR = timedelta(days=1)  # after a leave
_SAID_AFTER_A_LEAVE = ("card:", "rule:")  # subjects

HELD = {Why.IN_SESSION, Why.AWAY}  # of a pending one: it waits, and is weighed again then


Target = tuple[str, int, str]  # subject, its revision, channel


@dataclass(frozen=True, slots=True)
class Reminder:
    """One delivery: a rung of one subject on one channel. Instants are aware UTC."""

    id: int
    subject: str  # a session's id, or "day:2026-11-24"
    session_id: str | None
    revision: int  # the session's start revision it was planned for
    rung: str
    offset: timedelta | None  # from the start; None for notices that are no rungs
    channel: str
    urgency: Urgency
    due_at: datetime
    useful_until: datetime
    skip_in_session: bool
    state: State
    why: Why | None
    attempts: int  # how often it was claimed
    problem: str | None  # the code of the last refusal; None: none was refused
    not_before: datetime  # it is left alone until then: due, leased, or between two attempts
    claimed_at: datetime | None
    sent_at: datetime | None
    changed_at: datetime | None  # when it took its present state; None: it is as it was planned
    reference: str | None  # the channel's own handle on what is shown

    @property
    def target(self) -> Target:
        """Of those with the same one, a newer takes the place of an older."""
        return self.subject, self.revision, self.channel

    @property
    def is_of_ladder(self) -> bool:
        """Whether it is a rung that the session would have anyway; all that is concluded of a ladder goes by these."""
        return self.offset is not None and self.rung != OPENING


@dataclass(frozen=True, slots=True)
class Change:
    """One reminder's next state, and why."""

    reminder: int
    to: State
    why: Why


@dataclass(frozen=True, slots=True)
class Hold:
    """A reminder that is left alone until then, and why."""

    reminder: int
    until: datetime
    why: Why
    useful_until: datetime | None = None  # from now on; None: as it was


@dataclass(frozen=True, slots=True)
class Hand:
    """What a pump is to do now: hand these over, record these, and hold these back."""

    send: tuple[Reminder, ...]
    changes: tuple[Change, ...]
    holds: tuple[Hold, ...] = ()


def check_move(before: State, after: State) -> None:
    """Raises BrokenPromise for a move that the table does not allow."""
    if after not in MOVES[before]:
        raise BrokenPromise(f"a reminder cannot go from {before} to {after}")


def number_in(subject: str, kind: str) -> int | None:
    """The number of what a subject such as "card:3" is about, if that is of this `kind`; None: it is not."""
    found, _colon, number = subject.partition(":")
    return int(number) if found == kind and number.isdecimal() else None


def hand_out(
    due: Iterable[Reminder],
    now: datetime,
    waits: Callable[[Reminder], tuple[datetime, Why] | None],
    in_hand: Collection[int] = (),
    ahead: timedelta = timedelta(),
) -> Hand:
    """Decide about reminders whose time comes within `ahead` (`due_at <= now + ahead`), by time; what is due `now` is
    one time, the most urgent first.

    Of each subject and channel only the newest that is due `now` and still useful goes out; older ones collapse into
    it, also into one that went out before, so that no refused reminder follows a newer one; not into one that a clock
    ahead of its time let out before it was due. What falls due later goes out besides, at its time. `due` holds
    pending reminders and those of the same subjects that went out; `waits` says of one until when it has to wait, and
    why. Never raises.
    """
    send: list[Reminder] = []
    changes: list[Change] = []
    holds: list[Hold] = []
    horizon = now + ahead
    weighed = list(due)
    newest_out = _newest_out(weighed, now, in_hand)
    by_target: defaultdict[Target, list[Reminder]] = defaultdict(list)
    for one in weighed:
        if _is_with_a_channel(one, in_hand):
            continue
        soonest = max(now, one.not_before)
        if one.useful_until <= (soonest if soonest <= horizon else now):
            changes.append(_too_late(one, newest_out.get(one.target)))
        else:
            by_target[one.target].append(one)
    for target, rivals in by_target.items():
        for one in rivals:
            soonest = max(now, one.not_before)
            newer = [other.due_at for other in rivals if _is_newer(other, one)]
            if newest_out.get(target, one.due_at) > one.due_at or any(
                other <= max(now, one.due_at) for other in newer
            ):
                changes.append(Change(one.id, State.COLLAPSED, Why.NEWER))
            elif soonest > horizon or any(other <= soonest for other in newer):
                continue  # a later turn will see
            else:
                wait = waits(one)
                if wait is None or wait[0] <= horizon:
                    send.append(one)
                else:
                    holds.append(_hold(one, *wait))
    send.sort(key=lambda one: (max(one.due_at, now), -one.urgency.rank, one.due_at))
    return Hand(tuple(send), tuple(changes), tuple(holds))


def _hold(one: Reminder, until: datetime, why: Why) -> Hold:
    """What asks, or says that a calendar is silent, is of use to whoever is back, however long they were away.

    So is what a repair card has to say of its later steps, and how a rule did. What is urgent about the first contact
    is said by these, too: after the leave both would come, on two channels.
    """
    is_calm = one.urgency in {Urgency.PASSIVE, Urgency.NORMAL}
    waits_for_them = one.rung in {QUESTION, ALERT} or (
        is_calm and one.subject.startswith(_SAID_AFTER_A_LEAVE)
    )
    if waits_for_them and why is Why.AWAY:
        return Hold(one.id, until, why, max(one.useful_until, until + _ASKED_FOR))
    return Hold(one.id, min(until, one.useful_until), why)


def _is_with_a_channel(reminder: Reminder, in_hand: Collection[int]) -> bool:
    """Whether it went out, or is on its way."""
    return reminder.state is not State.PENDING or reminder.id in in_hand


def _newest_out(due: Iterable[Reminder], now: datetime, in_hand: Collection[int]) -> dict[Target, datetime]:
    """When the newest of each ladder that is with its channel was due; those apart that a fast clock let out."""
    found: dict[Target, datetime] = {}
    for one in due:
        if _is_with_a_channel(one, in_hand) and (one.due_at <= now or one.id in in_hand):
            found[one.target] = max(found.get(one.target, one.due_at), one.due_at)
    return found


def _is_newer(other: Reminder, one: Reminder) -> bool:
    """Whether `other` says all that `one` does. What asks once more is worth little beside what asks first: held back
    for as long as that, it would be of no use any more, and nothing would be asked."""
    if {other.rung, one.rung} == {QUESTION, SWEEP}:
        return other.rung == QUESTION
    return _age(other) > _age(one)


def _age(reminder: Reminder) -> tuple[datetime, int]:
    """The newer of two is the greater."""
    return reminder.due_at, reminder.id


def _too_late(reminder: Reminder, newest_out: datetime | None) -> Change:
    if reminder.why in HELD:  # it was not lost: it had to wait
        return Change(reminder.id, State.COLLAPSED, reminder.why)
    if reminder.problem is not None:
        return Change(reminder.id, State.FAILED, Why.ATTEMPTS)
    if newest_out is not None and newest_out > reminder.due_at:  # the end of a snooze that is heard late
        return Change(reminder.id, State.COLLAPSED, Why.NEWER)
    return Change(reminder.id, State.EXPIRED, Why.TOO_LATE)


_PAUSES = (2, 5, 15, 30, 60)  # seconds after the first, second … refusal; then always the last


def next_attempt(reminder: Reminder, now: datetime) -> datetime:
    """When to try again what was refused `now`, or to give it up: it is tried as long as it is useful.

    Never before it is due: since it was handed over, the clock may have been set back. Of its attempts, the one that
    was refused is not counted yet.
    """
    pause = timedelta(seconds=_PAUSES[min(reminder.attempts, len(_PAUSES) - 1)])
    return max(min(now + pause, reminder.useful_until), reminder.due_at)


def last_out(reminders: Sequence[Reminder]) -> list[Reminder]:
    """The newest rung that is out (on every channel it went to): the one an answer is an answer to.

    None, if it was answered before: the answer is to none of the older ones.
    """
    out = [reminder for reminder in reminders if reminder.state in {State.SENT, State.ANSWERED}]
    newest = max((reminder.due_at for reminder in out), default=None)
    return [reminder for reminder in out if reminder.due_at == newest and reminder.state is State.SENT]
