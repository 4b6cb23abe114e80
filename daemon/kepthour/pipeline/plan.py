"""Keeps the watched sessions and their ladders in step with what the calendars hold.

    1  judge the occurrences of the next days: which are sessions       (core.sessions)
    2  compare with the sessions known so far: what happened to each    (core.changes)
    3  carry that out: new, edited, moved, restored, cancelled           (store)
    4  plan the ladders that have not begun; those that have stay        (core.ladder)
    5  plan the digests                                                  (core.day)

All of it is one transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from kepthour.core.changes import Fate, Happening, compare
from kepthour.core.day import DigestTimes, by_day, digests, notable
from kepthour.core.duplicates import duplicates
from kepthour.core.ladder import Ladder, Step, Urgency, climb
from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.reminder import Reminder, State, Why
from kepthour.core.response import silence
from kepthour.core.sessions import GONE, Judgement, Rule, Session, Take, as_session, judge, session_id
from kepthour.store import calendars, holdings, reminders, sessions
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow

log = structlog.get_logger()

_Judged = dict[
    str, tuple[Judgement, Session | None]
]  # by the id the occurrence has, or would have, as a session

BEHIND, AHEAD = timedelta(days=1), timedelta(days=8)
_ASK_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Policy:
    """The part of the configuration that plans depend on."""

    calendars: tuple[tuple[str, Take], ...]
    rules: tuple[Rule, ...]
    ladder: Ladder
    digests: DigestTimes
    digest_channels: tuple[str, ...]
    zone: ZoneInfo


def plan(policy: Policy, store: Store, now: datetime) -> dict[Fate, int]:
    """Bring sessions and ladders up to date; returns how many sessions met which fate. `now` is aware UTC."""
    counts: Counter[Fate] = Counter()
    with store.write() as tx:
        rows = sessions.between(tx, now - BEHIND, now + AHEAD)
        judged = {
            name: _judged(tx, policy, name, take, [row for row in rows if row.known.calendar == name], now)
            for name, take in policy.calendars
        }
        doubles = duplicates(
            one for found in judged.values() for _why, one in found.values() if one is not None
        )
        for name, found in judged.items():
            mine = [row for row in rows if row.known.calendar == name]
            counts += _follow(tx, policy, found, doubles, mine, now)
        _drop_calendars(tx, [row for row in rows if row.known.calendar not in dict(policy.calendars)], now)
        current = [row for row in sessions.between(tx, now - BEHIND, now + AHEAD) if not row.hidden]
        days = by_day((row.known for row in current), policy.zone)
        coming = [row for row in current if _may_be_planned(row, policy.ladder, now)]
        ladders = reminders.of_sessions(tx, [row.id for row in coming])
        answered = sessions.answered(tx, [row.id for row in coming])
        for row in coming:
            key = (row.id, row.known.revision)
            planned = ladders.get(key, [])
            if key in answered or _has_begun(planned, now):
                continue
            day = days.get(row.known.start.astimezone(policy.zone).date(), [])
            _plan_ladder(tx, policy.ladder, row, planned, now, is_notable=notable(row.known, day))
        _plan_digests(tx, policy, [row for row in current if row.known.start > now], now)
    happened: dict[Fate, int] = {fate: count for fate, count in counts.items() if fate is not Fate.SAME}
    if happened:
        log.info("plan.changed", **{fate.value: count for fate, count in happened.items()})
    return happened


def _follow(
    tx: Tx,
    policy: Policy,
    judged: _Judged,
    doubles: Collection[str],
    rows: Sequence[SessionRow],
    now: datetime,
) -> Counter[Fate]:
    """One calendar's sessions: compare and carry out. `doubles` stand in another calendar, too, which keeps them."""
    observed = {key: one for key, (_why, one) in judged.items() if one is not None and key not in doubles}
    by_id = {row.id: row for row in rows}
    counts: Counter[Fate] = Counter()
    for happening in compare({row.id: row.known for row in rows if not row.hidden}, observed):
        judgement = judged.get(happening.id, (None, None))[0]
        counts[_carry_out(tx, policy, happening, by_id.get(happening.id), judgement, now)] += 1
    return counts


def _judged(
    tx: Tx, policy: Policy, name: str, take: Take, rows: Sequence[SessionRow], now: datetime
) -> _Judged:
    """Every occurrence that may matter, judged, by the id it has or would have as a session."""
    calendar = calendars.get(tx, name)
    if calendar is None:
        return {}
    found = holdings.between(tx, calendar, now - BEHIND, now + AHEAD)
    there = {_id(name, one) for one in found}
    # A session that moved out of sight is moved, not cancelled.
    elsewhere = [(row.known.uid, row.known.recurrence_id) for row in rows if row.id not in there]
    judged = {}
    for one in [*found, *holdings.of_instances(tx, calendar, elsewhere)]:
        judgement = judge(one, name, take, policy.rules)
        session = as_session(one, name, judgement) if judgement.is_session else None
        judged[_id(name, one)] = (judgement, session)
    return judged


def _id(calendar: str, occurrence: Occurrence) -> str:
    return session_id(calendar, occurrence.uid, occurrence.recurrence_id)


