"""The outbox: every reminder is a row, from the day it is planned. What becomes of it stands in outbox.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Row, Select, and_, delete, insert, select, update

from kepthour.core.ladder import Step, Urgency
from kepthour.core.reminder import OUT, Reminder, State, Why
from kepthour.store.engine import Tx
from kepthour.store.tables import reminders, sessions

log = structlog.get_logger()


def due(tx: Tx, now: datetime, but: Collection[int] = ()) -> list[Reminder]:
    """Reminders to decide about now: pending ones whose time has come, but not those that are being sent (`but`).

    With them come those of the same subjects that fell due before, pending or out: to be weighed against.
    """
    pending = _mine(tx).where(reminders.c.state == State.PENDING.value, reminders.c.id.not_in(but))
    ready = _read(tx, pending.where(reminders.c.not_before <= now))
    if not ready:
        return []
    rivals = _mine(tx).where(
        reminders.c.subject.in_({reminder.subject for reminder in ready}),
        reminders.c.due_at <= now,
        reminders.c.state.in_([State.PENDING.value, *(state.value for state in OUT)]),
    )
    return _read(tx, rivals)


def pending(tx: Tx, ids: Collection[int]) -> list[Reminder]:
    """Those of `ids` that are pending."""
    return _read(tx, _mine(tx).where(reminders.c.id.in_(ids), reminders.c.state == State.PENDING.value))


def coming(tx: Tx, until: datetime, most: int) -> list[Reminder]:
    """The first `most` pending rungs of sessions that are due before `until`, late ones too, by due time."""
    pending = _mine(tx).where(reminders.c.state == State.PENDING.value, reminders.c.offset.is_not(None))
    return _read(tx, pending.where(reminders.c.due_at < until).limit(most))


def next_time(tx: Tx, but: Collection[int] = ()) -> datetime | None:
    """When the next pending reminder is due, or may be tried again; not those that are being sent (`but`)."""
    row = tx.connection.execute(
        select(reminders.c.not_before)
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.state == State.PENDING.value,
            reminders.c.id.not_in(but),
        )
        .order_by(reminders.c.not_before)
        .limit(1)
    ).first()
    return row.not_before if row else None


def of_session(tx: Tx, session_id: str, revision: int) -> list[Reminder]:
    """All reminders for one start of a session, by due time."""
    found = _about_sessions(tx, [session_id]).where(reminders.c.revision == revision)
    return _read(tx, found)


def of_sessions(tx: Tx, ids: Collection[str]) -> dict[tuple[str, int], list[Reminder]]:
    """All reminders of these sessions, each start's by due time; by session id and revision."""
    found: defaultdict[tuple[str, int], list[Reminder]] = defaultdict(list)
    for reminder in _read(tx, _about_sessions(tx, ids)):
        found[reminder.subject, reminder.revision].append(reminder)
    return found


def of_subject(tx: Tx, subject: str) -> list[Reminder]:
    """All reminders about one subject, by due time."""
    return _read(tx, _mine(tx).where(reminders.c.subject == subject))


def about_days(tx: Tx) -> list[Reminder]:
    """Pending digests."""
    return _read(
        tx,
        _mine(tx).where(_subjects("day"), reminders.c.state == State.PENDING.value),
    )


def open_alerts(tx: Tx) -> list[Reminder]:
    """Alerts about calendars that are out or about to go out."""
    return _read(
        tx,
        _mine(tx).where(
            _subjects("calendar"),
            reminders.c.state.in_([State.PENDING.value, State.SENT.value]),
        ),
    )


def open_questions(tx: Tx) -> list[Reminder]:
    """Questions about several sessions at once that are out or about to go out."""
    return _read(
        tx,
        _mine(tx).where(
            _subjects("question"),
            reminders.c.state.in_([State.PENDING.value, State.SENT.value]),
        ),
    )


def changed_after(tx: Tx, at: datetime, useful_after: datetime) -> list[str]:
    """Sessions with a rung, of their present start, that took its state later than `at` and is of use later still."""
    rows = tx.connection.execute(
        select(reminders.c.session_id)
        .join(sessions, sessions.c.id == reminders.c.session_id)
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.revision == sessions.c.revision,
            reminders.c.offset.is_not(None),
            reminders.c.changed_at > at,
            reminders.c.useful_until > useful_after,
        )
        .distinct()
    )
    return [row.session_id for row in rows]


def put_digests_aside(tx: Tx, after: datetime, useful_after: datetime) -> None:
    """Digests that went out later than `after` and are still of use: they stay in the log, and are planned anew."""
    # A revision that no plan ever has; each its own, so that it may happen more than once.
    tx.connection.execute(
        update(reminders)
        .where(
            reminders.c.therapist_id == tx.therapist,
            _subjects("day"),
            reminders.c.changed_at > after,
            reminders.c.useful_until > useful_after,
            reminders.c.revision > 0,
        )
        .values(revision=-reminders.c.id)
    )


def everything(tx: Tx, start: datetime | None = None, end: datetime | None = None) -> list[Reminder]:
    """All reminders due in [start, end), by due time."""
    query = _mine(tx)
    if start is not None:
        query = query.where(reminders.c.due_at >= start)
    if end is not None:
        query = query.where(reminders.c.due_at < end)
    return _read(tx, query)


def to_recall(tx: Tx) -> list[Reminder]:
    """Reminders whose open notice is to be taken back."""
    return _read(tx, _mine(tx).where(reminders.c.recall.is_(True)))


