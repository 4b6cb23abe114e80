"""Sessions that are or were watched. What becomes of them stands in course.py, what was answered in responses.py.

Statements that every turn of the daemon asks are built once: building one takes longer than SQLite takes to answer it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, exists, func, or_, select

from kepthour.core.changes import KnownSession
from kepthour.core.oddities import Oddity
from kepthour.core.presence import Seen
from kepthour.core.privacy import Phi
from kepthour.core.response import Kind
from kepthour.core.trail import What
from kepthour.core.verdict import HELD, NOT_FINAL, Because, Verdict
from kepthour.store.conditions import in_parts, one_of
from kepthour.store.engine import THERAPIST, Tx
from kepthour.store.tables import calendars, evidence, reminders, responses, sessions, trail

_NOT_FINAL = [verdict.value for verdict in NOT_FINAL]
_OVERLAPS = and_(sessions.c.start < bindparam("end"), sessions.c.end > bindparam("start"))
_BEGINS = and_(sessions.c.start >= bindparam("start"), sessions.c.start < bindparam("end"))

_MINE = select(sessions).where(sessions.c.therapist_id == THERAPIST).order_by(sessions.c.start, sessions.c.id)
_WITH_ID = _MINE.where(sessions.c.id == bindparam("id"))
_WITH_IDS = _MINE.where(sessions.c.id.in_(bindparam("ids", expanding=True)))
_BETWEEN = _MINE.where(_OVERLAPS)

# Those that take or took place.
_PRESENT = _MINE.where(sessions.c.cancelled_at.is_(None), sessions.c.hidden.is_(False))
_AWAITING = _PRESENT.where(sessions.c.verdict.is_(None), _OVERLAPS)
_COMING = _PRESENT.where(_BEGINS)
_IN_A_CALL = _PRESENT.where(
    sessions.c.start >= bindparam("start"),
    sessions.c.end <= bindparam("end"),
    sessions.c.because == Because.IN_A_CALL.value,
)
_SOONEST = (
    _COMING.with_only_columns(sessions.c.calendar, func.min(sessions.c.start).label("first"))
    .order_by(None)
    .group_by(sessions.c.calendar)
)
_THERE = exists().where(
    responses.c.session_id == sessions.c.id, one_of(responses.c.kind, (Kind.HERE.value, Kind.OUT.value))
)
_OPENED = exists().where(responses.c.session_id == sessions.c.id, responses.c.kind == Kind.JOIN.value)
# Its calendar told after the deadline only: then nobody is to be suspected any more.
_EDITED = and_(
    sessions.c.verdict == Verdict.SUSPECTED_MISS.value,
    exists().where(
        evidence.c.session_id == sessions.c.id,
        evidence.c.revision == sessions.c.revision,
        evidence.c.state == Seen.EDITED.value,
    ),
)
_SEEN = and_(trail.c.session_id == sessions.c.id, trail.c.what == What.SEEN.value)
_HAS_A_LADDER = and_(reminders.c.subject == sessions.c.id, reminders.c.offset.is_not(None))
# Its calendar was added to the configuration when it was over, and nothing knew of it before. By a clock that was
# wrong then it may seem so of one that is reminded of.
_OVER_WHEN_ADDED = and_(
    exists().where(
        calendars.c.therapist_id == sessions.c.therapist_id,
        calendars.c.name == sessions.c.calendar,
        calendars.c.added_at >= sessions.c.end,
    ),
    exists().where(_SEEN, trail.c.at >= sessions.c.end),
    ~exists().where(_SEEN, or_(trail.c.at < sessions.c.end, trail.c.about.is_not(None))),
    ~exists().where(_HAS_A_LADDER),
)
_UNDECIDED = _PRESENT.where(
    or_(
        and_(
            sessions.c.verdict.is_(None),
            or_(
                and_(
                    sessions.c.start <= bindparam("now"),
                    sessions.c.end > bindparam("since"),
                    ~_OVER_WHEN_ADDED,
                ),
                _THERE,
            ),
        ),
        and_(
            one_of(sessions.c.verdict, _NOT_FINAL),
            sessions.c.decided_by == "daemon",
            # also an answer from before the verdict: from a phone that had no net, say
            or_(_THERE, _OPENED, _EDITED),
        ),
    )
)
_UNWATCHED = _BETWEEN.where(_OVER_WHEN_ADDED)
# "unknown" may also be the therapist's own last word
_OPEN_QUESTIONS = _PRESENT.where(one_of(sessions.c.verdict, _NOT_FINAL), sessions.c.decided_by == "daemon")
_ATTENDED = _PRESENT.where(
    _OVERLAPS,
    or_(
        exists().where(
            responses.c.session_id == sessions.c.id,
            responses.c.revision == sessions.c.revision,
            responses.c.kind == Kind.HERE.value,
        ),
        # To have opened the room, or to be in some call, is enough not to be suspected, and makes nothing quiet.
        and_(
            one_of(sessions.c.verdict, [verdict.value for verdict in HELD]),
            sessions.c.because.is_distinct_from(Because.JOINED.value),
            sessions.c.because.is_distinct_from(Because.IN_A_CALL.value),
        ),
    ),
)


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
    moved_at: datetime | None = None
    restored_at: datetime | None = None
    oddities: tuple[Oddity, ...] = ()

    @property
    def id(self) -> str:
        """The session's id."""
        return self.known.id


