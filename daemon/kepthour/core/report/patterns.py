"""Where near misses and misses pile up, if that is more than chance.

One table a group: its sessions and all others, narrow (nearly missed or missed) and not; Fisher's exact test,
one-sided, since only where they pile up is there something to do. The smallest probability is multiplied by the number
of groups that were compared (Bonferroni-Holm). If it holds, the pattern is stated, its sessions are set aside, and the
rest is compared anew: so what was only the shadow of it (its weekday, its hour) is not stated, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kepthour.core.few import FEWEST
from kepthour.core.report.exact import by_chance
from kepthour.core.report.groups import Group, groups_of
from kepthour.core.report.past import Past

ERRS = 0.01  # how probable it may be that anything at all is stated of sessions without any pattern


@dataclass(frozen=True, slots=True)
class Tally:
    """How many sessions, and how many of them were near misses or missed."""

    sessions: int
    near: int
    missed: int

    @property
    def narrow(self) -> int:
        """Near misses and misses."""
        return self.near + self.missed

    @property
    def is_enough(self) -> bool:
        """Whether anything may be said about them."""
        return self.sessions >= FEWEST


@dataclass(frozen=True, slots=True)
class Pattern:
    """A group in which more sessions are narrow than chance explains."""

    group: Group
    here: Tally
    elsewhere: Tally  # without what earlier patterns explain
    p: float  # the test's
    p_corrected: float  # for all groups that were compared
    compared: int  # how many
    alike: tuple[Group, ...] = ()  # other groups that hold just the same sessions


def tally(sessions: Sequence[Past]) -> Tally:
    """Counts."""
    return Tally(len(sessions), sum(one.is_near for one in sessions), sum(one.is_missed for one in sessions))


def patterns(sessions: Sequence[Past]) -> list[Pattern]:
    """The patterns, the clearest first. Of `sessions` those count of which it is known how it was."""
    left = [(one, groups_of(one)) for one in sessions if one.is_comparable]
    found: list[Pattern] = []
    while (pattern := _clearest(left)) is not None:
        found.append(pattern)
        left = [(one, groups) for one, groups in left if pattern.group not in groups]
    return found


def _clearest(sessions: Sequence[tuple[Past, Sequence[Group]]]) -> Pattern | None:
    everything = tally([one for one, _groups in sessions])
    members: defaultdict[Group, list[Past]] = defaultdict(list)
    for one, groups in sessions:
        for group in groups:
            members[group].append(one)
    # By their size alone: to leave out groups for what became of their sessions would bend the test.
    most = len(sessions) - FEWEST  # of the others, too, something is said
    compared = {group: inside for group, inside in members.items() if FEWEST <= len(inside) <= most}
    weighed = {
        group: by_chance(here.narrow, here.sessions, everything.narrow, everything.sessions)
        for group, inside in compared.items()
        if _says_something(inside) and (here := tally(inside))
    }
    if not weighed:
        return None
    # the simplest of those that are alike
    group = min(weighed, key=lambda one: (weighed[one], len(one), one))
    p = weighed[group]
    corrected = min(1.0, p * len(compared))
    if corrected > ERRS:
        return None
    inside = compared[group]
    here = tally(inside)
    same = [other for other in compared if other != group and _same(compared[other], inside)]
    elsewhere = Tally(
        everything.sessions - here.sessions, everything.near - here.near, everything.missed - here.missed
    )
    return Pattern(group, here, elsewhere, p, corrected, len(compared), tuple(same))


def _says_something(inside: Sequence[Past]) -> bool:
    """Five narrow ones, on five days: one bad day is no pattern."""
    return len({one.day for one in inside if one.is_narrow}) >= FEWEST


def _same(some: Sequence[Past], others: Sequence[Past]) -> bool:
    return len(some) == len(others) and {id(one) for one in some} == {id(one) for one in others}
