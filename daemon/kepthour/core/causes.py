"""Why a session may have been missed or begun late: what the data suggests for this very one.

Each is a fact of the store, and none is a fault. Which of them it was, if any, is the therapist's to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.away import Absence
from kepthour.core.day import LONG_GAP
from kepthour.core.gaps import Gap
from kepthour.core.oddities import LATELY, Oddity
from kepthour.core.reminder import KEPT_QUIET, OUT, Reminder, State
from kepthour.core.response import Kind, Response

SHORT_NOTICE = timedelta(hours=24)  # what is entered so late no digest of the evening before could tell
AROUND = timedelta(hours=24)  # a leave so near is one "around" a session
IN_A_ROW = 2
UNREAD_FOR = timedelta(minutes=15)


class Cause(StrEnum):
    """The codes, in the order in which they are told: the calendar, the day, the reminders, the machine."""

    MOVED = "moved"
    RESTORED = "restored"
    OTHER_WEEK = "other_week"
    AFTER_BREAK = "after_a_break"
    UNUSUAL_TIME = "unusual_time"
    SHORT_NOTICE = "short_notice"
    TWO_CALENDARS = "two_calendars"
    OTHER_PLACE = "other_place"
    FIRST = "first_of_the_day"
    GAP = "after_a_gap"
    IN_A_ROW = "after_several"
    OVERRUN = "overrun"
    NOT_DELIVERED = "not_delivered"
    ONE_CHANNEL = "one_channel"
    ON_THE_WAY = "on_the_way"
    SNOOZED = "snoozed"
    NOT_READ = "calendar_not_read"
    AWAY = "away"
    NOT_WATCHED = "nobody_watched"
    OTHER = "other"  # the therapist says it in words of their own; never suggested


@dataclass(frozen=True, slots=True)
class LastRung:
    """The last reminder that was due: which channels took it, and which refused. Neither: its time passed."""

    rung: str
    reached: tuple[str, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """The calendar was not read for a while. `since` is the last good sync before (aware UTC); None: not known."""

    since: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows around one start. Spans before the start are positive. Instants are aware UTC."""

    start: datetime
    moved: timedelta | None = None  # so long before the start, the last time
    restored: timedelta | None = None
    oddities: Collection[Oddity] = ()
    seen: timedelta | None = None  # so long before the start it was first seen; None: that is not known
    disagrees: bool = False  # another calendar says otherwise of it
    is_first: bool = False  # of its day
    pause: timedelta | None = None  # before it, without a session, that day
    in_a_row: int = 0  # sessions right before it, one after the other
    overran: timedelta | None = None  # so long after its end the one right before it was said to be over
    last_rung: LastRung | None = None
    last_answer: Response | None = None  # before anybody could be called late
    unread: Unread | None = None
    leave: Absence | None = None  # the nearest one
    gaps: tuple[Gap, ...] = ()  # in which nobody watched, from its first reminder on


_HOLDS: Mapping[Cause, Callable[[Facts], bool]] = {
    Cause.MOVED: lambda facts: facts.moved is not None and facts.moved <= LATELY,
    Cause.RESTORED: lambda facts: facts.restored is not None,
    Cause.OTHER_WEEK: lambda facts: Oddity.OTHER_WEEK in facts.oddities,
    Cause.AFTER_BREAK: lambda facts: Oddity.AFTER_BREAK in facts.oddities,
    Cause.UNUSUAL_TIME: lambda facts: Oddity.OTHER_TIME in facts.oddities,
    Cause.SHORT_NOTICE: lambda facts: facts.seen is not None and facts.seen < SHORT_NOTICE,
    Cause.TWO_CALENDARS: lambda facts: facts.disagrees or Oddity.TWICE in facts.oddities,
    Cause.OTHER_PLACE: lambda facts: Oddity.OTHER_PLACE in facts.oddities,
    Cause.FIRST: lambda facts: facts.is_first,
    Cause.GAP: lambda facts: facts.pause is not None and facts.pause >= LONG_GAP,
    Cause.IN_A_ROW: lambda facts: facts.in_a_row >= IN_A_ROW,
    Cause.OVERRUN: lambda facts: facts.overran is not None,
    Cause.NOT_DELIVERED: lambda facts: facts.last_rung is not None and not facts.last_rung.reached,
    Cause.ONE_CHANNEL: lambda facts: facts.last_rung is not None and len(facts.last_rung.reached) == 1,
    Cause.ON_THE_WAY: lambda facts: _last_said(facts) is Kind.ACK,
    Cause.SNOOZED: lambda facts: _last_said(facts) is Kind.SNOOZE,
    Cause.NOT_READ: lambda facts: facts.unread is not None,
    Cause.AWAY: lambda facts: facts.leave is not None,
    Cause.NOT_WATCHED: lambda facts: bool(facts.gaps),
}


def causes(facts: Facts) -> tuple[Cause, ...]:
    """What may have been the cause, in the order of the codes; empty: nothing stands out. Never raises."""
    return tuple(cause for cause in Cause if cause in _HOLDS and _HOLDS[cause](facts))


def _last_said(facts: Facts) -> Kind | None:
    return facts.last_answer.kind if facts.last_answer is not None else None


def last_rung(ladder: Collection[Reminder], until: datetime, gaps: Collection[Gap]) -> LastRung | None:
    """The last rung of `ladder` that was due by `until` (aware UTC), and called for; None: none was.

    What could not go out because nobody watched (`gaps`) tells nothing of a channel.
    """
    called_for = [
        one for one in ladder if one.offset is not None and one.due_at <= until and _counts(one, gaps)
    ]
    newest = max((one.due_at for one in called_for), default=None)
    last = [one for one in called_for if one.due_at == newest]
    if not last:
        return None
    reached = [one.channel for one in last if one.state in OUT]
    refused = [one.channel for one in last if _is_refused(one)]
    return LastRung(last[0].rung, tuple(sorted(reached)), tuple(sorted(refused)))


def _counts(one: Reminder, gaps: Collection[Gap]) -> bool:
    if one.state in OUT or _is_refused(one):
        return True
    return one.state is State.EXPIRED and not any(_is_in(one.due_at, gap) for gap in gaps)


def _is_refused(one: Reminder) -> bool:
    """Also one that was tried up to the deadline, and then not called for any more."""
    return one.state not in OUT and one.problem not in {None, KEPT_QUIET}


def _is_in(at: datetime, gap: Gap) -> bool:
    return (gap.since is None or gap.since <= at) and (gap.until is None or at <= gap.until)


def last_answer(answers: Collection[Response], until: datetime) -> Response | None:
    """The last answer up to `until` (aware UTC); None: there was none by then. `answers` are by time."""
    given = [one for one in answers if one.at <= until]
    return given[-1] if given else None
