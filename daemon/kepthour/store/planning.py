"""What is to come: reminders are added, and go again as long as nothing was begun with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import and_, delete, insert, update

from kepthour.core.ladder import Step, Urgency
from kepthour.core.reminder import State
from kepthour.store.conditions import of_kind
from kepthour.store.engine import Tx
from kepthour.store.reminders import of_subject
from kepthour.store.tables import reminders

# A revision that no plan ever has; each its own, so that it may happen more than once.
_ASIDE = {"revision": -reminders.c.id}


def add(tx: Tx, subject: str, session_id: str | None, revision: int, steps: Iterable[Step]) -> None:
    """Rungs: one reminder a step."""
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
        tx.connection.execute(
            delete(reminders).where(reminders.c.id.in_(unwanted), reminders.c.state == State.PENDING.value)
        )


def put_aside(tx: Tx, ids: Collection[int]) -> None:
    """These stay in the log, and in nobody's way: what is announced under their name is announced anew."""
    if ids:
        mine = and_(reminders.c.therapist_id == tx.therapist, reminders.c.id.in_(ids))
        tx.connection.execute(update(reminders).where(mine).values(_ASIDE))


def put_digests_aside(tx: Tx, after: datetime, useful_after: datetime) -> None:
    """Digests that went out later than `after` and are still of use: they stay in the log, and are planned anew."""
    tx.connection.execute(
        update(reminders)
        .where(
            reminders.c.therapist_id == tx.therapist,
            of_kind(reminders.c.subject, "day"),
            reminders.c.changed_at > after,
            reminders.c.useful_until > useful_after,
            reminders.c.revision > 0,
        )
        .values(_ASIDE)
    )
