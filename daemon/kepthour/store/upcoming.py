"""What comes next, for those who plan around the ladder and not within it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, select

from kepthour.core.away import covering
from kepthour.core.reminder import State
from kepthour.store import absences
from kepthour.store.engine import Tx
from kepthour.store.tables import reminders, sessions

_AHEAD = timedelta(days=30)  # far more than is planned ahead


def next_rung(tx: Tx, after: datetime) -> datetime | None:
    """When the first rung later than `after` is due that comes no later than its session's start; None: there is none.

    What comes after the start is no reason to wake a machine that was put to sleep meanwhile: it may be in a bag.
    Nor is what is silent because the therapist is away.
    """
    query = (
        select(reminders.c.due_at, sessions.c.start)
        .join(sessions, and_(sessions.c.id == reminders.c.session_id, sessions.c.start >= reminders.c.due_at))
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.state == State.PENDING.value,
            reminders.c.due_at > after,
        )
        .order_by(reminders.c.due_at)
    )
    absent = absences.between(tx, after, after + _AHEAD)
    coming = (row.due_at for row in tx.connection.execute(query) if covering(row.start, absent) is None)
    return next(coming, None)
