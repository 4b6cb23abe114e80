"""What an oracle keeps of each session, and what it found: see `oracle`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.practice import Answer, Key, Slot

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, order=True)
class Reminder:
    """What goes out when (aware UTC), about what."""

    at: datetime
    what: str  # the rung, the digest's name, or "question"
    about: str

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}  {self.what:14}  {self.about}"


@dataclass
class Course:
    """One start of a session, and what has come of it so far."""

    key: Key
    slot: Slot
    deadline: datetime
    rungs: dict[str, datetime]  # still to come: name -> when
    answers: list[tuple[datetime, Answer]]  # still to be given
    begun: bool = False  # something went out, was left out, or was answered
    first_out: datetime | None = None
    here: datetime | None = None
    over: bool = False
    late_by: timedelta = timedelta()
    promised: set[str] = field(default_factory=set)  # the rungs that an announced start added
    asked: bool = False
    gone: bool = False
    held: str | None = None  # the rung that waits until another session is over
    shown: tuple[str, datetime] | None = None  # what stands on the screen, and how long it is of use

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.slot.start

    def until(self, rung: str) -> datetime:
        """How long a rung is of use."""
        return self.start if rung.startswith("-") else self.deadline

    def clear(self) -> None:
        """Nothing more comes, and nothing stands on the screen."""
        self.rungs.clear()
        self.shown = None

    def moments(self) -> Iterator[datetime]:
        """When something may have to be done about it."""
        if not self.gone:
            yield from self.rungs.values()
            yield from (at for at, _answer in self.answers)
            yield self.deadline
            if self.here is not None and not self.over:
                yield self.slot.end  # what was held back comes then


@dataclass
class Question:
    """A question that waits to be put."""

    asked: list[Course]
    about: str
    until: datetime


@dataclass
class Told:
    """What the oracle found: all reminders, the answers that were given, and the verdicts."""

    reminders: list[Reminder] = field(default_factory=list)
    answers: list[tuple[datetime, Key, Answer]] = field(default_factory=list)
    verdicts: dict[Key, str | None] = field(default_factory=dict)

    @property
    def silent(self) -> frozenset[Key]:
        """The sessions of which nothing is heard."""
        return frozenset(key for key, verdict in self.verdicts.items() if verdict == "suspected_miss")


def verdict_of(course: Course) -> str | None:
    """What is concluded in the end."""
    if course.here is not None:
        return "on_time" if course.here <= course.start + 2 * _MINUTE else "late"
    if course.over:
        return "on_time"
    if not course.asked:
        return None
    in_time = course.first_out is not None and course.first_out <= course.start + _MINUTE
    return "suspected_miss" if in_time else "unknown"


def deadline_of(slot: Slot) -> datetime:
    """When it is asked what happened: after a quarter of an hour, or half of a shorter session."""
    return slot.start + min(15 * _MINUTE, (slot.end - slot.start) / 2)


def silence(course: Course, until: datetime) -> None:
    """Nothing comes before `until`."""
    course.rungs = {name: at for name, at in course.rungs.items() if at >= until}


def rung_at(offset: timedelta) -> str:
    """A rung by its distance from the start: -15m, 0m, +8m20s."""
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60) if minutes > 60 else (0, minutes)
    if not offset:
        return "0m"
    parts: Iterable[tuple[int, str]] = ((hours, "h"), (minutes, "m"), (seconds, "s"))
    return ("-" if offset < timedelta() else "+") + "".join(f"{n}{unit}" for n, unit in parts if n)
