"""A past session, as far as a report looks at it: what it was among the others of its day, and what became of it.

There is no client here, and no place: what is not known cannot be told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.quiet import BACK_TO_BACK
from kepthour.core.verdict import HELD, Because, Verdict

COUNTED = HELD | {Verdict.MISSED}  # of these it is known whether the client had to wait


@dataclass(frozen=True, slots=True)
class Delivered:
    """A rung that reached a channel."""

    rung: str  # as configured
    offset: timedelta  # from the start
    at: datetime  # when the first channel accepted it; aware UTC
    on: int = 1  # how many channels did


@dataclass(frozen=True, slots=True)
class Past:
    """One session that has begun. Instants are aware UTC, `start` in whatever zone its day is told in."""

    start: datetime
    calendar: str
    gap: timedelta | None  # since the session before it that day; None: it was the day's first
    in_a_row: int  # 1: the first after a pause of more than ten minutes
    is_series: bool = False
    moved: bool = False
    restored: bool = False
    verdict: Verdict | None = None
    because: Because | None = None
    near: bool | None = False  # a near miss; late ones are. None: what would tell was deleted
    ladder: tuple[Delivered, ...] = ()  # by time
    first_sign: datetime | None = None  # None: there was none, or it cannot be told
    arrived: datetime | None = None  # the first proof of presence; None: there is none
    unwatched: bool = False  # for a part of the time from a quarter of an hour before it to its deadline

    @property
    def is_counted(self) -> bool:
        """Whether it is known what became of it, and the therapist was to be there."""
        return self.verdict in COUNTED

    @property
    def is_comparable(self) -> bool:
        """Whether it is known, besides, that it was a near miss, or was none."""
        return self.is_counted and (self.near is not None or self.is_missed)

    @property
    def is_missed(self) -> bool:
        """The therapist said so."""
        return self.verdict is Verdict.MISSED

    @property
    def is_near(self) -> bool:
        """A near miss; a session that began late is one."""
        return bool(self.near) and not self.is_missed

    @property
    def is_narrow(self) -> bool:
        """A near miss, or a miss."""
        return self.is_near or self.is_missed

    @property
    def day(self) -> date:
        """The day it began on."""
        return self.start.date()


@dataclass(frozen=True, slots=True)
class Stand:
    """How a session stands in its day."""

    gap: timedelta | None  # since the end of what was before it; None: nothing was
    in_a_row: int


def stands(spans: Iterable[tuple[datetime, datetime]], zone: ZoneInfo) -> dict[datetime, Stand]:
    """By start: how each of the sessions with these (start, end) stands in its local day. Instants are aware."""
    days: defaultdict[date, list[tuple[datetime, datetime]]] = defaultdict(list)
    for start, end in sorted(spans):
        days[start.astimezone(zone).date()].append((start, end))
    found: dict[datetime, Stand] = {}
    for day in days.values():
        found.update(_of_a_day(day))
    return found


def _of_a_day(day: Sequence[tuple[datetime, datetime]]) -> dict[datetime, Stand]:
    found: dict[datetime, Stand] = {}
    over: datetime | None = None
    row = 0
    for start, end in day:
        if start not in found:  # two at the same time stand alike
            gap = start - over if over is not None else None
            row = row + 1 if gap is not None and gap <= BACK_TO_BACK else 1
            found[start] = Stand(gap, row)
        over = end if over is None else max(over, end)
    return found
