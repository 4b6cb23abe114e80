"""The outbox: every reminder is a row, from the day it is planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, delete, insert, select, update

from kepthour.core.ladder import Step, Urgency
from kepthour.core.reminder import Change, Reminder, State, Why, check_move
from kepthour.core.response import Effect
from kepthour.store.engine import Tx
from kepthour.store.tables import reminders


def due(tx: Tx, now: datetime) -> list[Reminder]:
    """Pending reminders whose time has come, and which nobody is sending just now."""
    return _read(
        tx,
        _mine(tx).where(reminders.c.state == State.PENDING.value, reminders.c.not_before <= now),
    )


def next_time(tx: Tx) -> datetime | None:
    """When the next pending reminder is due, or may be tried again."""
    row = tx.connection.execute(
        select(reminders.c.not_before)
        .where(reminders.c.therapist_id == tx.therapist, reminders.c.state == State.PENDING.value)
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
        assert reminder.session_id is not None
        found[reminder.session_id, reminder.revision].append(reminder)
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


def record_place(tx: Tx, reminder_id: int, reference: str | None) -> bool:
    """Where an open notice stands now. False if it was answered or withdrawn meanwhile."""
    now_is = get(tx, reminder_id)
    if now_is is None or now_is.state is not State.SENT:
        return False
    _update(tx, reminder_id, reference=reference)
    return True


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
    for reminder_id in ids:
        tx.connection.execute(
            delete(reminders).where(reminders.c.id == reminder_id, reminders.c.state == State.PENDING.value)
        )


def lease(tx: Tx, reminder: Reminder, until: datetime) -> None:
    """Claim a reminder for sending; who crashes before recording lets go of it at `until`."""
    _update(tx, reminder.id, not_before=until, attempts=reminder.attempts + 1)


def record_sent(tx: Tx, reminder_id: int, at: datetime, reference: str | None) -> bool:
    """A channel accepted it. False if it was answered or superseded meanwhile: its notice no longer holds."""
    before = get(tx, reminder_id)
    if before is None:
        return False
    if before.state is State.PENDING:
        _update(
            tx, reminder_id, state=State.SENT.value, why=Why.ACCEPTED.value, sent_at=at, reference=reference
        )
        return True
    _update(tx, reminder_id, sent_at=at, reference=reference, recall=reference is not None)
    return False


def retry(tx: Tx, reminder_id: int, at: datetime) -> None:
    """Refused: try again at `at`."""
    _update(tx, reminder_id, not_before=at)


def get(tx: Tx, reminder_id: int) -> Reminder | None:
    """The reminder with this id."""
    found = _read(tx, _mine(tx).where(reminders.c.id == reminder_id))
    return found[0] if found else None


def recalled(tx: Tx, reminder_id: int) -> None:
    """Its notice was taken back, or there was none left."""
    _update(tx, reminder_id, recall=False, reference=None)


def change(tx: Tx, changes: Iterable[Change]) -> None:
    """Move reminders to their next states. Raises BrokenPromise for a move that is not allowed."""
    wanted = {one.reminder: one for one in changes}
    before = {one.id: one.state for one in _read(tx, _mine(tx).where(reminders.c.id.in_(wanted)))}
    assert before.keys() == wanted.keys(), "a reminder that was just read is gone"
    moves = [one for one in wanted.values() if before[one.reminder] is not one.to]
    for one in moves:
        check_move(before[one.reminder], one.to)
    if moves:
        tx.connection.execute(
            update(reminders).where(reminders.c.id == bindparam("reminder")).values(
                state=bindparam("to"), why=bindparam("for_this")
            ),
            [{"reminder": one.reminder, "to": one.to.value, "for_this": one.why.value} for one in moves],
        )  # fmt: skip


def apply_to_notice(tx: Tx, effect: Effect) -> None:
    """What no longer holds is superseded, and its open notices are to be taken back."""
    change(tx, effect.changes)
    if effect.recall:
        tx.connection.execute(update(reminders).where(reminders.c.id.in_(effect.recall)).values(recall=True))


def apply(tx: Tx, effect: Effect, subject: str, session_id: str, revision: int) -> None:
    """All that an answer does to a session's reminders."""
    apply_to_notice(tx, effect)
    for shift in effect.shifts:
        _update(
            tx, shift.reminder, due_at=shift.due_at, not_before=shift.due_at, useful_until=shift.useful_until
        )
    there = {(r.rung, r.channel) for r in of_session(tx, session_id, revision)}
    plan(
        tx,
        subject,
        session_id,
        revision,
        [
            Step(one.rung, one.offset, one.channel, one.urgency, one.due_at, one.useful_until, False)
            for one in effect.raises
            if (one.rung, one.channel) not in there
        ],
    )


def _mine(tx: Tx) -> Select[Any]:
    return select(reminders).where(reminders.c.therapist_id == tx.therapist)


def _about_sessions(tx: Tx, ids: Collection[str]) -> Select[Any]:
    """A session is the subject of all its reminders; of the two columns only `subject` has an index."""
    return _mine(tx).where(reminders.c.subject.in_(ids), reminders.c.session_id.is_not(None))


def _subjects(kind: str) -> ColumnElement[bool]:
    """Subjects that begin with `kind`, as a range: a LIKE would read every reminder there ever was."""
    return and_(reminders.c.subject >= f"{kind}:", reminders.c.subject < f"{kind};")


def _read(tx: Tx, query: Select[Any]) -> list[Reminder]:
    return [
        _reminder(row) for row in tx.connection.execute(query.order_by(reminders.c.due_at, reminders.c.id))
    ]


def _update(tx: Tx, reminder_id: int, **values: Any) -> None:
    tx.connection.execute(
        update(reminders)
        .where(reminders.c.therapist_id == tx.therapist, reminders.c.id == reminder_id)
        .values(**values)
    )


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
        sent_at=row.sent_at,
        reference=row.reference,
    )
