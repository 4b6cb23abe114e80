"""What is unusual about a session, as its calendars have it: the ways in which real weeks are misread.

Each is a fact that a glance at the calendar overlooks: that a session was moved yesterday, that this is a client's
other week, that two stand at the same time. None of them is a fault.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

from kepthour.core import offsets
from kepthour.core.changes import KnownSession
from kepthour.core.history import History, Met, Placed, Slot

LATELY = timedelta(hours=72)  # so soon before its start a change is easily missed
REMEMBERED = timedelta(days=8)  # so long somebody goes by a cancellation that was taken back
_JUST_CHANGED = timedelta(hours=36)  # a change of the clocks, in the night to Sunday, is felt on Monday
_LEAST = 4  # past sessions, before an hour counts as usual
_RHYTHM = 3  # weeks with sessions, before a distance does
_SECOND = 3  # past sessions, before a second hour counts as usual beside the first
_USUALLY = 0.75
_WEEK = timedelta(days=7)
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


def odd_ones(
    sessions: Iterable[KnownSession], earlier: Iterable[Placed], facts: Facts, zone: ZoneInfo, now: datetime
) -> dict[str, tuple[Oddity, ...]]:
    """By id: what is odd about those of `sessions` that are to begin after `now` (aware UTC), if anything is.

    `earlier` are further ones, to tell by them what is usual. `zone` is the therapist's. Never raises.
    """
    present = [session for session in sessions if not session.cancelled]
    history = History([*earlier, *present], zone)
    coming = (session for session in present if session.start > now)
    found = {session.id: oddities(session, history, facts) for session in coming}
    return {session_id: codes for session_id, codes in found.items() if codes}


def oddities(session: Placed, history: History, facts: Facts = _NOTHING_MORE) -> tuple[Oddity, ...]:
    """All that is odd about `session` among those of `history`, in the order of the codes. Never raises."""
    others = [one for one in history.around(session) if one.id != session.id]
    past, met = history.before(session), history.met(session)
    found = {
        *_of_changes(session, facts.changed.get(session.id, _UNCHANGED)),
        *_of_neighbours(session, others, history.zone),
        *_of_link(session, past, facts),
        *_of_habits(met, past),
        *_of_clocks(session, past, history.zone, facts),
        *_of_zone(met, past, history.zone, facts),
    }
    return tuple(code for code in Oddity if code in found) if found else ()


def _of_changes(session: Placed, changed: Changed) -> Iterator[Oddity]:
    if changed.restored_at is not None and session.start - changed.restored_at < REMEMBERED:
        yield Oddity.RESTORED
    if changed.moved_at is not None and session.start - changed.moved_at < LATELY:
        yield Oddity.MOVED


def _of_neighbours(session: Placed, others: Sequence[Placed], zone: ZoneInfo) -> Iterator[Oddity]:
    if session.place and _is_elsewhere(session, others, zone):
        yield Oddity.OTHER_PLACE
    for one in others:
        if one.start < session.end and session.start < one.end:
            yield Oddity.OVERLAPS
        if _stands_for(one, session):
            yield Oddity.TWICE


def _is_elsewhere(session: Placed, others: Iterable[Placed], zone: ZoneInfo) -> bool:
    """Whether the session before it that day is at another place."""
    today = session.start.astimezone(zone).date()
    earlier = [
        one for one in others if one.start < session.start and one.start.astimezone(zone).date() == today
    ]
    before = max(earlier, key=lambda one: one.start, default=None)
    return before is not None and bool(before.place) and before.place != session.place


def _stands_for(one: Placed, session: Placed) -> bool:
    """Whether the other is probably this one, copied into another calendar with a slip of the zone."""
    if one.calendar == session.calendar:
        return False
    same = one.uid == session.uid or (bool(session.client) and one.client == session.client)
    as_long = one.end - one.start == session.end - session.start
    return same and as_long and abs(one.start - session.start) in _TWICE


def _of_link(session: Placed, past: Sequence[Met], facts: Facts) -> Iterator[Oddity]:
    if session.join_url:
        return
    said = session.id in facts.remote or _REMOTE.search(session.place.reveal())
    if said or _is_usually_remote(past):
        yield Oddity.NO_LINK


def _is_usually_remote(past: Sequence[Met]) -> bool:
    return len(past) >= _LEAST and all(one.session.join_url for one in past[-_LEAST:])


def _of_habits(met: Met, past: Sequence[Met]) -> Iterator[Oddity]:
    usual = _usual_slots([one.slot for one in past])
    if usual and met.slot not in usual:
        yield Oddity.OTHER_TIME
    weeks = sorted({one.week for one in past})
    if len(weeks) >= _RHYTHM:
        yield from _of_rhythm(met.week, weeks)


def _usual_slots(past: Sequence[Slot]) -> set[Slot]:
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


def usual_times(session: Placed, history: History) -> frozenset[tuple[int, time]]:
    """Weekdays (Monday is 0) and local times at which this client is met; those of `session` if that is unknown."""
    usual = _usual_slots([one.slot for one in history.before(session)]) or {history.met(session).slot}
    return frozenset((weekday, time(hour, minute)) for weekday, hour, minute in usual)


def _of_rhythm(week: int, past: Sequence[int]) -> Iterator[Oddity]:
    """By calendar weeks: who comes on Friday instead of Monday had no break."""
    usual, gap = round(median(later - one for one, later in pairwise(past))), week - past[-1]
    if usual == 2 and gap % 2 == 1:
        yield Oddity.OTHER_WEEK
    elif gap > usual:
        yield Oddity.AFTER_BREAK


def _of_clocks(session: Placed, past: Sequence[Met], zone: ZoneInfo, facts: Facts) -> Iterator[Oddity]:
    if offsets.changes(zone, session.start - _JUST_CHANGED, session.start):
        yield Oddity.CLOCKS
    written = facts.writing(session).zone
    last = _last_of_series(session, past)
    if (
        last is not None
        and (session.start - last) % _WEEK == timedelta()
        and offsets.changes(zone, last, session.start)
        and (written is None or not offsets.has_summer_time(written, session.start))
    ):
        yield Oddity.BY_CLOCKS
    # What is written in the therapist's own zone, as nearly all is, is never apart from it.
    if written is not None and written is not zone and offsets.is_place(written):
        usual = offsets.usually_apart(written, zone, session.start)
        if offsets.apart(written, zone, session.start) != usual:
            yield Oddity.CLOCKS_DIFFER


def _last_of_series(session: Placed, past: Sequence[Met]) -> datetime | None:
    """When the series of `session` had its last one before it; None: never in these weeks."""
    backwards = (one.session for one in reversed(past))
    return next(
        (one.start for one in backwards if one.uid == session.uid and one.calendar == session.calendar), None
    )


def _of_zone(met: Met, past: Sequence[Met], zone: ZoneInfo, facts: Facts) -> Iterator[Oddity]:
    written, start = facts.writing(met.session), met.session.start
    if written.zone is not None and written.zone is not zone and offsets.is_place(written.zone):
        backwards = (facts.writing(one.session).zone for one in reversed(past))
        last = next((found for found in backwards if found is not None), None)
        is_new = last is None or offsets.apart(last, written.zone, start) != timedelta()
        if is_new and offsets.apart(written.zone, zone, start) != timedelta():
            yield Oddity.OTHER_ZONE
    if written.doubtful and sum(one.slot == met.slot for one in past) < _LEAST:
        yield Oddity.DOUBTFUL_ZONE
