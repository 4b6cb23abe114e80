"""Asks one calendar what changed, and stores the answer whole or not at all.

1  read what is known: the cursor, what is owed   (store, read)
2  ask the source                                 (connector: network; it looks up etags, no transaction stays open)
3  reduce and expand what changed, one by one      (core: a bad resource is set aside, the others go on)
4  store batch, occurrences and cursor together    (store, one transaction)
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.edits import LOOKED_BACK, Edit, edits, rewritten, series
from kepthour.core.guard import agrees, enough, loses_too_much
from kepthour.core.reach import HELD_AHEAD, HELD_BEHIND
from kepthour.core.reading.digest import Held, Reader, expanded, made_with, reduced, set_aside, with_relatives
from kepthour.logger import log
from kepthour.ports import Clock
from kepthour.store import calendars, holdings
from kepthour.store.calendars import CalendarRow
from kepthour.store.engine import Store, Tx
from kepthour.store.etags import Etags, owed
from kepthour.store.holdings import Window
from kepthour_connectors.base import Batch, Connector, ConnectorError, Kind, Known

_REFRESH_WHEN_LEFT = timedelta(days=60)
_REFRESH_WHEN_BEHIND = timedelta(days=7)
_REFRESH_ATTEMPTS = 5
_AUDIT_AFTER = timedelta(days=1)
_VANISHED = "Its answer lacks all, or more than half, of the coming events, so it was not believed."
_VANISHED_REMEDY = (
    "If they were deleted on purpose, the next sync confirms it; else look at the calendar itself."
)


@dataclass(frozen=True, slots=True)
class Source:
    """One calendar to poll, and how its events are read."""

    name: str
    fingerprint: str
    connector: Connector
    zone: ZoneInfo
    join_hosts: tuple[str, ...]
    addresses: Collection[str] = field(repr=False)
    marks: bool = False  # whether it is to be told what is edited


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought. `problem` is a code, with a sentence and a remedy, or None."""

    name: str
    kind: Kind
    changed: int
    deleted: int
    quarantined: int
    requests: int
    warnings: tuple[str, ...] = ()
    problem: str | None = None
    what: str | None = None
    remedy: str | None = None
    refresh_after: timedelta | None = None  # how often the source wants to be asked; None: it did not say
    audit: bool = False  # all was asked for, to see whether what is known is right
    mended: bool = False  # an audit put right what had come of it
    first: bool = False  # it was never asked before
    edited: tuple[Edit, ...] = ()  # entries near now in which something else is written
    error: ConnectorError | None = field(default=None, repr=False)  # what the connector raised, if it did

    @property
    def news(self) -> bool:
        """Whether the stored occurrences may have changed, or it is known now that they have not."""
        return bool(self.changed or self.deleted or self.mended or self.first)


def poll(source: Source, store: Store, clock: Clock) -> Polled:
    """Poll once. Blocks. A failed poll changes nothing but the problem that `status` shows.

    Raises TryLater or NeedsPerson if the store cannot be used.
    """
    calendar, withheld = _known(source, store)
    etags = Etags(store, calendar)
    first = calendar.last_attempt_at is None
    known = _what_is_known(source, calendar, etags, withheld, clock.now())
    try:
        batch = _asked(source.connector, known, etags)
    except ConnectorError as error:
        with store.write() as tx:
            calendars.record_failure(tx, calendar, error.code, error.what, error.remedy, clock.now())
        log.warning("poll.failed", calendar=source.name, problem=error.code)
        return replace(_failed(source, 0, error.code, error.what, error.remedy), error=error, first=first)
    return replace(
        _store(source, store, clock, calendar, batch, etags),
        audit=known.full and bool(known.cursor),
        first=first,
    )


def _asked(connector: Connector, known: Known, etags: Etags) -> Batch:
    """The connector's answer. Raises what the store raised meanwhile: to the connector it is a fault of the source."""
    try:
        batch = connector.poll(known)
    except ConnectorError:
        if etags.fault is None:
            raise
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


@dataclass(frozen=True, slots=True)
class _Loss:
    """How many events are to come as stored, and how many would be once a batch is."""

    before: int
    after: int


def _suspicious(
    tx: Tx,
    source: Source,
    calendar: CalendarRow,
    changed: Collection[Held],
    removed: Collection[str],
    now: datetime,
) -> _Loss | None:
    """The loss that this batch would bring, if it is too much to be believed at once."""
    touched = {*removed, *(resource.href for resource in changed)}
    if not touched or calendar.fingerprint != source.fingerprint:
        return None
    fresh = sum(1 for r in changed for one in r.occurrences if one.start > now and not one.cancelled)
    lost = holdings.coming_of(tx, calendar, now, touched) - fresh
    if lost <= 0:
        return None
    before = holdings.coming(tx, calendar, now, at_most=enough(lost))
    after = before - lost
    if not loses_too_much(before, after) or agrees(calendar.suspected, after):
        return None
    return _Loss(before, after)


def _known(source: Source, store: Store) -> tuple[CalendarRow, frozenset[str]]:
    """The calendar, and what of it is owed."""
    with store.read() as tx:
        calendar = calendars.get(tx, source.name)
        if calendar is not None:
            return calendar, owed(tx, calendar)
    with store.write() as tx:
        return calendars.get_or_add(tx, source.name, source.fingerprint), frozenset()


