"""Times for a make-up session: what stands in the way of one. Which of the free ones are offered, `choice` says."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import accumulate
from zoneinfo import ZoneInfo

from kepthour.core.away import Absence
from kepthour.core.privacy import NOTHING, Phi

_INSTANT = timedelta(microseconds=1)
_OFFICE = time(8), time(20)


@dataclass(frozen=True, slots=True)
class Shift:
    """Working hours within one day, local wall clock; an `end` of None is the midnight after it."""

    start: time
    end: time | None


_USUAL_WEEK = (*((Shift(*_OFFICE),),) * 5, (), ())


@dataclass(frozen=True, slots=True)
class Practice:
    """How the therapist works."""

    hours: tuple[tuple[Shift, ...], ...] = _USUAL_WEEK  # by weekday, Monday first
    buffer: timedelta = timedelta(minutes=10)  # to what stands before and after
    travel: timedelta = timedelta(minutes=30)  # besides it, if that is at another place
    sessions_a_day: int = 8


class Why(StrEnum):
    """Why a time is not offered, the first that holds."""

    PAST = "past"
    AWAY = "away"
    HOURS = "outside_hours"
    CLOCKS = "clocks_change"  # while it would last: by the wall clock it would be an hour longer or shorter
    OVERLAPS = "overlaps"
    BUFFER = "buffer"
    TRAVEL = "travel"
    FULL = "day_full"


@dataclass(frozen=True, slots=True)
class Busy:
    """An entry of a calendar that takes the therapist's time. Instants are aware UTC."""

    start: datetime
    end: datetime
    calendar: str
    place: Phi = NOTHING
    all_day: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a time is not free; by which entry, or which absence, if it is one."""

    why: Why
    entry: Busy | None = None
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """The session to be made up for. `usual` is when it usually is: weekdays (Monday is 0) and local times."""

    length: timedelta
    place: Phi = NOTHING
    usual: frozenset[tuple[int, time]] = frozenset()
    client_zone: ZoneInfo | None = None  # None: not known to differ from the therapist's


class Diary:
    """What the calendars hold, and when the therapist is away. `sessions` are the starts of those that take place."""

    def __init__(
        self,
        busy: Iterable[Busy],
        absences: Iterable[Absence],
        sessions: Iterable[datetime],
        zone: ZoneInfo,
    ) -> None:
        self.zone = zone
        self._busy = sorted(busy, key=_start)
        self._latest_ends = list(accumulate((one.end for one in self._busy), max))
        self._absences = tuple(absences)
        self._sessions = Counter(at.astimezone(zone).date() for at in sessions)

    def between(self, start: datetime, end: datetime) -> list[Busy]:
        """The entries that overlap (start, end), by start."""
        first = bisect_right(self._latest_ends, start)
        last = bisect_left(self._busy, end, key=_start)
        return [one for one in self._busy[first:last] if one.end > start]

    def absence(self, start: datetime, end: datetime) -> Absence | None:
        """The first absence that overlaps [start, end)."""
        return next((one for one in self._absences if one.start < end and start < one.end), None)

    def sessions_on(self, day: date) -> int:
        """How many sessions begin on a local day."""
        return self._sessions[day]


def _start(busy: Busy) -> datetime:
    return busy.start


def refusal(at: datetime, wish: Wish, diary: Diary, practice: Practice, now: datetime) -> Refusal | None:
    """Why `at` is not free for `wish`; None: it is. `at` and `now` are aware UTC. Never raises."""
    end = at + wish.length
    first, last = at.astimezone(diary.zone), (end - _INSTANT).astimezone(diary.zone)
    if at <= now:
        return Refusal(Why.PAST)
    if (absence := diary.absence(at, end)) is not None:
        return Refusal(Why.AWAY, absence=absence)
    if not any(_is_within(shift, first, last) for shift in practice.hours[first.weekday()]):
        return Refusal(Why.HOURS)
    if first.utcoffset() != last.utcoffset():
        return Refusal(Why.CLOCKS)
    if (found := _in_the_way(at, end, wish.place, diary, practice)) is not None:
        return found
    return Refusal(Why.FULL) if diary.sessions_on(first.date()) >= practice.sessions_a_day else None


def _is_within(shift: Shift, first: datetime, last: datetime) -> bool:
    """By the wall clock, from the first to the last instant."""
    day = first.date()
    opens = datetime.combine(day, shift.start)
    closes = datetime.combine(day, shift.end) if shift.end else datetime.combine(day, time()) + timedelta(1)
    return opens <= first.replace(tzinfo=None) and last.replace(tzinfo=None) < closes


def _in_the_way(
    start: datetime, end: datetime, place: Phi, diary: Diary, practice: Practice
) -> Refusal | None:
    """What overlaps comes first, then what is too near. Nobody needs a pause from an entry that lasts all day."""
    reach = practice.buffer + practice.travel
    near = diary.between(start - reach, end + reach)
    for one in near:
        if one.start < end and start < one.end:
            return Refusal(Why.OVERLAPS, one)
    for one in near:
        pause = max(one.start - end, start - one.end)
        if one.all_day:
            continue
        if pause < practice.buffer:
            return Refusal(Why.BUFFER, one)
        if pause < reach and is_elsewhere(place, one.place):
            return Refusal(Why.TRAVEL, one)
    return None


def is_elsewhere(one: Phi, other: Phi) -> bool:
    """Whether these are two places; of what has none, or is a link, nobody knows where it is."""
    here, there = _place(one), _place(other)
    return bool(here) and bool(there) and here != there


def _place(place: Phi) -> str:
    text = " ".join(place.reveal().casefold().split())
    return "" if "://" in text else text
