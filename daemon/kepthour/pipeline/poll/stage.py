"""Asks, and stores what came."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from kepthour.collecting import put_off
from kepthour.core.reading.digest import Held, Reader, expanded, reduced, set_aside, with_relatives
from kepthour.logger import log
from kepthour.pipeline.poll.belief import REMEDY, VANISHED, disbelieved
from kepthour.pipeline.poll.edited import edited
from kepthour.pipeline.poll.source import Polled, Source, new_window
from kepthour.ports import Clock
from kepthour.store import calendars, holdings
from kepthour.store.calendars import CalendarRow
from kepthour.store.engine import Store
from kepthour.store.etags import Etags, Overtaken, owed
from kepthour.store.holdings import Window
from kepthour_connectors.base import Batch, ConnectorError, Kind, Known

_AUDIT_AFTER = timedelta(days=1)


def poll(source: Source, store: Store, clock: Clock) -> Polled:
    """Poll once, and once more if an older answer came first. Blocks.

    A failed poll changes nothing but the problem that `status` shows.
    Raises TryLater or NeedsPerson if the store cannot be used.
    """
    asked_at = clock.now()
    polled = _once(source, store, clock, asked_at)
    if polled.overtaken and not source.given_up.is_set() and _is_older(source, store, asked_at):
        # Who asked now is to hear what there is now. Of the other's news nobody knows whether they are planned.
        again = _once(source, store, clock, clock.now())
        return replace(again, overtaken=True, first=polled.first)
    return polled


def _is_older(source: Source, store: Store, asked_at: datetime) -> bool:
    """Whether what is stored was asked for before `asked_at`."""
    with store.read() as tx:
        calendar = calendars.get(tx, source.name)
    return calendar is not None and calendar.as_of is not None and calendar.as_of < asked_at


def _once(source: Source, store: Store, clock: Clock, asked_at: datetime) -> Polled:
    calendar, withheld = _known(source, store, asked_at)
    etags = Etags(store, calendar)
    first = calendar.last_attempt_at is None
    known = _what_is_known(source, calendar, etags, withheld, asked_at)
    try:
        batch = _asked(source, known, etags)
        polled = _store(source, store, clock, calendar, batch, etags, asked_at)
    except Overtaken:
        log.info("poll.overtaken", calendar=source.name)
        return Polled(source.name, Kind.DELTA, 0, 0, 0, 0, first=first, overtaken=True)
    except ConnectorError as error:
        with store.write() as tx:
            if not source.given_up.is_set():
                calendars.record_failure(tx, calendar, error.code, error.what, error.remedy, clock.now())
        log.warning("poll.failed", calendar=source.name, problem=error.code)
        return replace(_failed(source, 0, error.code, error.what, error.remedy), error=error, first=first)
    return replace(polled, audit=known.full and bool(known.cursor), first=first)


def _asked(source: Source, known: Known, etags: Etags) -> Batch:
    """The connector's answer. Raises what the store raised meanwhile: to the connector it is a fault of the source.

    Raises Overtaken if the answer concerns nobody any more.
    """
    try:
        batch = source.connector.poll(known)
    except ConnectorError:
        if etags.fault is None and not source.given_up.is_set():
            raise
    if source.given_up.is_set():
        raise Overtaken
    if etags.fault is not None:
        raise etags.fault
    return batch


def _failed(source: Source, requests: int, problem: str, what: str, remedy: str) -> Polled:
    return Polled(source.name, Kind.DELTA, 0, 0, 0, requests, (), problem, what, remedy)


def _what_is_known(
    source: Source, calendar: CalendarRow, etags: Etags, withheld: frozenset[str], now: datetime
) -> Known:
    """What the connector is to build on: nothing if the source is another one; all of it for the daily audit.

    An answer that was not believed is put to the test by a full listing, too.
    """
    if calendar.fingerprint != source.fingerprint:
        return Known()
    audit = calendar.last_full_at is None or not timedelta() <= now - calendar.last_full_at < _AUDIT_AFTER
    return Known(calendar.cursor, etags, full=audit or calendar.suspected is not None, owed=withheld)


def _known(source: Source, store: Store, now: datetime) -> tuple[CalendarRow, frozenset[str]]:
    """The calendar, and what of it is owed."""
    with store.read() as tx:
        calendar = calendars.get(tx, source.name)
        if calendar is not None:
            return calendar, owed(tx, calendar)
    with store.write() as tx:
        return calendars.get_or_add(tx, source.name, source.fingerprint, now), frozenset()


@put_off
def _store(
    source: Source,
    store: Store,
    clock: Clock,
    calendar: CalendarRow,
    batch: Batch,
    etags: Etags,
    asked_at: datetime,
) -> Polled:
    now = clock.now()
    window = _window(calendar, source, now)
    came = [*_reduced(batch, source), *_set_aside(batch)]
    removed = _removed(batch, etags)
    unreadable = _spoiled(store, source, calendar, came)
    came = [one for one in came if one.href not in unreadable]  # its series goes on with what is known of it
    changed = _expanded(_with_relatives(store, calendar, came, removed), source, window)
    spoiled = unreadable | _spoiled(store, source, calendar, changed)
    withheld = spoiled | {bad.href: bad.reason for bad in batch.bad if not bad.etag}
    changed = [one for one in changed if one.href not in spoiled]
    marked = edited(source, store, calendar, came, changed, etags, now)
    fresh = {one.href for one in came}
    quarantined = sum(1 for one in changed if one.quarantine and one.href in fresh) + len(withheld)
    with store.write() as tx:
        if source.given_up.is_set():
            raise Overtaken  # another configuration reads it, perhaps in another zone, and plans by it
        if disbelieved(tx, source, calendar, changed, removed, now):
            return _failed(source, batch.requests, "vanished", VANISHED, REMEDY)
        stored = holdings.commit_batch(
            tx,
            calendar,
            changed=changed,
            withheld=withheld,
            removed=removed,
            cursor=batch.cursor,
            fingerprint=source.fingerprint,
            window=window,
            warnings=batch.warnings,
            full=batch.kind is Kind.FULL,
            as_of=min(asked_at, now),  # the clock may have been set back
            now=now,
        )
    if not stored:
        if not source.given_up.is_set() and (moved := _with_moved_window(store, calendar)):
            return _store(source, store, clock, moved, batch, etags, asked_at)
        raise Overtaken
    tell = log.info if came or removed else log.debug
    tell(
        "poll.done",
        calendar=source.name,
        kind=batch.kind.value,
        changed=len(came),
        deleted=len(removed),
        quarantined=quarantined,
        requests=batch.requests,
    )
    doubts = sorted({code for resource in changed for code in resource.doubts})
    warnings = (*batch.warnings, *doubts, *(["quarantined"] if quarantined else []))
    polled = Polled(source.name, batch.kind, len(came), len(removed), quarantined, batch.requests, warnings)
    return replace(polled, refresh_after=batch.refresh_after, edited=tuple(marked))


def _removed(batch: Batch, etags: Etags) -> set[str]:
    if batch.listed is not None:
        return set(etags) - batch.listed
    return {href for href in batch.deleted if href in etags}


def _with_moved_window(store: Store, calendar: CalendarRow) -> CalendarRow | None:
    """The calendar as it stands now, if since `calendar` was read its window moved and nothing else; else None."""
    with store.read() as tx:
        fresh = calendars.get(tx, calendar.name)
    moved = fresh is not None and fresh.expanded_from != calendar.expanded_from
    return fresh if moved and _heard(fresh) == _heard(calendar) else None


def _heard(calendar: CalendarRow | None) -> object:
    """When it answered; and for all, which a change of the reader makes necessary again."""
    return calendar and (calendar.last_attempt_at, calendar.last_full_at)


def _window(calendar: CalendarRow, source: Source, now: datetime) -> Window:
    """The calendar's window if it has one: all of its occurrences are to stand on the same."""
    if calendar.expanded_from is None or calendar.expanded_until is None or calendar.expanded_with is None:
        return new_window(source, now)
    return Window(calendar.expanded_from, calendar.expanded_until, calendar.expanded_with)


