"""What the resources of the calendars were expanded to: the occurrences of events, and of instances of series."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, insert, or_, select

from kepthour.core.oddities import Written
from kepthour.core.reading.content_lines import zone_name
from kepthour.core.reading.digest import Held
from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.reading.zones import probable
from kepthour.store.calendars import CalendarRow
from kepthour.store.conditions import in_parts
from kepthour.store.engine import Tx
from kepthour.store.tables import occurrences, resources

# Built once: see sessions.py.
_OF_CALENDAR = occurrences.c.calendar_id == bindparam("calendar")
_BETWEEN = (
    select(occurrences)
    .where(
        _OF_CALENDAR,
        occurrences.c.start < bindparam("until"),
        or_(
            occurrences.c.end > bindparam("from"),
            and_(occurrences.c.end.is_(None), occurrences.c.start >= bindparam("from")),
        ),
    )
    .order_by(occurrences.c.start)
)
_WITHIN = (
    select(occurrences.c.uid, occurrences.c.resource_id)
    .where(_OF_CALENDAR, occurrences.c.start >= bindparam("from"), occurrences.c.start < bindparam("until"))
    .distinct()
    .subquery()
)
_WRITTEN = select(_WITHIN.c.uid, resources.c.payload, resources.c.doubts).join(
    resources, resources.c.id == _WITHIN.c.resource_id
)
_TO_COME = and_(occurrences.c.start > bindparam("now"), occurrences.c.cancelled.is_(False))
_COMING = select(func.count()).select_from(
    select(occurrences.c.id).where(_OF_CALENDAR, _TO_COME).limit(bindparam("most")).subquery()
)
# The calendar is the resources': named of the occurrences, too, SQLite looks through all that are to come.
_COMING_OF = (
    select(func.count())
    .join_from(resources, occurrences, resources.c.id == occurrences.c.resource_id)
    .where(
        _TO_COME,
        resources.c.calendar_id == bindparam("calendar"),
        resources.c.href.in_(bindparam("hrefs", expanding=True)),
    )
)


def between(tx: Tx, calendar: CalendarRow, start: datetime, end: datetime) -> list[Occurrence]:
    """Stored occurrences that overlap [start, end), by start. The caller keeps within the calendar's window."""
    rows = tx.connection.execute(_BETWEEN, {"calendar": calendar.id, "from": start, "until": end})
    return [_occurrence(row) for row in rows]


def named(tx: Tx, calendar: CalendarRow, wanted: Iterable[tuple[str, datetime | None]]) -> list[Occurrence]:
    """Stored occurrences with these (uid, recurrence id), wherever they stand now."""
    found = []
    for uid, recurrence_id in wanted:
        rows = tx.connection.execute(select(occurrences).where(_is_instance(calendar, uid, recurrence_id)))
        found += [_occurrence(row) for row in rows]
    return found


def written(tx: Tx, calendar: CalendarRow, start: datetime, end: datetime) -> dict[str, Written]:
    """By UID: how the events are written that have occurrences beginning in [start, end)."""
    rows = tx.connection.execute(_WRITTEN, {"calendar": calendar.id, "from": start, "until": end})
    return {row.uid: _written(row.payload.reveal(), bool(row.doubts)) for row in rows}


def _written(payload: str, doubtful: bool) -> Written:
    name = zone_name(payload)
    return Written(probable(name) if name is not None else None, doubtful)


def series_of(
    tx: Tx, calendar: CalendarRow, instances: Collection[datetime]
) -> dict[tuple[str, datetime | None], str | None]:
    """(uid, recurrence id) -> series, of the occurrences that were meant for one of `instances`."""
    rows = tx.connection.execute(
        select(occurrences.c.uid, occurrences.c.recurrence_id, resources.c.series)
        .join(resources, resources.c.id == occurrences.c.resource_id)
        .where(occurrences.c.calendar_id == calendar.id, occurrences.c.recurrence_id.in_(list(instances)))
    )
    return {(row.uid, row.recurrence_id): row.series for row in rows}


def is_withheld(tx: Tx, calendar: CalendarRow, uid: str, recurrence_id: datetime | None) -> bool:
    """Whether the newest word on this instance is not to be had, or cannot be read: what is known is an older one."""
    carrier, piece = resources.alias(), resources.alias()
    found = tx.connection.execute(
        select(piece.c.id)
        .select_from(occurrences)
        .join(carrier, carrier.c.id == occurrences.c.resource_id)
        .join(
            piece,
            and_(
                piece.c.calendar_id == carrier.c.calendar_id,
                or_(piece.c.id == carrier.c.id, piece.c.series == carrier.c.series),
            ),
        )
        .where(
            _is_instance(calendar, uid, recurrence_id),
            or_(piece.c.quarantine.is_not(None), piece.c.etag == ""),
        )
    )
    return found.first() is not None


def _is_instance(calendar: CalendarRow, uid: str, recurrence_id: datetime | None) -> ColumnElement[bool]:
    return and_(
        occurrences.c.calendar_id == calendar.id,
        occurrences.c.uid == uid,
        occurrences.c.recurrence_id.is_(None)
        if recurrence_id is None
        else occurrences.c.recurrence_id == recurrence_id,
    )


def coming(tx: Tx, calendar: CalendarRow, now: datetime, at_most: int) -> int:
    """How many stored events that take place begin after `now`. It counts no further than `at_most`."""
    at = {"calendar": calendar.id, "now": now, "most": at_most}
    return tx.connection.execute(_COMING, at).scalar_one()


def coming_of(tx: Tx, calendar: CalendarRow, now: datetime, hrefs: Collection[str]) -> int:
    """How many of them are of these resources."""
    at = {"calendar": calendar.id, "now": now}
    return sum(
        tx.connection.execute(_COMING_OF, {**at, "hrefs": some}).scalar_one() for some in in_parts(hrefs)
    )


def add(tx: Tx, calendar: CalendarRow, of: Iterable[Held], ids: Mapping[str, int]) -> None:
    """Store what the resources `of` come to; `ids` are theirs, by href."""
    rows = [
        {
            "therapist_id": tx.therapist,
            "calendar_id": calendar.id,
            "resource_id": ids[resource.href],
            "uid": one.uid,
            "recurrence_id": one.recurrence_id,
            "start": one.start,
            "end": one.end,
            "all_day": one.all_day,
            "title": one.title,
            "place": one.place,
            "join_url": one.join_url,
            "categories": list(one.categories),
            "colour": one.colour,
            "attendees": one.attendees,
            "cancelled": one.cancelled,
            "declined": one.declined,
            "free": one.free,
            "kind": one.kind,
        }
        for resource in of
        for one in resource.occurrences
    ]
    if rows:
        tx.connection.execute(insert(occurrences), rows)


def _occurrence(row: Row[Any]) -> Occurrence:
    return Occurrence(
        uid=row.uid,
        recurrence_id=row.recurrence_id,
        start=row.start,
        end=row.end,
        all_day=row.all_day,
        title=row.title,
        place=row.place,
        join_url=row.join_url,
        categories=tuple(row.categories),
        colour=row.colour,
        attendees=row.attendees,
        cancelled=row.cancelled,
        declined=row.declined,
        free=row.free,
        kind=row.kind,
    )
