"""Plans the opening cues: of the sessions at which therapist and client meet after a miss."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from kepthour.core.make_up import is_answered, opening_steps
from kepthour.core.reach import PLANNED_AHEAD
from kepthour.core.reminder import OPENING, Change, State, Why
from kepthour.pipeline.plan.ladders import may_be_planned
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import outbox, planning, reminders, responses, sessions
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


def plan_openings(tx: Tx, policy: Policy, wanted: Collection[str], now: datetime) -> None:
    """These sessions have a cue, as far as it is still to come; others have none. `now` is aware UTC."""
    idle = [one.id for one in reminders.openings(tx) if one.session_id not in wanted]
    outbox.change(tx, [Change(one, State.SUPERSEDED, Why.REPAIRED) for one in idle], now)
    for row in sessions.with_ids(tx, wanted):
        ladder = policy.ladder.of(row.known, policy.zone)
        there = not row.hidden and may_be_planned(row, ladder, now)
        if there and now < row.known.start < now + PLANNED_AHEAD:
            _bring_in_step(tx, policy, row, now)


def _bring_in_step(tx: Tx, policy: Policy, row: SessionRow, now: datetime) -> None:
    ladder = policy.ladder.of(row.known, policy.zone)
    planned = reminders.of_session(tx, row.id, row.known.revision)
    rungs = [one for one in planned if one.is_of_ladder]
    stood_in = {rung.offset for rung in ladder.rungs} | {one.offset for one in rungs}
    cues = [one for one in planned if one.rung == OPENING]
    # Of two rungs at one instant a pump hands out one: the ladder's must never be the other.
    in_the_way = [one for one in cues if one.state is State.PENDING and one.offset in stood_in]
    planning.drop(tx, [one.id for one in in_the_way])
    if len(cues) > len(in_the_way):
        back = [one.id for one in cues if (one.state, one.why) == (State.SUPERSEDED, Why.REPAIRED)]
        outbox.revive(tx, [one.id for one in cues if one.id in back and one.due_at > now], now)
        return
    taken = [one.offset for one in rungs if one.offset is not None]
    steps = opening_steps(ladder, taken, row.known.start, policy.digest_channels)
    answers = responses.to(tx, row)
    wanted = [one for one in steps if not is_answered(answers, one.due_at)]
    # One that comes late goes out, unless a later rung has: then the pump drops it in favour of that.
    planning.add(tx, row.id, row.id, row.known.revision, wanted)
