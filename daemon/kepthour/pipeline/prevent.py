"""What the therapist names as the cause of a miss, what they changed after it, and the one look back at that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from kepthour.core.causes import Cause
from kepthour.core.ladder import Urgency
from kepthour.core.looking_back import Tally
from kepthour.core.privacy import Phi
from kepthour.core.rules import RULE, Rule, subject
from kepthour.logger import log
from kepthour.store import cards, planning, rules
from kepthour.store.cards import Card
from kepthour.store.engine import Store
from kepthour.store.rules import Written

_USEFUL_FOR = timedelta(days=1)


def name_cause(store: Store, card: Card, cause: Cause | None, word: Phi | None, now: datetime) -> None:
    """The therapist says what it was, in words of their own if it is OTHER; None: nothing that is known."""
    with store.write() as tx:
        cards.name_cause(tx, card, cause, word, now)


def remember(store: Store, card: Card, cause: Cause, rule: Rule, now: datetime) -> None:
    """The rule stands in the configuration, because of `cause`: it is the card's, if that has none."""
    with store.write() as tx:
        rules.add(tx, card, cause, rule, now)
        if card.cause is None:
            cards.name_cause(tx, card, cause, None, now)
    log.info("rule.written", kind=rule.kind.value)


def tell(
    store: Store, looked: Iterable[tuple[Written, Tally | None]], channels: Sequence[str], now: datetime
) -> None:
    """These rules were looked at again `now`, once and for all. Of one that is gone (no tally) nothing is said."""
    with store.write() as tx:
        for written, tally in looked:
            rules.look(tx, written.id, tally, now)
            if tally is not None:
                planning.announce(
                    tx, subject(written.id), None, 1, RULE, channels, Urgency.NORMAL, now, now + _USEFUL_FOR
                )
            log.info("rule.looked_at", kind=written.rule.kind.value, stands=tally is not None)
