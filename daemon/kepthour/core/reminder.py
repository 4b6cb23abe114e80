"""A reminder's states, the one table of allowed moves, and what a pump does with those that are due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
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
    State.SUPERSEDED: frozenset(),
    State.COLLAPSED: frozenset(),
    State.EXPIRED: frozenset(),
    State.FAILED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


class Why(StrEnum):
    """Why a reminder moved; kept beside its state."""

    ACCEPTED = "accepted"
    CHECKED_IN = "checked_in"
    IN_THE_ROOM = "in_the_room"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    LATE = "running_late"
    CHECKED_OUT = "checked_out"
    SETTLED = "settled"
    FLAGGED = "flagged"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REPLANNED = "replanned"
    IN_SESSION = "in_another_session"
    NEWER = "newer_one_due"
    TOO_LATE = "too_late"
    ATTEMPTS = "no_attempt_accepted"
    HEALED = "healed"
    NO_CHANNEL = "channel_not_configured"


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
    attempts: int
    sent_at: datetime | None
    reference: str | None  # the channel's own handle on what is shown


@dataclass(frozen=True, slots=True)
class Change:
    """One reminder's next state, and why."""

    reminder: int
    to: State
    why: Why


@dataclass(frozen=True, slots=True)
class Hand:
    """What a pump is to do now: hand these over, and record these."""

    send: tuple[Reminder, ...]
    changes: tuple[Change, ...]


_WEIGHT = {Urgency.PASSIVE: 0, Urgency.NORMAL: 1, Urgency.HIGH: 2, Urgency.CRITICAL: 3}


def check_move(before: State, after: State) -> None:
    """Raises BrokenPromise for a move that the table does not allow."""
    if after not in MOVES[before]:
        raise BrokenPromise(f"a reminder cannot go from {before} to {after}")


def hand_out(due: Iterable[Reminder], now: datetime, in_session_with: Collection[str]) -> Hand:
    """Decide about pending reminders whose time has come (`due_at <= now`), most urgent first.

    Of each subject and channel only the newest that is still useful goes out; late ones collapse into it.
    `in_session_with` are the sessions in which the therapist is proven to be. Never raises.
    """
    send: list[Reminder] = []
    changes: list[Change] = []
    by_target: defaultdict[tuple[str, str], list[Reminder]] = defaultdict(list)
    for reminder in due:
        if reminder.useful_until <= now:
            changes.append(Change(reminder.id, State.EXPIRED, Why.TOO_LATE))
        elif reminder.skip_in_session and set(in_session_with) - {reminder.session_id}:
            changes.append(Change(reminder.id, State.SUPERSEDED, Why.IN_SESSION))
        else:
            by_target[reminder.subject, reminder.channel].append(reminder)
    for rivals in by_target.values():
        *older, newest = sorted(rivals, key=lambda reminder: (reminder.due_at, reminder.id))
        changes += [Change(reminder.id, State.COLLAPSED, Why.NEWER) for reminder in older]
        send.append(newest)
    send.sort(key=lambda reminder: (-_WEIGHT[reminder.urgency], reminder.due_at))
    return Hand(tuple(send), tuple(changes))


ATTEMPTS = 5
_PAUSES = (2, 5, 15, 30)  # seconds after the first, second … failed attempt


def next_attempt(attempts: int, now: datetime, useful_until: datetime) -> datetime | None:
    """When to try a refused reminder again; None: it has failed. `attempts` counts those made."""
    if attempts >= ATTEMPTS:
        return None
    again = now + timedelta(seconds=_PAUSES[min(attempts, len(_PAUSES)) - 1])
    return again if again < useful_until else None


def last_out(reminders: Sequence[Reminder]) -> list[Reminder]:
    """The newest rung that is out (on every channel it went to): the one an answer is an answer to."""
    sent = [reminder for reminder in reminders if reminder.state is State.SENT]
    if not sent:
        return []
    newest = max(reminder.due_at for reminder in sent)
    return [reminder for reminder in sent if reminder.due_at == newest]
