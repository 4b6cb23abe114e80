"""The make-up session of a card: what the therapist says of it, and what it does to step 6."""

from __future__ import annotations

from datetime import datetime

from kepthour.core.errors import NeedsPerson, NotFound
from kepthour.core.make_up import Standing, Why
from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.repair import RESCHEDULE, CardState, state_with
from kepthour.core.trail import What, Who
from kepthour.core.verdict import Verdict
from kepthour.pipeline.plan.held import Held
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import cards, make_ups, misses, nudging, sessions
from kepthour.store.cards import Card
from kepthour.store.engine import Store, Tx


def say_make_up(policy: Policy, store: Store, card_id: int, session_id: str | None, now: datetime) -> None:
    """The therapist says which session makes up for the missed one; None: there is none, and none is to be looked for.

    The same once more changes nothing. Raises NotFound, NeedsPerson.
    """
    with store.write() as tx:
        card, it = _open_card(tx, card_id)
        if session_id is None:
            if not card.is_without:
                make_ups.give_up(tx, card, Who.THERAPIST, Why.SAID.value, now)
                untick(tx, card, now)
            return
        row = sessions.get(tx, card.session_id)
        one = _named(Held(tx, policy, now), session_id, it.start, row.known.client if row else NOTHING)
        before = card.make_up
        if before is None or (before.session, before.by) != (one.id, Who.THERAPIST):
            make_ups.take(tx, card, one.id, one.start, Who.THERAPIST, Why.SAID, now)
            tick(tx, card, now, Who.DAEMON)


def forget_make_up(store: Store, card_id: int, now: datetime) -> None:
    """What the therapist said of it is taken back: one is looked for again. Raises NotFound, NeedsPerson."""
    with store.write() as tx:
        card, _it = _open_card(tx, card_id)
        if card.is_without or (card.make_up is not None and card.make_up.by is Who.THERAPIST):
            make_ups.open_again(tx, card, now)
            untick(tx, card, now)


def _open_card(tx: Tx, card_id: int) -> tuple[Card, misses.About]:
    """A card that a session may make up for, and what it is about. Raises NotFound, NeedsPerson."""
    card = cards.get(tx, card_id)
    it = misses.about(tx, card) if card is not None else None
    if card is None or it is None:
        raise NotFound("The session of this card is not stored any more.", "See: kepthour repair.")
    _object(card, it)
    return card, it


def _object(card: Card, it: misses.About) -> None:
    """Raises NeedsPerson for a card that no session makes up for."""
    if card.state is CardState.CLOSED:
        raise NeedsPerson(
            "This card is closed.", f"To go on with it: kepthour repair {card.id} step 8 undone."
        )
    unsaid = card.confirmed_at is None or it.verdict is not Verdict.MISSED
    if unsaid and not it.is_present:
        raise NeedsPerson(
            "You did not say that this session was missed before it was moved.",
            f"If there is nothing left to do about it: kepthour repair {card.id} close continues.",
        )
    if unsaid:
        raise NeedsPerson(
            "You did not say that this session was missed.",
            f"If it was: kepthour settle {card.session_id} missed.",
        )


def _named(held: Held, session_id: str, missed: datetime, client: Phi) -> Standing:
    one = held.find(session_id)
    if one is None:
        raise NotFound(
            f'There is no session "{session_id}" to come.',
            "See the ids with: kepthour agenda --to +60d --json.",
        )
    if one.start <= missed:
        raise NeedsPerson("That session does not begin after the missed one.", "Name a later one.")
    if client and one.client and one.client != client:
        raise NeedsPerson("That session is with another client, by its title.", "Name one with this client.")
    return one


def tick(tx: Tx, card: Card, now: datetime, by: Who) -> None:
    """Step 6 is done, since there is a make-up session; but nobody but the therapist closes a card."""
    step = next((one for one in card.steps if one.n == RESCHEDULE), None)
    left = [n for n, _due in card.open_steps if n != RESCHEDULE]
    if step is None or not step.is_open or not left:
        return
    cards.mark_step(tx, card, RESCHEDULE, now, What.STEP_DONE, by=by)
    cards.stand(tx, card, state_with(left))
    nudging.hush(tx, card.id, now)


def untick(tx: Tx, card: Card, now: datetime) -> None:
    """There is no make-up session after all: step 6 is open again, unless the therapist ticked it off themselves."""
    step = next((one for one in card.steps if one.n == RESCHEDULE), None)
    if step is None or step.done_by in {None, Who.THERAPIST}:
        return
    cards.mark_step(tx, card, RESCHEDULE, now, What.STEP_UNDONE, by=Who.CALENDAR)
    cards.stand(tx, card, CardState.OPEN)
    nudging.speak_again(tx, card.id, now)
