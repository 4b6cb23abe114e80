"""When the therapist is away: noted by hand, or an out-of-office entry of a calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from kepthour.core.away import Absence, Source
from kepthour.core.trail import Noted, What, Who
from kepthour.store import trail
from kepthour.store.engine import THERAPIST, Tx
from kepthour.store.tables import absences, occurrences

_OUT_OF_OFFICE = "outOfOffice"

# Built once: see sessions.py.
_NOTED = (
    select(absences)
    .where(
        absences.c.therapist_id == THERAPIST,
        absences.c.start < bindparam("until"),
        absences.c.end > bindparam("since"),
    )
    .order_by(absences.c.start, absences.c.id)
)
_IN_A_CALENDAR = (
    select(occurrences.c.start, occurrences.c.end)
    .where(
        occurrences.c.therapist_id == THERAPIST,
        occurrences.c.kind == _OUT_OF_OFFICE,
        occurrences.c.cancelled.is_(False),
        occurrences.c.start < bindparam("until"),
        occurrences.c.end > bindparam("since"),
    )
    .order_by(occurrences.c.start)
)


def between(tx: Tx, since: datetime, until: datetime) -> list[Absence]:
    """The absences that overlap [since, until), by start."""
    noted = [_absence(row) for row in tx.run(_NOTED, since=since, until=until)]
    rows = tx.run(_IN_A_CALENDAR, since=since, until=until)
    return sorted(
        [*noted, *(Absence(row.start, row.end, Source.CALENDAR) for row in rows)], key=lambda one: one.start
    )


def note(tx: Tx, start: datetime, end: datetime, now: datetime) -> None:
    """The therapist says so."""
    tx.connection.execute(
        insert(absences).values(therapist_id=tx.therapist, start=start, end=end, noted_at=now)
    )
    trail.note(tx, None, Noted(What.AWAY_NOTED, Who.THERAPIST, now, start=start, end=end))


def end(tx: Tx, absence: Absence, now: datetime) -> None:
    """The therapist is back: what was noted ends `now`, or never begins."""
    mine = absences.c.id == absence.id
    if absence.start >= now:
        tx.connection.execute(delete(absences).where(mine))
    else:
        tx.connection.execute(update(absences).where(mine).values(end=now))
    ended = Noted(What.AWAY_ENDED, Who.THERAPIST, now, start=absence.start, end=absence.end)
    trail.note(tx, None, ended)


def _absence(row: Row[Any]) -> Absence:
    return Absence(row.start, row.end, Source.THERAPIST, row.id)
