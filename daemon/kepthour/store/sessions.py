"""Sessions that are or were watched, with their answers and verdicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, func, insert, or_, select, update

from kepthour.core.changes import KnownSession
from kepthour.core.duplicates import same
from kepthour.core.privacy import Phi
from kepthour.core.response import Kind, Response
from kepthour.core.sessions import Session
from kepthour.core.verdict import HELD, NOT_FINAL, Because, Verdict
from kepthour.store.engine import Tx
from kepthour.store.tables import cards, evidence, responses, sessions, verdicts

_AT_ONCE = 1000  # parameters of one statement; SQLite has a limit


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
    successor: str | None  # the id it lives on under

    @property
    def id(self) -> str:
        """The session's id."""
        return self.known.id


_UNDECIDED: dict[str, None] = dict.fromkeys(("verdict", "because", "decided_by", "decided_at", "question"))


def get(tx: Tx, session_id: str) -> SessionRow | None:
    """The session with this id."""
    row = tx.connection.execute(
        select(sessions).where(sessions.c.therapist_id == tx.therapist, sessions.c.id == session_id)
    ).first()
    return _session(row) if row else None


def any_at_all(tx: Tx) -> bool:
    """Whether a session was ever stored."""
    row = tx.connection.execute(select(sessions.c.id).where(sessions.c.therapist_id == tx.therapist).limit(1))
    return row.first() is not None


