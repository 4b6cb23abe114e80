"""Questions about several sessions at once: one notice, which goes when there is nothing left to ask."""

from __future__ import annotations

from datetime import datetime

from kepthour.core.reminder import Why
from kepthour.core.response import silence
from kepthour.core.verdict import NOT_FINAL
from kepthour.store import outbox, reminders, sessions
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


def close_idle(tx: Tx, now: datetime) -> None:
    """Take back the questions of which every session has its answer, or takes place no more. `now` is aware UTC."""
    idle = [
        question
        for question in reminders.open_questions(tx)
        if not any(_is_open(row) for row in sessions.asked_in(tx, question.subject))
    ]
    if idle:
        outbox.withdraw(tx, silence(idle, Why.SETTLED), now)


def _is_open(row: SessionRow) -> bool:
    if row.hidden or row.known.cancelled:
        return False
    return row.verdict in NOT_FINAL and row.decided_by == "daemon"
