"""What waits on a channel that is not configured any more, and is no rung: it is put where such things go now.

A question is asked once. One that waits for the end of a leave, or for five minutes of silence, must not be lost with
a channel's name; nor one that stands there: it went from the screen with the channel. What is about a day, and cues,
are planned anew with each plan, and rungs with their ladder.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from kepthour.core.ladder import Step
from kepthour.core.quiet import CUE
from kepthour.core.reminder import OPENING, Change, Reminder, State, Why
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import outbox, planning, questions, reminders
from kepthour.store.engine import Tx

_ASKED_FOR = timedelta(days=1)


def put_elsewhere(tx: Tx, policy: Policy, now: datetime) -> None:
    """Announce it on the channels where calm things go; if it is on all of them already, on the others."""
    configured = [channel.name for channel in policy.ladder.channels]
    elsewhere = reminders.elsewhere(tx, configured)
    stranded = [one for one in elsewhere if one.state is State.PENDING and _is_ours(one)]
    outbox.change(tx, [Change(one.id, State.SUPERSEDED, Why.NO_CHANNEL) for one in stranded], now)
    # What waits on several of them for the same time is one: where it is put once, its like need not go further.
    once = {(one.subject, one.revision, one.rung, one.due_at): one for one in stranded}
    # Its name may come back, and what waits then is to be put there once more.
    planning.put_aside(tx, [one.id for one in stranded if one.useful_until > now])
    for one in once.values():
        if one.useful_until > now:
            _put(tx, one, _channels(tx, policy, one))
    if any(one.state is State.SENT for one in elsewhere):
        _ask_again(tx, policy, configured, now)


def _ask_again(tx: Tx, policy: Policy, configured: Collection[str], now: datetime) -> None:
    """What stood on a channel that is gone is asked where such things go now, unless it stands or is to come there."""
    there = reminders.left_open(tx, now, questions.asked_since(tx, now))
    buried = questions.buried(there, now)
    gone = [
        one
        for one in there
        if one.rung in questions.ASKING and one.channel not in configured and one.id not in buried
    ]
    once = {(one.subject, one.revision): one for one in gone if not one.subject.startswith("day:")}
    for one in once.values():
        if any(_asks_near(other, one, policy) for other in reminders.of_subject(tx, one.subject)):
            continue
        outbox.change(tx, [Change(one.id, State.WITHDRAWN, Why.NO_CHANNEL)], now)
        planning.put_aside(tx, [one.id])
        _put(tx, replace(one, due_at=now, useful_until=now + _ASKED_FOR), policy.digest_channels)


def _asks_near(other: Reminder, one: Reminder, policy: Policy) -> bool:
    return (
        (other.revision, other.rung) == (one.revision, one.rung)
        and other.channel in policy.digest_channels
        and other.state in {State.PENDING, State.SENT}
    )


def _is_ours(one: Reminder) -> bool:
    is_planned_anew = one.subject.startswith("day:") or one.rung.startswith(CUE)
    return not one.is_of_ladder and not is_planned_anew


def _channels(tx: Tx, policy: Policy, one: Reminder) -> Collection[str]:
    same = [other for other in reminders.of_subject(tx, one.subject) if other.revision == one.revision]
    there = {other.channel: other for other in same if other.rung == one.rung}
    near = [there[name] for name in policy.digest_channels if name in there]
    lacking = [name for name in policy.digest_channels if name not in there]
    is_near = not any(other.due_at < one.due_at for other in near)  # far from them it is asked later
    if is_near and (lacking or one.rung in questions.ASKING):
        return lacking
    return [name for name in policy.far_channels if name not in there]


def _put(tx: Tx, one: Reminder, channels: Collection[str]) -> None:
    if one.rung == OPENING and one.offset is not None:
        steps = [
            Step(one.rung, one.offset, name, one.urgency, one.due_at, one.useful_until, one.skip_in_session)
            for name in channels
        ]
        planning.add(tx, one.subject, one.session_id, one.revision, steps)
        return
    planning.announce(
        tx,
        one.subject,
        one.session_id,
        one.revision,
        one.rung,
        channels,
        one.urgency,
        one.due_at,
        one.useful_until,
    )
