"""The sweep: after each session, and in the evening, whether what became of it is known.

A session of which nobody said what happened is easily counted as held. So it is asked about again, calmly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.spans import local

_USEFUL_FOR = timedelta(minutes=10)  # of the one after a session: the evening's comes all the same
_UNTIL_MORNING = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class SweepTimes:
    """When it is swept: so long after the end of each session, and at a local time of the day; None: not then."""

    after: timedelta | None = timedelta(minutes=10)
    evening: time | None = time(20)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One look that is to be taken. Instants are aware."""

    subject: str  # the session's id, or "day:2026-11-24"
    due_at: datetime
    useful_until: datetime


def after_session(session: KnownSession, zone: ZoneInfo, times: SweepTimes) -> Sweep | None:
    """The sweep after one session; None if there is none, or the evening's comes no earlier."""
    if times.after is None:
        return None
    due = session.end + times.after
    day = session.start.astimezone(zone).date()
    if times.evening is not None and due >= local(day, times.evening, zone):
        return None
    return Sweep(session.id, due, due + _USEFUL_FOR)


def evenings(
    days: Mapping[date, Sequence[KnownSession]], zone: ZoneInfo, times: SweepTimes
) -> list[tuple[Sweep, Sequence[KnownSession]]]:
    """The evening's sweep of each day with sessions; if one of them lasts longer than that, after its end."""
    if times.evening is None:
        return []
    found = []
    for day, sessions in days.items():
        last = max(session.end for session in sessions) + (times.after or timedelta())
        due = max(local(day, times.evening, zone), last)
        found.append((Sweep(f"day:{day.isoformat()}", due, due + _UNTIL_MORNING), sessions))
    return found
