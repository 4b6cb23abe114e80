"""The sessions that were missed, as their cards tell: also of a start that the session has no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kepthour.core.report.findings import Missed
from kepthour.core.trail import What
from kepthour.core.verdict import HELD, Verdict
from kepthour.store import misses, sessions, trail
from kepthour.store.cards import Card
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow

_FIRST_CONTACT = 1  # the step


@dataclass(frozen=True, slots=True)
class Repaired:
    """A missed session, and the row it belongs to."""

    missed: Missed
    end: datetime  # of the session that was missed
    row: SessionRow


def missed(tx: Tx, found: Iterable[Card], now: datetime) -> list[Repaired]:
    """Those of which the therapist said so. `now` is aware UTC."""
    repaired = []
    for card in found:
        about, row = misses.about(tx, card), sessions.get(tx, card.session_id)
        if about is None or row is None:
            continue
        for one in misses.before(tx, card):
            if one.verdict is Verdict.MISSED:
                repaired.append(Repaired(Missed(one.start, one.contacted_at, None), one.end, row))
        if about.verdict is not Verdict.MISSED:
            continue
        contact = next((step.done_at for step in card.steps if step.n == _FIRST_CONTACT), None)
        heir = _heir(tx, row) if about.is_present else row
        made_up = _held(heir, about.start, now)
        repaired.append(Repaired(Missed(about.start, contact, made_up), about.end, row))
    return repaired


def _heir(tx: Tx, row: SessionRow) -> SessionRow | None:
    """What it lives on as: some calendars have no other word for a move."""
    ids = [one.about for one in trail.of_session(tx, row.id) if one.what is What.LIVES_ON and one.about]
    return sessions.living(tx, ids[-1]) if ids else None


def _held(heir: SessionRow | None, start: datetime, now: datetime) -> datetime | None:
    """When the make-up session began, if it is known that it was held."""
    if heir is None or heir.verdict not in HELD or not start < heir.known.start <= now:
        return None
    return heir.known.start
