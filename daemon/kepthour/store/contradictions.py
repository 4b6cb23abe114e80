"""Whether something else says otherwise of a session: another calendar, of which one may be hours behind; or its past.

To remind is right then, to suspect is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from kepthour.core.duplicates import Left, Placed, same
from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.verdict import HELD
from kepthour.store import calendars, instances, sessions, trail
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow

_BEHIND = timedelta(hours=24)  # so late a feed that comes by way of another calendar may tell


def contradicted(tx: Tx, row: SessionRow) -> bool:
    """Whether it was held already, or a calendar says, or may say, that it does not take place, or not then."""
    if _is_held_already(tx, row) or _is_withheld(tx, row):
        return True
    others = [one for one in calendars.everything(tx) if one.name != row.known.calendar]
    if not others:
        return False
    names = {one.name for one in others}
    instance = [(row.known.uid, row.known.recurrence_id)]
    return (
        any(_differs(row, one) for other in others for one in instances.named(tx, other, instance))
        or any(
            before.known.calendar in names and _has_just_gone(row, before)
            for before in sessions.predecessors(tx, row)
        )
        or _is_cancelled_elsewhere(tx, row)
        or _is_moved_elsewhere(tx, row, names)
    )


def left(tx: Tx, rows: Iterable[SessionRow], placed: Iterable[Placed], now: datetime) -> Left:
    """Which calendars have lately moved an instance away from where another one has it, or do so now."""
    found: dict[tuple[str, datetime, datetime], set[str]] = defaultdict(set)
    for row in rows:
        if not row.hidden and row.known.start != row.known.original_start:
            found[row.known.uid, row.known.original_start, row.known.start].add(row.known.calendar)
    for start in {one.start for one in placed if one.start != one.original_start}:
        for key, moved in trail.moved_from(tx, start):
            mover = sessions.get(tx, key) if now - _BEHIND <= moved.at else None
            if mover is not None:
                found[mover.known.uid, mover.known.original_start, start].add(mover.known.calendar)
    return found


def _is_withheld(tx: Tx, row: SessionRow) -> bool:
    """Whether its own calendar says something new of it that cannot be read: that it was moved, perhaps."""
    calendar = calendars.get(tx, row.known.calendar)
    return calendar is not None and instances.is_withheld(
        tx, calendar, row.known.uid, row.known.recurrence_id
    )


def _is_held_already(tx: Tx, row: SessionRow) -> bool:
    """Whether it was held earlier that day, and its calendar has it now instead: its series was moved since."""
    known, since = row.known, trail.there_since(tx, row.id)
    earlier = [
        one.known
        for one in sessions.between(tx, known.start - _BEHIND, known.start)
        # One that stood here before that one began is a session of its own: some feeds drop what is over.
        if one.verdict in HELD
        and one.known.end <= known.start
        and (since is None or one.known.start <= since)
    ]
    alike = [
        one
        for one in earlier
        if one.calendar == known.calendar
        and (one.uid == known.uid or (bool(known.client) and one.client == known.client))
    ]
    calendar = calendars.get(tx, known.calendar) if alike else None
    if calendar is None:
        return False
    return any(not instances.named(tx, calendar, [(one.uid, one.recurrence_id)]) for one in alike)


def _differs(row: SessionRow, other: Occurrence) -> bool:
    """Of two starts, that of the calendar counts which told of a move: it knows more than the other one."""
    return other.cancelled or other.declined or (other.start != row.known.start and row.moved_at is None)


def _has_just_gone(row: SessionRow, before: SessionRow) -> bool:
    went = before.cancelled_at
    return went is not None and before.known.start == row.known.start and went >= row.known.start - _BEHIND


def _is_cancelled_elsewhere(tx: Tx, row: SessionRow) -> bool:
    """Also under another UID: at the same time, with the same client or link."""
    return any(
        other.known.cancelled
        and not other.hidden
        and other.known.calendar != row.known.calendar
        and same(other.known, row.known)
        for other in sessions.between(tx, row.known.start, row.known.end)
    )


def _is_moved_elsewhere(tx: Tx, row: SessionRow, names: Collection[str]) -> bool:
    """Also under another UID: it stood at the same time, with the same client or link, and was moved from there."""
    if row.moved_at is not None:
        return False
    for session_id, moved in trail.moved_from(tx, row.known.start):
        other = sessions.get(tx, session_id)
        if other is None or other.known.calendar not in names or moved.start is None or moved.end is None:
            continue
        if same(replace(other.known, start=moved.start, end=moved.end), row.known):
            return True
    return False
