"""Sessions that are or were watched, with their answers and verdicts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, exists, false, insert, or_, select, update

from kepthour.core.changes import KnownSession
from kepthour.core.privacy import Phi
from kepthour.core.response import Kind, Response
from kepthour.core.sessions import Session
from kepthour.core.verdict import NOT_FINAL, Because, Verdict
from kepthour.store.engine import Tx
from kepthour.store.tables import responses, sessions, verdicts


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session with what is known of its course. Instants are aware UTC."""

    known: KnownSession
    hidden: bool
    cancelled_at: datetime | None
    deadline: datetime  # of its ladder as planned, before any "running late"
    late_after: timedelta
    verdict: Verdict | None
    because: Because | None
    decided_by: str | None
    decided_at: datetime | None
    question: str | None

    @property
    def id(self) -> str:
        """The session's id."""
        return self.known.id


def get(tx: Tx, session_id: str) -> SessionRow | None:
    """The session with this id."""
    row = tx.connection.execute(
        select(sessions).where(sessions.c.therapist_id == tx.therapist, sessions.c.id == session_id)
    ).first()
    return _session(row) if row else None


def between(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions that overlap [start, end), by start; hidden and cancelled ones too."""
    rows = tx.connection.execute(
        select(sessions)
        .where(sessions.c.therapist_id == tx.therapist, sessions.c.start < end, sessions.c.end > start)
        .order_by(sessions.c.start, sessions.c.id)
    )
    return [_session(row) for row in rows]


def with_ids(tx: Tx, ids: Collection[str]) -> list[SessionRow]:
    """Sessions with one of `ids`."""
    return [row for session_id in ids if (row := get(tx, session_id)) is not None]


def undecided(tx: Tx, now: datetime, since: datetime | None) -> list[SessionRow]:
    """Sessions that have begun or were answered and have no verdict, and those answered after an open one.

    Sessions that ended before `since` (the first watch; None: there was none) count only if they were answered.
    """
    there = exists().where(
        responses.c.session_id == sessions.c.id, responses.c.kind.in_([Kind.HERE.value, Kind.OUT.value])
    )
    begun = and_(sessions.c.start <= now, sessions.c.end > since) if since is not None else false()
    not_final = [verdict.value for verdict in NOT_FINAL]
    rows = tx.connection.execute(
        _present(tx)
        .where(
            or_(
                and_(sessions.c.verdict.is_(None), or_(begun, there)),
                and_(
                    sessions.c.verdict.in_(not_final),
                    sessions.c.decided_by == "daemon",
                    there.where(responses.c.at > sessions.c.decided_at),
                ),
            )
        )
        .order_by(sessions.c.start)
    )
    return [_session(row) for row in rows]


def awaiting(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions without a verdict that overlap [start, end), by start."""
    rows = tx.connection.execute(
        _present(tx)
        .where(sessions.c.verdict.is_(None), sessions.c.start < end, sessions.c.end > start)
        .order_by(sessions.c.start)
    )
    return [_session(row) for row in rows]


def coming(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions that begin in [start, end), by start."""
    rows = tx.connection.execute(
        _present(tx).where(sessions.c.start >= start, sessions.c.start < end).order_by(sessions.c.start)
    )
    return [_session(row) for row in rows]


def soonest(tx: Tx, start: datetime, end: datetime) -> dict[str, datetime]:
    """By calendar: when its first session in [start, end) begins."""
    found: dict[str, datetime] = {}
    for row in coming(tx, start, end):
        found.setdefault(row.known.calendar, row.known.start)
    return found


def asked_in(tx: Tx, question: str) -> list[SessionRow]:
    """The sessions that the notice `question` asks about."""
    rows = tx.connection.execute(
        select(sessions)
        .where(sessions.c.therapist_id == tx.therapist, sessions.c.question == question)
        .order_by(sessions.c.start)
    )
    return [_session(row) for row in rows]


def open_questions(tx: Tx) -> list[SessionRow]:
    """Sessions of which it is asked what happened, by start."""
    rows = tx.connection.execute(
        _present(tx)
        .where(
            sessions.c.verdict.in_([verdict.value for verdict in NOT_FINAL]),
            sessions.c.decided_by == "daemon",  # "unknown" may also be the therapist's own last word
        )
        .order_by(sessions.c.start)
    )
    return [_session(row) for row in rows]


def add(tx: Tx, session: Session, deadline: datetime, late_after: timedelta) -> None:
    """A session seen for the first time."""
    tx.connection.execute(
        insert(sessions).values(
            id=session.id,
            therapist_id=tx.therapist,
            calendar=session.calendar,
            uid=session.uid,
            recurrence_id=session.recurrence_id,
            revision=1,
            hidden=False,
            **_facts(session),
            deadline=deadline,
            late_after=late_after,
        )
    )


def edit(tx: Tx, session: Session, deadline: datetime, late_after: timedelta) -> None:
    """New facts for a session whose start stays."""
    _update(tx, session.id, **_facts(session), deadline=deadline, late_after=late_after, hidden=False)


def restart(tx: Tx, session: Session, revision: int, deadline: datetime, late_after: timedelta) -> None:
    """A new start, or back after a cancellation: answers and verdict of the old one no longer count."""
    _update(
        tx,
        session.id,
        **_facts(session),
        revision=revision,
        cancelled_at=None,
        hidden=False,
        deadline=deadline,
        late_after=late_after,
        verdict=None,
        because=None,
        decided_by=None,
        decided_at=None,
        question=None,
    )


def set_limits(tx: Tx, session_id: str, deadline: datetime, late_after: timedelta) -> None:
    """The limits of a ladder that is planned anew."""
    _update(tx, session_id, deadline=deadline, late_after=late_after)


def cancel(tx: Tx, session_id: str, at: datetime) -> None:
    """The calendar says that it does not take place, or holds it no longer."""
    _update(tx, session_id, cancelled_at=at)


def hide(tx: Tx, session_id: str, at: datetime) -> None:
    """It lives on under another id, or the configuration no longer counts it as a session."""
    _update(tx, session_id, cancelled_at=at, hidden=True)


def ask(tx: Tx, ids: Iterable[str], question: str) -> None:
    """Remember which notice asks about these sessions."""
    for session_id in ids:
        _update(tx, session_id, question=question)


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


def respond(tx: Tx, session_id: str, revision: int, response: Response) -> None:
    """Keep an answer."""
    tx.connection.execute(
        insert(responses).values(
            therapist_id=tx.therapist,
            session_id=session_id,
            revision=revision,
            kind=response.kind.value,
            at=response.at,
            until=response.until,
            surface=response.surface,
        )
    )


def responses_to(tx: Tx, session: SessionRow) -> list[Response]:
    """The answers to the session's present start, oldest first."""
    rows = tx.connection.execute(
        select(responses)
        .where(responses.c.session_id == session.id, responses.c.revision == session.known.revision)
        .order_by(responses.c.at, responses.c.id)
    )
    return [Response(Kind(row.kind), row.at, row.surface, row.until) for row in rows]


def answered(tx: Tx, ids: Collection[str]) -> set[tuple[str, int]]:
    """Which starts (session id, revision) of these sessions have been answered."""
    rows = tx.connection.execute(
        select(responses.c.session_id, responses.c.revision).where(responses.c.session_id.in_(ids)).distinct()
    )
    return {(row.session_id, row.revision) for row in rows}


def hand_over_answers(tx: Tx, predecessor: str, successor: str) -> None:
    """A session lives on at the same start under another id: its answers go with it."""
    old, new = get(tx, predecessor), get(tx, successor)
    if old is None or new is None:
        return
    for response in responses_to(tx, old):
        respond(tx, successor, new.known.revision, response)
    # What the therapist settled was about the old event ("cancelled", say): the new one is to be watched.
    if old.verdict and old.because and old.decided_by == "daemon" and old.decided_at:
        decide(tx, successor, old.verdict, old.because, old.decided_by, old.decided_at)


def _present(tx: Tx) -> Select[Any]:
    """Sessions that take or took place."""
    return select(sessions).where(
        sessions.c.therapist_id == tx.therapist,
        sessions.c.cancelled_at.is_(None),
        sessions.c.hidden.is_(False),
    )


def _facts(session: Session) -> dict[str, Any]:
    return {
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


def _session(row: Row[Any]) -> SessionRow:
    known = KnownSession(
        id=row.id,
        calendar=row.calendar,
        uid=row.uid,
        recurrence_id=row.recurrence_id,
        start=row.start,
        end=row.end,
        client=row.client,
        place=row.place,
        join_url=row.join_url,
        revision=row.revision,
        cancelled=row.cancelled_at is not None,
    )
    return SessionRow(
        known=known,
        hidden=row.hidden,
        cancelled_at=row.cancelled_at,
        deadline=row.deadline,
        late_after=row.late_after,
        verdict=Verdict(row.verdict) if row.verdict else None,
        because=Because(row.because) if row.because else None,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        question=row.question,
    )
