"""What becomes of reminders: claimed, accepted, refused, answered, taken back, handed over, due again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update

from kepthour.core.ladder import Step
from kepthour.core.reminder import HELD, Change, Hold, Reminder, State, Why, check_move
from kepthour.core.response import Effect, Raise
from kepthour.core.spans import in_seconds
from kepthour.store.engine import Tx
from kepthour.store.planning import add
from kepthour.store.reminders import get, of_session, of_subject
from kepthour.store.tables import reminders, sessions


def lease(tx: Tx, claimed: Iterable[Reminder], now: datetime, until: datetime) -> None:
    """Claim reminders for sending; who dies before recording lets go of them at `until`, or at the next start."""
    _update(
        tx,
        [reminder.id for reminder in claimed],
        not_before=until,
        why=None,
        claimed_at=now,
        attempts=reminders.c.attempts + 1,
    )


def release(tx: Tx, but: Collection[int] = ()) -> None:
    """End all leases and pauses, those of the reminders `but` apart: who held them is dead, or the clock was set."""
    tx.connection.execute(
        update(reminders)
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.state == State.PENDING.value,
            reminders.c.not_before != reminders.c.due_at,
            reminders.c.id.not_in(but),
        )
        .values(not_before=reminders.c.due_at)
    )


def hold(tx: Tx, holds: Iterable[Hold]) -> None:
    """Leave these alone for a while: the therapist is with a client, or away."""
    for one in holds:
        longer = {} if one.useful_until is None else {"useful_until": one.useful_until}
        _update(tx, [one.reminder], not_before=one.until, why=one.why.value, **longer)


def end_holds(tx: Tx) -> None:
    """Whoever was with a client, or away, may not be any more: all that was held back is weighed again."""
    tx.connection.execute(
        update(reminders)
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.state == State.PENDING.value,
            reminders.c.why.in_([why.value for why in HELD]),
        )
        .values(not_before=reminders.c.due_at, why=None)
    )


def bring_forward(tx: Tx, subject: str, at: datetime) -> None:
    """What is pending about a subject, and due later, is due `at`."""
    tx.connection.execute(
        update(reminders)
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.subject == subject,
            reminders.c.state == State.PENDING.value,
            reminders.c.due_at > at,
        )
        .values(due_at=at, not_before=at)
    )


def let_go(tx: Tx, ids: Collection[int]) -> None:
    """End the leases of these reminders."""
    _update(tx, ids, not_before=reminders.c.due_at)


def refused(tx: Tx, reminder: Reminder, problem: str, again: datetime) -> bool:
    """A channel did not accept it: tried again at `again`. False if it is not wanted any more, or not for then."""
    if not _still_for_then(tx, reminder):
        return False
    _update(tx, [reminder.id], problem=problem, not_before=again)
    return True


def spread(tx: Tx, reminder: Reminder, channels: Iterable[str]) -> None:
    """Hand a rung that its channel refuses to `channels` as well, those apart that have it already."""
    offset = reminder.offset
    if offset is None:
        return
    ladder = [one for one in of_subject(tx, reminder.subject) if one.revision == reminder.revision]
    there = {one.channel for one in ladder if (one.offset, one.due_at) == (offset, reminder.due_at)}
    taken = {(one.rung, one.channel) for one in ladder}
    steps = [
        Step(
            _free(reminder.rung, offset, channel, taken),
            offset,
            channel,
            reminder.urgency,
            reminder.due_at,
            reminder.useful_until,
            False,
        )
        for channel in channels
        if channel not in there
    ]
    add(tx, reminder.subject, reminder.session_id, reminder.revision, steps)


def accepted(tx: Tx, reminder: Reminder, at: datetime, reference: str | None) -> bool:
    """A channel accepted it. False if it was answered, superseded or put off meanwhile: its notice no longer holds."""
    if _still_for_then(tx, reminder):
        done = {"state": State.SENT.value, "why": Why.ACCEPTED.value, "changed_at": at}
        _update(tx, [reminder.id], sent_at=at, reference=reference, **done)
        return True
    now_is = get(tx, reminder.id)
    if now_is is not None and now_is.state is not State.PENDING:
        _update(tx, [reminder.id], sent_at=at, reference=reference, recall=reference is not None)
    return False


def _still_for_then(tx: Tx, reminder: Reminder) -> bool:
    """Whether nothing happened to it since it was claimed: "running late" puts off what is on its way, too."""
    now_is = get(tx, reminder.id)
    return now_is is not None and now_is.state is State.PENDING and now_is.due_at == reminder.due_at


def shown_at(tx: Tx, reminder_id: int, reference: str | None) -> bool:
    """Where an open notice stands now. False if it was answered or withdrawn meanwhile."""
    now_is = get(tx, reminder_id)
    if now_is is None or now_is.state is not State.SENT:
        return False
    _update(tx, [reminder_id], reference=reference)
    return True


def recalled(tx: Tx, reminder_id: int) -> None:
    """Its notice was taken back, or there was none left."""
    _update(tx, [reminder_id], recall=False, reference=None)


def change(tx: Tx, changes: Iterable[Change], at: datetime) -> None:
    """Move reminders to their next states. Raises BrokenPromise for a move that is not allowed."""
    wanted = {one.reminder: one for one in changes}
    rows = tx.connection.execute(
        select(reminders.c.id, reminders.c.state).where(reminders.c.id.in_(wanted))
    ).all()
    assert len(rows) == len(wanted), "a reminder that was just read is gone"
    moves: defaultdict[tuple[State, Why], list[int]] = defaultdict(list)
    for row in rows:
        one = wanted[row.id]
        if row.state != one.to.value:
            check_move(State(row.state), one.to)
            moves[one.to, one.why].append(row.id)
    for (to, why), ids in moves.items():
        _update(tx, ids, state=to.value, why=why.value, changed_at=at)


def call_back(tx: Tx, now: datetime) -> None:
    """Rungs of use still that were ended, undelivered, at a time later than `now`: that time has not come.

    Those apart that an answer ended: it was given all the same.
    """
    there = select(sessions.c.id).where(
        sessions.c.id == reminders.c.session_id,
        sessions.c.revision == reminders.c.revision,
        sessions.c.cancelled_at.is_(None),
        sessions.c.verdict.is_(None),
    )
    ended = or_(
        reminders.c.state.in_([State.COLLAPSED.value, State.EXPIRED.value, State.FAILED.value]),
        and_(reminders.c.state == State.SUPERSEDED.value, reminders.c.why == Why.FLAGGED.value),
    )
    tx.connection.execute(
        update(reminders)
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.offset.is_not(None),
            reminders.c.changed_at > now,
            reminders.c.useful_until > now,
            ended,
            there.exists(),
        )
        .values(state=State.PENDING.value, why=None, changed_at=now, not_before=reminders.c.due_at)
    )


def revive(tx: Tx, ids: Collection[int], at: datetime) -> None:
    """These were superseded, and are called for again, at their own times."""
    check_move(State.SUPERSEDED, State.PENDING)
    _update(tx, ids, state=State.PENDING.value, why=None, changed_at=at, not_before=reminders.c.due_at)


def withdraw(tx: Tx, effect: Effect, at: datetime) -> None:
    """What no longer holds is superseded, and its open notices are to be taken back."""
    change(tx, effect.changes, at)
    _update(tx, effect.recall, recall=True)


def apply(tx: Tx, effect: Effect, session_id: str, revision: int, at: datetime) -> None:
    """All that an answer does to a session's reminders."""
    withdraw(tx, effect, at)
    for shift in effect.shifts:
        times = {"due_at": shift.due_at, "not_before": shift.due_at, "useful_until": shift.useful_until}
        _update(tx, [shift.reminder], **times)
    for one in effect.raises:
        _raise(tx, one, (session_id, revision), at)


