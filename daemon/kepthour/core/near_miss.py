"""Whether a session that was held was nearly missed: no verdict, but a fact beside it.

"On time" says that nobody waited. It does not say that it was the reminder of the last minute that made it so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.ladder import Urgency
from kepthour.core.reminder import Reminder
from kepthour.core.response import Kind, Response
from kepthour.core.spells import Call
from kepthour.core.verdict import HELD, Because, Verdict, checked_in_at

_LAST_MINUTE = timedelta(minutes=1)  # before the start; a critical reminder from then on is one of the last


class Ground(StrEnum):
    """What makes it one."""

    SIGN = "first_sign_after_a_critical_reminder"
    PRESENCE = "proven_late"
    SAID = "said_by_the_therapist"


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A near miss, and its ground. Instants are aware UTC."""

    ground: Ground
    at: datetime | None = None  # SIGN: the first one; PRESENCE: since when it is proven, if that is known
    reminder: datetime | None = None  # SIGN: when the reminder before it was due


@dataclass(frozen=True, slots=True)
class Seen:
    """What sources of evidence saw of the therapist in the session. Instants are aware UTC."""

    in_room_since: datetime | None = None
    call: Call | None = None
    is_gone: bool = False  # it was deleted since: nobody knows what it would say


def near_miss(
    verdict: Verdict | None,
    because: Because | None,
    start: datetime,
    late_after: timedelta,
    answers: Sequence[Response],
    ladder: Sequence[Reminder],
    seen: Seen,
) -> NearMiss | None:
    """Whether a session was nearly missed, and why; None: it was not, or nobody can tell. Never raises.

    Only one that was held can be. It is one if the first sign of the therapist (an answer but "over", the room, a call)
    came after a critical reminder of the last minute or later, or if their presence is proven from `late_after` after
    the start on. What the therapist said became of it is not weighed anew. A call that may be another session's, and
    evidence that is gone, count for the therapist. `answers` and `ladder` are those of the session's present start.
    """
    if verdict not in HELD:
        return None
    if because is Because.SAID:
        return None if verdict is Verdict.ON_TIME else NearMiss(Ground.SAID)
    return _by_the_first_sign(start, answers, ladder, seen) or _by_presence(
        verdict, start + late_after, answers, seen
    )


def first_sign(answers: Sequence[Response], seen: Seen) -> datetime | None:
    """When the therapist first gave a sign (aware UTC); None: never, or that cannot be told any more. Never raises."""
    call = seen.call
    if seen.is_gone or (call is not None and call.since is None):
        return None
    # "Over" tells that they were there, and not since when.
    signs = [one.at for one in answers if one.kind is not Kind.OUT]
    signs += [at for at in (seen.in_room_since, call.since if call else None) if at is not None]
    return min(signs, default=None)


def reminded_late(ladder: Sequence[Reminder], start: datetime) -> list[Reminder]:
    """The critical reminders that went out in the last minute before the start, or later."""
    return [
        one
        for one in ladder
        if one.urgency is Urgency.CRITICAL
        and one.offset is not None
        and one.sent_at is not None
        and one.sent_at >= start - _LAST_MINUTE
    ]


def _by_the_first_sign(
    start: datetime, answers: Sequence[Response], ladder: Sequence[Reminder], seen: Seen
) -> NearMiss | None:
    first = first_sign(answers, seen)
    if first is None:
        return None
    before = [one.due_at for one in reminded_late(ladder, start) if one.sent_at and one.sent_at < first]
    return NearMiss(Ground.SIGN, first, max(before)) if before else None


def _by_presence(
    verdict: Verdict | None, limit: datetime, answers: Sequence[Response], seen: Seen
) -> NearMiss | None:
    there = [at for at in (checked_in_at(answers), seen.in_room_since) if at is not None]
    since = min(there, default=None)
    # The limit itself is "on time", and late enough for this.
    return NearMiss(Ground.PRESENCE, since) if verdict is Verdict.LATE or since == limit else None
