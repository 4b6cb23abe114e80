"""What comes next, for those who plan around the ladder and not within it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, select

from kepthour.core.reminder import State
from kepthour.store.engine import Tx
from kepthour.store.tables import reminders, sessions


def next_rung(tx: Tx, after: datetime) -> datetime | None:
    """When the first rung later than `after` is due that comes no later than its session's start; None: there is none.

    What comes after the start is no reason to wake a machine that was put to sleep meanwhile: it may be in a bag.
    """
    query = (
        select(func.min(reminders.c.due_at))
        .join(sessions, and_(sessions.c.id == reminders.c.session_id, sessions.c.start >= reminders.c.due_at))
        .where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.state == State.PENDING.value,
            reminders.c.due_at > after,
        )
    )
    found: datetime | None = tx.connection.execute(query).scalar()
    return found
