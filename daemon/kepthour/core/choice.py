"""Which of the free times for a make-up session are offered: a few that differ.

A client to whom mornings do not suit is not helped by four mornings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.slots import Diary, Practice, Wish, refusal
from kepthour.core.spans import local, midnight

SOONEST = timedelta(hours=2)  # what is offered begins no sooner, unless sooner times are asked for
_QUARTER = timedelta(minutes=15)
_NOON, _EVENING = time(12), time(17)
_WAKES, _SLEEPS = time(7), time(22)  # a client in another time zone


@dataclass(frozen=True, slots=True)
class Slot:
    """A free time. Instants are aware UTC."""

    start: datetime
    end: datetime
    is_usual: bool


def horizon(start: datetime, within: timedelta, zone: ZoneInfo) -> datetime:
    """The end of the local day that is `within` after `start`, aware UTC: a week from a Monday ends with a Monday."""
    last = (start.astimezone(zone) + within).date()  # by the wall clock
    return midnight(last + timedelta(days=1), zone).astimezone(UTC)


def offered(
    wish: Wish,
    diary: Diary,
    practice: Practice,
    span: tuple[datetime, datetime],
    count: int,
    now: datetime,
) -> list[Slot]:
    """`count` free times inside `span` (aware UTC), or as many as there are, by start. The same for the same input.

    The usual time is among them if it is free. The others lie on different days and at different times of day as
    far as can be; then the sooner day, the full hour, and the time of day that is nearest to the usual one win.
    """
    free = [at for at in _starts(wish, span, diary.zone) if refusal(at, wish, diary, practice, now) is None]
    choice = _Choice(wish, diary.zone)
    chosen: list[datetime] = [at for at in free if choice.is_usual(at)][:1]
    while len(chosen) < count:
        left = [at for at in free if all(abs(at - one) >= wish.length for one in chosen)]
        if not left:
            break
        taken = [choice.mark(one) for one in chosen]
        chosen.append(min(left, key=lambda at: choice.rank(at, taken)))
    return [Slot(at, at + wish.length, choice.is_usual(at)) for at in sorted(chosen)]


def _starts(wish: Wish, span: tuple[datetime, datetime], zone: ZoneInfo) -> list[datetime]:
    """Every quarter of an hour by the wall clock, and the usual times of day, from which `wish` fits into the span."""
    first, last = span[0], span[1] - wish.length
    begins = first.astimezone(zone)
    past = timedelta(minutes=begins.minute, seconds=begins.second, microseconds=begins.microsecond)
    found = set(_usual_times(wish, first, last, zone))
    at = first + -past % _QUARTER
    while at <= last:
        found.add(at)
        at += _QUARTER
    return sorted(found)


def _usual_times(wish: Wish, first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    day = first.astimezone(zone).date()
    clocks = {clock for _weekday, clock in wish.usual}
    while day <= last.astimezone(zone).date():
        for clock in clocks:
            at = local(day, clock, zone).astimezone(first.tzinfo)
            if first <= at <= last and at.astimezone(zone).time() == clock:  # the clocks may skip it
                yield at
        day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Mark:
    """What two offers should not share."""

    day: date
    part: int  # morning, afternoon, evening


@dataclass(frozen=True, slots=True)
class _Choice:
    """Tells which of the free times is the better one."""

    wish: Wish
    zone: ZoneInfo

    def is_usual(self, at: datetime) -> bool:
        """Whether it is the usual weekday and time of day."""
        here = at.astimezone(self.zone)
        return (here.weekday(), here.time()) in self.wish.usual

    def mark(self, at: datetime) -> _Mark:
        """Its day and part of the day."""
        here = at.astimezone(self.zone)
        return _Mark(here.date(), (here.time() >= _NOON) + (here.time() >= _EVENING))

    def rank(self, at: datetime, taken: Sequence[_Mark]) -> tuple[object, ...]:
        """Among the others, beside what is taken: the lowest is the best."""
        here, mark = at.astimezone(self.zone).time(), self.mark(at)
        usual = [clock for _weekday, clock in self.wish.usual]
        minutes_off = min((abs(_minutes(clock) - _minutes(here)) for clock in usual), default=0)
        return (
            self._is_night(at),
            sum(one.day == mark.day for one in taken),
            sum(one.part == mark.part for one in taken),
            mark.day,
            0 if here in usual or not here.minute else 1 if here.minute == 30 else 2,
            minutes_off,
            at,
        )

    def _is_night(self, at: datetime) -> bool:
        """For the client, if they live by another clock."""
        if self.wish.client_zone is None:
            return False
        first = at.astimezone(self.wish.client_zone)
        last = (at + self.wish.length).astimezone(self.wish.client_zone)
        return first.time() < _WAKES or last.time() > _SLEEPS or first.date() != last.date()


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
