"""Compares what we made of a calendar with what its source itself expands.

1  ask the source for its instances of the next two weeks      (connector: network, no transaction open)
2  compare                                                     (core.reconcile)
3  store pieces that mend the difference, and tell of it       (store, one transaction)
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

from kepthour.core.reading.digest import Held, Reader, expanded, reduced, with_relatives
from kepthour.core.reconcile import Difference, cancelling, compare, piece
from kepthour.logger import log
from kepthour.ports import Clock
from kepthour.store import calendars, holdings, instances
from kepthour.store.calendars import CalendarRow
from kepthour.store.engine import Store, Tx
from kepthour.store.holdings import Window
from kepthour_connectors.base import ConnectorError, ListsInstances

AHEAD = timedelta(days=14)
_ATTEMPTS = 2
HEALED = "audit-healed"  # a warning


@dataclass(frozen=True, slots=True)
class Compared:
    """One calendar to compare, and how its events are read."""

    name: str
    connector: ListsInstances
    zone: ZoneInfo
    join_hosts: tuple[str, ...]
    addresses: Collection[str] = field(repr=False)
    # set: another configuration counts, and this mends no more
    given_up: Event = field(default_factory=Event)


def reconcile(compared: Compared, store: Store, clock: Clock) -> bool:
    """Compare and mend. Blocks. Returns whether anything was mended; a source that cannot be asked changes nothing.

    If something was stored while it was asked, it is asked once more: the next comparison is a day away.
    """
    for _time in range(_ATTEMPTS):
        try:
            return _once(compared, store, clock)
        except _Overtaken:
            if compared.given_up.is_set():
                break
    log.info("reconcile.overtaken", calendar=compared.name)
    return False


class _Overtaken(Exception):
    """Something was stored since the source was asked: what its answer lacks may be newer than it."""


def _once(compared: Compared, store: Store, clock: Clock) -> bool:
    """Raises _Overtaken."""
    start = clock.now()
    end = start + AHEAD
    with store.read() as tx:
        asked = calendars.get(tx, compared.name)
    try:
        shown = compared.connector.instances(start, end)
    except ConnectorError as error:
        log.warning("reconcile.failed", calendar=compared.name, problem=error.code)
        return False
    reader = Reader(compared.join_hosts, compared.addresses)
    theirs = [
        found
        for one in shown
        for found in expanded(
            [reduced(reader, one.href, one.etag, one.payload, None)], compared.zone, start, end
        )
    ]
    series = {one.href: one.series for one in shown}
    with store.read() as tx:
        calendar = _unless_overtaken(tx, compared, asked)
        found = compare(instances.between(tx, calendar, start, end), theirs)
    if not found.missing and not found.extra:
        return False
    return _mend(compared, store, calendar, found, series, start)


def _unless_overtaken(tx: Tx, compared: Compared, asked: CalendarRow | None) -> CalendarRow:
    """The calendar as it still stands. Raises _Overtaken."""
    calendar = calendars.get(tx, compared.name)
    if calendar is None or asked is None or asked.version != calendar.version or compared.given_up.is_set():
        raise _Overtaken
    return calendar


def _mend(
    compared: Compared,
    store: Store,
    asked: CalendarRow,
    found: Difference,
    series: dict[str, str | None],
    now: datetime,
) -> bool:
    with store.write() as tx:
        calendar = _unless_overtaken(tx, compared, asked)
        if calendar.expanded_from is None or calendar.expanded_until is None:
            return False
        window = Window(calendar.expanded_from, calendar.expanded_until, calendar.expanded_with or "")
        owners = instances.series_of(
            tx, calendar, [one.recurrence_id for one in found.extra if one.recurrence_id]
        )
        pieces = [
            *(_piece(one, series[one.href]) for one in found.missing),
            *cancelling(found.extra, lambda one: owners.get((one.uid, one.recurrence_id))),
        ]
        anew = expanded(
            with_relatives(pieces, holdings.pieces(tx, calendar, pieces), ()),
            compared.zone,
            window.start,
            window.end,
        )
        mended = holdings.commit_batch(
            tx,
            calendar,
            changed=anew,
            withheld={},
            removed=(),
            cursor=calendar.cursor,
            fingerprint=calendar.fingerprint,
            window=window,
            warnings=[*calendar.warnings, HEALED],
            full=False,
            as_of=calendar.as_of or now,
            now=now,
        )
    log.warning(
        "reconcile.differed", calendar=compared.name, missing=len(found.missing), extra=len(found.extra)
    )
    return mended


def _piece(one: Held, series: str | None) -> Held:
    """An instance as a piece of its series; a single event as itself."""
    (occurrence,) = one.occurrences
    href = one.href if series is None else piece(series, occurrence.original_start)
    return replace(one, href=href, series=series)
