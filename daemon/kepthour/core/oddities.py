"""What is unusual about a session, as its calendars have it: the ways in which real weeks are misread.

Each is a fact that a glance at the calendar overlooks: that a session was moved yesterday, that this is a client's
other week, that two stand at the same time. None of them is a fault.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Protocol
from zoneinfo import ZoneInfo

from kepthour.core import duplicates
from kepthour.core.privacy import Phi

LOOKED_BACK = timedelta(days=100)  # a client who comes every other week has seven sessions in it
_AROUND = timedelta(hours=12)
_LATELY = timedelta(hours=72)  # so soon before its start a change is easily missed
_JUST_CHANGED = timedelta(hours=36)  # a change of the clocks, in the night to Sunday, is felt on Monday
_LEAST = 4  # past sessions, before an hour counts as usual
_RHYTHM = 3  # the same, before a distance does
_USUALLY = 0.75
_WEEK = timedelta(days=7)
_TWICE = (timedelta(minutes=30), timedelta(hours=1))
_REMOTE = re.compile(r"\b(?:tele\w*|video\w*|online|zoom|teams|meet)\b", re.IGNORECASE)


class Oddity(StrEnum):
    """The codes, as the JSON has them."""

    RESTORED = "restored"  # it was cancelled, and is back
    MOVED = "moved_lately"
    OTHER_TIME = "unusual_time"  # another weekday or hour than this client's
    OTHER_WEEK = "other_week"  # of a client who comes every other week
    AFTER_BREAK = "after_a_break"
    OVERLAPS = "overlaps"
    TWICE = "stands_twice"  # in another calendar, half an hour or an hour off
    OTHER_PLACE = "other_place"  # than the session before it
    NO_LINK = "no_link"  # it seems to be held by video
    CLOCKS = "clocks_changed"
    BY_CLOCKS = "moved_by_the_clocks"  # its series is fixed in UTC


class Placed(duplicates.Placed, Protocol):
    """A session, as far as it is looked at here. Instants are aware UTC."""

    @property
    def place(self) -> Phi: ...


@dataclass(frozen=True, slots=True)
class Changed:
    """When a session was last moved, and when it came back after a cancellation (aware UTC); None: never."""

    moved_at: datetime | None = None
    restored_at: datetime | None = None


_UNCHANGED = Changed()


class History:
    """Sessions, to find those around one, and those with its client before it.

    Without an alias the series stands for the client.
    """

    def __init__(self, sessions: Iterable[Placed]) -> None:
        self._by_start = sorted(sessions, key=_start)
        self._by_client: defaultdict[tuple[str, ...], dict[datetime, Placed]] = defaultdict(dict)
        for session in self._by_start:
            self._by_client[_client(session)][session.start] = session

    def around(self, session: Placed) -> list[Placed]:
        """Those that begin in the twelve hours before or after it, and itself."""
        first = bisect_left(self._by_start, session.start - _AROUND, key=_start)
        last = bisect_right(self._by_start, session.start + _AROUND, key=_start)
        return self._by_start[first:last]

    def before(self, session: Placed) -> list[Placed]:
        """The sessions with this client in the weeks before this one, by start."""
        known = self._by_client[_client(session)]
        return [known[at] for at in sorted(known) if session.start - LOOKED_BACK <= at < session.start]


def _client(session: Placed) -> tuple[str, ...]:
    alias = session.client.reveal()
    return ("client", alias) if alias else ("series", session.calendar, session.uid)


def _start(session: Placed) -> datetime:
    return session.start


def oddities(
    session: Placed, history: History, zone: ZoneInfo, changed: Changed = _UNCHANGED
) -> tuple[Oddity, ...]:
    """All that is odd about `session` among those of `history`, in the order of the codes. Never raises."""
    others = [one for one in history.around(session) if one.id != session.id]
    past = history.before(session)
    found = {
        *_of_changes(session, changed),
        *_of_neighbours(session, others, zone),
        *_of_habits(session, past, zone),
        *_of_clocks(session, past, zone),
    }
    return tuple(code for code in Oddity if code in found)


def _of_changes(session: Placed, changed: Changed) -> Iterator[Oddity]:
    if changed.restored_at is not None and session.start - changed.restored_at < _LATELY:
        yield Oddity.RESTORED
    if changed.moved_at is not None and session.start - changed.moved_at < _LATELY:
        yield Oddity.MOVED


def _of_neighbours(session: Placed, others: Iterable[Placed], zone: ZoneInfo) -> Iterator[Oddity]:
    today = session.start.astimezone(zone).date()
    earlier = [
        one for one in others if one.start < session.start and one.start.astimezone(zone).date() == today
    ]
    before = max(earlier, key=lambda one: one.start, default=None)
    if before is not None and session.place and before.place and before.place != session.place:
        yield Oddity.OTHER_PLACE
    for one in others:
        if one.start < session.end and session.start < one.end:
            yield Oddity.OVERLAPS
        if _stands_for(one, session):
            yield Oddity.TWICE


def _stands_for(one: Placed, session: Placed) -> bool:
    """Whether the other is probably this one, copied into another calendar with a slip of the zone."""
    same = bool(session.client) and one.client == session.client
    as_long = one.end - one.start == session.end - session.start
    return same and as_long and one.calendar != session.calendar and abs(one.start - session.start) in _TWICE


def _of_habits(session: Placed, past: Sequence[Placed], zone: ZoneInfo) -> Iterator[Oddity]:
    if not session.join_url and (_REMOTE.search(session.place.reveal()) or _is_usually_remote(past)):
        yield Oddity.NO_LINK
    usual = _usual_slot(past, zone)
    if usual is not None and _slot(session, zone) != usual:
        yield Oddity.OTHER_TIME
    if len(past) >= _RHYTHM:
        yield from _of_rhythm(session, past)


def _of_rhythm(session: Placed, past: Sequence[Placed]) -> Iterator[Oddity]:
    spans = [(later.start - one.start) / _WEEK for one, later in pairwise(past)]
    usual, gap = round(median(spans)), round((session.start - past[-1].start) / _WEEK)
    if usual == 2 and gap % 2 == 1:
        yield Oddity.OTHER_WEEK
    elif usual >= 1 and gap > usual:
        yield Oddity.AFTER_BREAK


def _is_usually_remote(past: Sequence[Placed]) -> bool:
    return len(past) >= _LEAST and all(one.join_url for one in past[-_LEAST:])


def _usual_slot(past: Sequence[Placed], zone: ZoneInfo) -> tuple[int, int, int] | None:
    """Weekday, hour and minute of three in four of the `past` sessions; None: there is no such, or too few to tell."""
    if len(past) < _LEAST:
        return None
    ((slot, count),) = Counter(_slot(one, zone) for one in past).most_common(1)
    return slot if count >= _USUALLY * len(past) else None


def _slot(session: Placed, zone: ZoneInfo) -> tuple[int, int, int]:
    local = session.start.astimezone(zone)
    return local.weekday(), local.hour, local.minute


def _of_clocks(session: Placed, past: Sequence[Placed], zone: ZoneInfo) -> Iterator[Oddity]:
    here = session.start.astimezone(zone)
    if here.utcoffset() != (session.start - _JUST_CHANGED).astimezone(zone).utcoffset():
        yield Oddity.CLOCKS
    series = [one for one in past if (one.calendar, one.uid) == (session.calendar, session.uid)]
    if not series:
        return
    last = series[-1].start
    kept = (session.start - last) % _WEEK == timedelta()
    if kept and last.astimezone(zone).utcoffset() != here.utcoffset():
        yield Oddity.BY_CLOCKS
