"""Whether silence means something: did the daemon run, was the calendar fresh, did the ladder go out?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from kepthour.core.away import Absence, covering
from kepthour.core.freshness import tells_of
from kepthour.core.gaps import GAP, Kept, gaps
from kepthour.core.reminder import OUT, Reminder, State
from kepthour.core.verdict import Coverage

_DECISIVE = timedelta(minutes=5)  # from here to the deadline the daemon must have been there
_MISSED = {State.FAILED, State.EXPIRED}


def coverage(
    start: datetime,
    deadline: datetime,
    watches: Sequence[Kept],
    reminders: Sequence[Reminder],
    as_of: datetime | None,
    stale_after: timedelta,
    absences: Sequence[Absence] = (),
) -> Coverage:
    """What was covered of one session, from its decisive rungs up to `deadline`. Instants are aware UTC.

    `watches` are by their beginnings; `reminders` are those of the session's present start; `as_of` is when its
    calendar was asked for its last good answer: what came later it may not know.
    """
    rungs = [reminder for reminder in reminders if reminder.is_of_ladder]
    began = min((rung.due_at for rung in rungs), default=start)
    return Coverage(
        daemon=not gaps(watches, max(began, start - _DECISIVE), deadline),
        calendar=as_of is not None and tells_of(deadline, as_of, stale_after),
        ladder=went_out(rungs, start, deadline),
        away=covering(start, absences) is not None,
    )


def went_out(rungs: Sequence[Reminder], start: datetime, deadline: datetime) -> bool:
    """Whether one rung went out by the start (or as the first of the ladder), and none that was due by then was lost.

    A rung that reached any of its channels went out. One that its channels refuse up to the deadline was lost.
    """
    sent = [rung for rung in rungs if rung.state in OUT and rung.sent_at is not None]
    if not sent:
        return False
    first_due = min(rung.due_at for rung in rungs)
    in_time = min(rung.sent_at for rung in sent if rung.sent_at) <= max(start, first_due) + GAP
    reached = {rung.rung for rung in sent}
    lost = {rung.rung for rung in rungs if rung.state in _MISSED or _waits(rung, deadline)} - reached
    return in_time and not lost


def _waits(rung: Reminder, until: datetime) -> bool:
    return rung.state is State.PENDING and rung.due_at < until
