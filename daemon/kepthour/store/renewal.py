"""A session begins once more, as another revision: nothing is concluded of it, and the planner plans it anew."""

from __future__ import annotations

from datetime import datetime

from kepthour.core.reminder import OUT, State, Why
from kepthour.core.response import Kind, silence
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


_SAID = {Why.CHECKED_IN, Why.CHECKED_OUT, Why.SETTLED}


def go_on(tx: Tx, row: SessionRow, now: datetime) -> None:
    """What was said is taken back, but that it begins later: by now the planner would find the first start long over.

    The rungs that were to come still do, at their times.
    """
    old, new = (row.id, row.known.revision), (row.id, row.known.revision + 1)
    ladder = reminders.of_session(tx, *old)
    coming = [
        one.id
        for one in ladder
        if one.offset is not None
        and one.useful_until > now
        and (one.state is State.PENDING or (one.state is State.SUPERSEDED and one.why in _SAID))
    ]
    # What came has come, though it is taken back: it may have to come once more.
    over = [one.id for one in ladder if one.offset is not None and one.why not in _SAID | {Why.TAKEN_BACK}]
    out = [one.id for one in ladder if one.offset is not None and one.state in OUT]
    outbox.withdraw(tx, silence(ladder, Why.TAKEN_BACK), now)
    outbox.hand_over(tx, old, new, only={*coming, *over, *out})
    outbox.revive(tx, coming, now)
    course.adopt(tx, old, new, kinds={Kind.LATE})
    course.begin_anew(tx, row.id, new[1], Who.THERAPIST, Why.TAKEN_BACK, now)
