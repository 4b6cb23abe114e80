"""Keeps what was seen around sessions: by the sources that watch this machine, and in the calendars.

What follows from it, detection says. Of this machine:

1  is a session near whose presence is open?      (one transaction)
2  look                                           (runtime)
3  lengthen spells, or begin new ones             (one transaction)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from kepthour.core.edits import Edit, counts
from kepthour.core.presence import EARLIEST_SIGN
from kepthour.core.response import Response
from kepthour.core.sessions import session_id
from kepthour.core.spells import Look, is_watched
from kepthour.core.verdict import deadline_after
from kepthour.logger import log
from kepthour.store import evidence, responses, sessions, spells
from kepthour.store.engine import Store
from kepthour.store.sessions import SessionRow

_LONGEST = timedelta(hours=24)  # from a start to its deadline, with any "running late"


def is_wanted(store: Store, now: datetime) -> bool:
    """Whether to look at `now` (aware UTC): only around sessions that nothing is concluded of."""
    with store.read() as tx:
        near = sessions.awaiting(tx, now - _LONGEST, now + EARLIEST_SIGN + timedelta(microseconds=1))
        answers = responses.of_sessions(tx, [row.id for row in near])
    for row in near:
        said = answers.get((row.id, row.known.revision), ())
        if is_watched(row.known.start, deadline_after(row.deadline, row.known.start, said), now):
            return True
    return False


def record(store: Store, source: str, look: Look, before: Look | None) -> None:
    """Keep one look. `before` is the source's last one; None: this process has made none."""
    if not look.signs:
        return
    with store.write() as tx:
        spells.record(tx, source, look, before)


def record_edits(store: Store, calendar: str, edits: Iterable[Edit], now: datetime) -> None:
    """Keep those edits that poll of `calendar` found at `now` (aware UTC) and that tell of a session."""
    with store.write() as tx:
        for edit in edits:
            row = sessions.get(tx, session_id(calendar, edit.uid, edit.recurrence_id))
            if row is not None and _tells(edit, row, responses.to(tx, row)):
                evidence.record_edit(tx, row, edit, now)
                log.info("evidence.edited", session=row.id)


def _tells(edit: Edit, row: SessionRow, said: Sequence[Response]) -> bool:
    """Whether the entry was edited while the session, which takes place, was on."""
    known = row.known
    if row.hidden or known.cancelled or known.start != edit.start:
        return False
    return counts(edit.since, edit.until, known.start, deadline_after(row.deadline, known.start, said))


def purge(store: Store, before: datetime) -> None:
    """Delete what is older than `before` (aware UTC): what was seen, and what sources answered."""
    with store.write() as tx:
        count = evidence.purge(tx, before) + spells.purge(tx, before)
    if count:
        log.info("evidence.purged", count=count)
