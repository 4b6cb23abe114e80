"""The repair card: nine steps after a session that the therapist missed, a few of them after one begun late.

What each step asks for, and what it must not do, comes from the literature on ruptures in therapy and their repair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.verdict import Verdict


class CardState(StrEnum):
    """Where a card stands."""

    OPEN = "open"
    WAITING = "waiting"  # for the make-up session
    CLOSED = "closed"


class Outcome(StrEnum):
    """What became of the work with the client; said by the therapist."""

    REPAIRED = "repaired"  # it goes on, and was spoken about
    CONTINUES = "continues"  # it goes on
    PAUSED = "paused"
    ENDED = "ended"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class StepKind:
    """One of the nine steps: what it is, what it must not become, and how long after the card opened it is due."""

    n: int
    name: str
    what: str
    harm: str
    within: timedelta


_CALL, _DAY = timedelta(minutes=15), timedelta(days=1)

STEPS = (
    StepKind(
        1,
        "acknowledge",
        "Contact the client now, and name what happened in the first sentence.",
        "Do not wait for the next session.",
        _CALL,
    ),
    StepKind(
        2,
        "validate",
        "Hear how it was for them. Do not argue, explain away or soothe too fast.",
        "What they felt needs no correction.",
        _CALL,
    ),
    StepKind(3, "regret", "Say that you are sorry, without an “if”.", "Do not ask to be forgiven.", _DAY),
    StepKind(
        4,
        "explain",
        "If it helps the client, say why in one neutral sentence; invent nothing.",
        "Neither the software nor the client is to blame.",
        _DAY,
    ),
    StepKind(
        5,
        "recommit",
        "Say what will be different. Promise no “never again”.",
        "Nobody can keep such a promise.",
        _DAY,
    ),
    StepKind(
        6,
        "reschedule",
        "Offer a few times for a make-up session, at no cost.",
        "Do not book one for them.",
        2 * _DAY,
    ),
    StepKind(
        7,
        "prevent",
        "Find the cause, and change one concrete thing.",
        "“Be more careful” changes nothing.",
        7 * _DAY,
    ),
    StepKind(
        8,
        "follow up",
        "Ask, after the make-up session, how it landed.",
        "Ask once; do not keep raising it.",
        14 * _DAY,
    ),
    StepKind(
        9,
        "learn",
        "Take it to supervision, without the client's identity.",
        "Do not keep it to yourself.",
        14 * _DAY,
    ),
)

SHORT = frozenset({1, 3, 6, 7})  # of a session begun late: most of its repair happens in the session itself
RESCHEDULE, PREVENT, FOLLOW_UP = 6, 7, 8
KINDS: Mapping[int, StepKind] = {kind.n: kind for kind in STEPS}
LATE_FROM = timedelta(minutes=5)  # what began less late needs no card
REPEAT_WITHIN = timedelta(days=90)
NEW_FOR = timedelta(days=35)  # a client whose first session is no longer ago
KNOWN_FOR = timedelta(days=60)  # for how long a calendar must have been watched, to tell who is new

_SEVERITY = {Verdict.LATE: 1, Verdict.SUSPECTED_MISS: 2, Verdict.MISSED: 2}
CALL = 3  # the severity at which a client is called, not written to


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What makes it weigh more. Known only of clients with an alias."""

    repeat: bool = False  # the same client waited before (`is_repeat`)
    new: bool = False
    high_need: bool = False


PLAIN = Circumstances()


def severity(verdict: Verdict, around: Circumstances = PLAIN) -> int | None:
    """How serious a card for `verdict` is: late 1, missed or suspected 2; None: there is nothing to repair.

    A repeat counts one more; a miss with a new client, or one in high need, is 3.
    """
    plain = _SEVERITY.get(verdict)
    if plain is None or verdict is Verdict.SUSPECTED_MISS:
        return plain
    heavy = verdict is Verdict.MISSED and (around.new or around.high_need)
    return CALL if heavy else plain + around.repeat


def is_repeat(verdict: Verdict, start: datetime, before: Verdict | None, earlier: datetime) -> bool:
    """Whether a client of whom `verdict` on `start` is true was kept waiting at `earlier`, too, and not long ago.

    Only what is certain counts. To have been late before makes no second miss of this one.
    """
    alike = before is Verdict.MISSED or (before is verdict and verdict is Verdict.LATE)
    return alike and timedelta() < start - earlier <= REPEAT_WITHIN


def steps_of(verdict: Verdict) -> Sequence[StepKind]:
    """The steps of a card for `verdict`."""
    return [step for step in STEPS if verdict is not Verdict.LATE or step.n in SHORT]


def due(step: StepKind, since: datetime) -> datetime:
    """When `step` is due. `since` is when the card was opened, or the miss confirmed (aware UTC)."""
    return since + step.within


def state_with(open_steps: Sequence[int]) -> CardState:
    """Where a card stands whose steps with these numbers are neither done nor skipped."""
    if not open_steps:
        return CardState.CLOSED
    return CardState.WAITING if min(open_steps) >= FOLLOW_UP else CardState.OPEN
