"""After a miss: which of the client's sessions makes up for it, at which one they meet first, and what that calls for.

To take a session for the make-up by mistake costs a step that is ticked off, and a rung more. So whatever may be a
regular session is taken for one: it is the first meeting all the same, and gets the same cue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from kepthour.core import duplicates
from kepthour.core.ladder import Ladder, Rung, Step, Urgency
from kepthour.core.privacy import Phi
from kepthour.core.reminder import OPENING
from kepthour.core.response import Kind, Response
from kepthour.core.verdict import NOT_HELD, Verdict

WITHIN = timedelta(days=60)  # of the opening of the card: what begins later is no make-up session
FOLLOWED_FOR = timedelta(days=120)  # after the miss was confirmed
FAILED = NOT_HELD | {Verdict.SUSPECTED_MISS}  # they did not meet then
UNMET = FAILED | {Verdict.UNKNOWN}  # or nobody knows that they did
_BESIDE = timedelta(days=7)
_APART = timedelta(minutes=5)
_PREFERRED = tuple(timedelta(minutes=minutes) for minutes in (-30, -25, -20, -40, -45, -35))
_STAYS = {Urgency.HIGH, Urgency.CRITICAL}
_ENDS_WHAT_COMES_BEFORE = {Kind.HERE, Kind.OUT, Kind.ACK, Kind.LATE}

_Usual = frozenset[tuple[int, time]]  # weekdays (Monday is 0) and local times


class Why(StrEnum):
    """Why a session is taken for the make-up session."""

    MOVED = "moved"  # the missed session itself stands at a later time now
    HOLD = "hold"  # it is the entry that was made to hold the time
    ONE_OFF = "one_off"  # new, with the same client, and none of the regular ones
    SAID = "said"  # by the therapist


class Standing(duplicates.Placed, Protocol):
    """A session that takes or took place. Instants are aware UTC."""

    @property
    def recurrence_id(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Stood:
    """A session of the client that the calendar held already when the card was opened."""

    id: str
    start: datetime


@dataclass(frozen=True, slots=True)
class Missed:
    """The session that was missed, and what is known of it. Instants are aware UTC."""

    session: Standing  # as it stands now
    start: datetime  # as it was when it was missed
    opened_at: datetime  # of its card
    stood: Collection[Stood] | None = None  # None: that is not known, so that nothing is new
    holds: Collection[str] = ()  # UIDs of the entries that were made for it
    heir: str | None = None  # the session that it lives on as, at another time
    carried_on: Collection[str] = field(default=())  # sessions that carry on one that `stood`


@dataclass(frozen=True, slots=True)
class Found:
    """The make-up session."""

    session: Standing
    why: Why


def is_theirs(missed: Missed, session: Standing) -> bool:
    """Whether it is with the same client, as far as that can be told: by the alias, the series, or as the same one."""
    known = missed.session
    if session.id in {known.id, missed.heir}:
        return True
    named = bool(known.client) and session.client == known.client
    series = known.recurrence_id is not None and session.uid == known.uid
    return session.calendar == known.calendar and (named or series)


def is_written_otherwise(old: Phi, new: Phi) -> bool:
    """Whether two aliases are of the same words, the longer holding the shorter. One that had none may have one."""
    one, other = sorted((_letters(old), _letters(new)), key=len)
    return bool(new) and one in other


def _letters(alias: Phi) -> str:
    return "".join(filter(str.isalnum, alias.reveal())).casefold()


def first_meeting(
    missed: Missed, after: Iterable[Standing], make_up: Standing | None, unmet: Collection[str]
) -> Standing | None:
    """Where they meet first after the miss, the make-up session or a regular one; None: that is not known.

    `after` are sessions that stand now and may be theirs; `unmet` are ids of those at which they did not meet, or of
    which nobody knows it.
    """
    met = [one for one in after if is_theirs(missed, one)] + ([make_up] if make_up is not None else [])
    possible = [one for one in met if one.start > missed.start and one.id not in unmet]
    return min(possible, key=lambda one: (one.start, one.id), default=None)


def find_make_up(
    missed: Missed,
    after: Sequence[Standing],
    barred: Collection[str],
    usual: Callable[[], _Usual],
    zone: ZoneInfo,
    now: datetime,
) -> Found | None:
    """The session that makes up for the missed one; None: there is none yet, or it is not certain which it is.

    `after` as for `first_meeting`; `barred` are ids that are out of the question. `usual` is asked only if need be.
    """
    possible = [one for one in after if one.start > missed.start and one.id not in barred]
    moved = [one for one in possible if one.id in {missed.session.id, missed.heir}]
    if moved:
        return Found(moved[0], Why.MOVED)
    held = _held(missed, possible)
    if held is not None:
        return Found(held, Why.HOLD)
    new = _one_offs(missed, after, possible, usual, zone, now)
    return Found(new[0], Why.ONE_OFF) if new else None


def _held(missed: Missed, possible: Iterable[Standing]) -> Standing | None:
    """The one hold that stands. Of several the one that bears the client's alias; else the offer is still open."""
    standing = list({one.uid: one for one in possible if one.uid in missed.holds}.values())
    named = [one for one in standing if one.client and one.client == missed.session.client]
    found = named or standing
    return found[0] if len(found) == 1 else None


