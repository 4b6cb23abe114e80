"""Which reminders would go out if nobody answered any more: the same planner, nothing sent."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kepthour.config import Configuration
from kepthour.core.away import Absence, covering
from kepthour.core.changes import KnownSession
from kepthour.core.day import by_day, digests, grounds
from kepthour.core.freshness import SOON, Freshness
from kepthour.core.ladder import Urgency
from kepthour.core.oddities import Oddity, odd_ones
from kepthour.core.quiet import CUE, Attended, waits_for
from kepthour.core.reach import HELD_AHEAD, HELD_BEHIND
from kepthour.core.reminder import OPENING, OUT, QUESTION, SWEEP, Reminder, State
from kepthour.core.rules import RULE
from kepthour.core.sweep import after_session, evenings
from kepthour.core.verdict import SILENCE, announced_start, deadline_after
from kepthour.core.words.asked import question_text, sweep_text
from kepthour.core.words.digests import away_text, digest_text
from kepthour.core.words.repair import nudge_text
from kepthour.core.words.rules import rule_text
from kepthour.core.words.rungs import cue_text, opening_text, rung_text
from kepthour.pipeline.plan.ladders import has_begun
from kepthour.pipeline.plan.oddities import background
from kepthour.store import absences, calendars, nudging, presence, reminders, responses, sessions
from kepthour.store.engine import Store, Tx
from kepthour.views.agenda import agenda
from kepthour.views.rehearsed import Rehearsed, ladders
from kepthour.views.rules import listed

_FRINGE = timedelta(days=2)  # digests and early rungs belong to sessions that lie outside the span


@dataclass(frozen=True, slots=True)
class _Course:
    """What is stored of a session: its rungs, and when it will be asked about (None: not any more)."""

    rungs: Sequence[Reminder]
    deadline: datetime | None
    announced: datetime | None = None  # the start that a "running late" promised
    cues: Sequence[Reminder] = ()


def rehearse(
    config: Configuration, store: Store, start: datetime, end: datetime, now: datetime
) -> list[Rehearsed]:
    """Reminders due in [start, end), in order, from the stored calendar, this configuration and the answers so far."""
    with store.read() as tx:
        absent = absences.between(tx, start - _FRINGE, end + _FRINGE)
        stale_after = {calendar.name: calendar.stale_after for calendar in config.calendars}
        troubled = calendars.troubled(tx, stale_after, sessions.soonest(tx, now, now + SOON), now)
        open_now = [row.known for row in sessions.open_questions(tx)]
        of_cards = list(_nudges(tx, config))
        openings = _openings(tx)
        attended = presence.attended(tx, now)
    entries = agenda(config, store, start - _FRINGE - HELD_BEHIND, end + _FRINGE, now)
    held = [
        entry.session
        for entry in entries
        if not entry.session.cancelled and entry.session.end > start - _FRINGE
    ]
    days = by_day(held, config.zone)
    answered = _answered(store, now, end + _FRINGE)
    odd = _odd(config, store, [entry.session for entry in entries], now)
    there = [
        (session, day) for day in days.values() for session in day if covering(session.start, absent) is None
    ]
    unanswered = [
        (session, bool(grounds(session, day, is_odd=config.early_if_odd and session.id in odd)))
        for session, day in there
        if session.id not in answered
    ]
    courses = [
        (
            session,
            answered.get(session.id)
            or _Course(
                openings.get((session.id, session.revision), ()),
                config.ladder.deadline(session.start, session.end),
            ),
        )
        for session, _day in there
    ]
    # as they are now: nobody knows what they will be
    states = {one.calendar.name: one.state for one in troubled}
    asked = [(session, course) for session, course in courses if course.deadline is not None]
    found = [
        *of_cards,
        *_looks_back(config, store, now),
        *_digests(config, days, absent, states, odd),
        *_questions(config, asked),
        *_sweeps(config, [*open_now, *(session for session, course in asked if _is_to_come(course, now))]),
        *ladders(config, unanswered),
    ]
    for session, course in courses:
        found += [*_ladder(config, session, course), *_cues(config, session, course)]
    occupied = {session.id: Attended(session.id, session.start, session.end) for session, _course in asked}
    occupied |= {one.id: one for one in attended}
    due = sorted((one for one in found if start <= one.at < end), key=lambda one: (one.at, one.session or ""))
    return list(_weighed(due, occupied.values()))


def _weighed(due: Iterable[Rehearsed], occupied: Iterable[Attended]) -> Iterator[Rehearsed]:
    """With the sessions, of those in which the therapist is or may be, that would hold each back. `due` is by time."""
    to_come = deque(sorted(occupied, key=lambda session: session.start))
    under_way: list[Attended] = []
    for one in due:
        while to_come and to_come[0].start <= one.at:
            under_way.append(to_come.popleft())
        under_way = [session for session in under_way if one.at < session.end]
        if not under_way:
            yield one
            continue
        held_by = [s for s in under_way if s.id != one.session and waits_for(one, s)]
        yield replace(one, waits_in=tuple(held_by)) if held_by else one


def _odd(
    config: Configuration, store: Store, held: Sequence[KnownSession], now: datetime
) -> dict[str, tuple[Oddity, ...]]:
    """By id: what is odd, and will be, as the calendars are now."""
    configured = [(calendar.name, calendar.take) for calendar in config.calendars]
    with store.read() as tx:
        rows = sessions.with_ids(tx, [session.id for session in held])
        known = background(tx, configured, config.rules, rows, now, now + HELD_AHEAD)
    return odd_ones(held, known.earlier, known.facts, config.zone, now)


def _openings(tx: Tx) -> dict[tuple[str, int], list[Reminder]]:
    """By session and revision: the opening cues to come, which no configuration calls for."""
    found: defaultdict[tuple[str, int], list[Reminder]] = defaultdict(list)
    for one in reminders.openings(tx):
        found[one.session_id or "", one.revision].append(one)
    return found


def _answered(store: Store, now: datetime, end: datetime) -> dict[str, _Course]:
    """By id: the sessions up to `end` that are not over and were answered or settled, or whose ladder has begun.

    Theirs is what is stored.
    """
    found = {}
    with store.read() as tx:
        rows = sessions.between(tx, now, end)
        ladders_of = reminders.of_sessions(tx, [row.id for row in rows])
        for row in rows:
            answers = responses.to(tx, row)
            ladder = ladders_of.get((row.id, row.known.revision), [])
            is_answered = bool(answers) or row.verdict is not None
            if not is_answered and not has_begun([one for one in ladder if one.is_of_ladder], now):
                continue
            stays = {State.PENDING} if is_answered else {State.PENDING, *OUT}
            pending = [one for one in ladder if one.state in stays and one.offset is not None]
            deadline = deadline_after(row.deadline, row.known.start, answers)
            cues = [one for one in ladder if one.state is State.PENDING and one.rung.startswith(CUE)]
            open_until = deadline if row.verdict is None else None
            found[row.id] = _Course(pending, open_until, announced_start(answers), cues)
    return found


def _ladder(config: Configuration, session: KnownSession, course: _Course) -> Iterator[Rehearsed]:
    rungs: defaultdict[str, list[Reminder]] = defaultdict(list)
    for step in course.rungs:
        rungs[step.rung].append(step)
    tongue = config.showing.tongue
    for rung, steps in rungs.items():
        first = steps[0]
        assert first.offset is not None, "only rungs are here"
        at = first.offset, first.due_at, config.zone, config.show
        if rung == OPENING:
            words = opening_text(tongue, session, *at)
        else:
            words = rung_text(tongue, session, *at, course.announced)
        channels = tuple(step.channel for step in steps)
        yield Rehearsed(
            first.due_at,
            session.id,
            rung,
            first.urgency,
            channels,
            words.whole,
            first.offset,
            first.skip_in_session,
        )


def _cues(config: Configuration, session: KnownSession, course: _Course) -> Iterator[Rehearsed]:
    for one in course.cues:
        words = cue_text(config.showing.tongue, session, None, one.due_at, config.zone)
        yield Rehearsed(one.due_at, session.id, one.rung, one.urgency, (one.channel,), words.whole)


def _questions(config: Configuration, courses: Iterable[tuple[KnownSession, _Course]]) -> Iterator[Rehearsed]:
    """At each deadline one question: sessions with the same one share it."""
    asked: defaultdict[datetime, list[KnownSession]] = defaultdict(list)
    for session, course in courses:
        assert course.deadline is not None, "only those that are asked about are here"
        asked[course.deadline].append(session)
    for deadline, those in asked.items():
        words = question_text(config.showing.tongue, those, config.zone, config.show, deadline)
        session_id = those[0].id if len(those) == 1 else None
        for channels, at in ((config.near_channels, deadline), (config.far_channels, deadline + SILENCE)):
            if channels:
                yield Rehearsed(at, session_id, QUESTION, Urgency.NORMAL, channels, words.whole)


def _nudges(tx: Tx, config: Configuration) -> Iterator[Rehearsed]:
    """What repair cards will say, if nothing is done about them."""
    tongue, zone = config.showing.tongue, config.zone
    for nudge in reminders.nudges(tx):
        one = nudging.spoken(tx, nudge, nudge.due_at)
        if one is not None:
            words = nudge_text(tongue, nudge.rung, one.card.id, one.start, one.steps, zone, nudge.due_at)
            channels = (nudge.channel,)
            yield Rehearsed(
                nudge.due_at, one.card.session_id, nudge.rung, nudge.urgency, channels, words.whole
            )


def _looks_back(config: Configuration, store: Store, now: datetime) -> Iterator[Rehearsed]:
    """When it is looked at whether a rule helped, with the counts of now: nobody knows what they will be."""
    for one in listed(config, store, now):
        if one.stands and one.written.looked_at is None:
            words = rule_text(config.showing.tongue, one.written.rule, one.tally)
            yield Rehearsed(
                one.written.look_at, None, RULE, Urgency.NORMAL, config.near_channels, words.whole
            )


def _is_to_come(course: _Course, now: datetime) -> bool:
    return course.deadline is not None and course.deadline > now


def _sweeps(config: Configuration, sessions_asked: Sequence[KnownSession]) -> Iterator[Rehearsed]:
    """After each session that nobody answers, and in the evening about all of them."""
    tongue, zone, channels = config.showing.tongue, config.zone, config.near_channels
    for session in sessions_asked:
        sweep = after_session(session, zone, config.sweeps)
        if sweep is not None:
            words = sweep_text(tongue, [session], zone, sweep.due_at, whole_day=False)
            yield Rehearsed(sweep.due_at, session.id, SWEEP, Urgency.PASSIVE, channels, words.whole)
    for sweep, those in evenings(by_day(sessions_asked, zone), zone, config.sweeps):
        words = sweep_text(tongue, those, zone, sweep.due_at, whole_day=True)
        yield Rehearsed(sweep.due_at, None, SWEEP, Urgency.PASSIVE, channels, words.whole)


def _digests(
    config: Configuration,
    days: dict[date, list[KnownSession]],
    absent: Sequence[Absence],
    troubled: Mapping[str, Freshness],
    odd: Mapping[str, Sequence[Oddity]],
) -> Iterator[Rehearsed]:
    for one in digests(days, config.zone, config.digests):
        tongue = config.showing.tongue
        there = [session for session in one.sessions if covering(session.start, absent) is None]
        if there:
            silent = len(one.sessions) - len(there)
            mind = [(session, odd[session.id][0]) for session in there if session.id in odd]
            words = digest_text(tongue, one.rung, there, config.zone, troubled, silent, mind)
        else:
            words = away_text(tongue, one.rung, len(one.sessions), one.sessions[0].start, config.zone)
        yield Rehearsed(one.due_at, None, one.rung, Urgency.PASSIVE, config.near_channels, words.whole)
