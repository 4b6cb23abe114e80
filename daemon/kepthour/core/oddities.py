"""What is unusual about a session, as its calendars have it: the ways in which real weeks are misread.

Each is a fact that a glance at the calendar overlooks: that a session was moved yesterday, that this is a client's
other week, that two stand at the same time. None of them is a fault.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import Protocol
from zoneinfo import ZoneInfo

from kepthour.core import duplicates, offsets
from kepthour.core.changes import KnownSession
from kepthour.core.privacy import Phi

LOOKED_BACK = timedelta(days=100)  # a client who comes every other week has seven sessions in it
_AROUND = timedelta(hours=12)
LATELY = timedelta(hours=72)  # so soon before its start a change is easily missed
REMEMBERED = timedelta(days=8)  # so long somebody goes by a cancellation that was taken back
_JUST_CHANGED = timedelta(hours=36)  # a change of the clocks, in the night to Sunday, is felt on Monday
_LEAST = 4  # past sessions, before an hour counts as usual
_RHYTHM = 3  # weeks with sessions, before a distance does
_SECOND = 3  # past sessions, before a second hour counts as usual beside the first
_USUALLY = 0.75
_WEEK = timedelta(days=7)
_Slot = tuple[int, int, int]  # weekday (Monday is 0), hour, minute
_TWICE = (timedelta(minutes=30), timedelta(hours=1))
_REMOTE = re.compile(r"\b(?:tele\w*|video\w*|online|zoom|teams|meet)\b", re.IGNORECASE)


class Oddity(StrEnum):
    """The codes, as the JSON has them: first what explains another one. A digest tells the first only."""

    RESTORED = "restored"  # it was cancelled, and is back
    MOVED = "moved_lately"
    TWICE = "stands_twice"  # in another calendar, half an hour or an hour off
    BY_CLOCKS = "moved_by_the_clocks"  # its series is fixed in UTC, or where there is no summer time
    CLOCKS_DIFFER = "clocks_differ"  # its time zone is not as far from the therapist's as usual
    OTHER_TIME = "unusual_time"  # another weekday or hour than this client's
    OTHER_WEEK = "other_week"  # of a client who comes every other week
    AFTER_BREAK = "after_a_break"
    OVERLAPS = "overlaps"
    OTHER_PLACE = "other_place"  # than the session before it
    NO_LINK = "no_link"  # it seems to be held by video
    DOUBTFUL_ZONE = "doubtful_zone"  # its time zone had to be guessed
    OTHER_ZONE = "other_zone"  # it is written in a time zone in which this client had none before
    CLOCKS = "clocks_changed"


class Placed(duplicates.Placed, Protocol):
    """A session, as far as it is looked at here. Instants are aware UTC."""

    @property
    def place(self) -> Phi: ...


@dataclass(frozen=True, slots=True)
class Changed:
    """When a session was last moved, and when it came back after a cancellation (aware UTC); None: never."""

    moved_at: datetime | None = None
    restored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """How the event of a session is written: in which zone (None: in none, or an unknown one)."""

    zone: tzinfo | None = None
    doubtful: bool = False  # the zone had to be guessed


_UNCHANGED, _UNKNOWN = Changed(), Written()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of sessions besides themselves."""

    changed: Mapping[str, Changed] = field(default_factory=dict)  # by id
    written: Mapping[tuple[str, str], Written] = field(default_factory=dict)  # by calendar and UID
    remote: Collection[str] = ()  # ids: their title or a category says that they are held by video

    def writing(self, session: Placed) -> Written:
        """How its event is written, as far as that is known."""
        return self.written.get((session.calendar, session.uid), _UNKNOWN)


_NOTHING_MORE = Facts()


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


def odd_ones(
    sessions: Iterable[KnownSession], earlier: Iterable[Placed], facts: Facts, zone: ZoneInfo, now: datetime
) -> dict[str, tuple[Oddity, ...]]:
    """By id: what is odd about those of `sessions` that are to begin after `now` (aware UTC), if anything is.

    `earlier` are further ones, to tell by them what is usual. `zone` is the therapist's. Never raises.
    """
    present = [session for session in sessions if not session.cancelled]
    history = History([*earlier, *present])
    coming = (session for session in present if session.start > now)
    found = {session.id: oddities(session, history, zone, facts) for session in coming}
    return {session_id: codes for session_id, codes in found.items() if codes}


def oddities(
    session: Placed, history: History, zone: ZoneInfo, facts: Facts = _NOTHING_MORE
) -> tuple[Oddity, ...]:
    """All that is odd about `session` among those of `history`, in the order of the codes. Never raises."""
    others = [one for one in history.around(session) if one.id != session.id]
    past = history.before(session)
    found = {
        *_of_changes(session, facts.changed.get(session.id, _UNCHANGED)),
        *_of_neighbours(session, others, zone),
        *_of_link(session, past, facts),
        *_of_habits(session, past, zone),
        *_of_clocks(session, past, zone, facts),
        *_of_zone(session, past, zone, facts),
    }
    return tuple(code for code in Oddity if code in found)