def shown(tx: Tx, subject: str, channel: str) -> str | None:
    """The channel's reference of the newest notice about `subject`, to be replaced by the next."""
    row = tx.connection.execute(
        select(reminders.c.reference)
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.subject == subject,
            reminders.c.channel == channel,
            reminders.c.reference.is_not(None),
        )
        .order_by(reminders.c.sent_at.desc())
        .limit(1)
    ).first()
    return row.reference if row else None


def shown_of(tx: Tx, subjects: Collection[str]) -> dict[tuple[str, str], str]:
    """As `shown`, for all notices about these subjects; by subject and channel."""
    rows = tx.connection.execute(
        select(reminders.c.subject, reminders.c.channel, reminders.c.reference)
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.subject.in_(subjects),
            reminders.c.reference.is_not(None),
        )
        .order_by(reminders.c.sent_at)
    )
    return {(row.subject, row.channel): row.reference for row in rows}


def left_open(tx: Tx, now: datetime) -> list[Reminder]:
    """The newest useful reminder of each subject and channel that may still be on a screen."""
    shown = _read(
        tx,
        _mine(tx).where(
            reminders.c.state == State.SENT.value,
            reminders.c.reference.is_not(None),
            reminders.c.recall.is_(False),
            reminders.c.useful_until > now,
        ),
    )
    return list({(one.subject, one.channel): one for one in shown}.values())


def plan(tx: Tx, subject: str, session_id: str | None, revision: int, steps: Iterable[Step]) -> None:
    """Add reminders."""
    rows = [
        {
            "therapist_id": tx.therapist,
            "subject": subject,
            "session_id": session_id,
            "revision": revision,
            "rung": step.rung,
            "offset": step.offset,
            "channel": step.channel,
            "urgency": step.urgency.value,
            "due_at": step.due_at,
            "useful_until": step.useful_until,
            "skip_in_session": step.skip_in_session,
            "state": State.PENDING.value,
            "not_before": step.due_at,
        }
        for step in steps
    ]
    if rows:
        tx.connection.execute(insert(reminders), rows)


def announce(
    tx: Tx,
    subject: str,
    session_id: str | None,
    revision: int,
    rung: str,
    channels: Iterable[str],
    urgency: Urgency,
    due_at: datetime,
    useful_until: datetime,
) -> None:
    """Add a notice that is no rung (a digest, a question), once per channel; what is there already stays."""
    there = {(r.rung, r.channel, r.revision) for r in of_subject(tx, subject)}
    for channel in channels:
        if (rung, channel, revision) in there:
            continue
        tx.connection.execute(
            insert(reminders).values(
                therapist_id=tx.therapist,
                subject=subject,
                session_id=session_id,
                revision=revision,
                rung=rung,
                offset=None,
                channel=channel,
                urgency=urgency.value,
                due_at=due_at,
                useful_until=useful_until,
                state=State.PENDING.value,
                not_before=due_at,
            )
        )


def drop(tx: Tx, ids: Iterable[int]) -> None:
    """Forget pending reminders that were never begun: the plan changed before it mattered."""
    unwanted = list(ids)
    if unwanted:
        pending = reminders.c.state == State.PENDING.value
        tx.connection.execute(delete(reminders).where(reminders.c.id.in_(unwanted), pending))


def get(tx: Tx, reminder_id: int) -> Reminder | None:
    """The reminder with this id."""
    found = _read(tx, _mine(tx).where(reminders.c.id == reminder_id))
    return found[0] if found else None


def _mine(tx: Tx) -> Select[Any]:
    return select(reminders).where(reminders.c.therapist_id == tx.therapist)


def _about_sessions(tx: Tx, ids: Collection[str]) -> Select[Any]:
    """A session is the subject of all its reminders; of the two columns only `subject` has an index."""
    return _mine(tx).where(reminders.c.subject.in_(ids), reminders.c.session_id.is_not(None))


def _subjects(kind: str) -> ColumnElement[bool]:
    """Subjects that begin with `kind`, as a range: a LIKE would read every reminder there ever was."""
    return and_(reminders.c.subject >= f"{kind}:", reminders.c.subject < f"{kind};")


def _read(tx: Tx, query: Select[Any]) -> list[Reminder]:
    rows = tx.connection.execute(query.order_by(reminders.c.due_at, reminders.c.id))
    return [reminder for row in rows if (reminder := _if_understood(row)) is not None]


def _if_understood(row: Row[Any]) -> Reminder | None:
    """A row that was torn must not cost the others."""
    try:
        return _reminder(row)
    except (ValueError, TypeError) as error:
        log.error("reminder.not_understood", reminder=row.id, problem=error)
        return None


def _reminder(row: Row[Any]) -> Reminder:
    return Reminder(
        id=row.id,
        subject=row.subject,
        session_id=row.session_id,
        revision=row.revision,
        rung=row.rung,
        offset=row.offset,
        channel=row.channel,
        urgency=Urgency(row.urgency),
        due_at=row.due_at,
        useful_until=row.useful_until,
        skip_in_session=row.skip_in_session,
        state=State(row.state),
        why=Why(row.why) if row.why else None,
        attempts=row.attempts,
        problem=row.problem,
        not_before=row.not_before,
        claimed_at=row.claimed_at,
        sent_at=row.sent_at,
        changed_at=row.changed_at,
        reference=row.reference,
    )
