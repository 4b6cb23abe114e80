"""Plans ladders and digests: rows of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kepthour.core.day import by_day, digests
from kepthour.core.ladder import Ladder, Step, Urgency, climb
from kepthour.core.reminder import Reminder, State
from kepthour.core.response import effect
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import outbox, reminders, sessions
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


def plan_ladder(
    tx: Tx, ladder: Ladder, row: SessionRow, now: datetime, *, is_notable: bool, complete: bool
) -> None:
    """A ladder that has begun stays as it was planned; until then it follows calendar and configuration.

    With `complete`, one that has begun gets what it lacks. What is planned for a start that was answered before (it is
    back, say) hears these answers at once.
    """
    session = row.known
    deadline = ladder.deadline(session.start, session.end)
    if session.cancelled or row.verdict is not None or deadline <= now:
        return
    planned = reminders.of_session(tx, row.id, session.revision)
    answers = sessions.responses_to(tx, row)
    begun = _has_begun(planned, now) or (planned and answers)
    if begun and not complete:
        return
    wanted = {
        (step.rung, step.channel): step
        for step in climb(ladder, session.start, session.end, notable=is_notable)
        if step.useful_until > now
    }
    there = {(r.rung, r.channel) for r in planned if begun or _says(r) == wanted.get((r.rung, r.channel))}
    reminders.drop(tx, (r.id for r in planned if (r.rung, r.channel) not in there))
    missing = [step for key, step in wanted.items() if key not in there]
    reminders.plan(tx, row.id, row.id, session.revision, missing)
    sessions.set_limits(tx, row.id, deadline, ladder.late_after)
    for answer in answers:
        rungs = reminders.of_session(tx, row.id, session.revision)
        outbox.apply(tx, effect(answer, session.start, deadline, rungs), row.id, session.revision, answer.at)


def _has_begun(planned: Sequence[Reminder], now: datetime) -> bool:
    return any(r.state is not State.PENDING or r.due_at <= now for r in planned)


def _says(reminder: Reminder) -> Step | None:
    if reminder.offset is None:
        return None
    return Step(
        reminder.rung,
        reminder.offset,
        reminder.channel,
        reminder.urgency,
        reminder.due_at,
        reminder.useful_until,
        reminder.skip_in_session,
    )


def plan_digests(tx: Tx, policy: Policy, rows: Sequence[SessionRow], now: datetime) -> None:
    """One digest an evening and a morning. Their texts are made when they go out, from what holds then."""
    days = by_day((row.known for row in rows), policy.zone)
    wanted = {
        (one.subject, one.rung): one
        for one in digests(days, policy.zone, policy.digests)
        if one.useful_until > now
    }
    for old in reminders.about_days(tx):
        new = wanted.get((old.subject, old.rung))
        if new is None or new.due_at != old.due_at:
            reminders.drop(tx, [old.id])
    for one in wanted.values():
        reminders.announce(
            tx,
            one.subject,
            None,
            1,
            one.rung,
            policy.digest_channels,
            Urgency.PASSIVE,
            one.due_at,
            one.useful_until,
        )
