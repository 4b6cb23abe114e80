"""From a reminder's row to the facts that its notice tells; worded when it goes out, for then."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from kepthour.core.away import covering
from kepthour.core.errors import KeptHourError, place
from kepthour.core.freshness import SOON
from kepthour.core.notice import Notice, Showing
from kepthour.core.notices import (
    away_notice,
    bare_notice,
    calendar_notice,
    card_notice,
    cue_notice,
    digest_notice,
    joint_notice,
    lost_track_notice,
    noted_notice,
    question_notice,
    rule_notice,
    rung_notice,
    sweep_notice,
)
from kepthour.core.nudges import NUDGE
from kepthour.core.quiet import (
    BACK_TO_BACK,
    CUE,
    NOTED,
    Attended,
    Manner,
    ending_before,
    manner_of,
    told_by_a_rung,
)
from kepthour.core.reminder import DIGEST, OPENING, QUESTION, SWEEP, Reminder, State, number_in
from kepthour.core.response import Response
from kepthour.core.rules import RULE
from kepthour.core.spans import midnight
from kepthour.core.verdict import announced_start, deadline_after
from kepthour.core.words.troubles import calendar_text
from kepthour.logger import log
from kepthour.pipeline.dispatch.surroundings import Surroundings
from kepthour.store import absences, calendars, make_ups, nudging, reminders, responses, rules, sessions
from kepthour.store.engine import StoreFault, Tx

Words = Callable[[datetime], Notice]  # a notice as it reads at an instant (aware UTC)


@dataclass(frozen=True, slots=True)
class Wording:
    """How notices are worded, and when a calendar counts as stale (by name)."""

    how: Showing
    stale_after: Mapping[str, timedelta]


class Unworded(Exception):
    """Catch it to go on without a notice that is no rung: a bug, or a row that was torn, and told in the log."""


def words_for(tx: Tx, reminder: Reminder, around: Surroundings, wording: Wording) -> Words | None:
    """As `words_of`, but a bug or a torn row costs a rung its details only: it comes all the same.

    Raises Unworded for what is no rung.
    """
    try:
        words = words_of(tx, reminder, around, wording)
    except (StoreFault, KeptHourError):
        raise
    except Exception as error:
        log.error("reminder.not_worded", reminder=reminder.id, problem=error, place=place(error))
        if reminder.offset is None:
            raise Unworded from error
        return partial(_bare, reminder, wording.how)
    return partial(_said, words, reminder, wording.how) if words and reminder.offset is not None else words


def _said(words: Words, reminder: Reminder, how: Showing, now: datetime) -> Notice:
    try:
        return words(now)
    except Exception as error:  # noqa: BLE001  supervised: as in `words_for`
        log.error("reminder.not_worded", reminder=reminder.id, problem=error, place=place(error))
        return _bare(reminder, how, now)


def _bare(reminder: Reminder, how: Showing, _now: datetime) -> Notice:
    return bare_notice(reminder, how)


def words_of(tx: Tx, reminder: Reminder, around: Surroundings, wording: Wording) -> Words | None:
    """What `reminder` is to say; None if there is nothing (left) to say."""
    now = around.now
    if reminder.rung.startswith(DIGEST):
        return _digest(tx, reminder, now, wording)
    if reminder.rung == SWEEP:
        return _sweep(tx, reminder, now, wording)
    if reminder.rung == "calendar":
        return _alert(tx, reminder, now, wording)
    if reminder.rung.startswith(NUDGE):
        return _nudge(tx, reminder, now, wording)
    if reminder.rung == RULE:
        return _rule(tx, reminder, wording)
    if reminder.rung == QUESTION:
        known = [row.known for row in sessions.asked_in(tx, reminder.subject)]
        # Of one that vanished it is asked in time, or not at all.
        asked = [one for one in known if not (one.cancelled and one.end <= now)]
        return (lambda now: question_notice(reminder, asked, wording.how, now)) if asked else None
    row = sessions.get(tx, reminder.session_id or "")
    if row is None or row.known.revision != reminder.revision:
        return None
    if reminder.rung == "audit":
        return _fixed(lost_track_notice(reminder, row.known, wording.how))
    if reminder.rung.startswith(CUE):
        return _cue(tx, reminder, row, around, wording)
    if reminder.rung == OPENING and not make_ups.opens_with(tx, row.id):
        return None
    answers = responses.to(tx, row)
    if reminder.rung.startswith(NOTED):
        announced = announced_start(answers)
        return _fixed(noted_notice(reminder, row.known, announced, wording.how)) if announced else None
    before = ending_before(row.known.start, row.id, around.attended)
    if before is not None and reminder.offset is not None and reminder.offset < timedelta():
        return partial(_joint, reminder, row, before.end, wording.how)
    manner = manner_of(reminder, around.attended, around.let_down, now)
    return rung_words(reminder, row, answers, wording, manner)


def rung_words(
    reminder: Reminder,
    row: sessions.SessionRow,
    answers: Sequence[Response],
    wording: Wording,
    manner: Manner = Manner.USUAL,
) -> Words:
    """What a rung of the session `row` is to say. `answers` are those to its present start, by time."""
    return partial(_rung, reminder, row, wording.how, announced_start(answers), manner)


def _rung(
    reminder: Reminder,
    row: sessions.SessionRow,
    how: Showing,
    announced: datetime | None,
    manner: Manner,
    now: datetime,
) -> Notice:
    return rung_notice(reminder, row.known, now, how, announced, manner)


def _joint(
    reminder: Reminder, row: sessions.SessionRow, ends: datetime, how: Showing, _now: datetime
) -> Notice:
    return joint_notice(reminder, row.known, ends, how)


def _cue(
    tx: Tx, reminder: Reminder, row: sessions.SessionRow, around: Surroundings, wording: Wording
) -> Words | None:
    """An end cue; none if a rung of the next session says it all."""
    session = Attended(row.id, row.known.start, row.known.end)
    if session not in around.attended:
        return None
    soon = sessions.coming(tx, session.end, session.end + 2 * BACK_TO_BACK)
    coming = [one for one in soon if one.known.start - session.end <= BACK_TO_BACK]
    ladders = reminders.of_sessions(tx, [one.id for one in coming])
    pending = [one for ladder in ladders.values() for one in ladder if one.state is State.PENDING]
    if told_by_a_rung(reminder.due_at, session, [one for one in pending if one.channel == reminder.channel]):
        return None
    return partial(_cued, reminder, row, coming[0].known.start if coming else None, wording.how)


def _cued(
    reminder: Reminder, row: sessions.SessionRow, then: datetime | None, how: Showing, now: datetime
) -> Notice:
    return cue_notice(reminder, row.known, then, now, how)


def _fixed(notice: Notice) -> Words:
    return lambda _now: notice


def _troubled(tx: Tx, wording: Wording, now: datetime) -> list[calendars.Troubled]:
    return calendars.troubled(tx, wording.stale_after, sessions.soonest(tx, now, now + SOON), now)


def _alert(tx: Tx, reminder: Reminder, now: datetime, wording: Wording) -> Words | None:
    """An alert about a calendar, if it still is in trouble."""
    name = reminder.subject.removeprefix("calendar:")
    for one in _troubled(tx, wording, now):
        if one.calendar.name == name:
            problem = f"{one.calendar.problem_what or ''} {one.calendar.problem_remedy or ''}".strip()
            tongue, zone = wording.how.tongue, wording.how.zone
            last = one.calendar.last_good_at
            words = calendar_text(tongue, name, one.state, last, problem, one.next_session, zone)
            return _fixed(calendar_notice(reminder, words, wording.how))
    return None


def _nudge(tx: Tx, reminder: Reminder, now: datetime, wording: Wording) -> Words | None:
    """What a repair card is to say still; nothing, if that is done."""
    one = nudging.spoken(tx, reminder, now)
    return _fixed(card_notice(reminder, one.card.id, one.start, one.steps, now, wording.how)) if one else None


def _rule(tx: Tx, reminder: Reminder, wording: Wording) -> Words | None:
    """What was seen when a rule was looked at again."""
    number = number_in(reminder.subject, RULE)
    one = rules.get(tx, number) if number is not None else None
    if one is None or one.tally is None:
        return None
    return _fixed(rule_notice(reminder, one.rule, one.tally, wording.how))


def _sweep(tx: Tx, reminder: Reminder, now: datetime, wording: Wording) -> Words | None:
    """What is asked still of sessions that are over; nothing, if all are accounted for."""
    over = [row for row in sessions.open_questions(tx) if row.known.end <= now]
    asked = [row.known for row in over if not _is_awaited(tx, row, now)]
    if reminder.session_id is not None:
        mine = [one for one in asked if (one.id, one.revision) == (reminder.session_id, reminder.revision)]
    else:
        start, end = _bounds(reminder, wording.how.zone)
        mine = [one for one in asked if start <= one.start < end]
    return _fixed(sweep_notice(reminder, mine, now, wording.how)) if mine else None


def _is_awaited(tx: Tx, row: sessions.SessionRow, now: datetime) -> bool:
    """Whether they announced so late a start that they are asked by themselves when its deadline comes."""
    return deadline_after(row.deadline, row.known.start, responses.to(tx, row)) > now


def _bounds(reminder: Reminder, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day that a digest or a sweep is about."""
    day = date.fromisoformat(reminder.subject.removeprefix("day:"))
    return midnight(day, zone), midnight(day + timedelta(days=1), zone)


def _digest(tx: Tx, reminder: Reminder, now: datetime, wording: Wording) -> Words | None:
    start, end = _bounds(reminder, wording.how.zone)
    held: Sequence[sessions.SessionRow] = [
        row
        for row in sessions.between(tx, start, end)
        if not row.hidden and not row.known.cancelled and start <= row.known.start < end
    ]
    if not held:
        return None
    absent = absences.between(tx, start, end)
    if all(covering(row.known.start, absent) for row in held):
        return _fixed(away_notice(reminder, [row.known for row in held], wording.how))
    there = [row for row in held if not covering(row.known.start, absent)]
    present = [row.known for row in there]
    odd = [(row.known, row.oddities[0]) for row in there if row.oddities]
    troubled = {one.calendar.name: one.state for one in _troubled(tx, wording, now)}
    silent = len(held) - len(present)
    return _fixed(digest_notice(reminder, present, wording.how, troubled, silent, odd))