def _of_changes(session: Placed, changed: Changed) -> Iterator[Oddity]:
    if changed.restored_at is not None and session.start - changed.restored_at < REMEMBERED:
        yield Oddity.RESTORED
    if changed.moved_at is not None and session.start - changed.moved_at < LATELY:
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
    same = one.uid == session.uid or (bool(session.client) and one.client == session.client)
    as_long = one.end - one.start == session.end - session.start
    return same and as_long and one.calendar != session.calendar and abs(one.start - session.start) in _TWICE


def _of_link(session: Placed, past: Sequence[Placed], facts: Facts) -> Iterator[Oddity]:
    said = session.id in facts.remote or _REMOTE.search(session.place.reveal())
    if not session.join_url and (said or _is_usually_remote(past)):
        yield Oddity.NO_LINK


def _is_usually_remote(past: Sequence[Placed]) -> bool:
    return len(past) >= _LEAST and all(one.join_url for one in past[-_LEAST:])


def _of_habits(session: Placed, past: Sequence[Placed], zone: ZoneInfo) -> Iterator[Oddity]:
    usual = _usual_slots([_slot(one, zone) for one in past])
    if usual and _slot(session, zone) not in usual:
        yield Oddity.OTHER_TIME
    weeks = sorted({_week(one, zone) for one in past})
    if len(weeks) >= _RHYTHM:
        yield from _of_rhythm(_week(session, zone), weeks)


def _usual_slots(past: Sequence[_Slot]) -> set[_Slot]:
    """One, or two of a client with two, of three in four of the `past` ones; and the last, if it came twice running.

    Empty: there is no such, or too few to tell.
    """
    if len(past) < _LEAST:
        return set()
    (first, often), *others = Counter(past).most_common(2)
    enough = _USUALLY * len(past)
    usual = {first} if often >= enough else set()
    for second, count in others:
        if often < enough <= often + count and count >= _SECOND:
            usual = {first, second}
    if usual and past[-1] == past[-2]:  # what has changed for good is odd twice, not for months
        usual.add(past[-1])
    return usual


def usual_times(session: Placed, history: History, zone: ZoneInfo) -> frozenset[tuple[int, time]]:
    """Weekdays (Monday is 0) and local times at which this client is met; those of `session` if that is unknown."""
    usual = _usual_slots([_slot(one, zone) for one in history.before(session)]) or {_slot(session, zone)}
    return frozenset((weekday, time(hour, minute)) for weekday, hour, minute in usual)


def _of_rhythm(week: int, past: Sequence[int]) -> Iterator[Oddity]:
    """By calendar weeks: who comes on Friday instead of Monday had no break."""
    usual, gap = round(median(later - one for one, later in pairwise(past))), week - past[-1]
    if usual == 2 and gap % 2 == 1:
        yield Oddity.OTHER_WEEK
    elif gap > usual:
        yield Oddity.AFTER_BREAK


def _slot(session: Placed, zone: ZoneInfo) -> _Slot:
    local = session.start.astimezone(zone)
    return local.weekday(), local.hour, local.minute


def _week(session: Placed, zone: ZoneInfo) -> int:
    """The number of its week, which begins on Monday."""
    return (session.start.astimezone(zone).toordinal() - 1) // 7  # day 1 was a Monday


def _of_clocks(session: Placed, past: Sequence[Placed], zone: ZoneInfo, facts: Facts) -> Iterator[Oddity]:
    if offsets.changes(zone, session.start - _JUST_CHANGED, session.start):
        yield Oddity.CLOCKS
    written = facts.writing(session).zone
    series = [one for one in past if (one.calendar, one.uid) == (session.calendar, session.uid)]
    if series and (written is None or not offsets.has_summer_time(written, session.start)):
        last = series[-1].start
        kept = (session.start - last) % _WEEK == timedelta()
        if kept and offsets.changes(zone, last, session.start):
            yield Oddity.BY_CLOCKS
    if written is not None and offsets.is_place(written):
        usual = offsets.usually_apart(written, zone, session.start)
        if offsets.apart(written, zone, session.start) != usual:
            yield Oddity.CLOCKS_DIFFER


def _of_zone(session: Placed, past: Sequence[Placed], zone: ZoneInfo, facts: Facts) -> Iterator[Oddity]:
    written = facts.writing(session)
    seen = [found for one in past if (found := facts.writing(one).zone) is not None]
    if written.zone is not None and offsets.is_place(written.zone):
        is_new = not seen or offsets.apart(seen[-1], written.zone, session.start) != timedelta()
        if is_new and offsets.apart(written.zone, zone, session.start) != timedelta():
            yield Oddity.OTHER_ZONE
    lived_through = [one for one in past if _slot(one, zone) == _slot(session, zone)]
    if written.doubtful and len(lived_through) < _LEAST:
        yield Oddity.DOUBTFUL_ZONE
