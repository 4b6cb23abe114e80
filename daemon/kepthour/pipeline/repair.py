"""Opens a repair card for a session that was, or may have been, missed, and closes it if it was not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from kepthour.core.errors import NeedsPerson, NotFound
from kepthour.core.repair import STEPS, CardState, severity
from kepthour.core.trail import Who
from kepthour.core.verdict import Verdict
from kepthour.store import cards, sessions
from kepthour.store.cards import Card
from kepthour.store.engine import Store
from kepthour.store.sessions import SessionRow

log = structlog.get_logger()


def follow_verdicts(
    store: Store,
    verdicts: Sequence[tuple[str, Verdict]],
    now: datetime,
    by: Who,
    corrects: Verdict | None = None,
) -> None:
    """Bring the cards in line with new verdicts (session id, verdict) `by` whom, in the place of `corrects`."""
    if not verdicts:
        return
    with store.write() as tx:
        for session_id, verdict in verdicts:
            row, card = sessions.get(tx, session_id), cards.of_session(tx, session_id)
            serious = severity(verdict)
            if serious is None and card and row and _is_of_an_earlier_start(card, row, corrects):
                continue  # the event was moved since, to where it is made up for: what was missed stays missed
            if card is None and verdict in {Verdict.SUSPECTED_MISS, Verdict.MISSED}:
                assert serious is not None
                cards.open_card(tx, session_id, serious, now, by, verdict.value)
                log.info("card.opened", session=session_id, severity=serious)
            elif card is not None and serious is None and card.state is not CardState.CLOSED:
                cards.close(tx, card, now, by, verdict.value)
                log.info("card.closed", session=session_id)
            elif card is not None and serious is not None and _is_to_change(card, serious):
                cards.set_severity(tx, card, serious, now, by, verdict.value)


def _is_of_an_earlier_start(card: Card, row: SessionRow, corrects: Verdict | None) -> bool:
    """Whether it was opened before the present start, and not by a verdict on this very start that is corrected now."""
    return card.opened_at < row.known.start and (corrects is None or severity(corrects) is None)


def without_card(store: Store, since: datetime) -> list[tuple[str, Verdict]]:
    """Sessions from `since` (aware UTC) on that should have a card and have none: a crash came in between."""
    with store.read() as tx:
        found = [(row.id, row.verdict) for row in sessions.missed(tx, since) if row.verdict is not None]
        return [one for one in found if cards.of_session(tx, one[0]) is None]


def _is_to_change(card: Card, serious: int) -> bool:
    """It is more or less serious; or it was closed because there was nothing to repair, and now there is."""
    unfinished = any(step.done_at is None for step in card.steps)
    return serious != card.severity or (card.state is CardState.CLOSED and unfinished)


def find_card(store: Store, card_id: str) -> Card:
    """The card with this number, or of the session with this id. Raises NotFound."""
    with store.read() as tx:
        for card in cards.everything(tx):
            if card_id in {str(card.id), card.session_id}:
                return card
    raise NotFound(f'There is no repair card "{card_id}".', "See them with: kepthour repair.")


def finish_step(store: Store, card_id: str, n: int, now: datetime, *, done: bool) -> Card:
    """Step `n` (1 to 9) is done `now`, or not done after all. The last one closes the card."""
    if not 1 <= n <= len(STEPS):
        raise NeedsPerson(f"There is no step {n}.", f"A card has the steps 1 to {len(STEPS)}.")
    card = find_card(store, card_id)
    with store.write() as tx:
        cards.finish_step(tx, card, n, now, done=done)
        finished = {step.n for step in card.steps if step.done_at is not None} | {n}
        if done and len(finished) == len(STEPS):
            cards.close(tx, card, now, Who.THERAPIST, "steps_done")
    return find_card(store, card_id)
