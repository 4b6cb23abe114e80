"""After the clock was set back: takes back what was concluded, and shown too early, in a time that has not come.

A laptop whose clock was years ahead has found every session slept through, and asked about each; one that was an hour
ahead has reminded an hour too early. What was said at most five minutes ahead stays said: it need not be said twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kepthour.core.nudges import subject
from kepthour.core.reminder import Reminder, State, Why
from kepthour.core.response import silence
from kepthour.core.timekeeping import EARLY
from kepthour.core.trail import Who
from kepthour.logger import log
from kepthour.pipeline.plan.ladders import Lacks
from kepthour.store import (
    card_again,
    course,
    outbox,
    planning,
    questions,
    reminders,
    sessions,
    spells,
    watches,
)
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


def rewind(tx: Tx, now: datetime) -> dict[str, Lacks]:
    """Take back what `now` (aware UTC) makes untrue; returns what the ladders of which sessions lack."""
    watches.forget_future(tx, now)
    spells.forget_future(tx, now)
    course.forget_conclusions(tx, now)
    outbox.call_back(tx, now)
    limit = now + EARLY
    # One that began at most five minutes ahead lacks what seemed useless then, and is not.
    lacking = dict.fromkeys(reminders.changed_after(tx, now, useful_after=now), Lacks.ALL)
    rewound = set()
    for session_id in reminders.changed_after(tx, limit, useful_after=now):
        row = sessions.get(tx, session_id)
        if row is not None and not row.hidden and not row.known.cancelled:
            _set_back(tx, row, limit, now)
            rewound.add(row.id)
    planning.put_digests_aside(tx, limit, useful_after=now)
    questions.close_idle(tx, now)
    if rewound:
        log.warning("plan.rewound", sessions=len(rewound))
    return lacking | dict.fromkeys(rewound, Lacks.ALL)


def _set_back(tx: Tx, row: SessionRow, limit: datetime, now: datetime) -> None:
    """A new revision of the session, in which only that has happened which happened up to `limit`."""
    old, new = (row.id, row.known.revision), (row.id, row.known.revision + 1)
    ladder = reminders.of_session(tx, *old)
    happened = [one for one in ladder if _has_happened(one, limit)]
    _withdraw(tx, [one for one in ladder if one not in happened], now)
    outbox.hand_over(tx, old, new, only=[one.id for one in happened])
    course.adopt(tx, old, new, until=limit)
    course.begin_anew(tx, row.id, new[1], Who.DAEMON, Why.CLOCK_SET, now)
    dropped = card_again.forget_untouched(tx, row.id, opened_after=limit, now=now)
    if dropped is not None:  # its number will be another's
        said = reminders.of_subject(tx, subject(dropped.id))
        _withdraw(tx, [one for one in said if one.state in {State.PENDING, State.SENT}], now)


def _has_happened(reminder: Reminder, limit: datetime) -> bool:
    if reminder.offset is None or reminder.state is State.PENDING:
        return False
    # What was sent has happened then, even if it was taken back since.
    return (reminder.sent_at or reminder.changed_at or reminder.due_at) <= limit


def _withdraw(tx: Tx, unwanted: Sequence[Reminder], now: datetime) -> None:
    outbox.withdraw(tx, silence(unwanted, Why.CLOCK_SET), now)
