"""The one form of a check's result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kepthour.core.errors import KeptHourError, NeedsPerson


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    PROBLEM = "problem"
    SKIPPED = "skipped"  # it does not apply, or cannot be told here


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. The texts are for the therapist: no title, no client, no secret."""

    name: str  # the group, a stable word: "calendar"
    subject: str | None  # which of the group; None: there is only one
    state: State
    what: str
    remedy: str | None  # with every problem, and with nothing else
    critical: bool  # a problem for which a reminder could be missed


def ok(name: str, subject: str | None, what: str) -> Check:
    return Check(name, subject, State.OK, what, None, critical=False)


def skipped(name: str, subject: str | None, why: str) -> Check:
    return Check(name, subject, State.SKIPPED, why, None, critical=False)


def problem(name: str, subject: str | None, what: str, remedy: str, *, critical: bool) -> Check:
    return Check(name, subject, State.PROBLEM, what, remedy, critical=critical)


def failed(name: str, subject: str | None, error: KeptHourError) -> Check:
    """The check could not be made because of `error`: so nothing is known to be right."""
    if isinstance(error, NeedsPerson):
        return problem(name, subject, error.what, error.remedy, critical=True)
    text = str(error)
    return problem(name, subject, f"{text[:1].upper()}{text[1:]}.", "Try again in a minute.", critical=True)
