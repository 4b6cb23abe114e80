"""Questions about several sessions at once: one notice, which goes when there is nothing left to ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from kepthour.core.reminder import QUESTION, SWEEP, Reminder, Why
from kepthour.core.response import silence
from kepthour.core.verdict import NOT_FINAL
from kepthour.store import absences, outbox, reminders, sessions
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow

ASKING = {QUESTION, SWEEP}  # of a session that had both, the sweep stands in the place of the question

_DAY = timedelta(days=1)
_STANDS_FOR = timedelta(days=4)  # a question: over a long weekend
_LONG_AGO = 5  # so many questions of longer ago are shown again: all of them would bury what is due today


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


def asked_since(tx: Tx, now: datetime) -> datetime:
    """What was asked after this stands still: for so long, in which nobody was away. Aware UTC."""
    left, at = _STANDS_FOR, now
    for one in sorted(absences.between(tx, now - _STANDS_FOR, now), key=lambda one: one.end, reverse=True):
        present = max(at - one.end, timedelta())
        if present >= left or one.start >= at:
            continue
        left, at = left - present, one.start
    return at - left


def buried(left: Iterable[Reminder], now: datetime) -> set[int]:
    """The ids of old questions that are not shown again: on each channel all but the newest."""
    old: defaultdict[str, list[int]] = defaultdict(list)
    for one in left:
        if one.rung in ASKING and _is_old(one, now):
            old[one.channel].append(one.id)
    return {number for numbers in old.values() for number in numbers[:-_LONG_AGO]}


def _is_old(question: Reminder, now: datetime) -> bool:
    return question.sent_at is not None and question.sent_at <= now - _DAY


def _is_open(row: SessionRow) -> bool:
    if row.hidden or row.known.cancelled:
        return False
    return row.verdict in NOT_FINAL and row.decided_by == "daemon"
