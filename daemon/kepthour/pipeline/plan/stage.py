"""The stage itself: observe, compare, follow, plan."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import structlog

from kepthour.core.changes import Fate, compare
from kepthour.core.day import by_day, notable
from kepthour.pipeline.plan.follow import follow
from kepthour.pipeline.plan.ladders import plan_digests, plan_ladder
from kepthour.pipeline.plan.observe import Observed, observe
from kepthour.pipeline.plan.policy import AHEAD, BEHIND, Policy
from kepthour.pipeline.plan.rewind import rewind
from kepthour.store import sessions
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow

__all__ = ["Policy", "plan"]

log = structlog.get_logger()


def plan(policy: Policy, store: Store, now: datetime, *, set_back: bool = False) -> dict[Fate, int]:
    """Bring sessions and ladders up to date; returns how many sessions met which fate. `now` is aware UTC.

    `set_back`: the clock may have been set back since the last time.
    """
    with store.write() as tx:
        rewound = rewind(tx, now) if set_back else frozenset[str]()
        counts = _follow_calendars(tx, policy, now)
        _plan_what_comes(tx, policy, now, rewound)
    happened: dict[Fate, int] = {fate: count for fate, count in counts.items() if fate is not Fate.SAME}
    if happened:
        log.info("plan.changed", **{fate.value: count for fate, count in happened.items()})
    return happened


def _follow_calendars(tx: Tx, policy: Policy, now: datetime) -> Counter[Fate]:
    rows = sessions.between(tx, now - BEHIND, now + AHEAD)
    observed = observe(tx, policy, rows, now)
    by_id = {row.id: row for row in rows}
    known = {row.id: row.known for row in rows if not row.hidden and _can_be_compared(policy, observed, row)}
    counts: Counter[Fate] = Counter()
    for happening in compare(known, observed.sessions):
        judgement = observed.judgements.get(happening.id)
        counts[follow(tx, policy, happening, by_id.get(happening.id), judgement, now)] += 1
    return counts


def _can_be_compared(policy: Policy, observed: Observed, row: SessionRow) -> bool:
    """Not what belongs to a calendar that says nothing; nor to one that is gone, while its new name may be unasked."""
    calendar = row.known.calendar
    return calendar not in observed.silent and (policy.has(calendar) or not observed.unasked)


def _plan_what_comes(tx: Tx, policy: Policy, now: datetime, rewound: frozenset[str]) -> None:
    current = [row for row in sessions.between(tx, now - BEHIND, now + AHEAD) if not row.hidden]
    days = by_day((row.known for row in current), policy.zone)
    for row in current:
        day = days.get(row.known.start.astimezone(policy.zone).date(), [])
        early = notable(row.known, day)
        plan_ladder(tx, policy.ladder, row, now, is_notable=early, complete=row.id in rewound)
    plan_digests(tx, policy, [row for row in current if row.known.start > now], now)
