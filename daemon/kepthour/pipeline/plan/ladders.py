"""Plans ladders and digests: rows of the outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from kepthour.core.day import Digest, by_day, digests
from kepthour.core.ladder import Ladder, Step, Urgency, climb
from kepthour.core.reminder import Change, Reminder, State, Why
from kepthour.core.response import Response, effect
from kepthour.core.sweep import SWEEP, Sweep, after_session, evenings
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import course, outbox, planning, reminders
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


class Lacks(Enum):
    """What a ladder that has begun may lack."""

    NOTHING = auto()  # it stays as it was planned
    TO_COME = auto()  # rungs to come: the session lasts longer now
    ALL = auto()  # late ones too: the clock was set back


@dataclass(frozen=True, slots=True)
class Known:
    """A session, and what is stored of its present start: all reminders, and the answers by time."""

    row: SessionRow
    planned: Sequence[Reminder]
    answers: Sequence[Response]


def may_be_planned(row: SessionRow, ladder: Ladder, now: datetime) -> bool:
    """Whether a ladder is, or may be, called for."""
    over = ladder.deadline(row.known.start, row.known.end) <= now
    return not (over or row.known.cancelled or row.verdict is not None)


def plan_ladder(
    tx: Tx, ladder: Ladder, known: Known, now: datetime, *, is_notable: bool, lacks: Lacks
) -> None:
    """A ladder that has begun stays as it was planned, but for what it `lacks`; until then it follows the calendar.

    What is planned for a start that was answered before (it is back, say) hears these answers at once.
    """
    row, answers = known.row, known.answers
    planned = [one for one in known.planned if one.is_of_ladder]  # a question is no beginning
    session = row.known
    deadline = ladder.deadline(session.start, session.end)
    begun = _has_begun(planned, now) or bool(planned and answers)
    wanted = [
        step
        for step in climb(ladder, session.start, session.end, notable=is_notable)
        if step.useful_until > now
    ]
    missing = _missing(tx, ladder, planned, wanted, lacks, now) if begun else _anew(tx, planned, wanted)
    back = _back_again(ladder, planned, now) if begun else []
    outbox.revive(tx, back, now)
    if begun and not missing and not back:
        return
    planning.add(tx, row.id, row.id, session.revision, missing)
    if (row.deadline, row.late_after) != (deadline, ladder.late_after):
        course.set_limits(tx, row.id, deadline, ladder.late_after)
    for count, answer in enumerate(answers):
        rungs = reminders.of_session(tx, row.id, session.revision)
        what = effect(answer, session.start, deadline, rungs, answers[:count])
        outbox.apply(tx, what, row.id, session.revision, answer.at)


def _anew(tx: Tx, planned: Sequence[Reminder], wanted: Sequence[Step]) -> list[Step]:
    """What a ladder that has not begun needs; what is not wanted any more goes."""
    by_name = {(step.rung, step.channel): step for step in wanted}
    same = {(r.rung, r.channel) for r in planned if _says(r) == by_name.get((r.rung, r.channel))}
    planning.drop(tx, (r.id for r in planned if (r.rung, r.channel) not in same))
    return [step for step in wanted if (step.rung, step.channel) not in same]


def _missing(
    tx: Tx, ladder: Ladder, planned: Sequence[Reminder], wanted: Sequence[Step], lacks: Lacks, now: datetime
) -> list[Step]:
    """What a ladder that has begun needs: what it lacks, and a way for rungs whose channel is gone."""
    there = {(r.rung, r.channel) for r in planned}
    absent = [step for step in wanted if (step.rung, step.channel) not in there]
    if lacks is Lacks.ALL:
        return absent
    configured = {channel.name for channel in ladder.channels}
    stranded = [r for r in planned if r.state is State.PENDING and r.channel not in configured]
    outbox.change(tx, [Change(r.id, State.SUPERSEDED, Why.NO_CHANNEL) for r in stranded], now)
    rungs = {r.rung for r in stranded}
    to_come = lacks is Lacks.TO_COME
    # A stranded one that is late was to come late: its heir is, too.
    return [step for step in absent if step.rung in rungs or (to_come and step.due_at > now)]


def _back_again(ladder: Ladder, planned: Sequence[Reminder], now: datetime) -> list[int]:
    """What was given up because its channel was not configured, and is of use: its channel is there again."""
    configured = {channel.name for channel in ladder.channels}
    return [
        r.id
        for r in planned
        if r.why is Why.NO_CHANNEL
        and r.state is State.SUPERSEDED
        and r.channel in configured
        and r.useful_until > now
    ]


def _has_begun(planned: Sequence[Reminder], now: datetime) -> bool:
    return any(r.state is not State.PENDING or r.due_at <= now for r in planned)


def _says(reminder: Reminder) -> Step | None:
    if reminder.offset is None:
        return None
    return Step(
        reminder.rung,
        reminder.offset,
        reminder.channel,
        reminder.urgency,
        reminder.due_at,
        reminder.useful_until,
        reminder.skip_in_session,
    )


def plan_sweep(tx: Tx, policy: Policy, known: Known) -> None:
    """The look that is taken after the session, as its end is now."""
    wanted, row = after_session(known.row.known, policy.zone, policy.sweeps), known.row
    there = [one for one in known.planned if one.rung == SWEEP]
    pending = [one for one in there if one.state is State.PENDING]
    moved = {one.id for one in pending if wanted is None or one.due_at != wanted.due_at}
    planning.drop(tx, moved)
    if wanted is not None and _lack(policy, there, moved):
        planning.announce(
            tx,
            row.id,
            row.id,
            row.known.revision,
            SWEEP,
            policy.digest_channels,
            Urgency.PASSIVE,
            wanted.due_at,
            wanted.useful_until,
        )


def plan_digests(tx: Tx, policy: Policy, rows: Sequence[SessionRow], now: datetime) -> None:
    """Two digests and a sweep a day. Their texts are made when they go out, from what holds then."""
    days = by_day((row.known for row in rows), policy.zone)
    planned: list[tuple[str, Digest | Sweep]] = []
    planned += [(one.rung, one) for one in digests(days, policy.zone, policy.digests)]
    planned += [(SWEEP, one) for one, _sessions in evenings(days, policy.zone, policy.sweeps)]
    wanted = {(one.subject, rung): one for rung, one in planned if one.useful_until > now}
    there = defaultdict[tuple[str, str], list[Reminder]](list)
    moved = set()
    for old in reminders.about_days(tx):
        there[old.subject, old.rung].append(old)
        new = wanted.get((old.subject, old.rung))
        if new is None or new.due_at != old.due_at:
            moved.add(old.id)
    planning.drop(tx, moved)
    for (subject, rung), one in wanted.items():
        if not _lack(policy, there[subject, rung], moved):
            continue
        planning.announce(
            tx,
            subject,
            None,
            1,
            rung,
            policy.digest_channels,
            Urgency.PASSIVE,
            one.due_at,
            one.useful_until,
        )


def _lack(policy: Policy, there: Sequence[Reminder], moved: Collection[int]) -> bool:
    """Whether `there` is too little for its channels. Mostly it is not, and the store need not be asked about each."""
    stays = {one.channel for one in there if one.id not in moved}
    return not stays.issuperset(policy.digest_channels)
