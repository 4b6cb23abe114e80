"""Plans ladders and digests: rows of the outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from kepthour.core.day import Digest, by_day, digests
from kepthour.core.ladder import Ladder, Rung, Step, Urgency, climb
from kepthour.core.reminder import SWEEP, Change, Reminder, State, Why
from kepthour.core.response import Response, effect
from kepthour.core.sweep import Sweep, after_session, evenings
from kepthour.core.verdict import announced_start, deadline_after
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


def may_be_planned(row: SessionRow, ladder: Ladder, now: datetime, answers: Sequence[Response] = ()) -> bool:
    """Whether a ladder is, or may be, called for. `answers` are those to its present start, by time.

    One that has begun goes on to the deadline that held then: `row` has it.
    """
    if row.known.cancelled or row.verdict is not None:
        return False
    start, end = row.known.start, row.known.end
    return now < deadline_after(max(row.deadline, ladder.deadline(start, end)), start, answers)


def plan_ladder(
    tx: Tx, ladder: Ladder, known: Known, now: datetime, *, is_notable: bool, lacks: Lacks
) -> None:
    """A ladder that has begun stays as it was planned, but for what it `lacks`; until then it follows the calendar.

    What is planned for a start that was answered before (it is back, say) hears these answers at once.
    """
    row, answers = known.row, known.answers
    planned = [one for one in known.planned if one.is_of_ladder]  # a question is no beginning
    session = row.known
    begun = has_begun(planned, now) or bool(planned and answers)
    deadline = row.deadline if begun else ladder.deadline(session.start, session.end)
    steps = climb(ladder, session.start, session.end, notable=is_notable)
    # "Running late" moves what is planned here, so that it is of use for longer.
    later = deadline_after(deadline, session.start, answers) - deadline
    wanted = [step for step in steps if step.useful_until + later > now]
    if begun:
        moved = _move(tx, ladder, known, planned, steps, now)
        there = {(r.rung, r.channel) for r in planned} | {(step.rung, step.channel) for step in moved}
        missing = _missing([step for step in wanted if (step.rung, step.channel) not in there], lacks, now)
        back = _back_again(ladder, planned, now)
    else:
        missing, back = _anew(tx, planned, wanted), []
    outbox.revive(tx, [one.id for one in back], now)
    if begun and not missing and not back:
        return
    planning.add(tx, row.id, row.id, session.revision, missing)
    if not begun and (row.deadline, row.late_after) != (deadline, ladder.late_after):
        course.set_limits(tx, row.id, deadline, ladder.late_after)
    # What stays has heard the answers, and stands as they left it.
    fresh = _ids(tx, row, missing) if begun and lacks is not Lacks.ALL else None
    for count, answer in enumerate(answers):
        rungs = reminders.of_session(tx, row.id, session.revision)
        what = effect(answer, session.start, deadline, rungs, answers[:count])
        what = what if fresh is None else what.upon(fresh | _deaf_to(answer, back))
        outbox.apply(tx, what, row.id, session.revision, answer.at)


def _ids(tx: Tx, row: SessionRow, added: Sequence[Step]) -> set[int]:
    names = {(step.rung, step.channel) for step in added}
    planned = reminders.of_session(tx, row.id, row.known.revision)
    return {one.id for one in planned if (one.rung, one.channel) in names}


def _deaf_to(answer: Response, back: Sequence[Reminder]) -> set[int]:
    """Those that had been given up when it was answered. Heard twice, it would put off what it called for itself."""
    return {one.id for one in back if one.changed_at is None or one.changed_at < answer.at}


def _anew(tx: Tx, planned: Sequence[Reminder], wanted: Sequence[Step]) -> list[Step]:
    """What a ladder that has not begun needs; what is not wanted any more goes."""
    by_name = {(step.rung, step.channel): step for step in wanted}
    same = {(r.rung, r.channel) for r in planned if _says(r) == by_name.get((r.rung, r.channel))}
    planning.drop(tx, (r.id for r in planned if (r.rung, r.channel) not in same))
    return [step for step in wanted if (step.rung, step.channel) not in same]


def _missing(absent: Sequence[Step], lacks: Lacks, now: datetime) -> list[Step]:
    """What a ladder that has begun needs of what it has not."""
    if lacks is Lacks.ALL:
        return list(absent)
    return [step for step in absent if lacks is Lacks.TO_COME and step.due_at > now]


def _move(
    tx: Tx, ladder: Ladder, known: Known, planned: Sequence[Reminder], steps: Sequence[Step], now: datetime
) -> list[Step]:
    """Rungs whose channel is not configured any more come elsewhere, as they stand; returns them.

    So do those that an answer called for, and those that the configuration does not have any more: of what was planned
    for a session nothing is lost with a channel's name.
    """
    stranded = _stranded(ladder, planned)
    outbox.change(tx, [Change(r.id, State.SUPERSEDED, Why.NO_CHANNEL) for r in stranded], now)
    names = {(r.rung, r.channel) for r in planned}
    places = {(r.offset, r.due_at, r.channel) for r in planned}
    moved = []
    for r in stranded:
        for channel in _heirs(ladder, r, known, steps) if r.useful_until > now else ():
            assert r.offset is not None
            if (r.rung, channel) not in names and (r.offset, r.due_at, channel) not in places:
                names.add((r.rung, channel))
                places.add((r.offset, r.due_at, channel))
                moved.append(_on(channel, r, r.offset))
    planning.add(tx, known.row.id, known.row.id, known.row.known.revision, moved)
    return moved


def _on(channel: str, r: Reminder, offset: timedelta) -> Step:
    return Step(r.rung, offset, channel, r.urgency, r.due_at, r.useful_until, r.skip_in_session)


def _stranded(ladder: Ladder, planned: Sequence[Reminder]) -> list[Reminder]:
    configured = {channel.name for channel in ladder.channels}
    return [one for one in planned if one.state is State.PENDING and one.channel not in configured]


def _heirs(ladder: Ladder, one: Reminder, known: Known, steps: Sequence[Step]) -> list[str]:
    """The channels that have its rung now; of one that no ladder has: those that are new, or else all that take it."""
    if named := [step.channel for step in steps if step.rung == one.rung]:
        return named
    assert one.offset is not None
    expected = announced_start(known.answers)  # a channel joins so long after that, too
    offset = one.due_at - expected if expected is not None and one.due_at >= expected else one.offset
    rung, before = Rung(offset, one.rung, one.urgency), {other.channel for other in known.planned}
    taking = [channel.name for channel in ladder.channels if channel.takes(rung)]
    return [name for name in taking if name not in before] or taking


def _back_again(ladder: Ladder, planned: Sequence[Reminder], now: datetime) -> list[Reminder]:
    """What was given up because its channel was not configured, and is of use: its channel is there again."""
    configured = {channel.name for channel in ladder.channels}
    return [
        r
        for r in planned
        if r.why is Why.NO_CHANNEL
        and r.state is State.SUPERSEDED
        and r.channel in configured
        and r.useful_until > now
    ]


def has_begun(planned: Sequence[Reminder], now: datetime) -> bool:
    """Whether a ladder stays as it was planned. `planned` are rungs."""
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


def plan_sweep(tx: Tx, policy: Policy, known: Known, now: datetime) -> None:
    """The look that is taken after the session, as its end and the configuration are now."""
    wanted, row = after_session(known.row.known, policy.zone, policy.sweeps), known.row
    if wanted is not None and wanted.useful_until <= now:
        return  # what is planned for later still has its use
    there = [one for one in known.planned if one.rung == SWEEP]
    pending = [one for one in there if one.state is State.PENDING]
    moved = {
        one.id
        for one in pending
        if wanted is None
        or one.channel not in policy.digest_channels
        # both past: it waits, be it for the end of another session, and may have been put there since
        or (one.due_at != wanted.due_at and max(one.due_at, wanted.due_at) > now)
    }
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
        if new is None or new.due_at != old.due_at or old.channel not in policy.digest_channels:
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