def _carry_out(
    tx: Tx,
    policy: Policy,
    happening: Happening,
    row: SessionRow | None,
    judgement: Judgement | None,
    now: datetime,
) -> Fate:
    new = happening.observed
    if new is None:
        assert row is not None
        return _lose(tx, happening, row, judgement, policy, now)
    ladder = policy.ladder
    deadline = ladder.deadline(new.start, new.end)
    if row is None or happening.fate is Fate.ADDED:
        _add(tx, happening, new, row, deadline, ladder.late_after)
    elif happening.fate is Fate.EDITED:
        sessions.edit(tx, new, deadline, ladder.late_after)
    elif happening.fate in {Fate.MOVED, Fate.RESTORED}:
        _silence(tx, row, Why.MOVED)
        sessions.restart(tx, new, row.known.revision + 1, deadline, ladder.late_after)
    return happening.fate


def _add(
    tx: Tx,
    happening: Happening,
    new: Session,
    row: SessionRow | None,
    deadline: datetime,
    late_after: timedelta,
) -> None:
    if row is not None:  # it was hidden, and counts as a session again
        sessions.restart(tx, new, row.known.revision + 1, deadline, late_after)
    else:
        sessions.add(tx, new, deadline, late_after)
    if happening.predecessor is not None and happening.keeps_answers:
        sessions.hand_over_answers(tx, happening.predecessor, new.id)


def _lose(
    tx: Tx, happening: Happening, row: SessionRow, judgement: Judgement | None, policy: Policy, now: datetime
) -> Fate:
    """A session that is not there any more. What is over stays as it was."""
    if row.known.end <= now or row.known.start < now - BEHIND:
        return Fate.SAME
    _silence(tx, row, Why.CANCELLED)
    dropped = judgement is not None and judgement.why not in GONE  # the rules changed, not the calendar
    if dropped or happening.fate is Fate.SUCCEEDED:
        sessions.hide(tx, row.id, now)
    else:
        sessions.cancel(tx, row.id, now)
        if judgement is None and now < row.known.start <= now + _ASK_WITHIN:
            _ask_about_vanished(tx, policy, row, now)
    return happening.fate


def _ask_about_vanished(tx: Tx, policy: Policy, row: SessionRow, now: datetime) -> None:
    """So near its start a session that is simply gone may be a slip, or a broken feed: somebody has to know."""
    sessions.ask(tx, [row.id], row.id)
    channels = policy.digest_channels
    until = row.known.end
    reminders.announce(tx, row.id, row.id, row.known.revision, "question", channels, Urgency.HIGH, now, until)


def _drop_calendars(tx: Tx, rows: Iterable[SessionRow], now: datetime) -> None:
    """Sessions of calendars that are no longer configured."""
    for row in rows:
        if row.known.end > now and not row.hidden:
            _silence(tx, row, Why.CANCELLED)
            sessions.hide(tx, row.id, now)


def _silence(tx: Tx, row: SessionRow, why: Why) -> None:
    ladder = reminders.of_session(tx, row.id, row.known.revision)
    reminders.apply(tx, silence(ladder, why), row.id, row.id, row.known.revision)


def _may_be_planned(row: SessionRow, ladder: Ladder, now: datetime) -> bool:
    over = ladder.deadline(row.known.start, row.known.end) <= now
    return not (over or row.known.cancelled or row.verdict is not None)


def _plan_ladder(
    tx: Tx, ladder: Ladder, row: SessionRow, planned: Sequence[Reminder], now: datetime, *, is_notable: bool
) -> None:
    """A ladder that has begun stays as it was planned; until then it follows calendar and configuration."""
    session = row.known
    deadline = ladder.deadline(session.start, session.end)
    wanted = {
        (step.rung, step.channel): step
        for step in climb(ladder, session.start, session.end, notable=is_notable)
        if step.useful_until > now
    }
    same = {(r.rung, r.channel) for r in planned if _says(r) == wanted.get((r.rung, r.channel))}
    reminders.drop(tx, (r.id for r in planned if (r.rung, r.channel) not in same))
    missing = [step for key, step in wanted.items() if key not in same]
    reminders.plan(tx, row.id, row.id, session.revision, missing)
    if (row.deadline, row.late_after) != (deadline, ladder.late_after):
        sessions.set_limits(tx, row.id, deadline, ladder.late_after)


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


def _plan_digests(tx: Tx, policy: Policy, rows: Sequence[SessionRow], now: datetime) -> None:
    """One digest an evening and a morning. Their texts are made when they go out, from what holds then."""
    days = by_day((row.known for row in rows), policy.zone)
    wanted = {
        (one.subject, one.rung): one
        for one in digests(days, policy.zone, policy.digests)
        if one.useful_until > now
    }
    for old in reminders.about_days(tx):
        new = wanted.get((old.subject, old.rung))
        if new is None or new.due_at != old.due_at:
            reminders.drop(tx, [old.id])
    for one in wanted.values():
        reminders.announce(
            tx,
            one.subject,
            None,
            1,
            one.rung,
            policy.digest_channels,
            Urgency.PASSIVE,
            one.due_at,
            one.useful_until,
        )
