"""A session among the others of its day: what makes it notable, and the two digests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.spans import local, midnight

LONG_GAP = timedelta(minutes=90)
_BEFORE_FIRST = timedelta(minutes=90)
_LADDER_SPEAKS = timedelta(minutes=15)  # from then on a digest would only stand in its way


class Ground(StrEnum):
    """Why a session gets the rungs that not every session gets."""

    FIRST = "first_of_the_day"
    GAP = "after_a_gap"  # of 90 minutes or more
    PLACE = "another_place"  # than the one before it that day
    ODD = "oddity"


@dataclass(frozen=True, slots=True)
class DigestTimes:
    """When the digests come, local time; None: that one is off."""

    evening: time | None = time(18, 0)
    morning: time | None = time(7, 30)


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest that is to go out. Instants are aware."""

    subject: str  # "day:2026-11-24": the day it is about
    rung: str  # "digest-evening" or "digest-morning"
    due_at: datetime
    useful_until: datetime
    sessions: tuple[KnownSession, ...]


def by_day(sessions: Iterable[KnownSession], zone: ZoneInfo) -> dict[date, list[KnownSession]]:
    """Sessions that take place, by local day and start."""
    days: dict[date, list[KnownSession]] = {}
    for session in sorted(sessions, key=lambda session: session.start):
        if not session.cancelled:
            days.setdefault(session.start.astimezone(zone).date(), []).append(session)
    return days


def grounds(session: KnownSession, day: Sequence[KnownSession], *, is_odd: bool) -> tuple[Ground, ...]:
    """What calls for the early rung; empty: nothing does. `day` are the sessions of its day, by start."""
    earlier = [other for other in day if other.start < session.start]
    found = [Ground.ODD] if is_odd else []
    if not earlier:
        return (Ground.FIRST, *found)
    if earlier[-1].place != session.place:
        found.insert(0, Ground.PLACE)
    if session.start - max(other.end for other in earlier) >= LONG_GAP:
        found.insert(0, Ground.GAP)
    return tuple(found)


def digests(days: Mapping[date, Sequence[KnownSession]], zone: ZoneInfo, times: DigestTimes) -> list[Digest]:
    """The evening digest on the eve of each day with sessions, and that day's morning digest."""
    found = []
    for day, sessions in days.items():
        first = sessions[0].start
        subject = f"day:{day.isoformat()}"
        if times.evening is not None:
            eve = local(day - timedelta(days=1), times.evening, zone)
            found.append(Digest(subject, "digest-evening", eve, midnight(day, zone), tuple(sessions)))
        if times.morning is not None:
            due = min(local(day, times.morning, zone), first - _BEFORE_FIRST)
            until = first - _LADDER_SPEAKS
            found.append(Digest(subject, "digest-morning", due, until, tuple(sessions)))
    return found
