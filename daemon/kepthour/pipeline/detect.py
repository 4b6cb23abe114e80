"""Says what became of sessions: held, late, a suspected miss, or unknown and to be asked about.

1  sessions that have begun or were answered, and have no final verdict
2  decide from answers, evidence and coverage                (core.verdict, core.presence, core.coverage)
3  write verdict and history, silence the rest of the ladder, ask    (one transaction)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.core.away import covering
from kepthour.core.coverage import coverage
from kepthour.core.edits import counts
from kepthour.core.freshness import timely
from kepthour.core.ladder import Modality, Urgency, modality
from kepthour.core.patterns import Pattern, stands_in
from kepthour.core.presence import is_heard, proven_since
from kepthour.core.reminder import QUESTION, SWEEP, Reminder, State, Why
from kepthour.core.response import EARLIEST_CHECK_IN, Kind, silence
from kepthour.core.verdict import HELD, NOT_FINAL, SILENCE, Because, Finding, Verdict, deadline_after, decide
from kepthour.logger import log
from kepthour.ports import Witness
from kepthour.store import (
    absences,
    calendars,
    course,
    evidence,
    outbox,
    planning,
    presence,
    questions,
    reminders,
    responses,
    sessions,
    watches,
)
from kepthour.store.calendars import CalendarRow
from kepthour.store.contradictions import contradicted
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow

_ASK_FOR = timedelta(days=1)
# Presence without an answer, which would have ended the ladder itself; who joined is nagged up to the deadline.
_ENDED_BY = {Because.IN_THE_ROOM: Why.IN_THE_ROOM, Because.JOINED: Why.JOINED}
_OVER = timedelta(days=2)  # how far back sessions are looked for that a call was seen in
_AHEAD = timedelta(hours=1)  # the pump looks again long before that


@dataclass(frozen=True, slots=True)
class Detector:
    """What detection needs to know of the configuration."""

    channels: tuple[str, ...]  # where questions go
    far_channels: tuple[str, ...]  # where they go as well if nobody answers, and a client may have waited
    stale_after: Mapping[str, timedelta]  # by calendar name
    witnesses: Mapping[str, Witness]  # by calendar name
    in_person: Pattern | None = None  # a place where silence says nothing of a session without a link


def detect(
    detector: Detector, store: Store, now: datetime, only: str | None = None
) -> list[tuple[str, Verdict]]:
    """Decide what can be decided at `now` (aware UTC); returns the new verdicts by session id.

    Of `only` this session, if given, and nothing that is asked about: who answers need not have heard the calendars.
    """
    with store.read() as tx:
        if not _findings(tx, detector, now, only) and not _left_open(tx, now):
            return []
    with store.write() as tx:
        found = _findings(tx, detector, now, only)
        for row, finding in found:
            course.decide(tx, row.id, finding.verdict, finding.because, "daemon", now)
            log.info(
                "session.verdict",
                session=row.id,
                verdict=finding.verdict.value,
                because=finding.because.value,
            )
        for row, finding in found:
            if why := _ENDED_BY.get(finding.because):
                _silence(tx, row, why, now)
        for row in _left_open(tx, now):
            _silence(tx, row, Why.OVER, now)
        questions.close_idle(tx, now)
        _ask(tx, detector, [one for one in found if one[1].verdict in NOT_FINAL], now)
    return [(row.id, finding.verdict) for row, finding in found]


def next_deadline(store: Store, now: datetime) -> datetime | None:
    """When the next session will have to be decided without an answer."""
    with store.read() as tx:
        awaiting = sessions.awaiting(tx, now, now + _AHEAD)
        answers = responses.of_sessions(tx, [row.id for row in awaiting])
    deadlines = [
        deadline_after(row.deadline, row.known.start, answers.get((row.id, row.known.revision), ()))
        for row in awaiting
    ]
    return min((deadline for deadline in deadlines if deadline > now), default=None)


def _findings(
    tx: Tx, detector: Detector, now: datetime, only: str | None
) -> list[tuple[SessionRow, Finding]]:
    found = []
    for row in sessions.undecided(tx, now, watches.first_ever(tx)):
        if only is not None and row.id != only:
            continue
        finding = _finding(tx, detector, row, now)
        if only is not None and finding is not None and finding.verdict in NOT_FINAL:
            continue
        if finding is not None and _is_news(row, finding):
            found.append((row, finding))
    return found


def _is_news(row: SessionRow, finding: Finding) -> bool:
    """What is asked about is only ever answered by evidence: what was covered then is not to be weighed anew later."""
    eased = row.verdict is Verdict.SUSPECTED_MISS and finding.because is Because.ENTRY_EDITED
    return row.verdict is None or finding.verdict in HELD or eased


def _finding(tx: Tx, detector: Detector, row: SessionRow, now: datetime) -> Finding | None:
    answers = responses.to(tx, row)
    known = row.known
    deadline = deadline_after(row.deadline, known.start, answers)
    calendar = calendars.get(tx, known.calendar)
    covered = coverage(
        known.start,
        deadline,
        watches.around(tx, known.start - timedelta(days=1), now),
        reminders.of_session(tx, row.id, known.revision),
        None if contradicted(tx, row) or _was_there(tx, row, deadline) else _last_good(calendar, now),
        detector.stale_after.get(known.calendar, timedelta()),
        absences.between(tx, known.start, deadline),
    )
    witness = detector.witnesses.get(known.calendar)
    testimony = evidence.about(tx, row)
    return decide(
        known.start,
        deadline,
        row.late_after,
        answers,
        covered,
        now,
        in_room_since=proven_since(testimony.stays, known.start, known.end),
        heard=witness is None
        or not witness.source.can_tell(known.join_url)
        or is_heard(deadline, testimony.asked_at),
        call=presence.call(tx, row, deadline),
        in_person=_is_in_person(detector, row),
        edited=any(counts(*edit, known.start, deadline) for edit in testimony.edits),
    )


def _was_there(tx: Tx, row: SessionRow, deadline: datetime) -> bool:
    """Whether they checked in just before it was moved by minutes: who did is reminded anew, and not suspected."""
    if row.moved_at is None:
        return False
    since, until = row.known.start - EARLIEST_CHECK_IN, min(row.moved_at, deadline)
    return any(one.kind is Kind.HERE and since <= one.at <= until for one in responses.ever(tx, row.id))


def _is_in_person(detector: Detector, row: SessionRow) -> bool:
    place, known = detector.in_person, row.known
    return (
        place is not None
        and modality(known) is Modality.IN_PERSON
        and stands_in(place, known.place, if_undecided=True)
    )


def _last_good(calendar: CalendarRow | None, now: datetime) -> datetime | None:
    """When a calendar was asked for its last good sync, if that can be trusted: what came later it may not know.

    Nor can it be trusted if it was answered since that much is gone: that is not believed yet, but may be so.
    """
    if calendar is None or calendar.as_of is None or calendar.suspected is not None:
        return None
    return calendar.as_of if timely(calendar.as_of, now) else None


def _silence(tx: Tx, row: SessionRow, why: Why, now: datetime) -> None:
    """The ladder ends. The sweep stays: it finds out in its time whether there is something to ask still."""
    outbox.withdraw(tx, silence(_ladder(tx, row), why), now)


def _ladder(tx: Tx, row: SessionRow) -> list[Reminder]:
    return [one for one in reminders.of_session(tx, row.id, row.known.revision) if one.rung != SWEEP]


def _left_open(tx: Tx, now: datetime) -> list[SessionRow]:
    """Sessions that are over, and whose last notice still stands there: a call took nothing away while they lasted."""
    over = sessions.held_in_a_call(tx, now - _OVER, now)
    return [row for row in over if any(one.state is State.SENT for one in _ladder(tx, row))]


def _ask(tx: Tx, detector: Detector, found: Sequence[tuple[SessionRow, Finding]], now: datetime) -> None:
    """One question for one session; several that became unknown together share one; those of a leave, when it ends."""
    asked = [one for one in found if not _is_asked_later(tx, detector, one[0], now)]
    rows = [row for row, _finding in asked]
    if not rows:
        return
    for row in rows:
        _silence(tx, row, Why.FLAGGED, now)
    only = rows[0] if len(rows) == 1 else None
    subject = only.id if only else f"question:{rows[0].id}"
    course.ask(tx, [row.id for row in rows], subject, now)
    revision = only.known.revision if only else 1
    _make_room(tx, subject, revision)
    put = [(detector.channels, now)]
    if any(finding.verdict is Verdict.SUSPECTED_MISS for _row, finding in asked):
        put.append((detector.far_channels, now + SILENCE))
    for channels, due in put:
        planning.announce(
            tx,
            subject,
            only.id if only else None,
            revision,
            QUESTION,
            channels,
            Urgency.NORMAL,
            due,
            now + _ASK_FOR,
        )


def _is_asked_later(tx: Tx, detector: Detector, row: SessionRow, now: datetime) -> bool:
    """A session inside an absence: all of them are asked about together, when the therapist is back."""
    absence = covering(row.known.start, absences.between(tx, row.known.start, row.known.end))
    if absence is None or absence.end <= now:  # the question of that leave is out by now
        return False
    _silence(tx, row, Why.AWAY, now)
    _make_room(tx, absence.question, 1)
    course.ask(tx, [row.id], absence.question, now)
    planning.announce(
        tx,
        absence.question,
        None,
        1,
        QUESTION,
        detector.channels,
        Urgency.NORMAL,
        absence.end,
        absence.end + _ASK_FOR,
    )
    return True


def _make_room(tx: Tx, question: str, revision: int) -> None:
    """What was asked under this name, and is not to come any more, is no reason not to ask now.

    It was taken back: all that it asked about was settled, or the clock was set back and it is decided anew.
    """
    before = [one for one in reminders.of_subject(tx, question) if one.revision == revision]
    over = [one.id for one in before if one.rung == QUESTION and one.state is not State.PENDING]
    planning.put_aside(tx, over)
