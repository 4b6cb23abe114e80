"""Our expansion of a calendar against its source's own: what is missing, what is too much, and what mends it.

A piece is an override of one instance, as if the calendar itself held it. Its connector lets it go as soon as its
series changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kepthour.core.privacy import Phi
from kepthour.core.reading.digest import Held
from kepthour.core.reading.occurrences import Occurrence

_Key = tuple[datetime, datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """`missing` are the source's instances that we lack; `extra` are ours that it does not have."""

    missing: tuple[Held, ...]
    extra: tuple[Occurrence, ...]


def compare(ours: Iterable[Occurrence], theirs: Iterable[Held]) -> Difference:
    """What differs. `theirs` are expanded, one instance each; what is cancelled takes no part. Never raises."""
    known = {_key(one): one for one in ours if not one.cancelled}
    shown = {_key(one): held for held in theirs for one in held.occurrences if not one.cancelled}
    return Difference(
        tuple(held for key, held in shown.items() if key not in known),
        tuple(one for key, one in known.items() if key not in shown),
    )


def cancelling(extra: Sequence[Occurrence], series_of: Callable[[Occurrence], str | None]) -> list[Held]:
    """Pieces that take `extra` away again; of what belongs to no series there is none to make."""
    found = []
    for one in extra:
        series = series_of(one)
        if series is not None and one.recurrence_id is not None:
            found.append(Held(piece(series, one.recurrence_id), "audit", Phi(_cancelled(one)), series))
    return found


def piece(series: str, instance: datetime) -> str:
    """The href of the piece that mends the instance meant for `instance` (aware)."""
    return f"{series}/~{instance:%Y%m%dT%H%M%SZ}"


def _key(one: Occurrence) -> _Key:
    return one.original_start, one.start, one.end


def _cancelled(one: Occurrence) -> str:
    meant = f"{one.original_start:%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:piece", f"RECURRENCE-ID:{meant}", f"DTSTART:{meant}"]
    return "\r\n".join([*lines, "STATUS:CANCELLED", "END:VEVENT", "END:VCALENDAR", ""])
