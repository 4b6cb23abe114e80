"""Evidence, responses and coverage -> verdict, with its reason.

Evidence is positive only: the absence of a signal proves nothing unless the daemon ran, the calendar was
fresh and the ladder went out. Then, and only then, a miss is *suspected*; `missed` is never said by a machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.presence import EARLIEST_SIGN
from kepthour.core.response import Kind, Response
from kepthour.core.spells import Call


class Verdict(StrEnum):
    """What became of a session."""

    ON_TIME = "on_time"
    LATE = "late"
    NEAR_MISS = "near_miss"
    SUSPECTED_MISS = "suspected_miss"
    MISSED = "missed"
    CLIENT_NO_SHOW = "client_no_show"
    CLIENT_CANCELLED = "client_cancelled"
    THERAPIST_CANCELLED = "therapist_cancelled"
    TECHNICAL = "technical"
    COVERED = "covered"
    NOT_A_SESSION = "not_a_session"
    UNKNOWN = "unknown"


# asked about; an answer may still change them
NOT_FINAL = frozenset({Verdict.SUSPECTED_MISS, Verdict.UNKNOWN})
SILENCE = timedelta(minutes=5)  # so long a suspected miss is asked about near the therapist; then everywhere
HELD = frozenset({Verdict.ON_TIME, Verdict.LATE, Verdict.NEAR_MISS})
# not to be billed as a session, whatever a fee may be agreed
NOT_HELD = frozenset(Verdict) - HELD - NOT_FINAL
# What can be known before a session begins: that it will not be held, or not by this therapist.
FORESEEABLE = frozenset(
    {Verdict.CLIENT_CANCELLED, Verdict.THERAPIST_CANCELLED, Verdict.COVERED, Verdict.NOT_A_SESSION}
)


class Because(StrEnum):
    """The evidence, or the gap in it, that decided."""

    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    IN_THE_ROOM = "in_the_room"
    JOINED = "joined"
    IN_A_CALL = "in_a_call"
    IN_SOME_CALL = "in_some_call"  # perhaps another session's
    ENTRY_EDITED = "entry_was_edited"  # while it was on; by whom, a calendar does not tell
    IN_PERSON = "session_was_in_person"  # where silence says nothing, as the configuration has it
    NO_EVIDENCE = "no_evidence"
    DAEMON_GAP = "daemon_was_not_running"
    CALENDAR_STALE = "calendar_was_not_fresh"
    LADDER_GAP = "reminders_did_not_go_out"
    AWAY = "therapist_was_away"
    SAID = "said_by_the_therapist"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether silence means something."""

    daemon: bool  # it ran for the whole ladder, up to the deadline
    calendar: bool  # at the deadline the last good sync was recent enough: the session still stood there
    ladder: bool  # a rung went out by the start, and none that was due failed
    away: bool = False  # the therapist was away then: nothing was to go out

    @property
    def gap(self) -> Because | None:
        """The first thing that was missing; None: nothing was."""
        if not self.daemon:
            return Because.DAEMON_GAP
        if not self.ladder:
            return Because.LADDER_GAP
        return None if self.calendar else Because.CALENDAR_STALE


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and what it rests on."""

    verdict: Verdict
    because: Because


def is_premature(verdict: Verdict, start: datetime, now: datetime) -> bool:
    """Whether nobody can know that yet. UNKNOWN is never premature: it takes back what was said before."""
    return now < start and verdict not in FORESEEABLE and verdict is not Verdict.UNKNOWN


def checked_in_at(responses: Sequence[Response]) -> datetime | None:
    """When the therapist first checked in; None: never."""
    return min((r.at for r in responses if r.kind is Kind.HERE), default=None)


def joined_at(responses: Sequence[Response], start: datetime, deadline: datetime) -> datetime | None:
    """When the therapist first opened the session's room by its link, where that counts; None: never.

    It counts from EARLIEST_SIGN before the start to the deadline. Who then says to be running late is not there yet:
    what was opened before that does not. `responses` are by time.
    """
    late = max((r.at for r in responses if r.kind is Kind.LATE), default=None)
    since = max(start - EARLIEST_SIGN, late) if late is not None else start - EARLIEST_SIGN
    return min((r.at for r in responses if r.kind is Kind.JOIN and since <= r.at <= deadline), default=None)


def deadline_after(deadline: datetime, start: datetime, responses: Sequence[Response]) -> datetime:
    """The deadline, moved by a "running late": as long after the announced start as it was after the start."""
    announced = announced_start(responses) or start
    return deadline + max(announced - start, timedelta())


def announced_start(responses: Sequence[Response]) -> datetime | None:
    """The start that the last "running late" promised; None: there was none. `responses` are by time."""
    starts = [r.until for r in responses if r.kind is Kind.LATE and r.until]
    return starts[-1] if starts else None


def decide(
    start: datetime,
    deadline: datetime,
    late_after: timedelta,
    responses: Sequence[Response],
    coverage: Coverage,
    now: datetime,
    *,
    in_room_since: datetime | None = None,
    heard: bool = True,
    call: Call | None = None,
    edited: bool = False,
    in_person: bool = False,
) -> Finding | None:
    """The verdict at `now` by the rule table below; None: it is too early to say.

    | evidence                                            | verdict        |
    |-----------------------------------------------------|----------------|
    | checked in, or in the room, by start + late_after   | on_time        |
    | checked in, or in the room, later                   | late           |
    | checked out, and neither of these                   | on_time        |
    | at the deadline, only: opened the room by its link  |                |
    |   by start + late_after                             | on_time        |
    |   later                                             | late           |
    | none by the deadline, but a call that is this one's | on_time, late  |
    | none by the deadline, but some call                 | unknown        |
    | none by the deadline, but its entry was edited      | unknown        |
    | none by the deadline, something was not covered     | unknown        |
    | none by the deadline, in person                     | unknown        |
    | none by the deadline                                | suspected_miss |

    Of a check-in and a presence in the room the earlier counts. Not having been seen in the room is not in the table.
    `in_room_since` is when the presence began that a source of evidence proves; None: it proves none. Until every
    source was `heard` for the last time, the last six wait.
    `call` is what this machine saw of one (`spells.weigh`): on time if it began by start + late_after. During an
    absence it is anybody's, and does not count. Neither does `edited` then: that its entry was edited while it was on.
    `in_person`: the configuration says that nobody touches a device there.
    `deadline` already includes a "running late". Instants are aware UTC. Never raises.
    """
    there = [(checked_in_at(responses), Because.CHECKED_IN), (in_room_since, Because.IN_THE_ROOM)]
    arrived = min(((at, because) for at, because in there if at is not None), default=None)
    if arrived is not None:
        return _held(arrived[0], start + late_after, arrived[1])
    if any(r.kind is Kind.OUT for r in responses):
        # Who says that a session is over was in it. Since when, nobody knows: nothing is held against them.
        return Finding(Verdict.ON_TIME, Because.CHECKED_OUT)
    if now < deadline or not heard:
        return None
    joined = joined_at(responses, start, deadline)
    if joined is not None:
        return _held(joined, start + late_after, Because.JOINED)
    if call is not None and not coverage.away:
        return _by_a_call(call, start + late_after)
    return _of_silence(coverage, edited=edited, in_person=in_person)


def _of_silence(coverage: Coverage, *, edited: bool, in_person: bool) -> Finding:
    """Nothing shows them there: the last four rows of the table."""
    if edited and not coverage.away:
        return Finding(Verdict.UNKNOWN, Because.ENTRY_EDITED)
    gap = Because.AWAY if coverage.away else coverage.gap
    if gap is not None:
        return Finding(Verdict.UNKNOWN, gap)
    if in_person:
        return Finding(Verdict.UNKNOWN, Because.IN_PERSON)
    return Finding(Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)


def _held(since: datetime, on_time_until: datetime, because: Because) -> Finding:
    return Finding(Verdict.ON_TIME if since <= on_time_until else Verdict.LATE, because)


def _by_a_call(call: Call, on_time_until: datetime) -> Finding:
    if call.since is None:
        return Finding(Verdict.UNKNOWN, Because.IN_SOME_CALL)
    return _held(call.since, on_time_until, Because.IN_A_CALL)


class SessionState(StrEnum):
    """Where a session stands, for people."""

    SCHEDULED = "scheduled"
    REMINDING = "reminding"
    ACKNOWLEDGED = "acknowledged"
    IN_SESSION = "in_session"
    ENDED = "ended"
    CANCELLED = "cancelled"


def state_of(
    start: datetime,
    end: datetime,
    *,
    cancelled: bool,
    reminded: bool,
    verdict: Verdict | None,
    responses: Sequence[Response],
    now: datetime,
) -> SessionState:
    """A session's state, derived from what is stored; `reminded`: a rung has gone out. Never raises."""
    kinds = {response.kind for response in responses}
    settled = verdict is not None and verdict not in HELD | NOT_FINAL
    if cancelled:
        return SessionState.CANCELLED
    if now >= end or Kind.OUT in kinds or settled:
        return SessionState.ENDED
    if Kind.HERE in kinds or (verdict in HELD and now >= start):
        return SessionState.IN_SESSION
    if verdict in HELD:
        # Said beforehand: nobody is in it yet, so nothing is quiet for it, and it will take place, so it has not ended.
        return SessionState.SCHEDULED
    if Kind.ACK in kinds and now < start:
        return SessionState.ACKNOWLEDGED
    return SessionState.REMINDING if reminded or now >= start else SessionState.SCHEDULED
