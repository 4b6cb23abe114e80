"""The trail: rows are added, and never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from kepthour.core.trail import Noted, What, Who
from kepthour.store.engine import Tx
from kepthour.store.tables import trail


def note(tx: Tx, session_id: str | None, noted: Noted) -> None:
    """Add a change of a session (None: of the therapist's own time)."""
    note_all(tx, [session_id], noted)


def note_all(tx: Tx, session_ids: Iterable[str | None], noted: Noted) -> None:
    """Add one change of several sessions."""
    rows = [
        {
            "therapist_id": tx.therapist,
            "session_id": session_id,
            "what": noted.what.value,
            "by": noted.by.value,
            "at": noted.at,
            "why": noted.why,
            "about": noted.about,
            "start": noted.start,
            "end": noted.end,
        }
        for session_id in session_ids
    ]
    if rows:
        tx.connection.execute(insert(trail), rows)


def of_session(tx: Tx, session_id: str) -> list[Noted]:
    """All changes of a session, the first one first."""
    rows = tx.connection.execute(
        select(trail)
        .where(trail.c.therapist_id == tx.therapist, trail.c.session_id == session_id)
        .order_by(trail.c.id)
    )
    return [_noted(row) for row in rows]


def _noted(row: Row[Any]) -> Noted:
    return Noted(What(row.what), Who(row.by), row.at, row.why, row.about, row.start, row.end)


def line_of(tx: Tx, session_id: str) -> list[str]:
    """The ids of a session: those under which it was known before, the first one first, and its own."""
    found = [session_id]
    while (before := carrying_on(tx, found[:1]).get(found[0])) is not None and before not in found:
        found.insert(0, before)
    return found


def of_line(tx: Tx, session_id: str) -> list[Noted]:
    """All changes of a session, under whatever id it was known then, the first one first."""
    return [one for each in line_of(tx, session_id) for one in of_session(tx, each)]


def is_move(one: Noted) -> bool:
    """Whether it took a session to another start, or another id, and perhaps start; `start` says where it stood."""
    return one.what is What.MOVED or (one.what is What.SEEN and one.start is not None)


def there_since(tx: Tx, session_id: str) -> datetime | None:
    """When a session was first known at its present start. None: nobody noted it."""
    comings = [one.at for one in of_session(tx, session_id) if one.what in {What.SEEN, What.MOVED}]
    return comings[-1] if comings else None


def was_left_out(tx: Tx, session_id: str) -> bool:
    """Whether it was the configuration, and no change of its calendar, that hid a session last."""
    hidings = [one.what for one in of_session(tx, session_id) if one.what in {What.LEFT_OUT, What.LIVES_ON}]
    return hidings[-1:] == [What.LEFT_OUT]


def heir_of(tx: Tx, session_id: str) -> str | None:
    """The id that a session lives on under, at the same time or another; None: under its own."""
    found = [one.about for one in of_session(tx, session_id) if one.what is What.LIVES_ON]
    return found[-1] if found else None


def carrying_on(tx: Tx, ids: Collection[str]) -> dict[str, str]:
    """Those of `ids` that carry on another session, each with the id of that one."""
    rows = tx.connection.execute(
        select(trail.c.session_id, trail.c.about).where(
            trail.c.therapist_id == tx.therapist,
            trail.c.what == What.SEEN.value,
            trail.c.about.is_not(None),
            trail.c.session_id.in_(ids),
        )
    )
    return {row.session_id: row.about for row in rows}


def moved_from(tx: Tx, start: datetime) -> list[tuple[str, Noted]]:
    """The moves away from `start` (aware UTC), each with the session's id."""
    rows = tx.connection.execute(
        select(trail).where(
            trail.c.therapist_id == tx.therapist,
            trail.c.what == What.MOVED.value,
            trail.c.start == start,
            trail.c.session_id.is_not(None),
        )
    )
    return [(row.session_id, _noted(row)) for row in rows]
