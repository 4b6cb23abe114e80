"""Calendars: how far each was read, whether that went well, and which cannot be trusted just now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Update, bindparam, delete, insert, select, update

from kepthour.core.freshness import Freshness, freshness
from kepthour.store.engine import THERAPIST, Tx
from kepthour.store.tables import calendars

_MINE = select(calendars).where(calendars.c.therapist_id == THERAPIST)
_CALLED = _MINE.where(calendars.c.name == bindparam("name"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """What is remembered of one calendar. Instants are aware UTC."""

    id: int
    name: str
    fingerprint: str
    cursor: str | None
    version: int
    expanded_from: datetime | None
    expanded_until: datetime | None
    expanded_with: str | None
    added_at: datetime | None  # None: before anybody noted that
    last_attempt_at: datetime | None
    last_good_at: datetime | None
    as_of: datetime | None  # when the last good poll asked: what came later it may not have heard
    last_full_at: datetime | None
    suspected: int | None  # coming events that the last answer would have left; it was not believed
    problem: str | None
    problem_what: str | None
    problem_remedy: str | None
    warnings: list[str]


def get(tx: Tx, name: str) -> CalendarRow | None:
    """The calendar called `name`, if it was ever polled."""
    row = tx.run(_CALLED, name=name).first()
    return _calendar(row) if row else None


def get_or_add(tx: Tx, name: str, fingerprint: str, now: datetime) -> CalendarRow:
    """The calendar called `name`; added, with nothing known of it, if it is new."""
    found = get(tx, name)
    if found is not None:
        return found
    tx.connection.execute(
        insert(calendars).values(
            therapist_id=tx.therapist, name=name, fingerprint=fingerprint, warnings=[], added_at=now
        )
    )
    added = get(tx, name)
    assert added is not None
    return added


def record_suspicion(tx: Tx, calendar: CalendarRow, left: int, what: str, remedy: str, now: datetime) -> bool:
    """An answer that was not believed: what is stored stays, and the next answer is compared with this one.

    False, and nothing is noted, as by `record_failure`, if another poll stored something meanwhile.
    """
    tx.connection.execute(_unless_overtaken(calendar).values(suspected=left))
    return record_failure(tx, calendar, "vanished", what, remedy, now)


def record_failure(
    tx: Tx, calendar: CalendarRow, problem: str, what: str, remedy: str, now: datetime
) -> bool:
    """A failed poll: what is stored stays as it is; the problem and its remedy are kept for `status`.

    Of no meaning any more if another poll stored something since `calendar` was read: nothing is noted then, and it
    returns False.
    """
    failure = {"problem": problem, "problem_what": what, "problem_remedy": remedy}
    noted = tx.connection.execute(_unless_overtaken(calendar).values(last_attempt_at=now, **failure))
    return noted.rowcount == 1


def _unless_overtaken(calendar: CalendarRow) -> Update:
    """By its name, too: SQLite gives the number of a calendar that was forgotten to the next."""
    return update(calendars).where(
        calendars.c.id == calendar.id,
        calendars.c.name == calendar.name,
        calendars.c.last_good_at.is_not_distinct_from(calendar.last_good_at),
    )


def _calendar(row: Row[Any]) -> CalendarRow:
    values = dict(row._mapping)
    del values["therapist_id"]
    return CalendarRow(**values)


def forget_others(tx: Tx, names: Collection[str]) -> None:
    """Remove everything stored of calendars that are not configured any more; sessions that were watched stay."""
    tx.connection.execute(
        delete(calendars).where(calendars.c.therapist_id == tx.therapist, calendars.c.name.not_in(names))
    )


def everything(tx: Tx) -> list[CalendarRow]:
    """All calendars that were ever polled."""
    return [_calendar(row) for row in tx.run(_MINE)]


def read_ever(tx: Tx) -> frozenset[str]:
    """The names of those that were read since this store was begun."""
    return frozenset(row.name for row in everything(tx) if row.expanded_from is not None)


@dataclass(frozen=True, slots=True)
class Troubled:
    """A calendar that cannot be trusted just now."""

    calendar: CalendarRow
    state: Freshness
    since: datetime  # its last good sync; the epoch if there was none
    next_session: datetime | None  # its next session's start, if that is near


def troubled(
    tx: Tx, stale_after: Mapping[str, timedelta], next_sessions: Mapping[str, datetime], now: datetime
) -> list[Troubled]:
    """The calendars of `stale_after` (name -> limit) that are not fresh; `next_sessions` are those due soon."""
    found = []
    for calendar in everything(tx):
        if calendar.name not in stale_after or _is_being_met(calendar, stale_after[calendar.name], now):
            continue
        coming = next_sessions.get(calendar.name)
        limit = stale_after[calendar.name]
        state = freshness(calendar.problem, calendar.last_good_at, limit, now, soon=coming is not None)
        if state is not Freshness.FRESH:
            since = calendar.last_good_at or _EPOCH
            found.append(Troubled(calendar, state, since, coming))
    return found


def _is_being_met(calendar: CalendarRow, limit: timedelta, now: datetime) -> bool:
    """Whether its first poll is to come, or goes on for no longer than `limit`."""
    if calendar.last_attempt_at is not None:
        return False
    return calendar.added_at is None or abs(now - calendar.added_at) <= limit
