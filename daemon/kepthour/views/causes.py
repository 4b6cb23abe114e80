"""What the store knows around the start that a repair card is about: the facts from which causes are suggested."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kepthour.config import Configuration
from kepthour.core.away import Absence
from kepthour.core.causes import AROUND, UNREAD_FOR, Cause, Facts, Unread, causes, last_answer, last_rung
from kepthour.core.changes import KnownSession
from kepthour.core.day import by_day
from kepthour.core.errors import NotFound
from kepthour.core.freshness import SOON, since_of
from kepthour.core.gaps import Gap, gaps
from kepthour.core.oddities import REMEMBERED, Oddity, odd_ones
from kepthour.core.quiet import BACK_TO_BACK
from kepthour.core.reminder import Reminder, Why
from kepthour.core.response import Kind, Response
from kepthour.core.trail import Noted, What
from kepthour.core.verdict import FORESEEABLE, Because, deadline_after
from kepthour.pipeline.plan.oddities import background
from kepthour.store import (
    absences,
    contradictions,
    history,
    misses,
    reminders,
    responses,
    sessions,
    trail,
    watches,
)
from kepthour.store.cards import Card
from kepthour.store.engine import Store, Tx
from kepthour.store.misses import About
from kepthour.store.sessions import SessionRow

_MOMENT = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_SETTLING = timedelta(hours=1)  # after the first watch ever all sessions are new


@dataclass(frozen=True, slots=True)
class Looked:
    """A card, what is known around its start, and what that suggests."""

    card: Card
    session: KnownSession  # at the start that the card is about
    facts: Facts
    causes: tuple[Cause, ...]


def look(config: Configuration, store: Store, card: Card, now: datetime) -> Looked:
    """All that is known around the start that `card` is about. `now` is aware UTC. Raises NotFound."""
    with store.read() as tx:
        row, about = sessions.get(tx, card.session_id), misses.about(tx, card)
        if row is None or about is None:
            raise NotFound(f"The session of card {card.id} is gone.", "See the cards with: kepthour repair.")
        session = replace(row.known, start=about.start, end=about.end)
        facts = _facts(tx, config, row, session, about, now)
    return Looked(card, session, facts, causes(facts))


def _facts(
    tx: Tx, config: Configuration, row: SessionRow, session: KnownSession, about: About, now: datetime
) -> Facts:
    start = session.start
    ladder, answers = _of_start(tx, row, about)
    deadline = row.deadline if about.is_present else config.ladder.deadline(start, session.end)
    deadline = deadline_after(deadline, start, answers)
    missing = _unwatched(tx, start, ladder, deadline, now)
    changes = [one for one in trail.of_session(tx, row.id) if one.at < start]
    before = _before(tx, config, session)
    previous = max(before, key=lambda one: one.end, default=None)
    chain = _chain(before, start)
    return Facts(
        start=start,
        moved=_moved(changes, start),
        restored=_restored(changes, start),
        oddities=row.oddities if about.is_present else _odd(tx, config, row, session),
        seen=_seen(tx, row, start),
        disagrees=about.is_present and contradictions.contradicted(tx, row),
        is_first=previous is None,
        pause=start - previous.end if previous is not None else None,
        in_a_row=len(chain),
        overran=_overran(tx, chain),
        last_rung=last_rung(ladder, min(deadline, now), missing),
        last_answer=last_answer(answers, start + row.late_after),
        unread=_unread(tx, row, start),
        leave=_leave(tx, start, session.end),
        gaps=tuple(missing),
    )


def _of_start(tx: Tx, row: SessionRow, about: About) -> tuple[list[Reminder], list[Response]]:
    """The rungs of that start, and the answers to it: a start may have had several ladders, and a session starts."""
    ladders = reminders.of_sessions(tx, [row.id])
    revisions = {
        revision
        for (_id, revision), ladder in ladders.items()
        if any(one.offset is not None and one.due_at - one.offset == about.start for one in ladder)
    }
    if about.is_present:
        revisions.add(row.known.revision)
    given = responses.of_sessions(tx, [row.id])
    rungs = [one for revision in revisions for one in ladders.get((row.id, revision), [])]
    answers = [one for revision in revisions for one in given.get((row.id, revision), [])]
    return rungs, sorted(answers, key=lambda one: one.at)


def _unwatched(
    tx: Tx, start: datetime, ladder: Sequence[Reminder], deadline: datetime, now: datetime
) -> list[Gap]:
    """The gaps in the watch over its ladder, to their ends, which may lie after the deadline."""
    begins = min((one.due_at for one in ladder if one.offset is not None), default=start)
    ends = min(deadline, now)
    if begins >= ends:
        return []
    found = gaps(watches.around(tx, begins, now), begins, ends)
    return [one for one in found if one.since is None or one.since < ends]


def _moved(changes: Sequence[Noted], start: datetime) -> timedelta | None:
    """So long before its start it was moved there; also by a feed that takes it away, and adds it anew."""
    moves = [one for one in changes if one.what in {What.MOVED, What.SEEN} and one.start not in {None, start}]
    return start - moves[-1].at if moves else None


def _restored(changes: Sequence[Noted], start: datetime) -> timedelta | None:
    back = [one for one in changes if one.what is What.RESTORED and start - one.at < REMEMBERED]
    return start - back[-1].at if back else None


def _odd(tx: Tx, config: Configuration, row: SessionRow, session: KnownSession) -> Collection[Oddity]:
    """What was odd about a start that the session has no more."""
    configured = [(calendar.name, calendar.take) for calendar in config.calendars]
    then = session.start - _MOMENT
    known = background(tx, configured, config.rules, [row], then, session.end)
    earlier = [one for one in known.earlier if one.id != session.id]
    return odd_ones([session], earlier, replace(known.facts, changed={}), config.zone, then).get(
        session.id, ()
    )


def _seen(tx: Tx, row: SessionRow, start: datetime) -> timedelta | None:
    """So long before its start it was first seen; None where that tells only when the calendar was first read."""
    first = next((one for one in trail.of_session(tx, row.id) if one.what is What.SEEN), None)
    since = watches.first_ever(tx)
    if first is None or first.about is not None or since is None or first.at - since < _SETTLING:
        return None
    return start - first.at


def _before(tx: Tx, config: Configuration, session: KnownSession) -> list[KnownSession]:
    """The sessions of its day that began before it, by start."""
    near = sessions.between(tx, session.start - _DAY, session.start)
    held = [one for one in near if not one.hidden and one.verdict not in FORESEEABLE]
    there = [one.known for one in held if one.id != session.id]
    day = by_day(there, config.zone).get(session.start.astimezone(config.zone).date(), [])
    return [one for one in day if one.start < session.start]


def _chain(before: Sequence[KnownSession], start: datetime) -> list[KnownSession]:
    """Those right before it, each after a short break at most; the nearest one first."""
    found: list[KnownSession] = []
    for one in reversed(before):
        if not timedelta() <= start - one.end <= BACK_TO_BACK:
            break
        found.append(one)
        start = one.start
    return found


def _overran(tx: Tx, chain: Sequence[KnownSession]) -> timedelta | None:
    row = sessions.get(tx, chain[0].id) if chain else None
    if row is None:
        return None
    over = [one.at for one in responses.to(tx, row) if one.kind is Kind.OUT]
    return over[-1] - row.known.end if over and over[-1] > row.known.end else None


def _unread(tx: Tx, row: SessionRow, start: datetime) -> Unread | None:
    """By the alerts about its calendar: what was read when is not kept. Or because that is why nobody could tell."""
    for one in reminders.of_subject(tx, f"calendar:{row.known.calendar}"):
        since = since_of(one.revision)
        healed = one.changed_at if one.why is Why.HEALED and one.changed_at else start
        lasted_until = min(healed, start)
        if since < start and lasted_until - since >= UNREAD_FOR and lasted_until >= start - SOON:
            return Unread(since if since.timestamp() > 0 else None)
    said = history.of_session(tx, row.id)
    return Unread(None) if any(one.because is Because.CALENDAR_STALE for one in said) else None


def _leave(tx: Tx, start: datetime, end: datetime) -> Absence | None:
    """The leave around it that is nearest."""
    found = absences.between(tx, start - AROUND, end + AROUND)
    return min(found, key=lambda one: max(start - one.end, one.start - start, timedelta()), default=None)