def _raise(tx: Tx, one: Raise, start: tuple[str, int], at: datetime) -> None:
    """A rung at the end of a snooze, or from an announced start on. A silenced one of its name comes back for it."""
    there = {(r.rung, r.channel): r for r in of_session(tx, *start)}
    namesake = there.get((one.rung, one.channel))
    if namesake is not None and namesake.state is State.SUPERSEDED:
        check_move(namesake.state, State.PENDING)
        times = {"due_at": one.due_at, "not_before": one.due_at, "useful_until": one.useful_until}
        _update(tx, [namesake.id], state=State.PENDING.value, why=None, changed_at=at, **times)
        return
    coming = [r for r in there.values() if r.state is State.PENDING]
    if any((r.channel, r.offset, r.due_at) == (one.channel, one.offset, one.due_at) for r in coming):
        return
    rung = _free(one.rung, one.offset, one.channel, there)
    step = Step(rung, one.offset, one.channel, one.urgency, one.due_at, one.useful_until, False)
    add(tx, start[0], start[0], start[1], [step])


def _free(rung: str, offset: timedelta, channel: str, taken: Collection[tuple[str, str]]) -> str:
    """The rung's name, or another if one at another time has that already on this channel."""
    names = [rung, *(in_seconds(offset, later) for later in range(len(taken) + 1))]
    return next(name for name in names if (name, channel) not in taken)


def hand_over(
    tx: Tx, old: tuple[str, int], new: tuple[str, int], only: Collection[int] | None = None
) -> None:
    """The ladder of a session's start, whatever became of each rung, belongs to another (id, revision) from now on.

    With `only`, no more than the reminders with these ids.
    """
    ladder = and_(
        reminders.c.therapist_id == tx.therapist,
        reminders.c.session_id == old[0],
        reminders.c.subject == old[0],
        reminders.c.revision == old[1],
    )
    chosen = ladder if only is None else and_(ladder, reminders.c.id.in_(only))
    values = {"session_id": new[0], "subject": new[0], "revision": new[1]}
    tx.connection.execute(update(reminders).where(chosen).values(**values))


def _update(tx: Tx, ids: Collection[int], **values: Any) -> None:
    if ids:
        tx.connection.execute(
            update(reminders)
            .where(reminders.c.therapist_id == tx.therapist, reminders.c.id.in_(ids))
            .values(**values)
        )