def _one_offs(
    missed: Missed,
    after: Iterable[Standing],
    possible: Iterable[Standing],
    usual: Callable[[], _Usual],
    zone: ZoneInfo,
    now: datetime,
) -> list[Standing]:
    """By start. New ones that share weekday and hour are a new usual time. Beside one that is gone it was moved."""
    new = [one for one in possible if _is_new(missed, one)]
    if not new:
        return []
    regular, often = usual(), Counter(_slot(one.start, zone) for one in new)
    there = {one.start for one in after if is_theirs(missed, one)}
    gone = [one.start for one in missed.stood or () if one.start > now and one.start not in there]
    found = [
        one
        for one in new
        if (slot := _slot(one.start, zone)) not in regular
        and slot != _slot(missed.start, zone)
        and often[slot] == 1
        and not any(abs(one.start - start) <= _BESIDE for start in gone)
    ]
    return sorted(found, key=lambda one: (one.start, one.id))


def _is_new(missed: Missed, one: Standing) -> bool:
    """A single event with the client that the calendar did not hold when the card was opened."""
    if missed.stood is None or not missed.session.client or one.client != missed.session.client:
        return False
    stood = {old.id for old in missed.stood} | set(missed.carried_on)
    return (
        one.calendar == missed.session.calendar
        and one.recurrence_id is None
        and one.uid not in missed.holds
        and one.id not in stood
        and one.start not in {old.start for old in missed.stood}
        and one.start <= missed.opened_at + WITHIN
    )


def _slot(start: datetime, zone: ZoneInfo) -> tuple[int, time]:
    local = start.astimezone(zone)
    return local.weekday(), time(local.hour, local.minute)


def opening_steps(
    ladder: Ladder, taken: Iterable[timedelta], start: datetime, otherwise: Iterable[str]
) -> list[Step]:
    """The opening cue of a session that begins at `start` (aware UTC): one rung more than its `ladder` has.

    About half an hour before, where none of the rungs stands (`taken` are further ones). It is calm, but stays on the
    screen where an earlier rung stays, since it takes that one's place there. If no channel takes it, it goes to
    `otherwise`.
    """
    there = {*taken, *(rung.offset for rung in ladder.rungs)}
    at = _free(there)
    earlier = [rung.urgency for rung in ladder.rungs if rung.offset < at]
    urgency = Urgency.HIGH if _STAYS.intersection(earlier) else Urgency.NORMAL
    rung = Rung(at, OPENING, urgency, skip_in_session=True)
    channels = [channel.name for channel in ladder.channels if channel.takes(rung)] or list(otherwise)
    return [Step(OPENING, at, channel, urgency, start + at, start, True) for channel in channels]


def _free(there: Collection[timedelta]) -> timedelta:
    roomy = (at for at in _PREFERRED if all(abs(at - other) >= _APART for other in there))
    found = next(roomy, None)
    if found is not None:
        return found
    tight = (timedelta(minutes=-30 - more) for more in count())
    return next(at for at in tight if at not in there)


def is_answered(answers: Iterable[Response], due_at: datetime) -> bool:
    """Whether one of the answers to a session would have silenced a rung before its start that is due then."""
    return any(
        one.kind in _ENDS_WHAT_COMES_BEFORE
        or (one.kind is Kind.SNOOZE and one.until is not None and one.until > due_at)
        for one in answers
    )
