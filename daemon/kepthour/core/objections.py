"""Which answers make no sense for a session as it stands, and what to say instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kepthour.core.changes import KnownSession
from kepthour.core.errors import NeedsPerson
from kepthour.core.response import EARLIEST_CHECK_IN, EARLIEST_LATE, Kind, Response
from kepthour.core.verdict import Verdict

_BEFORE_IT = {Kind.ACK, Kind.SNOOZE, Kind.LATE}  # they speak of a check-in that is to come


def object_to_answer(
    answer: Response, session: KnownSession, before: Sequence[Response], settled: Verdict | None
) -> None:
    """Raises NeedsPerson if `answer` contradicts what is known of `session`.

    `before` are the answers that were given to the same start, `settled` is what the therapist said became of it.
    A JOIN is never refused: it opens a room, and says nothing.
    """
    if answer.kind is Kind.JOIN:
        return
    settle = f"kepthour settle {session.id}"
    if settled is not None:
        verdict = settled.value.replace("_", " ")
        raise NeedsPerson(
            f"You settled this session: {verdict}.", f"If that was wrong: {settle}, with what is right."
        )
    there = any(one.kind is Kind.HERE for one in before)
    if answer.kind in _BEFORE_IT and any(one.kind is Kind.HERE and one.at <= answer.at for one in before):
        raise NeedsPerson("You are checked in to this session.", _if_by_mistake(answer, session))
    if answer.kind is Kind.HERE and answer.at < session.start - EARLIEST_CHECK_IN:
        raise NeedsPerson(
            "It is too early to check in.",
            f"Say that you are on your way: kepthour ack --session {session.id}.",
        )
    if answer.kind is Kind.LATE and answer.at < session.start - EARLIEST_LATE:
        raise NeedsPerson(
            "It is too early to say that you are late: the reminders before the start would go.",
            "Say it in the last quarter of an hour; or move the session in your calendar.",
        )
    if answer.kind is Kind.OUT and answer.at < session.start and not there:
        raise NeedsPerson(
            "This session has not begun.", f"If it does not take place, say why: {settle} client_cancelled."
        )
    if answer.kind is Kind.SNOOZE and answer.at >= session.start:
        raise NeedsPerson(
            "A session that has begun cannot be snoozed.",
            f"Check in, or say: kepthour late 10m --session {session.id}.",
        )
    if answer.kind is Kind.LATE and answer.until is not None and answer.until >= session.end:
        raise NeedsPerson(
            "That would be after the end of the session.",
            f"Say a shorter time; or, if it does not take place, say why: {settle} therapist_cancelled.",
        )


def _if_by_mistake(answer: Response, session: KnownSession) -> str:
    if answer.at < session.start:
        return f"If that was a mistake, take it back: kepthour settle {session.id} unknown."
    return "There is nothing more to say; when it is over: kepthour out."


# A miss and a late start open a repair card, for something that can be helped still; a near miss is one looking back.
_NOT_YET = {Verdict.MISSED, Verdict.LATE, Verdict.NEAR_MISS}


def object_to_verdict(verdict: Verdict, session: KnownSession, now: datetime) -> None:
    """Raises NeedsPerson for a miss, or nearly one, of a session that has not begun. `now` is aware UTC."""
    if verdict in _NOT_YET and now < session.start:
        name = "a near miss" if verdict is Verdict.NEAR_MISS else verdict.value
        raise NeedsPerson(
            f"This session has not begun, so it cannot be {name} yet.",
            "If you will be late: kepthour late 10m. If it will not take place: "
            f"kepthour settle {session.id} therapist_cancelled.",
        )
