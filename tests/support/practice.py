"""A practice in its own words: appointments, what becomes of them in a year, and what its therapist does.

No iCalendar here, and nothing of the program: `practice_calendar` writes this into a calendar, `oracle` says what
reminders it calls for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo

HOME = "Europe/Berlin"


@dataclass(frozen=True)
class Appointment:
    """A standing appointment with a client, or a single one. All dates and times are on the wall clock of `zone`."""

    name: str
    first: datetime  # its first, or only, time; naive
    minutes: int = 50
    every: int = 0  # weeks; 0: it takes place once
    until: date | None = None  # the last day that it may fall on
    place: str = ""
    zone: str | None = HOME  # None: wherever the therapist is, it is at that hour there
    off: frozenset[date] = frozenset()  # days on which it is left out without a trace
    cancelled: frozenset[date] = frozenset()  # days on which it stands, as cancelled
    # the day it was meant for -> when it is instead
    moved: Mapping[date, datetime] = field(default_factory=dict)

    def falls_on(self, day: date) -> bool:
        """Whether it was meant for `day`."""
        if not self.every:
            return day == self.first.date()
        weeks, rest = divmod((day - self.first.date()).days, 7)
        over = self.until is not None and day > self.until
        return weeks >= 0 and rest == 0 and weeks % self.every == 0 and not over and day not in self.off

    def on(self, day: date, therapist: ZoneInfo) -> Slot:
        """The one that was meant for `day`, while the therapist is in the zone `therapist`."""
        zone = ZoneInfo(self.zone) if self.zone else therapist
        wall = self.moved.get(day, datetime.combine(day, self.first.time()))
        start = wall.replace(tzinfo=zone).astimezone(UTC)
        length = timedelta(minutes=self.minutes)
        return Slot(start, start + length, self.place, cancelled=day in self.cancelled)


@dataclass(frozen=True)
class Slot:
    """When and where one session is. Instants are aware UTC."""

    start: datetime
    end: datetime
    place: str
    cancelled: bool


@dataclass(frozen=True, order=True)
class Key:
    """A session through all its changes: which appointment, and the day that it was meant for (None: a single one)."""

    name: str
    day: date | None

    def __str__(self) -> str:
        return f"{self.name} {self.day}" if self.day else self.name


@dataclass(frozen=True)
class Edit:
    """At `at` (aware UTC) the appointment `name` becomes `now`; None: it is deleted."""

    at: datetime
    name: str
    now: Appointment | None


@dataclass(frozen=True)
class Restart:
    """At `at` (aware UTC) the daemon starts anew. From then on the therapist is in `zone`."""

    at: datetime
    zone: str


class Say(Enum):
    """What a therapist can answer."""

    HERE = auto()
    ON_MY_WAY = auto()
    SNOOZE = auto()
    LATE = auto()
    OVER = auto()


@dataclass(frozen=True)
class Answer:
    """One answer, `after` seconds after the session's start (negative: before it); SNOOZE and LATE for `minutes`."""

    after: int
    say: Say
    minutes: int = 0


Habits = Callable[[Key], tuple[Answer, ...]]


@dataclass(frozen=True)
class Practice:
    """A practice from `begins` to `ends` (aware UTC): what stands in its book at first, and all that happens then."""

    begins: datetime
    ends: datetime
    book: tuple[Appointment, ...]
    edits: tuple[Edit, ...]
    restarts: tuple[Restart, ...]
    habits: Habits

    def days(self) -> Iterator[date]:
        """Every day on which something may be."""
        day = self.begins.date()
        while day <= self.ends.date():
            yield day
            day += timedelta(days=1)
