"""What becomes of sessions: seen, edited, moved, cancelled, put in another's place, asked about, decided."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, insert, select, update

from kepthour.core.changes import KnownSession
from kepthour.core.oddities import Oddity
from kepthour.core.privacy import Phi
from kepthour.core.reminder import Why
from kepthour.core.response import Kind
from kepthour.core.sessions import Session
from kepthour.core.trail import Noted, What, Who
from kepthour.core.verdict import Because, Verdict
from kepthour.store import trail
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow
from kepthour.store.tables import cards, evidence, responses, sessions, verdicts

_EDITABLE = ("calendar", "end", "client", "place", "join_url")
_INCONCLUSIVE: dict[str, None] = dict.fromkeys(("verdict", "because", "decided_by", "decided_at"))
_UNDECIDED = {**_INCONCLUSIVE, "question": None}


def add(
    tx: Tx,
    session: Session,
    deadline: datetime,
    late_after: timedelta,
    now: datetime,
    before: SessionRow | None = None,
) -> None:
    """A session seen for the first time; `before` is the one that it carries on."""
    tx.connection.execute(
        insert(sessions).values(
            id=session.id,
            therapist_id=tx.therapist,
            revision=1,
            hidden=False,
            **_facts(session),
            deadline=deadline,
            late_after=late_after,
        )
    )
    seen = Noted(What.SEEN, Who.CALENDAR, now)
    if before is not None:
        seen = replace(seen, about=before.id, start=before.known.start, end=before.known.end)
    trail.note(tx, session.id, seen)


def plant(tx: Tx, row: SessionRow) -> None:
    """A session as it was known, in a store that does not know it."""
    tx.connection.execute(
        insert(sessions).values(
            id=row.id,
            therapist_id=tx.therapist,
            revision=row.known.revision,
            hidden=row.hidden,
            **_facts(row.known),
            deadline=row.deadline,
            late_after=row.late_after,
        )
    )


def edit(
    tx: Tx, session: Session, deadline: datetime, late_after: timedelta, before: SessionRow, now: datetime
) -> None:
    """New facts for a session whose start stays; `before` is how it stood."""
    _update(tx, session.id, **_facts(session), deadline=deadline, late_after=late_after, hidden=False)
    _note_edit(tx, before, session, now)


def _note_edit(tx: Tx, before: SessionRow, new: Session | KnownSession, now: datetime) -> None:
    old = before.known
    edited = [name for name in _EDITABLE if getattr(old, name) != getattr(new, name)]
    note = Noted(What.EDITED, Who.CALENDAR, now, why=" ".join(edited), start=old.start, end=old.end)
    trail.note(tx, before.id, note)


def restart(
    tx: Tx,
    session: Session,
    revision: int,
    deadline: datetime,
    late_after: timedelta,
    before: SessionRow,
    now: datetime,
) -> None:
    """A new start, or back after a cancellation: answers and verdict of the old one (`before`) no longer count."""
    old = before.known
    for what in _returns(before, session):
        trail.note(tx, session.id, Noted(what, Who.CALENDAR, now, start=old.start, end=old.end))
    _update(
        tx,
        session.id,
        **_facts(session),
        revision=revision,
        cancelled_at=None,
        hidden=False,
        deadline=deadline,
        late_after=late_after,
        successor=None,
        **_UNDECIDED,
    )


def _returns(before: SessionRow, session: Session) -> Iterator[What]:
    if before.known.cancelled:
        yield What.RESTORED
    if before.known.start != session.start:
        yield What.MOVED


def mark(tx: Tx, session_id: str, *, moved_at: datetime | None, restored_at: datetime | None) -> None:
    """When its start changed, or it came back; what is None stays as it was."""
    values = {"moved_at": moved_at, "restored_at": restored_at}
    if found := {name: at for name, at in values.items() if at is not None}:
        _update(tx, session_id, **found)


def note(tx: Tx, session_id: str, oddities: Sequence[Oddity]) -> None:
    """What is odd about it."""
    _update(tx, session_id, oddities=[code.value for code in oddities])


def rename(tx: Tx, before: SessionRow, known: KnownSession, now: datetime) -> SessionRow:
    """Of one that is over: its calendar, or client, is called otherwise. What is known of it is kept by its id."""
    _update(tx, before.id, calendar=known.calendar, client=known.client)
    _note_edit(tx, before, known, now)
    return replace(before, known=known)


def begin_anew(tx: Tx, session_id: str, revision: int, by: Who, why: Why, at: datetime) -> None:
    """The same start as another revision: nothing is concluded of it, and nothing asked."""
    _update(tx, session_id, revision=revision, **_UNDECIDED)
    trail.note(tx, session_id, Noted(What.BEGUN_ANEW, by, at, why=why.value))


def forget_conclusions(tx: Tx, now: datetime) -> None:
    """No verdict of the daemon's own can be later than `now`: it is decided again. What was asked stays asked."""
    premature = and_(
        sessions.c.therapist_id == tx.therapist,
        sessions.c.decided_by == "daemon",
        sessions.c.decided_at > now,
    )
    ids = tx.connection.execute(select(sessions.c.id).where(premature)).scalars().all()
    trail.note_all(tx, ids, Noted(What.REOPENED, Who.DAEMON, now, why=Why.CLOCK_SET.value))
    tx.connection.execute(update(sessions).where(premature).values(**_INCONCLUSIVE))