def _store(
    source: Source, store: Store, clock: Clock, calendar: CalendarRow, batch: Batch, etags: Etags
) -> Polled:
    now = clock.now()
    window = _window(calendar, source, now)
    came = [*_reduced(batch, source), *_set_aside(batch)]
    withheld = {bad.href: bad.reason for bad in batch.bad if not bad.etag}
    removed = _removed(batch, etags)
    changed = _expanded(_with_relatives(store, calendar, came, removed), source, window)
    edited = _edited(source, store, calendar, came, changed, etags, now)
    fresh = {one.href for one in came}
    quarantined = sum(1 for one in changed if one.quarantine and one.href in fresh) + len(withheld)
    with store.write() as tx:
        if left := _suspicious(tx, source, calendar, changed, removed, now):
            calendars.record_suspicion(tx, calendar, left.after, _VANISHED, _VANISHED_REMEDY, now)
            log.warning("poll.not_believed", calendar=source.name, before=left.before, after=left.after)
            return _failed(source, batch.requests, "vanished", _VANISHED, _VANISHED_REMEDY)
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
            now=now,
        )
    if not stored:
        if moved := _with_moved_window(store, calendar):
            return _store(source, store, clock, moved, batch, etags)
        log.info(
            "poll.overtaken", calendar=source.name
        )  # by another process: what it stored is at least as new
        return Polled(source.name, batch.kind, 0, 0, 0, batch.requests, batch.warnings)
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
    return replace(polled, refresh_after=batch.refresh_after, edited=tuple(edited))


def _removed(batch: Batch, etags: Etags) -> set[str]:
    if batch.listed is not None:
        return set(etags) - batch.listed
    return {href for href in batch.deleted if href in etags}


def _edited(
    source: Source,
    store: Store,
    calendar: CalendarRow,
    came: Sequence[Held],
    changed: Sequence[Held],
    known: Etags,
    now: datetime,
) -> list[Edit]:
    """What is written anew since the poll before. Read in another way than that one, nothing can be compared."""
    last = calendar.last_good_at
    if (
        not source.marks
        or not came
        or calendar.fingerprint != source.fingerprint
        or last is None
        or last > now
    ):
        return []
    with store.read() as tx:
        before = holdings.with_hrefs(tx, calendar, [one.href for one in changed])
    anew = rewritten(before, came, len(known))
    were = expanded(
        (one for one in before if series(one) in anew.series), source.zone, now - LOOKED_BACK, now
    )
    are = (one for one in changed if series(one) in anew.series)
    return edits(were, are, last, now, dated=anew.dated)


def _with_moved_window(store: Store, calendar: CalendarRow) -> CalendarRow | None:
    """The calendar as it stands now, if since `calendar` was read its window moved and nothing else; else None."""
    with store.read() as tx:
        fresh = calendars.get(tx, calendar.name)
    moved = fresh is not None and fresh.expanded_from != calendar.expanded_from
    return fresh if moved and _heard(fresh) == _heard(calendar) else None


def _heard(calendar: CalendarRow | None) -> object:
    """When it was asked; and for all, which a change of the reader makes necessary again."""
    return calendar and (calendar.last_attempt_at, calendar.last_full_at)


def refresh(source: Source, store: Store, clock: Clock) -> bool:
    """Expand what is stored anew where the window has to move, or the zone rules or the reader changed. No network.

    What is set aside was not stored: if it may be read in another way now, the next poll fetches it again.
    Returns whether anything was done. Polls may go on meanwhile: after a leap of the clock all begin at once.
    """
    for _attempt in range(_REFRESH_ATTEMPTS):
        done = _refresh(source, store, clock.now())
        if done is not None:
            return done
    log.warning("refresh.overtaken", calendar=source.name)
    return False


def _refresh(source: Source, store: Store, now: datetime) -> bool | None:
    """Whether anything had to be done; None: it was in vain, since a poll came in between."""
    with store.read() as tx:
        calendar = calendars.get(tx, source.name)
        if calendar is None or not _must_refresh(calendar, source, now):
            return False
        held = holdings.everything(tx, calendar)
    window = _new_window(source, now)
    anew = _expanded(held, source, window)
    with store.write() as tx:
        again = calendar.expanded_with != window.made_with
        done = holdings.replace_occurrences(tx, calendar, anew, window, forget_set_aside=again)
    return done or None


def _must_refresh(calendar: CalendarRow, source: Source, now: datetime) -> bool:
    if calendar.expanded_until is None:
        return False
    return (
        calendar.expanded_with != made_with(source.zone)
        or calendar.expanded_until < now + _REFRESH_WHEN_LEFT
        or calendar.expanded_from is None
        or calendar.expanded_from > now - _REFRESH_WHEN_BEHIND  # made by a clock that has been set back
    )


def _window(calendar: CalendarRow, source: Source, now: datetime) -> Window:
    """The calendar's window if it has one: all of its occurrences are to stand on the same."""
    if calendar.expanded_from is None or calendar.expanded_until is None or calendar.expanded_with is None:
        return _new_window(source, now)
    return Window(calendar.expanded_from, calendar.expanded_until, calendar.expanded_with)


def _new_window(source: Source, now: datetime) -> Window:
    return Window(now - HELD_BEHIND, now + HELD_AHEAD, made_with(source.zone))


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


def _expanded(held: list[Held], source: Source, window: Window) -> list[Held]:
    return expanded(held, source.zone, window.start, window.end)