def _reduced(batch: Batch, source: Source) -> list[Held]:
    reader = Reader(source.join_hosts, source.addresses, source.marks)
    return [reduced(reader, one.href, one.etag, one.payload, one.series) for one in batch.changed]


def _set_aside(batch: Batch) -> list[Held]:
    return [set_aside(bad.href, bad.etag, bad.reason) for bad in batch.bad if bad.etag]


def _with_relatives(
    store: Store, calendar: CalendarRow, came: list[Held], removed: Collection[str]
) -> list[Held]:
    if not came and not removed:
        return []
    with store.read() as tx:
        return with_relatives(came, holdings.pieces(tx, calendar, came, removed), removed)


def _spoiled(store: Store, source: Source, calendar: CalendarRow, changed: list[Held]) -> dict[str, str]:
    """Why (by href) what was read before cannot be read now: what is known of it stays, rather than no reminder."""
    bad = {one.href: one.quarantine for one in changed if one.quarantine}
    if not bad or calendar.fingerprint != source.fingerprint:
        return {}
    with store.read() as tx:
        known = {one.href for one in holdings.with_hrefs(tx, calendar, bad)}
    return {href: why for href, why in bad.items() if href in known}


def _expanded(held: list[Held], source: Source, window: Window) -> list[Held]:
    return expanded(held, source.zone, window.start, window.end)
