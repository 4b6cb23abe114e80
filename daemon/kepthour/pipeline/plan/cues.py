"""Plans the end cues of the sessions in which the therapist is proven to be: rows of the outbox."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from kepthour.core.ladder import Urgency
from kepthour.core.quiet import CUE, Attended, Cue, cues
from kepthour.core.reminder import Reminder, State
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import planning, presence, reminders, sessions
from kepthour.store.engine import Store, Tx


def cue(policy: Policy, store: Store, now: datetime) -> None:
    """As `plan_cues`, after an answer or a verdict."""
    with store.write() as tx:
        if not policy.given_up.is_set():
            plan_cues(tx, policy, now)


def plan_cues(tx: Tx, policy: Policy, now: datetime) -> None:
    """Each attended session has the cues that are still to come at `now` (aware UTC), as its end is now."""
    for session in presence.attended(tx, now):
        wanted = [one for one in cues(session, policy.end_cues) if one.due_at > now]
        _bring_in_step(tx, policy, session, wanted)


def _bring_in_step(tx: Tx, policy: Policy, session: Attended, wanted: Collection[Cue]) -> None:
    row = sessions.get(tx, session.id)
    if row is None:
        return
    planned = [
        one for one in reminders.of_session(tx, row.id, row.known.revision) if one.rung.startswith(CUE)
    ]
    due = {one.rung: one.due_at for one in wanted}
    calm = policy.digest_channels
    planning.drop(tx, [one.id for one in planned if _is_elsewhere(one, due.get(one.rung), calm)])
    for one in wanted:
        planning.announce(
            tx,
            row.id,
            row.id,
            row.known.revision,
            one.rung,
            calm,
            Urgency.NORMAL,
            one.due_at,
            session.end,
        )


def _is_elsewhere(planned: Reminder, due: datetime | None, channels: Collection[str]) -> bool:
    return planned.state is State.PENDING and (planned.due_at != due or planned.channel not in channels)
