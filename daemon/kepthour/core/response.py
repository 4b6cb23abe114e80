"""What the therapist answers, and what each answer does to the reminders that are out and to come.

acknowledge   silences the rungs before the start, never the one at the start
snooze        silences until its end, which never lies past the start
check in      ends the ladder
late n        begins the ladder anew at the announced start, and moves the deadline with it
out           ends the session
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.ladder import Urgency
from kepthour.core.reminder import QUESTION, Change, Reminder, State, Why, last_out
from kepthour.core.spans import format_offset

# Earlier than this nobody is "there": a check-in would silence a whole ladder by mistake.
EARLIEST_CHECK_IN = timedelta(minutes=30)
# Earlier than this "running late" would silence reminders that are still needed.
EARLIEST_LATE = timedelta(minutes=15)
_NOT_CALLED_FOR = {Why.REPLANNED, Why.NO_CHANNEL}  # these are in no ladder any more


class Kind(StrEnum):
    """The kinds of response, as they are stored."""

    ACK = "ack"
    SNOOZE = "snooze"
    HERE = "here"
    LATE = "late"
    OUT = "out"
    JOIN = "join"


@dataclass(frozen=True, slots=True)
class Response:
    """One answer to one session. Instants are aware UTC."""

    kind: Kind
    at: datetime
    surface: str  # where it was given: a channel's name, or "cli"
    until: datetime | None = None  # SNOOZE: its end; LATE: the new expected start


@dataclass(frozen=True, slots=True)
class Shift:
    """A reminder that stays, at another time."""

    reminder: int
    due_at: datetime
    useful_until: datetime


@dataclass(frozen=True, slots=True)
class Raise:
    """A reminder to add: the rung at the end of a snooze, or one of an announced start."""

    rung: str
    offset: timedelta
    channel: str
    urgency: Urgency
    due_at: datetime
    useful_until: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """All that a response does to a session's reminders; applied in one transaction with the response."""

    changes: tuple[Change, ...] = ()
    recall: tuple[int, ...] = ()  # reminders whose open notices are to be taken back
    shifts: tuple[Shift, ...] = ()
    raises: tuple[Raise, ...] = ()

    def upon(self, ids: Collection[int]) -> Effect:
        """What it does to these reminders that were planned after the response, which the others have heard."""
        changes = tuple(one for one in self.changes if one.reminder in ids)
        return Effect(changes, shifts=tuple(one for one in self.shifts if one.reminder in ids))


def snooze_end(start: datetime, now: datetime, span: timedelta | None) -> datetime:
    """When a snooze of `span` (None: as long as possible) ends: at the start at the latest."""
    if now >= start:
        return now
    return start if span is None else min(now + span, start)


def expected_start(start: datetime, now: datetime, late: timedelta) -> datetime:
    """The start that a therapist who is running late by `late` announces: counted from now once it has begun."""
    return max(start, now) + late


def until(kind: Kind, start: datetime, at: datetime, span: timedelta | None) -> datetime | None:
    """Up to when an answer given `at` holds: the end of a snooze, the start that "running late" announces.

    None for the other kinds. All aware UTC; `span` is what was said, None: as long as possible.
    """
    if kind is Kind.SNOOZE:
        return snooze_end(start, at, span)
    if kind is Kind.LATE:
        return expected_start(start, at, span or timedelta())
    return None


def effect(
    response: Response,
    start: datetime,
    deadline: datetime,
    reminders: Sequence[Reminder],
    before: Sequence[Response] = (),
    heard_at: datetime | None = None,
) -> Effect:
    """What `response` does to `reminders`, those of the session's present start revision. Never raises.

    `before` are the answers to the same start that were heard earlier. `heard_at`: when this one was, if that is now;
    what is later than that is of a clock that was ahead.
    """
    meanwhile = _Meanwhile(response.at, heard_at or response.at)
    if response.kind in {Kind.SNOOZE, Kind.LATE} and any(
        r.why in {Why.CHECKED_IN, Why.CHECKED_OUT} for r in reminders
    ):
        return Effect()
    if response.kind is Kind.LATE and any(r.kind is Kind.LATE and r.at in meanwhile for r in before):
        return Effect()  # heard late: since then they said when it really begins
    match response.kind:
        case Kind.HERE:
            return _silence(reminders, Why.CHECKED_IN, also=_is_question)
        case Kind.OUT:
            return _silence(reminders, Why.CHECKED_OUT, also=lambda _reminder: True)
        case Kind.ACK:
            return _silence(_but_what_came(meanwhile, start, reminders), Why.ACKNOWLEDGED, until=start)
        case Kind.SNOOZE:
            return _snooze(response, start, deadline, reminders, meanwhile)
        case Kind.LATE:
            return _late(response, start, deadline, reminders, before, meanwhile)
        case Kind.JOIN:
            return Effect()


def silence(reminders: Sequence[Reminder], why: Why) -> Effect:
    """End a ladder for a reason that is no answer: moved, cancelled, settled. What is out is taken back."""
    pending = tuple(Change(r.id, State.SUPERSEDED, why) for r in reminders if r.state is State.PENDING)
    out = [r for r in reminders if r.state in {State.SENT, State.ANSWERED}]
    withdrawn = tuple(Change(r.id, State.WITHDRAWN, why) for r in out)
    return Effect(pending + withdrawn, tuple(r.id for r in out))


def _is_question(reminder: Reminder) -> bool:
    return reminder.rung == QUESTION


