"""Plans the question how a meeting landed: a row of the outbox, like all that a card says."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from kepthour.core.ladder import Urgency
from kepthour.core.make_up import Standing
from kepthour.core.nudges import LANDING, Nudge, landed, landing, subject
from kepthour.core.repair import FOLLOW_UP, KINDS, due
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import cards, planning, reminders
from kepthour.store.cards import Card
from kepthour.store.engine import Tx


def plan_landing(
    tx: Tx, policy: Policy, card: Card, meeting: Standing | None, now: datetime, *, is_asked: bool
) -> bool:
    """The question after `meeting` (None: it is not known), and when step 8 is due; whether it asks.

    `is_asked`: another card asks about this meeting already.
    """
    step = next((one for one in card.steps if one.n == FOLLOW_UP), None)
    if step is None or card.confirmed_at is None or not step.is_open:
        return False
    due_at = landed(meeting.end) if meeting is not None else due(KINDS[FOLLOW_UP], card.confirmed_at)
    if step.due_at != due_at:
        cards.set_due(tx, card, FOLLOW_UP, due_at, now)
    wanted = _wanted(card.confirmed_at, meeting, policy.zone, now) if not is_asked else None
    revision = int(wanted.due_at.timestamp()) // 60 if wanted is not None else None
    said = [one for one in reminders.of_subject(tx, subject(card.id)) if one.rung == LANDING]
    planning.drop(tx, [one.id for one in said if one.revision != revision])
    if wanted is not None and revision is not None and now < wanted.useful_until:
        channels = policy.digest_channels
        planning.announce(
            tx,
            subject(card.id),
            None,
            revision,
            LANDING,
            channels,
            Urgency.NORMAL,
            wanted.due_at,
            wanted.useful_until,
        )
    return meeting is not None and not is_asked


def _wanted(confirmed_at: datetime, meeting: Standing | None, zone: ZoneInfo, now: datetime) -> Nudge | None:
    """None: it was not to come any more when the miss was confirmed. One that waits for the end of a leave stays."""
    if meeting is None:
        return None
    one = landing(meeting.end, zone)
    return one if confirmed_at < one.due_at else None
