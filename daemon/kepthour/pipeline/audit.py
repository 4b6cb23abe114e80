"""The auditor: looks for sessions that nothing will happen to any more though something should, and sees to them.

1  every session of these days that takes place, as it is stored          (one transaction)
2  what is missing, by rules that know nothing of the planner              (core.audit)
3  begin its ladder anew, release what hangs; what comes back a second time is told on every channel
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from kepthour.core.audit import Gap, Open, gaps
from kepthour.core.ladder import Urgency
from kepthour.core.reminder import Why
from kepthour.core.verdict import deadline_after
from kepthour.logger import log
from kepthour.store import outbox, planning, reminders, renewal, responses, sessions, watches
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow

BEHIND, AHEAD = timedelta(days=1), timedelta(days=7)  # what is planned reaches a day farther
_USEFUL_FOR = timedelta(hours=12)
_ANEW = {Gap.NO_LADDER, Gap.SILENCED}


@dataclass(frozen=True, slots=True)
class Found:
    """One session with something missing."""

    session: str
    gaps: tuple[Gap, ...]


def audit(
    store: Store, channels: Sequence[str], now: datetime, before: Sequence[Found], given_up: Event
) -> list[Found]:
    """Find and mend at `now` (aware UTC); returns what was found. `before` is what the last pass found.

    The plan is to be made anew afterwards. Once `given_up` is set, nobody will do that: then nothing is done.
    `channels` are all there are.
    """
    with store.read() as tx:
        found = _found(tx, now)
    if not found:
        return []
    again = {(one.session, gap) for one in before for gap in one.gaps}
    with store.write() as tx:
        if given_up.is_set():
            return []
        outbox.release(tx)
        for row, missing in found:
            log.error("audit.gap", session=row.id, gaps=[gap.value for gap in missing])
            if _ANEW & set(missing):
                renewal.begin_anew(tx, row, Why.REPLANNED, now, answers=True)  # which hears the answers
            if any((row.id, gap) in again for gap in missing):
                _tell(tx, row, channels, now)
    return [Found(row.id, tuple(missing)) for row, missing in found]


def _found(tx: Tx, now: datetime) -> list[tuple[SessionRow, list[Gap]]]:
    since = watches.first_ever(tx)
    unwatched = sessions.over_when_added(tx, now - BEHIND, now)
    rows = [
        row
        for row in sessions.between(tx, now - BEHIND, now + AHEAD)
        if not row.hidden
        and not row.known.cancelled
        and since is not None
        and row.known.end > since
        and row.id not in unwatched
    ]
    return [(row, missing) for row in rows if (missing := gaps(_open(tx, row), now))]


def _open(tx: Tx, row: SessionRow) -> Open:
    answers = responses.to(tx, row)
    ladder = reminders.of_session(tx, row.id, row.known.revision)
    asked = reminders.of_subject(tx, row.question) if row.question not in {None, row.id} else []
    return Open(
        start=row.known.start,
        deadline=deadline_after(row.deadline, row.known.start, answers),
        verdict=row.verdict,
        by=row.decided_by,
        answers=frozenset(answer.kind for answer in answers),
        reminders=[*ladder, *asked],
    )


def _tell(tx: Tx, row: SessionRow, channels: Sequence[str], now: datetime) -> None:
    """It could not be mended: somebody has to know, on whatever channel still works."""
    planning.announce(
        tx,
        f"audit:{row.id}",
        row.id,
        row.known.revision,
        "audit",
        channels,
        Urgency.HIGH,
        now,
        max(row.known.end, now + _USEFUL_FOR),
    )
