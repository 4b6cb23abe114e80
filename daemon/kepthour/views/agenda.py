"""The sessions of a span, with their state; and why an event is, or is not, a session."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.config import Configuration
from kepthour.core.away import Absence, covering
from kepthour.core.changes import KnownSession
from kepthour.core.duplicates import duplicates
from kepthour.core.errors import NotFound
from kepthour.core.near_miss import NearMiss
from kepthour.core.oddities import Oddity
from kepthour.core.reach import PLANNED_AHEAD
from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.sessions import Judgement, Session, as_session, judge
from kepthour.core.spans import midnight
from kepthour.core.verdict import HELD, SessionState, Verdict, state_of
from kepthour.store import absences, calendars, reminders, responses, sessions, watches
from kepthour.store.contradictions import left
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow
from kepthour.views.far import far
from kepthour.views.near_misses import evidence_since, near_miss_of

_FAR = timedelta(days=366)  # as far as is looked for an id


@dataclass(frozen=True, slots=True)
class Entry:
    """One session of the agenda. Instants are aware UTC."""

    session: KnownSession
    state: SessionState
    verdict: Verdict | None
    oddities: tuple[Oddity, ...] = ()
    away: bool = False  # it begins while the therapist is away: nothing reminds of it
    near_miss: NearMiss | None = None  # it was held, and nearly was not


@dataclass(frozen=True, slots=True)
class Explained:
    """One event, and why it is or is not a session."""

    calendar: str
    occurrence: Occurrence
    judgement: Judgement
    id: str | None  # the session's, if it is one


def agenda(config: Configuration, store: Store, start: datetime, end: datetime, now: datetime) -> list[Entry]:
    """Sessions that overlap [start, end), by start; cancelled ones until the end of their day."""
    found = {session.id: session for session in _sessions(config, store, start, end, now)}
    with store.read() as tx:
        absent = absences.between(tx, start, end)
        watched = {row.id: row for row in sessions.between(tx, start, end)}
        watched |= {row.id: row for row in sessions.with_ids(tx, found.keys() - watched.keys())}
        shown = [(_known(session, watched.get(one)), watched.get(one)) for one, session in found.items()]
        read = calendars.read_ever(tx)
        for row in watched.values():
            if row.id in found or row.hidden:
                continue
            if _still_shown(config, row, now) or is_unread(row, read):
                shown.append((row.known, row))
        entries = _entries(config, tx, shown, absent, now)
    return sorted(entries, key=lambda entry: (entry.session.start, entry.session.id))


def entry_of(config: Configuration, store: Store, session_id: str, now: datetime) -> Entry:
    """One watched session as it stands now. Raises NotFound."""
    with store.read() as tx:
        row = sessions.get(tx, session_id)
        if row is None:
            raise _unwatched(config, store, tx, session_id, now)
        absent = absences.between(tx, row.known.start, row.known.end)
        (entry,) = _entries(config, tx, [(row.known, row)], absent, now)
        return entry


def _unwatched(config: Configuration, store: Store, tx: Tx, session_id: str, now: datetime) -> NotFound:
    """Why an id is none: a session that the calendar holds may be too far from now to be watched."""
    since = watches.first_ever(tx)
    start = next(
        (one.start for one in _sessions(config, store, now - _FAR, now + _FAR, now) if one.id == session_id),
        None,
    )
    if start is None:
        return NotFound(f'There is no session "{session_id}".', "See the ids with: kepthour agenda --json.")
    if start > now:
        return NotFound(
            "This session is too far ahead.",
            f"It can be settled from {PLANNED_AHEAD.days} days before it on.",
        )
    if since is None:
        what = "Kept Hour has never run, so it watched no session."
    elif start < since:
        what = f"Kept Hour watches since {since.astimezone(config.zone):%d %b %Y}, and this session was before that."
    else:
        what = "Kept Hour did not watch this session."
    return NotFound(what, "It cannot be settled, and stands in no report.")


def explain(
    config: Configuration, store: Store, text: str, start: datetime, end: datetime
) -> Iterator[Explained]:
    """Events of [start, end) whose title holds `text` (any case; empty: all), judged."""
    wanted = re.compile(re.escape(text), re.IGNORECASE)
    for calendar in config.calendars:
        for occurrence in far(config.zone, store, calendar.name, start, end):
            if not wanted.search(occurrence.title.reveal()):
                continue
            judgement = judge(occurrence, calendar.name, calendar.take, config.rules)
            session = as_session(occurrence, calendar.name, judgement) if judgement.is_session else None
            yield Explained(calendar.name, occurrence, judgement, session.id if session else None)


def _sessions(
    config: Configuration, store: Store, start: datetime, end: datetime, now: datetime
) -> list[Session]:
    found = []
    for calendar in config.calendars:
        for occurrence in far(config.zone, store, calendar.name, start, end):
            judgement = judge(occurrence, calendar.name, calendar.take, config.rules)
            if judgement.is_session:
                found.append(as_session(occurrence, calendar.name, judgement))
    with store.read() as tx:
        doubles = duplicates(found, left(tx, (), found, now))
    return [session for session in found if session.id not in doubles]


def is_unread(row: SessionRow, read: Collection[str]) -> bool:
    """Its calendar is none of those `read` since a new store was begun: what was saved of it is all there is."""
    return not row.known.cancelled and row.known.calendar not in read


def _still_shown(config: Configuration, row: SessionRow, now: datetime) -> bool:
    """A cancelled or deleted session stands there until the end of its day; a past one for good."""
    if not row.known.cancelled:
        return row.known.end <= now
    day = row.known.start.astimezone(config.zone).date()
    return now < midnight(day + timedelta(days=1), config.zone)


def _known(session: Session, row: SessionRow | None) -> KnownSession:
    return KnownSession(
        id=session.id,
        calendar=session.calendar,
        uid=session.uid,
        recurrence_id=session.recurrence_id,
        start=session.start,
        end=session.end,
        client=session.client,
        place=session.place,
        join_url=session.join_url,
        revision=row.known.revision if row else 1,
        cancelled=False,
    )


def _entries(
    config: Configuration,
    tx: Tx,
    shown: Sequence[tuple[KnownSession, SessionRow | None]],
    absent: Sequence[Absence],
    now: datetime,
) -> list[Entry]:
    """One for each session; with it comes its row, if it is watched. All are read together: a year has many."""
    rows = [row for _session, row in shown if row is not None]
    ids = [row.id for row in rows]
    reminded, answers = reminders.reminded(tx, ids), responses.of_sessions(tx, ids)
    # Only what was held can have been a near miss; the ladders of what is to come are most of the store.
    ladders = reminders.of_sessions(tx, [row.id for row in rows if row.verdict in HELD])
    kept_since = evidence_since(config, now)
    entries = []
    for session, row in shown:
        start = session.id, session.revision
        given = answers.get(start, [])
        state = state_of(
            session.start,
            session.end,
            cancelled=session.cancelled,
            reminded=start in reminded,
            verdict=row.verdict if row else None,
            responses=given,
            now=now,
        )
        near = near_miss_of(tx, row, given, ladders.get(start, []), kept_since) if row else None
        away = covering(session.start, absent) is not None
        odd = row.oddities if row else ()
        entries.append(Entry(session, state, row.verdict if row else None, odd, away, near))
    return entries
