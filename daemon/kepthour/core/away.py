"""Leave and sick days: what is silent then, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kepthour.core.quiet import CUE
from kepthour.core.reminder import DIGEST, Reminder

_SPOKEN_ALL_THE_SAME = (DIGEST, CUE)


class Source(StrEnum):
    """Who says so."""

    THERAPIST = "therapist"
    CALENDAR = "calendar"  # an out-of-office entry


@dataclass(frozen=True, slots=True)
class Absence:
    """The therapist is away in [start, end). Instants are aware UTC."""

    start: datetime
    end: datetime
    source: Source
    id: int | None = None  # of one that the therapist noted

    @property
    def question(self) -> str:
        """The subject of the question, when it is over, about the sessions that stood inside."""
        return f"question:away-{self.start:%Y%m%d%H%M%S}"


def covering(at: datetime, absences: Iterable[Absence]) -> Absence | None:
    """The absence in which `at` lies, the one that ends last; None: there is none."""
    there = [one for one in absences if one.start <= at < one.end]
    return max(there, key=lambda one: one.end, default=None)


def silenced_until(reminder: Reminder, absences: Iterable[Absence], now: datetime) -> datetime | None:
    """Until when `reminder`, which is due at `now`, is silent (aware UTC); None: it is not.

    A rung is if its session begins in an absence; anything else if that is the case now. Digests are not: of days with
    sessions in them they say that these stand there. Never raises.
    """
    if reminder.offset is None and reminder.rung.startswith(_SPOKEN_ALL_THE_SAME):
        return None
    at = now if reminder.offset is None else reminder.due_at - reminder.offset
    absence = covering(at, absences)
    return absence.end if absence is not None else None
