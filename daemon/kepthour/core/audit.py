"""The auditor's rules: every open session has a next step or a final state, and silence always has a reason.

They know nothing of how the plan came about: a fault in planner, pump or detector is to be found by what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.reminder import HELD, OUT, QUESTION, Reminder, State, Why
from kepthour.core.response import Kind
from kepthour.core.verdict import NOT_FINAL, Verdict

_SLACK = timedelta(minutes=2)  # for a pump that is busy, and for sources of evidence that are still asked
_REFUSALS = 3


class Gap(StrEnum):
    """What may be missing."""

    NO_LADDER = "no_ladder"  # nothing was planned for its start
    SILENCED = "silenced_without_an_answer"
    OVERDUE = "overdue"  # due, and not handed over
    HELD_BACK = "held_back"  # to be left alone for longer than any lease or pause lasts
    UNDECIDED = "undecided"  # over its deadline, without a verdict
    UNASKED = "unasked"  # an open verdict that nobody was asked about
    UNHEARD = "unheard"  # no channel takes what is due


@dataclass(frozen=True, slots=True)
class Open:
    """A session that takes or took place, as it is stored. Instants are aware UTC."""

    start: datetime
    deadline: datetime  # with any "running late"
    verdict: Verdict | None
    by: str | None  # who decided
    answers: frozenset[Kind]
    reminders: Sequence[Reminder]  # of its present start, rungs and questions


def gaps(session: Open, now: datetime) -> list[Gap]:
    """What is missing for `session` at `now` (aware UTC); nothing, if all is well. Never raises."""
    rungs = [one for one in session.reminders if one.offset is not None]
    found = []
    if session.verdict is None:
        if not any(one.is_of_ladder for one in rungs) and now + _SLACK < session.start:
            found.append(Gap.NO_LADDER)
        if any(not _has_reason(one, session) for one in rungs):
            found.append(Gap.SILENCED)
        if now > session.deadline + _SLACK:
            found.append(Gap.UNDECIDED)
    elif session.verdict in NOT_FINAL and session.by == "daemon" and not _is_asked(session):
        found.append(Gap.UNASKED)
    found += _undelivered(rungs, now)
    if any(_is_held_back(one, now) for one in rungs):
        found.append(Gap.HELD_BACK)
    return found


_ANSWERED = {
    Why.CHECKED_IN: Kind.HERE,
    Why.CHECKED_OUT: Kind.OUT,
    Why.ACKNOWLEDGED: Kind.ACK,
    Why.SNOOZED: Kind.SNOOZE,
    Why.LATE: Kind.LATE,
}
_CONCLUDED = {Why.IN_THE_ROOM, Why.JOINED, Why.OVER, Why.FLAGGED, Why.SETTLED}


def _has_reason(rung: Reminder, session: Open) -> bool:
    """Whether a rung that was silenced for an answer, or for a verdict, was silenced for one that is there."""
    if rung.state is not State.SUPERSEDED or rung.why is None:
        return True
    if rung.why in _ANSWERED:
        return _ANSWERED[rung.why] in session.answers
    return rung.why not in _CONCLUDED or session.verdict is not None


def _is_asked(session: Open) -> bool:
    return any(one.rung == QUESTION and one.state in OUT | {State.PENDING} for one in session.reminders)


def _is_held_back(rung: Reminder, now: datetime) -> bool:
    """Longer than it may be: while the therapist is with a client, or away, it may wait as long as it is useful."""
    quiet = rung.why in HELD and rung.not_before <= rung.useful_until
    late = rung.not_before > max(rung.due_at, now) + _SLACK
    return rung.state is State.PENDING and late and not quiet


def _undelivered(rungs: Sequence[Reminder], now: datetime) -> list[Gap]:
    waiting = [
        one
        for one in rungs
        if one.state is State.PENDING and one.due_at < now - _SLACK and one.useful_until > now
    ]
    reached = {one.rung for one in rungs if one.state in OUT}
    if any(one.problem is None and one.not_before < now - _SLACK for one in waiting):
        return [Gap.OVERDUE]
    refused = [one for one in waiting if one.problem is not None and one.attempts >= _REFUSALS]
    return [Gap.UNHEARD] if any(one.rung not in reached for one in refused) else []
