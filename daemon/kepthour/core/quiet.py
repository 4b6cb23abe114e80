"""Quiet while the therapist is proven to be with a client: what waits, until when, and what is said instead.

Only proven presence makes quiet. If the calendar alone did, a client who does not come would mute the very reminder
that is needed. What is held back comes when the session is over, or said to be; nothing is dropped for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from kepthour.core.ladder import Urgency
from kepthour.core.reminder import Reminder

CUE = "end-cue"  # the rung; those further from the end have their minutes behind it
NOTED = "running-late"  # says that "running late" was heard; later ones of a session have a number behind it
BACK_TO_BACK = timedelta(minutes=10)  # a session that begins so soon after the end of another follows it
_SOON = timedelta(minutes=5)
_CALM = {Urgency.PASSIVE, Urgency.NORMAL}


@dataclass(frozen=True, slots=True)
class Attended:
    """A session that the therapist is proven to be in. Instants are aware UTC."""

    id: str
    start: datetime
    end: datetime


class Weighed(Protocol):
    """A reminder, or one that is only thought of. Instants are aware UTC."""

    @property
    def rung(self) -> str: ...
    @property
    def offset(self) -> timedelta | None: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def urgency(self) -> Urgency: ...
    @property
    def skip_in_session(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Cue:
    """A silent word before the end of a session. Instants are aware UTC."""

    rung: str
    due_at: datetime


def cues(session: Attended, before: Iterable[timedelta]) -> list[Cue]:
    """The end cues of one session, so long `before` its end; the last is called `end-cue`.

    Those that would come before its start are left out.
    """
    spans = sorted(set(before))
    names = [CUE, *(f"{CUE}-{round(span.total_seconds() / 60)}m" for span in spans[1:])]
    found = zip(names, (session.end - span for span in spans), strict=False)
    return [Cue(rung, due) for rung, due in found if due > session.start]


def held_until(reminder: Reminder, attended: Collection[Attended]) -> datetime | None:
    """Until when `reminder`, which is due, is held back (aware UTC); None: it goes out now.

    A client who waits already is never kept waiting by this: what is due at a start or after it goes out, and so does
    what is urgent before a start that lies within the session. Never raises.
    """
    ends = [one.end for one in attended if one.id != reminder.session_id and waits_for(reminder, one)]
    return max(ends, default=None)


def waits_for(reminder: Weighed, session: Attended) -> bool:
    """Whether `reminder`, if it falls due while the therapist is in `session`, which is not its own, is held back."""
    if reminder.offset is None:
        return not reminder.rung.startswith((CUE, NOTED))
    if reminder.offset >= timedelta():
        return False
    start = reminder.due_at - reminder.offset
    if start < session.end:
        return reminder.urgency in _CALM and reminder.skip_in_session
    return not _joins(reminder, start, session)


def _joins(reminder: Weighed, start: datetime, session: Attended) -> bool:
    """Whether it is the one urgent rung that takes the place of the session's end cue."""
    return reminder.urgency is Urgency.HIGH and start - session.end <= BACK_TO_BACK


class Manner(Enum):
    """How a rung comes."""

    USUAL = auto()
    LOUD = auto()  # a calm one stays on the screen
    DISCREET = auto()  # it covers no screen


def manner_of(
    reminder: Reminder, attended: Iterable[Attended], let_down: Iterable[Attended], now: datetime
) -> Manner:
    """How `reminder` comes while the therapist is in the sessions `attended`, and after those `let_down`.

    `let_down` are those to which the client did not come. `now` is aware UTC.
    """
    if any(one.id != reminder.session_id for one in attended):
        return Manner.DISCREET
    return Manner.LOUD if _is_loud(reminder, let_down, now) else Manner.USUAL


def _is_loud(reminder: Reminder, let_down: Iterable[Attended], now: datetime) -> bool:
    """Whether a calm rung speaks up: a client did not come (`let_down`, those sessions), and the therapist is free.

    Whoever expected to sit with a client, and does not, goes off to do something else. So until ten minutes after
    such a session would have ended, the next one's first rungs stay on the screen. `now` is aware UTC.
    """
    return (
        reminder.offset is not None
        and reminder.offset < timedelta()
        and reminder.urgency in _CALM
        and any(
            one.id != reminder.session_id and one.start <= now < one.end + BACK_TO_BACK for one in let_down
        )
    )


def ending_before(start: datetime, session_id: str, attended: Iterable[Attended]) -> Attended | None:
    """The session that the therapist is in, and that this one follows back to back; None: there is none."""
    before = [
        one
        for one in attended
        if one.id != session_id and one.start < start and timedelta() <= start - one.end <= BACK_TO_BACK
    ]
    return max(before, key=lambda one: one.end, default=None)


def ended_by(start: datetime, session_id: str, attended: Iterable[Attended], now: datetime) -> list[Attended]:
    """The sessions that a check-in to this one, at `now`, ends: nobody is in two at once.

    Not one that has more than ten minutes to go: the check-in may be a slip.
    """
    return [
        one
        for one in attended
        if one.id != session_id
        and one.start < start
        and now >= max(one.end - BACK_TO_BACK, one.start + (one.end - one.start) / 2)
        and one.end <= start + BACK_TO_BACK
    ]


def told_by_a_rung(cue_due: datetime, session: Attended, rungs: Sequence[Reminder]) -> bool:
    """Whether one of these pending `rungs` of other sessions comes soon after the cue, and says it all."""
    return any(
        one.offset is not None
        and one.session_id != session.id
        and timedelta() <= one.due_at - cue_due < _SOON
        and one.due_at < session.end
        and one.due_at - one.offset >= session.end
        and _joins(one, one.due_at - one.offset, session)
        for one in rungs
    )
