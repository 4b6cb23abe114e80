"""Questions about several sessions at once: one notice, which goes when there is nothing left to ask."""

from __future__ import annotations

from datetime import datetime, timedelta

from kepthour.core.reminder import Why
from kepthour.core.response import silence
from kepthour.core.verdict import NOT_FINAL
from kepthour.store import outbox, reminders, sessions
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow

_DAY = timedelta(days=1)


def close_idle(tx: Tx, now: datetime) -> None:
    """Take back the questions of which every session has its answer, or takes place no more. `now` is aware UTC.

    So is an evening's sweep; one of the evening before that is asked about still may keep it a while longer.
    """
    idle = [
        question
        for question in reminders.open_questions(tx)
        if not any(_is_open(row) for row in sessions.asked_in(tx, question.subject))
    ]
    if sweeps := reminders.open_sweeps(tx, now):
        asked = [row.known.start for row in sessions.open_questions(tx)]
        idle += [one for one in sweeps if not any(one.due_at - _DAY < start <= one.due_at for start in asked)]
    if idle:
        outbox.withdraw(tx, silence(idle, Why.SETTLED), now)


def _is_open(row: SessionRow) -> bool:
    if row.hidden or row.known.cancelled:
        return False
    return row.verdict in NOT_FINAL and row.decided_by == "daemon"