@dataclass(frozen=True, slots=True)
class _Meanwhile:
    """From when an answer was given until it was heard: a phone may have had no net. Aware UTC."""

    given: datetime
    heard: datetime

    def __contains__(self, at: datetime | None) -> bool:
        return at is not None and self.given < at <= self.heard


def _but_what_came(meanwhile: _Meanwhile, until: datetime, reminders: Sequence[Reminder]) -> list[Reminder]:
    """What an answer that holds `until` then is about. What is asked of a session that is over is not answered by it.

    Nor does it take away what came before it was heard, and is for a time in which it does not hold.
    """
    return [
        r for r in reminders if not _is_question(r) and not (r.sent_at in meanwhile and r.due_at >= until)
    ]


def _silence(
    reminders: Sequence[Reminder],
    why: Why,
    until: datetime | None = None,
    also: Callable[[Reminder], bool] = lambda _reminder: False,
) -> Effect:
    """Answered: the newest notice takes the answer, all rungs that are due before `until` are superseded.

    So are those that are no rungs if they are `also` meant.
    """
    answered = [Change(r.id, State.ANSWERED, why) for r in last_out(reminders)]
    superseded = [
        Change(r.id, State.SUPERSEDED, why)
        for r in reminders
        if r.state is State.PENDING
        and (r.offset is not None or also(r))
        and (until is None or r.due_at < until)
    ]
    out = tuple(r.id for r in reminders if r.state in {State.SENT, State.ANSWERED})
    return Effect(tuple(answered + superseded), out)


def _snooze(
    response: Response,
    start: datetime,
    deadline: datetime,
    reminders: Sequence[Reminder],
    meanwhile: _Meanwhile,
) -> Effect:
    assert response.until is not None
    about = _but_what_came(meanwhile, response.until, reminders)
    quiet = _silence(about, Why.SNOOZED, until=response.until)
    if response.until <= response.at:
        return Effect()  # the start has come: there is nothing left to snooze
    again = _rungs_at_the_end(response.until, start, deadline, reminders)
    return Effect(quiet.changes, quiet.recall, raises=again)


def _rungs_at_the_end(
    until: datetime,
    start: datetime,
    deadline: datetime,
    reminders: Sequence[Reminder],
    moving: Sequence[Reminder] = (),
) -> tuple[Raise, ...]:
    """One more rung on each channel that was silenced, unless one is due just then anyway, and not `moving` away."""
    touched = [r for r in reminders if r.offset is not None and r.due_at < until]
    staying = [r for r in reminders if r.state is State.PENDING and r not in moving]
    covered = {r.channel for r in staying if r.due_at == until}
    offset = until - start
    is_last = not any(r.offset is not None and r.offset >= timedelta() for r in reminders)
    return tuple(
        Raise(
            rung=format_offset(offset),
            offset=offset,
            channel=channel,
            urgency=max((r for r in touched if r.channel == channel), key=lambda r: r.due_at).urgency,
            due_at=until,
            useful_until=start if until < start and not is_last else deadline,
        )
        for channel in sorted({r.channel for r in touched} - covered)
    )


def _late(
    response: Response,
    start: datetime,
    deadline: datetime,
    reminders: Sequence[Reminder],
    before: Sequence[Response],
    meanwhile: _Meanwhile,
) -> Effect:
    """The rungs from the start on come anew from the announced start on, whatever became of them before.

    Those still to come are moved, and keep their names; those that were out (or dropped) are followed by one as far
    from the announced start, which is called by its distance from the start. What an announcement before this one
    added goes. Where no rung is at the start, the announced start gets one all the same.
    """
    assert response.until is not None
    until, useful_until = response.until, deadline + (response.until - start)
    quiet = _silence(_but_what_came(meanwhile, until, reminders), Why.LATE, until=start)
    ladder = [(r, r.offset) for r in reminders if r.offset is not None and not r.offset < timedelta()]
    added = [r for r, _offset in ladder if _was_announced(r, start, before)]
    own = [(r, offset) for r, offset in ladder if r not in added]
    shifts = tuple(Shift(r.id, until + o, useful_until) for r, o in own if r.state is State.PENDING)
    again = _once_more(own, until, start, useful_until)
    at_start = {r.channel for r, o in own if not o and r.state is State.PENDING}
    at_start |= {one.channel for one in again if one.due_at == until}
    bare = _rungs_at_the_end(until, start, useful_until, reminders, [r for r, _offset in ladder])
    gone = tuple(Change(r.id, State.SUPERSEDED, Why.LATE) for r in added if r.state is State.PENDING)
    raises = again + tuple(one for one in bare if one.channel not in at_start)
    return Effect(quiet.changes + gone, quiet.recall, shifts, raises)


def _once_more(
    own: Sequence[tuple[Reminder, timedelta]], until: datetime, start: datetime, useful_until: datetime
) -> tuple[Raise, ...]:
    """For each rung that is not to come any more, one as far from the announced start `until`."""
    coming = {(r.channel, offset) for r, offset in own if r.state is State.PENDING}
    over = {
        (r.channel, o): r for r, o in own if r.why not in _NOT_CALLED_FOR and (r.channel, o) not in coming
    }
    moved_by = until - start
    return tuple(
        Raise(format_offset(moved_by + o), moved_by + o, channel, r.urgency, until + o, useful_until)
        for (channel, o), r in over.items()
    )


def _was_announced(reminder: Reminder, start: datetime, before: Sequence[Response]) -> bool:
    """Whether an announced start before this one added it: it was planned for its place then, and never moved."""
    assert reminder.offset is not None
    first = min((one.at for one in before if one.kind is Kind.LATE), default=None)
    return first is not None and reminder.due_at == start + reminder.offset and reminder.due_at > first