def get(tx: Tx, session_id: str) -> SessionRow | None:
    """The session with this id."""
    found = _read(tx, _WITH_ID, id=session_id)
    return found[0] if found else None


def predecessors(tx: Tx, row: SessionRow) -> list[SessionRow]:
    """The sessions that live on as this one."""
    return _read(tx, _MINE.where(sessions.c.successor == row.id))


def any_at_all(tx: Tx) -> bool:
    """Whether a session was ever stored."""
    return tx.run(_MINE.with_only_columns(sessions.c.id).order_by(None).limit(1)).first() is not None


def between(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions that overlap [start, end), by start; hidden and cancelled ones too."""
    return _read(tx, _BETWEEN, start=start, end=end)


def took_place(tx: Tx, start: datetime, end: datetime) -> list[KnownSession]:
    """Sessions that begin in [start, end), by start; neither hidden nor cancelled ones."""
    return [row.known for row in _read(tx, _COMING, start=start, end=end)]


def first_of(tx: Tx, calendar: str, client: Phi | None = None) -> datetime | None:
    """When the first session that was ever watched in `calendar` began, of one client if named; None: none was."""
    query = _PRESENT.with_only_columns(func.min(sessions.c.start)).where(sessions.c.calendar == calendar)
    if client is not None:
        query = query.where(sessions.c.client == client)
    first: datetime | None = tx.run(query.order_by(None)).scalar()
    return first


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
    return _read(tx, _PRESENT.where(sessions.c.start >= since, sessions.c.verdict.in_(verdicts)))


def after(tx: Tx, start: datetime, calendar: str, client: Phi, uids: Collection[str]) -> list[SessionRow]:
    """Those that begin after `start` and stand: with this client (if named) in this calendar, or with one of `uids`."""
    named = and_(sessions.c.calendar == calendar, sessions.c.client == client)
    wanted = sessions.c.uid.in_(uids)
    return _read(tx, _PRESENT.where(sessions.c.start > start, or_(named, wanted) if client else wanted))


def with_ids(tx: Tx, ids: Collection[str]) -> list[SessionRow]:
    """Sessions with one of `ids`."""
    return [row for some in in_parts(ids) for row in _read(tx, _WITH_IDS, ids=some)]


def undecided(tx: Tx, now: datetime, since: datetime | None) -> list[SessionRow]:
    """Sessions that have begun or were answered and have no verdict, and those answered beside an open one, or edited.

    Sessions that ended before `since` (the first watch; None: there was none), or before their calendar was added to
    the configuration, count only if they were answered.
    """
    return _read(tx, _UNDECIDED, now=now, since=since)  # nothing is later than NULL


def over_when_added(tx: Tx, start: datetime, end: datetime) -> set[str]:
    """Of the sessions that overlap [start, end): the ids of those that ended before their calendar was added."""
    return {row.id for row in _read(tx, _UNWATCHED, start=start, end=end)}


def awaiting(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions without a verdict that overlap [start, end), by start."""
    return _read(tx, _AWAITING, start=start, end=end)


def coming(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions that begin in [start, end), by start."""
    return _read(tx, _COMING, start=start, end=end)


def soonest(tx: Tx, start: datetime, end: datetime) -> dict[str, datetime]:
    """By calendar: when its first session in [start, end) begins."""
    return {row.calendar: row.first for row in tx.run(_SOONEST, start=start, end=end)}


def attended(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions that overlap [start, end) and in which the therapist was proven to be, by start."""
    return _read(tx, _ATTENDED, start=start, end=end)


def held_in_a_call(tx: Tx, start: datetime, end: datetime) -> list[SessionRow]:
    """Sessions inside [start, end] of which nothing but a call on this machine is known, by start."""
    return _read(tx, _IN_A_CALL, start=start, end=end)


def asked_in(tx: Tx, question: str) -> list[SessionRow]:
    """The sessions that the notice `question` asks about."""
    return _read(tx, _MINE.where(sessions.c.question == question))


def open_questions(tx: Tx) -> list[SessionRow]:
    """Sessions of which it is asked what happened, by start."""
    return _read(tx, _OPEN_QUESTIONS)


def _read(tx: Tx, statement: Select[Any], **values: Any) -> list[SessionRow]:
    return [_session(row) for row in tx.run(statement, **values)]


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
        moved_at=row.moved_at,
        restored_at=row.restored_at,
        oddities=tuple(Oddity(code) for code in row.oddities),
    )