def set_limits(tx: Tx, session_id: str, deadline: datetime, late_after: timedelta) -> None:
    """The limits of a ladder that is planned anew."""
    _update(tx, session_id, deadline=deadline, late_after=late_after)


def cancel(tx: Tx, session_id: str, at: datetime, *, gone: bool) -> None:
    """The calendar says that it does not take place, or holds it no longer (`gone`)."""
    _update(tx, session_id, cancelled_at=at)
    why = "gone" if gone else "cancelled"
    trail.note(tx, session_id, Noted(What.CANCELLED, Who.CALENDAR, at, why=why))


def leave_out(tx: Tx, session_id: str, at: datetime) -> None:
    """The configuration no longer counts it as a session."""
    _update(tx, session_id, cancelled_at=at, hidden=True, successor=None)
    trail.note(tx, session_id, Noted(What.LEFT_OUT, Who.DAEMON, at))


def hand_on(tx: Tx, session_id: str, at: datetime, heir: str | None, *, keeps_answers: bool) -> None:
    """It lives on as `heir`, which takes the answers to this one from now on if it `keeps_answers`."""
    _update(tx, session_id, cancelled_at=at, hidden=True, successor=heir if keeps_answers else None)
    trail.note(tx, session_id, Noted(What.LIVES_ON, Who.CALENDAR, at, about=heir))


def ask(tx: Tx, ids: Collection[str], question: str, at: datetime) -> None:
    """Remember which notice asks about these sessions."""
    for session_id in ids:
        _update(tx, session_id, question=question)
    trail.note_all(tx, ids, Noted(What.ASKED, Who.DAEMON, at, about=question))


def decide(
    tx: Tx,
    session_id: str,
    verdict: Verdict,
    because: Because,
    by: str,
    at: datetime,
    reason: Phi | None = None,
) -> None:
    """A new verdict; the earlier ones stay in the history."""
    _update(tx, session_id, verdict=verdict.value, because=because.value, decided_by=by, decided_at=at)
    tx.connection.execute(
        insert(verdicts).values(
            therapist_id=tx.therapist,
            session_id=session_id,
            verdict=verdict.value,
            because=because.value,
            by=by,
            at=at,
            reason=reason,
        )
    )


def adopt(
    tx: Tx,
    old: tuple[str, int],
    new: tuple[str, int],
    until: datetime | None = None,
    kinds: Collection[Kind] | None = None,
) -> None:
    """What was answered and seen of one start (id, revision) counts for another.

    With `until`, what was by then; with `kinds`, answers of these kinds only.
    """
    for table, at in ((responses, responses.c.at), (evidence, evidence.c.asked_at)):
        query = update(table).where(
            table.c.therapist_id == tx.therapist, table.c.session_id == old[0], table.c.revision == old[1]
        )
        if until is not None:
            query = query.where(at <= until)
        if kinds is not None and table is responses:
            query = query.where(responses.c.kind.in_([kind.value for kind in kinds]))
        tx.connection.execute(query.values(session_id=new[0], revision=new[1]))


def inherit(tx: Tx, predecessor: SessionRow, successor: str, now: datetime) -> None:
    """A session lives on at the same start under another id: what was said of it holds."""
    if predecessor.verdict is None or predecessor.because is None or predecessor.decided_at is None:
        return
    by = predecessor.decided_by or "daemon"
    decide(tx, successor, predecessor.verdict, predecessor.because, by, predecessor.decided_at)
    hand_on_card(tx, predecessor.id, successor)
    if predecessor.question is not None:
        alone = predecessor.question == predecessor.id
        ask(tx, [successor], successor if alone else predecessor.question, now)


def hand_on_card(tx: Tx, old: str, new: str) -> None:
    """A repair card goes with its session."""
    if old != new:
        mine = and_(cards.c.therapist_id == tx.therapist, cards.c.session_id == old)
        tx.connection.execute(update(cards).where(mine).values(session_id=new))


def _facts(session: Session | KnownSession) -> dict[str, Any]:
    return {
        "calendar": session.calendar,
        "uid": session.uid,
        "recurrence_id": session.recurrence_id,
        "start": session.start,
        "end": session.end,
        "client": session.client,
        "place": session.place,
        "join_url": session.join_url,
    }


def _update(tx: Tx, session_id: str, **values: Any) -> None:
    tx.connection.execute(
        update(sessions)
        .where(sessions.c.therapist_id == tx.therapist, sessions.c.id == session_id)
        .values(**values)
    )
