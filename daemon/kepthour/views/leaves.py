"""What `kepthour away` shows: the leaves, and the sessions that stand inside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kepthour.config import Configuration
from kepthour.core.away import Absence
from kepthour.core.verdict import SessionState
from kepthour.store.engine import Store
from kepthour.views.agenda import Entry, agenda

_OVER = {SessionState.CANCELLED, SessionState.ENDED}


@dataclass(frozen=True, slots=True)
class Leave:
    """An absence, and the sessions inside that are still to come: they are silent, and somebody expects to be met."""

    absence: Absence
    sessions: tuple[Entry, ...]


def leaves(config: Configuration, store: Store, absences: Iterable[Absence], now: datetime) -> list[Leave]:
    """Each of `absences` with what the calendars hold inside, however far ahead. `now` is aware UTC."""
    return [Leave(one, tuple(_inside(config, store, one, now))) for one in absences]


def _inside(config: Configuration, store: Store, absence: Absence, now: datetime) -> Iterable[Entry]:
    for entry in agenda(config, store, max(absence.start, now), absence.end, now):
        if entry.session.start >= absence.start and entry.state not in _OVER:
            yield entry
