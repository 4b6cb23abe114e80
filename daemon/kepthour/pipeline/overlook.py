"""Keeps what the sources that watch this machine saw around sessions. What follows from it, detection says.

1  is a session near whose presence is open?      (one transaction)
2  look                                           (runtime)
3  lengthen spells, or begin new ones             (one transaction)
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from kepthour.core.presence import EARLIEST_SIGN
from kepthour.core.spells import Look, is_watched
from kepthour.core.verdict import deadline_after
from kepthour.store import evidence, responses, sessions, spells
from kepthour.store.engine import Store

log = structlog.get_logger()

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


def purge(store: Store, before: datetime) -> None:
    """Delete what is older than `before` (aware UTC): what was seen, and what sources answered."""
    with store.write() as tx:
        count = evidence.purge(tx, before) + spells.purge(tx, before)
    if count:
        log.info("evidence.purged", count=count)
