"""What the calendars hold: raw resources, stored with their instances, a batch at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, select, update

from kepthour.core.privacy import NOTHING
from kepthour.core.reading.digest import Held, set_aside
from kepthour.store import instances
from kepthour.store.calendars import CalendarRow
from kepthour.store.conditions import in_parts
from kepthour.store.engine import Tx
from kepthour.store.tables import DOUBTFUL, calendars, occurrences, resources

_ONE = and_(resources.c.calendar_id == bindparam("calendar"), resources.c.href == bindparam("name"))
_REMOVE = delete(resources).where(_ONE)  # occurrences go with their resource
_ADD = insert(resources).returning(resources.c.href, resources.c.id)
_JUDGE = update(resources).where(_ONE).values(doubts=bindparam("doubtful"))
_JUDGE_ALL = update(resources).where(_ONE).values(doubts=bindparam("doubtful"), quarantine=bindparam("aside"))
_IN_PIECES = and_(resources.c.payload != NOTHING, resources.c.series.is_not(None))
_SERIES_OF = select(resources.c.series).where(
    resources.c.calendar_id == bindparam("calendar"),
    resources.c.href.in_(bindparam("hrefs", expanding=True)),
    _IN_PIECES,
)
_IDS = select(resources.c.href, resources.c.id).where(resources.c.calendar_id == bindparam("calendar"))
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
    instances.add(tx, calendar, anew, {row.href: row.id for row in rows})
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
    instances.add(tx, calendar, added, {row.href: row.id for row in rows})
