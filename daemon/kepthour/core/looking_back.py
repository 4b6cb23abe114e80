"""A month after a rule was written: what became of its sessions before, and since. Counts, and no judgement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.core.few import FEWEST
from kepthour.core.near_miss import NearMiss
from kepthour.core.verdict import HELD, Verdict

LOOK_AGAIN = timedelta(days=30)  # so long after a rule was written it is looked at whether it helped
BEFORE = timedelta(days=90)  # of so long before is told what is compared with


@dataclass(frozen=True, slots=True)
class Count:
    """What became of some sessions. Only what is certain counts: no suspicion does."""

    sessions: int = 0
    late: int = 0
    near_misses: int = 0
    missed: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether they are enough to tell anything by."""
        return self.sessions >= FEWEST


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a rule's sessions before it was written, and since."""

    before: Count
    since: Count


@dataclass(frozen=True, slots=True)
class Course:
    """How one session went."""

    at: datetime  # its start, aware UTC
    verdict: Verdict | None
    near_miss: NearMiss | None = None


_KNOWN = HELD | {Verdict.MISSED, Verdict.CLIENT_NO_SHOW}  # who waited for a client was there


def tally(courses: Collection[Course], written_at: datetime) -> Tally:
    """Of sessions of one kind: up to when the rule was written, and from then on. Never raises."""
    return Tally(
        _count([one for one in courses if one.at < written_at]),
        _count([one for one in courses if one.at >= written_at]),
    )


def _count(courses: Collection[Course]) -> Count:
    known = [one for one in courses if one.verdict in _KNOWN]
    late = [one for one in known if one.verdict is Verdict.LATE]
    near = [one for one in known if one.near_miss is not None and one.verdict is not Verdict.LATE]
    missed = [one for one in known if one.verdict is Verdict.MISSED]
    return Count(len(known), len(late), len(near), len(missed))
