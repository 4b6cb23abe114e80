"""Edits of a session's entry, as evidence: whoever changed it while the session was on had the entry in hand.

That is no proof of presence, but silence is no ground for a suspicion then. A calendar tells what changed, and not who
changed it: so only what a person writes counts (reading/marks.py), and nothing where many entries changed at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.core.reading.digest import Held
from kepthour.core.reading.occurrences import Occurrence

LOOKED_BACK = timedelta(days=1)  # before a poll: what began earlier is concluded
_FEW = 3
_SKEW = timedelta(minutes=5)  # so far a server's clock may be ahead
_STAMPS = re.compile(r"^(?:DTSTAMP|LAST-MODIFIED|SEQUENCE)[:;].*\r?\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Edit:
    """An entry that stands where it stood, and in which something else is written. Instants are aware UTC."""

    uid: str
    recurrence_id: datetime | None
    start: datetime
    since: datetime  # it was edited then at the earliest
    until: datetime  # and then at the latest


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What came with one poll, and is written anew."""

    series: frozenset[str]  # each one's series, or href
    dated: bool  # whether their stamps say when


NOTHING = Rewritten(frozenset(), dated=False)


def rewritten(before: Iterable[Held], came: Iterable[Held], known: int) -> Rewritten:
    """Which of the resources that came may have been written anew by a person. Never raises.

    `before` is how they were, `known` how many the calendar held. Where many are written anew, a program did it. Where
    many only came, their stamps are the program's.
    """
    old = {one.href: one for one in before}
    there = set(map(series, old.values()))
    again = [one for one in came if series(one) in there]  # also a first piece for one instance of a series
    anew = [one for one in again if one.href not in old or _text(one) != _text(old[one.href])]
    if not _are_few(anew, known):
        return NOTHING
    return Rewritten(frozenset(map(series, anew)), dated=_are_few(again, known))


def series(held: Held) -> str:
    """By what a resource is known together with the other pieces of its series, if it has some."""
    return held.series or held.href


def edits(
    before: Iterable[Held], after: Iterable[Held], last: datetime, now: datetime, *, dated: bool
) -> list[Edit]:
    """What was edited between the poll at `last` and that at `now` (aware UTC), both expanded. Never raises."""
    were = {(one.uid, one.recurrence_id): one for held in before for one in held.occurrences}
    found = []
    for one in (each for held in after for each in held.occurrences):
        was = were.get((one.uid, one.recurrence_id))
        if was is not None and _is_edited(was, one):
            stamp = one.stamp if dated and one.stamp != was.stamp else None
            found.append(_edit(one, stamp, last, now))
    return found


def counts(since: datetime, until: datetime, start: datetime, deadline: datetime) -> bool:
    """Whether an edit of [since, until] lies between a start and its deadline (which includes a "running late")."""
    return start <= since and until <= deadline


def _are_few(resources: Sequence[Held], known: int) -> bool:
    """Whether a person may have had them all in hand. A series is one, in however many pieces it comes."""
    count = len(set(map(series, resources)))
    return count <= _FEW and 2 * count <= known


def _text(held: Held) -> str:
    return _STAMPS.sub("", held.payload.reveal())


def _is_edited(was: Occurrence, now: Occurrence) -> bool:
    if was.mark is None or now.mark is None or was.start != now.start or was.cancelled or now.cancelled:
        return False
    return (was.mark, was.end) != (now.mark, now.end)


def _edit(one: Occurrence, stamp: datetime | None, last: datetime, now: datetime) -> Edit:
    """When it was: as its own stamp says; else at some time since the poll before."""
    since, until = last, now
    if stamp is not None and stamp <= now + _SKEW:
        since = until = min(stamp, now)
    return Edit(one.uid, one.recurrence_id, one.start, since, until)
