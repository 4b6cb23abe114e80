"""What the calendars hold: raw resources, and the occurrences made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, func, insert, or_, select, update

from kepthour.core.oddities import Written
from kepthour.core.privacy import NOTHING
from kepthour.core.reading.content_lines import zone_name
from kepthour.core.reading.digest import Held, set_aside
from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.reading.zones import probable
from kepthour.store.calendars import CalendarRow
from kepthour.store.conditions import in_parts
from kepthour.store.engine import Tx
from kepthour.store.tables import DOUBTFUL, calendars, occurrences, resources

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
_ONE = and_(resources.c.calendar_id == bindparam("calendar"), resources.c.href == bindparam("name"))
_REMOVE = delete(resources).where(_ONE)  # occurrences go with their resource
_ADD = insert(resources).returning(resources.c.href, resources.c.id)
_JUDGE = update(resources).where(_ONE).values(doubts=bindparam("doubtful"))
_JUDGE_ALL = update(resources).where(_ONE).values(doubts=bindparam("doubtful"), quarantine=bindparam("aside"))
_AMONG = and_(
    resources.c.calendar_id == bindparam("calendar"),
    resources.c.href.in_(bindparam("hrefs", expanding=True)),
)
_IN_PIECES = and_(resources.c.payload != NOTHING, resources.c.series.is_not(None))
_SERIES_OF = select(resources.c.series).where(_AMONG, _IN_PIECES)
_IDS = select(resources.c.href, resources.c.id).where(resources.c.calendar_id == bindparam("calendar"))
_TO_COME = and_(occurrences.c.start > bindparam("now"), occurrences.c.cancelled.is_(False))
_COMING = select(func.count()).select_from(
    select(occurrences.c.id).where(_OF_CALENDAR, _TO_COME).limit(bindparam("most")).subquery()
)
# The calendar is the resources': named of the occurrences, too, SQLite looks through all that are to come.
_COMING_OF = (
    select(func.count())
    .join_from(resources, occurrences, resources.c.id == occurrences.c.resource_id)
    .where(_TO_COME, _AMONG)
)
# The name, too: SQLite gives the number of a calendar that was forgotten to the next.
_CLAIM = update(calendars).where(
    calendars.c.id == bindparam("calendar"),
    calendars.c.name == bindparam("called"),
    calendars.c.version == bindparam("was"),
)


@dataclass(frozen=True, slots=True)
class Window:
    """The span [start, end) over which a calendar is expanded, and what it was expanded with."""

    start: datetime
    end: datetime
    made_with: str


def everything(tx: Tx, calendar: CalendarRow) -> list[Held]:
    """Every resource of which something is known; the withheld and those that could not be expanded, too."""
    return _held(tx, calendar, resources.c.payload != NOTHING)


def pieces(
    tx: Tx, calendar: CalendarRow, changed: Collection[Held], removed: Collection[str] = ()
) -> list[Held]:
    """Every piece of which something is known, of the series that `changed` and `removed` (hrefs) belong to."""
    wanted = {one.series for one in changed if one.series}
    for some in in_parts({*removed, *(one.href for one in changed)}):
        wanted.update(tx.connection.execute(_SERIES_OF, {"calendar": calendar.id, "hrefs": some}).scalars())
    return [
        held
        for some in in_parts(wanted)
        for held in _held(tx, calendar, and_(_IN_PIECES, resources.c.series.in_(some)))
    ]


def with_hrefs(tx: Tx, calendar: CalendarRow, hrefs: Collection[str]) -> list[Held]:
    """Those of `hrefs` of which something is known."""
    known = resources.c.payload != NOTHING
    return [
        held
        for some in in_parts(hrefs)
        for held in _held(tx, calendar, and_(known, resources.c.href.in_(some)))
    ]


def _held(tx: Tx, calendar: CalendarRow, wanted: ColumnElement[bool]) -> list[Held]:
    columns = (resources.c.href, resources.c.etag, resources.c.payload, resources.c.series)
    rows = tx.connection.execute(select(*columns).where(resources.c.calendar_id == calendar.id, wanted))
    return [Held(row.href, row.etag, row.payload, row.series) for row in rows]


def commit_batch(
    tx: Tx,
    calendar: CalendarRow,
    *,
    changed: Sequence[Held],
    withheld: Mapping[str, str],
    removed: Collection[str],
    cursor: str | None,
    fingerprint: str,
    window: Window,
    warnings: Sequence[str],
    full: bool,
    as_of: datetime,
    now: datetime,
) -> bool:
    """Store a batch and its cursor together. False, and nothing is stored, if another poll was quicker.

    `as_of` is when its source was asked. `withheld` (href -> reason) are resources of which no new content was to be
    had: what is stored of them stays.
    """
    claimed = tx.connection.execute(
        _CLAIM,
        {
            "calendar": calendar.id,
            "called": calendar.name,
            "was": calendar.version,
            "version": calendar.version + 1,
            "cursor": cursor,
            "fingerprint": fingerprint,
            "expanded_from": window.start,
            "expanded_until": window.end,
            "expanded_with": window.made_with,
            "last_attempt_at": now,
            "last_good_at": now,
            "as_of": as_of,
            "last_full_at": now if full else calendar.last_full_at,
            "suspected": None,
            "problem": None,
            "problem_what": None,
            "problem_remedy": None,
            "warnings": list(warnings),
        },
    )
    if claimed.rowcount != 1:
        return False
    _remove(tx, calendar, [*removed, *(resource.href for resource in changed)])
    _add(tx, calendar, changed)
    for href, reason in withheld.items():
        _withhold(tx, calendar, href, reason)
    return True


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


def replace_occurrences(
    tx: Tx,
    calendar: CalendarRow,
    expanded: Iterable[Held],
    window: Window,
    *,
    forget_set_aside: bool,
) -> bool:
    """Put newly made occurrences in place of the old. Payloads stay as they are.

    With `forget_set_aside`, what is set aside is forgotten, and the next poll is a full one that brings it again.
    False, and nothing is changed, if a poll came in between.
    """
    values: dict[str, Any] = {
        # a poll that is under way expands for the window it knows: it has to do so anew
        "version": calendar.version + 1,
        "expanded_from": window.start,
        "expanded_until": window.end,
        "expanded_with": window.made_with,
    }
    if forget_set_aside:
        values["last_full_at"] = None
    claimed = tx.connection.execute(
        update(calendars)
        .where(calendars.c.id == calendar.id, calendars.c.version == calendar.version)
        .values(**values)
    )
    if claimed.rowcount != 1:
        return False
    mine = resources.c.calendar_id == calendar.id
    if forget_set_aside:
        tx.connection.execute(delete(resources).where(mine, resources.c.payload == NOTHING))
    tx.connection.execute(delete(occurrences).where(occurrences.c.calendar_id == calendar.id))
    anew = list(expanded)
    _judge(tx, calendar, anew)
    rows = tx.connection.execute(_IDS, {"calendar": calendar.id})
    _add_occurrences(tx, calendar, anew, {row.href: row.id for row in rows})
    return True


def _judge(tx: Tx, calendar: CalendarRow, expanded: Iterable[Held]) -> None:
    """Store what was found out about resources by expanding them."""
    withheld, given = list[dict[str, Any]](), list[dict[str, Any]]()
    for resource in expanded:
        found = {"calendar": calendar.id, "name": resource.href, "doubtful": list(resource.doubts)}
        if resource.etag:
            given.append({**found, "aside": resource.quarantine})
        else:  # it stays withheld until its source gives it out
            withheld.append(found)
    for statement, rows in ((_JUDGE_ALL, given), (_JUDGE, withheld)):
        if rows:
            tx.connection.execute(statement, rows)


def quarantined(tx: Tx, calendar: CalendarRow) -> dict[str, int]:
    """How many resources are set aside, by reason."""
    rows = tx.connection.execute(
        select(resources.c.quarantine, func.count())
        .where(resources.c.calendar_id == calendar.id, resources.c.quarantine.is_not(None))
        .group_by(resources.c.quarantine)
    )
    return {row[0]: row[1] for row in rows}


def doubts(tx: Tx, calendar: CalendarRow) -> dict[str, int]:
    """In how many resources something had to be guessed, by what."""
    mine = select(resources.c.doubts).where(resources.c.calendar_id == calendar.id, DOUBTFUL)
    rows = tx.connection.execute(mine)
    return dict(Counter(code for row in rows for code in row.doubts))


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


def between(tx: Tx, calendar: CalendarRow, start: datetime, end: datetime) -> list[Occurrence]:
    """Stored occurrences that overlap [start, end), by start. The caller keeps within the calendar's window."""
    rows = tx.connection.execute(_BETWEEN, {"calendar": calendar.id, "from": start, "until": end})
    return [_occurrence(row) for row in rows]


