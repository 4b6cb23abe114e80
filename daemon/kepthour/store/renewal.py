"""A session begins once more, as another revision: nothing is concluded of it, and the planner plans it anew."""

from __future__ import annotations

from datetime import datetime

from kepthour.core.reminder import Why
from kepthour.core.response import silence
from kepthour.core.trail import Who
from kepthour.store import course, outbox, reminders
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


def begin_anew(tx: Tx, row: SessionRow, why: Why, now: datetime, *, answers: bool = False) -> None:
    """Withdraw the present ladder for `why`; with `answers`, what was answered so far counts for the next one."""
    old, new = (row.id, row.known.revision), (row.id, row.known.revision + 1)
    outbox.withdraw(tx, silence(reminders.of_session(tx, *old), why), now)
    if answers:
        course.adopt(tx, old, new)
    by = Who.THERAPIST if why is Why.TAKEN_BACK else Who.DAEMON
    course.begin_anew(tx, row.id, new[1], by, why, now)
