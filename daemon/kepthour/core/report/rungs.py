"""Which reminder was the last one before the therapist gave a sign, and which one before they were there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.core.few import FEWEST
from kepthour.core.report.past import Delivered, Past


@dataclass(frozen=True, slots=True)
class RungUse:
    """One rung, over all sessions in which it was delivered."""

    rung: str | None  # None: the rungs that went out in fewer than five sessions each, together
    delivered: int  # in so many sessions
    before_sign: int  # it was the last one before the first sign of the therapist
    before_arrival: int  # it was the last one before they were proven to be there: it worked


@dataclass(frozen=True, slots=True)
class Rungs:
    """All rungs, by their offset. What is counted are sessions."""

    signs: int  # with a first sign of which the time is known
    arrivals: int
    sign_unprompted: int  # before any reminder had gone out
    arrival_unprompted: int
    uses: tuple[RungUse, ...]


def rungs(sessions: Sequence[Past]) -> Rungs | None:
    """None: in fewer than five sessions a sign is known."""
    signs = [(one, one.first_sign) for one in sessions if one.first_sign is not None]
    arrivals = [(one, one.arrived) for one in sessions if one.arrived is not None]
    if len(signs) < FEWEST:
        return None
    delivered = Counter(rung for one in sessions for rung in {each.rung for each in one.ladder})
    before_sign = Counter(_last_before(one, at) for one, at in signs)
    before_arrival = Counter(_last_before(one, at) for one, at in arrivals)
    offsets = _offsets(sessions)
    often = sorted((rung for rung in delivered if delivered[rung] >= FEWEST), key=lambda one: offsets[one])
    uses = [RungUse(one, delivered[one], before_sign[one], before_arrival[one]) for one in often]
    seldom = delivered.keys() - set(often)
    # One session may have had several of these: it counts once.
    had_one = sum(any(each.rung in seldom for each in one.ladder) for one in sessions)
    if had_one >= FEWEST:
        sums = (sum(each[rung] for rung in seldom) for each in (before_sign, before_arrival))
        uses.append(RungUse(None, had_one, *sums))
    return Rungs(len(signs), len(arrivals), before_sign[None], before_arrival[None], tuple(uses))


def _last_before(past: Past, at: datetime) -> str | None:
    before = [each for each in past.ladder if each.at < at]
    return max(before, key=_when).rung if before else None


def _when(each: Delivered) -> tuple[datetime, timedelta]:
    return each.at, each.offset


def _offsets(sessions: Sequence[Past]) -> dict[str, timedelta]:
    found: defaultdict[str, timedelta] = defaultdict(timedelta)
    for one in sessions:
        for each in one.ladder:
            found[each.rung] = each.offset
    return found
