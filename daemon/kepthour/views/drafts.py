"""What a repair card is about, for a draft: which start was missed, how, and whether it was not the first time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kepthour.core.drafts import Occasion, is_repeat, minutes_late
from kepthour.core.errors import NeedsPerson, NotFound
from kepthour.core.verdict import Verdict, checked_in_at
from kepthour.store import cards, history, responses, sessions, trail
from kepthour.store.cards import Card
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow

_CONTACT = 1  # the step that is the first contact


def occasion(store: Store, card: Card, zone: ZoneInfo) -> Occasion:
    """What `card` is about. Raises NeedsPerson while nothing is concluded of its session."""
    with store.read() as tx:
        row = _session(tx, card)
        missed = _missed(tx, card, row)
        earlier = _earlier(tx, card, row, missed)
        arrived = checked_in_at(responses.to(tx, row)) if missed.is_present else None
    if missed.verdict is None:
        raise NeedsPerson("Nothing is concluded of this session.", "Say what happened: kepthour settle.")
    contacted = next((step.done_at for step in card.steps if step.n == _CONTACT), None)
    late = missed.verdict is Verdict.LATE
    return Occasion(
        card=str(card.id),
        severity=card.severity,
        verdict=missed.verdict,
        start=missed.start.astimezone(zone),
        end=missed.end.astimezone(zone),
        minutes_late=minutes_late(missed.start, arrived) if late else None,
        earlier=earlier.astimezone(zone) if earlier else None,
        contacted_at=contacted.astimezone(zone) if contacted else None,
    )


@dataclass(frozen=True, slots=True)
class _Missed:
    """A start that a card is about, aware UTC, and what became of it; `is_present`: the session still has it."""

    start: datetime
    end: datetime
    verdict: Verdict | None
    is_present: bool


def _session(tx: Tx, card: Card) -> SessionRow:
    row = sessions.get(tx, card.session_id)
    if row is None:
        raise NotFound(f"The session of card {card.id} is gone.", "See the cards with: kepthour repair.")
    return row


def _missed(tx: Tx, card: Card, row: SessionRow) -> _Missed:
    """The event may have been moved since, to where it is made up for: what was missed is where it stood before."""
    if card.opened_at < row.known.start:
        moved = trail.moved_since(tx, row.id, card.opened_at)
        if moved is not None and moved.start is not None and moved.end is not None:
            said = [one.verdict for one in history.of_session(tx, row.id) if one.at <= moved.at]
            return _Missed(moved.start, moved.end, said[-1] if said else None, is_present=False)
    return _Missed(row.known.start, row.known.end, row.verdict, is_present=True)


def _earlier(tx: Tx, card: Card, row: SessionRow, missed: _Missed) -> datetime | None:
    """The last start not long before at which the same client was kept waiting, as far as an alias tells."""
    if not row.known.client or missed.verdict is None:
        return None
    found = []
    for other in cards.everything(tx):
        its = sessions.get(tx, other.session_id)
        if other.id == card.id or its is None or not _is_same_client(row, its):
            continue
        before = _missed(tx, other, its)
        if is_repeat(missed.verdict, missed.start, before.verdict, before.start):
            found.append(before.start)
    return max(found, default=None)


def _is_same_client(one: SessionRow, other: SessionRow) -> bool:
    return (one.known.calendar, one.known.client) == (other.known.calendar, other.known.client)
