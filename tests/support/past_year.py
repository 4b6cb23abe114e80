"""A made-up year of 1,500 sessions, in which near misses and misses pile up where it is planted, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random
from zoneinfo import ZoneInfo

from kepthour.core.report.groups import By, Change, Gap, Group, Part, groups_of
from kepthour.core.report.past import Delivered, Past, stands
from kepthour.core.spans import format_offset
from kepthour.core.verdict import Because, Verdict

ZONE = ZoneInfo("Europe/Berlin")
ENDS = datetime(2026, 1, 1, tzinfo=ZONE)
SESSIONS = 1500
LENGTH = timedelta(minutes=50)
USUALLY = 0.05  # how often a session is narrow anywhere

TUESDAY_AFTER_LUNCH: Group = (Part(By.WEEKDAY, "tuesday"), Part(By.GAP, Gap.LONG))
MOVED: Group = (Part(By.CHANGE, Change.MOVED),)
FEED: Group = (Part(By.CALENDAR, "feed"),)
PLANTED: Mapping[Group, float] = {TUESDAY_AFTER_LUNCH: 0.55, MOVED: 0.4, FEED: 0.22}


@dataclass(frozen=True)
class Was:
    """One session of that year, as it truly was."""

    number: int
    past: Past
    length: timedelta = LENGTH

    @property
    def start(self) -> datetime:
        return self.past.start.astimezone(UTC)

    @property
    def end(self) -> datetime:
        return self.start + self.length


def year(seed: int, planted: Mapping[Group, float] | None = None, sessions: int = SESSIONS) -> list[Was]:
    """The sessions by start. `planted` says how often one of a group is narrow; without it there is no pattern."""
    random = Random(seed)
    starts = list(islice(_starts(random), sessions))
    day = stands([(one.astimezone(UTC), one.astimezone(UTC) + LENGTH) for one in starts], ZONE)
    found = []
    for number, start in enumerate(starts):
        stand = day[start.astimezone(UTC)]
        plain = Past(
            start,
            "feed" if random.random() < 0.2 else "practice",
            stand.gap,
            stand.in_a_row,
            is_series=random.random() < 0.85,
            moved=random.random() < 0.08,
            restored=random.random() < 0.02,
        )
        risk = max([USUALLY, *((planted or {}).get(group, 0.0) for group in groups_of(plain))])
        found.append(Was(number, _fated(plain, risk, random)))
    return found


def _starts(random: Random) -> Iterator[datetime]:
    """Five days a week, from January on: three sessions, a lunch of one to three hours, three or four sessions."""
    day = date(2025, 1, 6)
    while True:
        if day.weekday() < 5:
            afternoon = random.choice((13, 14, 15))
            for hour in (9, 10, 11, *range(afternoon, afternoon + random.choice((3, 4)))):
                yield datetime.combine(day, time(hour), ZONE)
        day += timedelta(days=1)


_RUNGS = (-15, -5, -1, 0, 1, 2, 3, 4, 5)  # minutes from the start


def _fated(plain: Past, risk: float, random: Random) -> Past:
    if random.random() < 0.02:
        return replace(plain, verdict=Verdict.UNKNOWN, because=Because.DAEMON_GAP, unwatched=True)
    if random.random() >= risk:
        sign = 840 if random.random() < 0.3 else 240
        return _there(plain, Verdict.ON_TIME, near=False, sign=-sign, arrived=-240)
    how = random.random()
    if how < 0.1:
        return replace(plain, verdict=Verdict.MISSED, because=Because.SAID, ladder=_ladder(plain.start, 900))
    if how < 0.3:
        return _there(plain, Verdict.LATE, near=True, sign=270, arrived=270)
    return _there(plain, Verdict.ON_TIME, near=True, sign=70, arrived=70)


def _there(plain: Past, verdict: Verdict, *, near: bool, sign: int, arrived: int) -> Past:
    """Held. `sign` and `arrived` are seconds from the start."""
    start = plain.start.astimezone(UTC)
    return replace(
        plain,
        verdict=verdict,
        because=Because.CHECKED_IN,
        near=near,
        ladder=_ladder(start, arrived),
        first_sign=start + timedelta(seconds=sign),
        arrived=start + timedelta(seconds=arrived),
    )


def _ladder(start: datetime, until: int) -> tuple[Delivered, ...]:
    """The rungs that went out until so many seconds from the start."""
    offsets = [timedelta(minutes=one) for one in _RUNGS if one * 60 < until]
    return tuple(Delivered(format_offset(one), one, start.astimezone(UTC) + one) for one in offsets)
