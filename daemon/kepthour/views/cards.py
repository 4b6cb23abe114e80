"""What `kepthour repair ID export` hands out: a card, its session's times, and all that was said and done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kepthour.core.errors import NotFound
from kepthour.core.trail import Noted, What
from kepthour.store import history, misses, trail
from kepthour.store.cards import Card
from kepthour.store.engine import Store
from kepthour.store.history import Said

_OF_CARDS = {
    What.CARD_OPENED, What.CARD_CHANGED, What.CARD_CLOSED, What.CARD_DROPPED,
    What.STEP_DONE, What.STEP_UNDONE, What.STEP_SKIPPED, What.MOVED, What.CAUSE_NAMED, What.RULE_WRITTEN,
    What.MAKE_UP, What.MAKE_UP_GONE, What.FIRST_MEETING, What.HOLD_WRITTEN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """All about one card. Instants are aware UTC."""

    card: Card
    start: datetime  # of the session that was missed: it may stand elsewhere since
    end: datetime
    verdicts: tuple[Said, ...]  # every version, the first one first
    changes: tuple[Noted, ...]  # in the order in which they came


def record(store: Store, card: Card) -> Record:
    """All about `card`. Raises NotFound if its session is not stored any more."""
    with store.read() as tx:
        it = misses.about(tx, card)
        if it is None:
            raise NotFound("The session of this card is not stored any more.", "See: kepthour repair.")
        said = history.of_session(tx, card.session_id)
        changes = [one for one in trail.of_session(tx, card.session_id) if one.what in _OF_CARDS]
    return Record(card, it.start, it.end, tuple(said), tuple(changes))
