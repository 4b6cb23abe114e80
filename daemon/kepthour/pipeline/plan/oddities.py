"""Notes what is odd about the sessions to come, from what their calendars hold and held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from kepthour.core.oddities import LOOKED_BACK, Changed, History, Oddity, oddities
from kepthour.core.sessions import Session, as_session, judge
from kepthour.pipeline.plan.policy import BEHIND, Policy
from kepthour.store import calendars, course, holdings, sessions
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


def note_oddities(
    tx: Tx, policy: Policy, rows: Sequence[SessionRow], now: datetime
) -> Mapping[str, tuple[Oddity, ...]]:
    """By id, of the sessions of `rows` that begin after `now` (aware UTC) and have some; stored as well."""
    present = [row.known for row in rows if not row.known.cancelled]
    history = History(
        [*sessions.took_place(tx, now - LOOKED_BACK, now), *_earlier(tx, policy, now), *present]
    )
    found = {}
    for row in rows:
        if row.known.cancelled or row.known.start <= now:
            continue
        codes = oddities(row.known, history, policy.zone, Changed(row.moved_at, row.restored_at))
        if codes != row.oddities:
            course.note(tx, row.id, codes)
        if codes:
            found[row.id] = codes
    return found


def _earlier(tx: Tx, policy: Policy, now: datetime) -> Iterator[Session]:
    """The sessions of the last weeks, as the calendars still hold them."""
    for name, take in policy.calendars:
        held = calendars.get(tx, name)
        if held is None or held.expanded_from is None:
            continue
        for one in holdings.between(tx, held, held.expanded_from, now - BEHIND):
            judgement = judge(one, name, take, policy.rules)
            if judgement.is_session:
                yield as_session(one, name, judgement)