def between(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions that overlap [start, end), by start; hidden and cancelled ones too."""
    rows = tx.connection.execute(
        select(sessions)
        .where(sessions.c.therapist_id == tx.therapist, sessions.c.start < end, sessions.c.end > start)
        .order_by(sessions.c.start, sessions.c.id)
    )
    return [_session(row) for row in rows]


def living(tx: Tx, session_id: str) -> SessionRow | None:
    """The session with this id, or the one it lives on as."""
    row = get(tx, session_id)
    seen = set()
    while row is not None and row.successor is not None and row.id not in seen:
        seen.add(row.id)
        row = get(tx, row.successor)
    return row


def missed(tx: Tx, since: datetime) -> list[SessionRow]:
    """Sessions that begin at `since` or later and were, or may have been, missed."""
    verdicts = [Verdict.SUSPECTED_MISS.value, Verdict.MISSED.value]
    rows = tx.connection.execute(
        _present(tx)
        .where(sessions.c.start >= since, sessions.c.verdict.in_(verdicts))
        .order_by(sessions.c.start)
    )
    return [_session(row) for row in rows]


def contradicted(tx: Tx, row: SessionRow) -> bool:
    """Whether another calendar says of the same session that it does not take place."""
    return any(
        other.known.cancelled
        and not other.hidden
        and other.known.calendar != row.known.calendar
        and same(other.known, row.known)
        for other in between(tx, row.known.start, row.known.end)
    )


def with_ids(tx: Tx, ids: Collection[str]) -> list[SessionRow]:
    """Sessions with one of `ids`."""
    wanted, found = list(ids), []
    for first in range(0, len(wanted), _AT_ONCE):
        some = wanted[first : first + _AT_ONCE]
        rows = tx.connection.execute(
            select(sessions).where(sessions.c.therapist_id == tx.therapist, sessions.c.id.in_(some))
        )
        found += [_session(row) for row in rows]
    return found


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
    rows = tx.connection.execute(_awaiting(tx, start, end).order_by(sessions.c.start))
    return [_session(row) for row in rows]


def coming(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions that begin in [start, end), by start."""
    rows = tx.connection.execute(
        _present(tx).where(sessions.c.start >= start, sessions.c.start < end).order_by(sessions.c.start)
    )
    return [_session(row) for row in rows]


def soonest(tx: Tx, start: datetime, end: datetime) -> dict[str, datetime]:
    """By calendar: when its first session in [start, end) begins."""
    query = _present(tx).where(sessions.c.start >= start, sessions.c.start < end)
    first = query.with_only_columns(sessions.c.calendar, func.min(sessions.c.start)).group_by(
        sessions.c.calendar
    )
    return {row[0]: row[1] for row in tx.connection.execute(first)}


def next_deadline(tx: Tx, now: datetime, end: datetime) -> datetime | None:
    """The first deadline after `now` of sessions that begin before `end`, have no verdict, and are not late."""
    query = _awaiting(tx, now, end).where(sessions.c.deadline > now, ~_has_response(Kind.LATE))
    found: datetime | None = tx.connection.execute(
        query.with_only_columns(func.min(sessions.c.deadline))
    ).scalar()
    return found


def announced_late(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions without a verdict that overlap [start, end) and whose therapist is running late, by start."""
    query = _awaiting(tx, start, end).where(_has_response(Kind.LATE)).order_by(sessions.c.start)
    return [_session(row) for row in tx.connection.execute(query)]


def attended(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions that overlap [start, end) and in which the therapist was proven to be, by start."""
    query = _present(tx).where(
        sessions.c.start < end,
        sessions.c.end > start,
        or_(_has_response(Kind.HERE), sessions.c.verdict.in_([verdict.value for verdict in HELD])),
    )
    return [_session(row) for row in tx.connection.execute(query.order_by(sessions.c.start))]


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
        successor=None,
        **_UNDECIDED,
    )


def begin_anew(tx: Tx, session_id: str, revision: int) -> None:
    """The same start as another revision: nothing is concluded of it, and nothing asked."""
    _update(tx, session_id, revision=revision, **_UNDECIDED)


def forget_conclusions(tx: Tx, now: datetime) -> None:
    """No verdict of the daemon's own can be later than `now`: it is decided again. What was asked stays asked."""
    tx.connection.execute(
        update(sessions)
        .where(
            sessions.c.therapist_id == tx.therapist,
            sessions.c.decided_by == "daemon",
            sessions.c.decided_at > now,
        )
        .values(verdict=None, because=None, decided_by=None, decided_at=None)
    )


def set_limits(tx: Tx, session_id: str, deadline: datetime, late_after: timedelta) -> None:
    """The limits of a ladder that is planned anew."""
    _update(tx, session_id, deadline=deadline, late_after=late_after)


def cancel(tx: Tx, session_id: str, at: datetime) -> None:
    """The calendar says that it does not take place, or holds it no longer."""
    _update(tx, session_id, cancelled_at=at)


def hide(tx: Tx, session_id: str, at: datetime, successor: str | None = None) -> None:
    """It lives on under another id, or the configuration no longer counts it as a session.

    `successor` is the id that takes the answers to this one from now on.
    """
    _update(tx, session_id, cancelled_at=at, hidden=True, successor=successor)


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
    return [_response(row) for row in rows]


def responses_of(tx: Tx, ids: Collection[str]) -> dict[tuple[str, int], list[Response]]:
    """The answers to these sessions, each start's by time; by session id and revision."""
    found: defaultdict[tuple[str, int], list[Response]] = defaultdict(list)
    rows = tx.connection.execute(
        select(responses).where(responses.c.session_id.in_(ids)).order_by(responses.c.at, responses.c.id)
    )
    for row in rows:
        found[row.session_id, row.revision].append(_response(row))
    return found


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


def inherit(tx: Tx, predecessor: SessionRow, successor: str) -> None:
    """A session lives on at the same start under another id: what was said of it holds."""
    if predecessor.verdict is None or predecessor.because is None or predecessor.decided_at is None:
        return
    by = predecessor.decided_by or "daemon"
    decide(tx, successor, predecessor.verdict, predecessor.because, by, predecessor.decided_at)
    _update_cards(tx, predecessor.id, successor)
    if predecessor.question is not None:
        alone = predecessor.question == predecessor.id
        ask(tx, [successor], successor if alone else predecessor.question)


def _update_cards(tx: Tx, old: str, new: str) -> None:
    """A repair card goes with its session."""
    if old != new:
        mine = and_(cards.c.therapist_id == tx.therapist, cards.c.session_id == old)
        tx.connection.execute(update(cards).where(mine).values(session_id=new))


def _present(tx: Tx) -> Select[Any]:
    """Sessions that take or took place."""
    return select(sessions).where(
        sessions.c.therapist_id == tx.therapist,
        sessions.c.cancelled_at.is_(None),
        sessions.c.hidden.is_(False),
    )


def _awaiting(tx: Tx, start: datetime, end: datetime) -> Select[Any]:
    return _present(tx).where(sessions.c.verdict.is_(None), sessions.c.start < end, sessions.c.end > start)


def _has_response(kind: Kind) -> ColumnElement[bool]:
    """That the session's present start was answered so."""
    return exists().where(
        responses.c.session_id == sessions.c.id,
        responses.c.revision == sessions.c.revision,
        responses.c.kind == kind.value,
    )


def _facts(session: Session) -> dict[str, Any]:
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


def _response(row: Row[Any]) -> Response:
    return Response(Kind(row.kind), row.at, row.surface, row.until)


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
        successor=row.successor,
    )