def written(tx: Tx, calendar: CalendarRow, start: datetime, end: datetime) -> dict[str, Written]:
    """By UID: how the events are written that have occurrences beginning in [start, end)."""
    rows = tx.connection.execute(_WRITTEN, {"calendar": calendar.id, "from": start, "until": end})
    return {row.uid: _written(row.payload.reveal(), bool(row.doubts)) for row in rows}


def _written(payload: str, doubtful: bool) -> Written:
    name = zone_name(payload)
    return Written(probable(name) if name is not None else None, doubtful)


def of_instances(
    tx: Tx, calendar: CalendarRow, instances: Iterable[tuple[str, datetime | None]]
) -> list[Occurrence]:
    """Stored occurrences with these (uid, recurrence id), wherever they stand now."""
    found = []
    for uid, recurrence_id in instances:
        rows = tx.connection.execute(select(occurrences).where(_is_instance(calendar, uid, recurrence_id)))
        found += [_occurrence(row) for row in rows]
    return found


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


def _remove(tx: Tx, calendar: CalendarRow, hrefs: Collection[str]) -> None:
    if hrefs:
        tx.connection.execute(_REMOVE, [{"calendar": calendar.id, "name": href} for href in hrefs])


def _withhold(tx: Tx, calendar: CalendarRow, href: str, reason: str) -> None:
    marked = tx.connection.execute(
        update(resources)
        .where(resources.c.calendar_id == calendar.id, resources.c.href == href)
        .values(etag="", quarantine=reason)
    )
    if not marked.rowcount:
        _add(tx, calendar, [set_aside(href, "", reason)])


def _add(tx: Tx, calendar: CalendarRow, added: Sequence[Held]) -> None:
    if not added:
        return
    rows = tx.connection.execute(
        _ADD,
        [
            {
                "therapist_id": tx.therapist,
                "calendar_id": calendar.id,
                "href": resource.href,
                "etag": resource.etag,
                "payload": resource.payload,
                "series": resource.series,
                "quarantine": resource.quarantine,
                "doubts": list(resource.doubts),
            }
            for resource in added
        ],
    )
    _add_occurrences(tx, calendar, added, {row.href: row.id for row in rows})


def _add_occurrences(tx: Tx, calendar: CalendarRow, of: Iterable[Held], ids: Mapping[str, int]) -> None:
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
