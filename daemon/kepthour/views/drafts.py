"""What a repair card is about, for a draft: which start was missed, how, and whether it was not the first time."""

from __future__ import annotations

from collections.abc import Collection
from zoneinfo import ZoneInfo

from kepthour.core.drafts import Occasion, minutes_late
from kepthour.core.errors import NeedsPerson, NotFound
from kepthour.core.privacy import Phi
from kepthour.core.verdict import Verdict, checked_in_at
from kepthour.store import misses, responses, sessions
from kepthour.store.cards import Card
from kepthour.store.engine import Store

_CONTACT = 1  # the step that is the first contact


def occasion(store: Store, card: Card, zone: ZoneInfo, high_need: Collection[Phi] = ()) -> Occasion:
    """What `card` is about; `high_need` are aliases.

    Raises NeedsPerson while nothing is concluded of its session.
    """
    with store.read() as tx:
        row, missed = sessions.get(tx, card.session_id), misses.about(tx, card)
        if row is None or missed is None:
            raise NotFound(f"The session of card {card.id} is gone.", "See the cards with: kepthour repair.")
        earlier = (
            misses.waited_before(tx, row.known, missed.verdict, missed.start) if missed.verdict else None
        )
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
        high_need=row.known.client in high_need,
        is_present=missed.is_present,
    )
