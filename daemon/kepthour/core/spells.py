"""What was seen of the therapist on this machine: spells in a call, of a locked or idle desktop; and what of it counts.

A call is no proof of *which* session it is. So it never silences anything, and is weighed only when a miss would be
suspected; wherever it may be another session's, the therapist is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.presence import EARLIEST_SIGN

# Looks come with the pump's turns, which are 15 s apart: so with every second one.
EVERY = timedelta(seconds=25)
GAP = timedelta(minutes=2)  # looks farther apart than this say nothing of the time between them
_APART = timedelta(minutes=1)  # a call that is back by then was only cut off
_LEAST = timedelta(minutes=1)  # whoever tries out a microphone is not in a session


class Sign(StrEnum):
    """What can be seen, as it is stored."""

    IN_A_CALL = "in_a_call"
    LOCKED = "locked"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Look:
    """One look of one source. `at` is aware UTC."""

    at: datetime
    signs: frozenset[Sign]


@dataclass(frozen=True, slots=True)
class Spell:
    """A sign that was seen at every look from `since` to `until`. Instants are aware UTC."""

    sign: Sign
    since: datetime
    until: datetime
    not_before: datetime | None  # the look before, which did not show it; None: it may have begun long before


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may be the therapist's part in a session.

    `since` is the earliest that it can have begun (aware UTC); None: it may as well be another session's.
    """

    since: datetime | None


def goes_on(spell: Spell, before: Look | None, now: datetime) -> bool:
    """Whether what is seen at `now` is still `spell`. `before` is the source's last look; None: of another process."""
    return timedelta() <= now - spell.until <= GAP and (before is None or spell.sign in before.signs)


def begun_after(sign: Sign, before: Look | None, now: datetime) -> datetime | None:
    """The last look that did not show what is seen at `now`; None: there is none that is recent enough."""
    seen_to_begin = before is not None and sign not in before.signs and timedelta() < now - before.at <= GAP
    return before.at if before is not None and seen_to_begin else None


def is_watched(start: datetime, deadline: datetime, now: datetime) -> bool:
    """Whether a session is near enough for a look. `deadline` includes a "running late"."""
    return start - EARLIEST_SIGN <= now <= deadline


def weigh(
    spells: Sequence[Spell],
    start: datetime,
    deadline: datetime,
    others: Sequence[tuple[datetime, datetime]] = (),
) -> Call | None:
    """What the calls of this machine say of the session [start, …) at its `deadline`; None: nothing.

    A call counts if it lasted beyond the start, and for a minute, or to the deadline. It may be another session's if
    nobody saw it begin, if it began more than 15 minutes before the start, or while it may have been for one of
    `others`: sessions by start and end, that have a join link, too. Never raises.
    """
    counting = [call for call in _calls(spells) if _counts(call, start, deadline)]
    if not counting:
        return None
    doubtful = any(_is_doubtful(call, start, others) for call in counting)
    return Call(None if doubtful else min(call.not_before for call in counting if call.not_before))


def _calls(spells: Sequence[Spell]) -> list[Spell]:
    """Spells in a call, by time; what was only cut off is one."""
    found: list[Spell] = []
    for spell in sorted((one for one in spells if one.sign is Sign.IN_A_CALL), key=lambda one: one.since):
        if found and spell.since - found[-1].until <= _APART:
            found[-1] = replace(found[-1], until=max(spell.until, found[-1].until))
        else:
            found.append(spell)
    return found


def _counts(call: Spell, start: datetime, deadline: datetime) -> bool:
    long_enough = call.until - call.since >= _LEAST or call.until >= deadline - _LEAST
    return call.until > start and call.since < deadline and long_enough


def _is_doubtful(call: Spell, start: datetime, others: Sequence[tuple[datetime, datetime]]) -> bool:
    began = call.not_before
    if began is None or began < start - EARLIEST_SIGN:
        return True
    return any(since - EARLIEST_SIGN <= began < until for since, until in others)
