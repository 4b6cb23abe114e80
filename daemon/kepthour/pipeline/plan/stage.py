"""The stage itself: observe, compare, follow, plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from kepthour.core.changes import Fate, compare
from kepthour.core.day import by_day, grounds
from kepthour.core.reach import PLANNED_AHEAD, PLANNED_BEHIND
from kepthour.core.verdict import NOT_FINAL
from kepthour.logger import log
from kepthour.pipeline.plan.cues import plan_cues
from kepthour.pipeline.plan.follow import follow
from kepthour.pipeline.plan.ladders import Known, Lacks, may_be_planned, plan_digests, plan_ladder, plan_sweep
from kepthour.pipeline.plan.meetings import follow_cards
from kepthour.pipeline.plan.observe import Observed, observe
from kepthour.pipeline.plan.oddities import note_oddities
from kepthour.pipeline.plan.policy import Policy
from kepthour.pipeline.plan.rewind import rewind
from kepthour.pipeline.plan.stranded import put_elsewhere
from kepthour.store import outbox, questions, reminders, responses, sessions, watches
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow

__all__ = ["Policy", "plan"]


def plan(policy: Policy, store: Store, now: datetime, *, set_back: bool = False) -> dict[Fate, int]:
    """Bring sessions and ladders up to date; returns how many sessions met which fate. `now` is aware UTC.

    `set_back`: the clock may have been set back since the last time. A policy that was given up plans nothing.
    """
    with store.write() as tx:
        if policy.given_up.is_set():
            return {}
        lacking = rewind(tx, now) if set_back else {}
        counts, lengthened = _follow_calendars(tx, policy, now)
        questions.close_idle(tx, now)
        outbox.end_holds(tx)
        put_elsewhere(tx, policy, now)
        _plan_what_comes(tx, policy, now, dict.fromkeys(lengthened, Lacks.TO_COME) | lacking)
    follow_cards(policy, store, now)
    happened: dict[Fate, int] = {fate: count for fate, count in counts.items() if fate is not Fate.SAME}
    if happened:
        log.info("plan.changed", **{fate.value: count for fate, count in happened.items()})
    return happened


def _follow_calendars(tx: Tx, policy: Policy, now: datetime) -> tuple[Counter[Fate], set[str]]:
    """How many sessions met which fate; and those that last longer or shorter now."""
    # A day more than is looked at in the calendars: a flight moves floating times, and what left their sight may have
    # its heir within.
    rows = sessions.between(tx, now - 2 * PLANNED_BEHIND, now + PLANNED_AHEAD)
    unheard = _unheard(tx, now)
    recent = [row for row in rows if row.known.end > now - PLANNED_BEHIND]
    observed = observe(tx, policy, [*recent, *unheard], now)
    rows += [row for row in unheard if row.id in observed.cancelled]
    # One that was known at a time far from now, and is back in sight, is moved, not new.
    rows += sessions.with_ids(tx, observed.sessions.keys() - {row.id for row in rows})
    by_id = {row.id: row for row in rows}
    here = {(one.uid, one.start) for one in observed.sessions.values()}
    known = {
        row.id: row.known for row in rows if not row.hidden and _can_be_compared(policy, observed, here, row)
    }
    counts: Counter[Fate] = Counter()
    lengthened = set()
    for happening in compare(known, observed.sessions, now, observed.cancelled, observed.doubles):
        judgement = observed.judgements.get(happening.id)
        row, new = by_id.get(happening.id), happening.observed
        counts[follow(tx, policy, happening, row, judgement, now)] += 1
        if happening.fate is Fate.EDITED and row and new and row.known.end != new.end:
            lengthened.add(row.id)
    return counts, lengthened


def _unheard(tx: Tx, now: datetime) -> list[SessionRow]:
    """Longer ago, nobody watched, and nothing was concluded yet: what was cancelled then must not be asked about."""
    undecided = sessions.undecided(tx, now, watches.first_ever(tx))
    return [row for row in undecided if row.verdict is None and row.known.end <= now - PLANNED_BEHIND]


def _can_be_compared(
    policy: Policy, observed: Observed, here: Collection[tuple[str, datetime]], row: SessionRow
) -> bool:
    """Not what belongs to a calendar that says nothing; nor to one that is gone, while its new name may be unasked.

    What stands under a new name is no question any more, though another new name may be unasked: `here` is all that
    stands, by uid and start.
    """
    calendar = row.known.calendar
    if calendar in observed.silent:
        return False
    return policy.has(calendar) or not observed.unasked or (row.known.uid, row.known.start) in here


def _plan_what_comes(tx: Tx, policy: Policy, now: datetime, lacking: Mapping[str, Lacks]) -> None:
    current = [
        row for row in sessions.between(tx, now - PLANNED_BEHIND, now + PLANNED_AHEAD) if not row.hidden
    ]
    days = by_day((row.known for row in current), policy.zone)
    odd = note_oddities(tx, policy, current, now)
    open_ones = [row for row in current if _is_open(row) and not row.known.cancelled]
    ladders = reminders.of_sessions(tx, [row.id for row in open_ones])
    answers = responses.of_sessions(tx, [row.id for row in open_ones])
    for row in open_ones:
        key = row.id, row.known.revision
        known = Known(row, ladders.get(key, []), answers.get(key, []))
        plan_sweep(tx, policy, known, now)
        if not may_be_planned(row, policy.ladder, now, known.answers):
            continue
        day = days.get(row.known.start.astimezone(policy.zone).date(), [])
        early = grounds(row.known, day, is_odd=policy.early_if_odd and row.id in odd)
        lacks = lacking.get(row.id, Lacks.NOTHING)
        ladder = policy.ladder.of(row.known, policy.zone)
        plan_ladder(tx, ladder, known, now, is_notable=bool(early), lacks=lacks)
    plan_digests(tx, policy, current, now)
    plan_cues(tx, policy, now)


def _is_open(row: SessionRow) -> bool:
    """Whether nobody has said yet what became of it: then a sweep is still to ask."""
    return row.verdict is None or (row.verdict in NOT_FINAL and row.decided_by == "daemon")
