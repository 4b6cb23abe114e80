"""The repair card: nine steps after a session that the therapist missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kepthour.core.verdict import Verdict


class CardState(StrEnum):
    """Where a card stands."""

    OPEN = "open"
    WAITING = "waiting"  # for the make-up session
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class StepKind:
    """One of the nine steps: what it is, and how long after the card opened it is due."""

    n: int
    name: str
    what: str
    within: timedelta


_CALL, _DAY = timedelta(minutes=15), timedelta(days=1)

STEPS = (
    StepKind(
        1, "acknowledge", "Contact the client now, and name what happened in the first sentence.", _CALL
    ),
    StepKind(
        2, "validate", "Hear how it was for them. Do not argue, explain away or soothe too fast.", _CALL
    ),
    StepKind(3, "regret", "Say that you are sorry, without an “if”.", _DAY),
    StepKind(4, "explain", "If it helps the client, say why in one neutral sentence; invent nothing.", _DAY),
    StepKind(5, "recommit", "Say what will be different. Promise no “never again”.", _DAY),
    StepKind(6, "reschedule", "Offer a few times for a make-up session, at no cost.", 2 * _DAY),
    StepKind(7, "prevent", "Find the cause, and change one concrete thing.", 7 * _DAY),
    StepKind(8, "follow up", "Ask, after the make-up session, how it landed.", 14 * _DAY),
    StepKind(9, "learn", "Take it to supervision, without the client's identity.", 14 * _DAY),
)

_SEVERITY = {Verdict.LATE: 1, Verdict.SUSPECTED_MISS: 2, Verdict.MISSED: 2}


def severity(verdict: Verdict) -> int | None:
    """How serious a card for `verdict` is: late 1, missed or suspected 2; None: there is nothing to repair."""
    return _SEVERITY.get(verdict)


def due(step: StepKind, opened_at: datetime) -> datetime:
    """When `step` of a card opened at `opened_at` is due."""
    return opened_at + step.within
