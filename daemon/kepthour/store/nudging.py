"""What a repair card says; and what of it is done, or is not done after all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kepthour.core.make_up import FAILED
from kepthour.core.nudges import LANDING, NUDGE, subject, to_tell
from kepthour.core.reminder import Reminder, State, Why, number_in
from kepthour.core.repair import FOLLOW_UP
from kepthour.core.response import silence
from kepthour.store import cards, misses, outbox, planning, reminders, sessions
from kepthour.store.cards import Card
from kepthour.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a card has to say: about which of its steps, and about which start (aware UTC)."""

    card: Card
    start: datetime
    steps: Sequence[int]


def spoken(tx: Tx, nudge: Reminder, at: datetime) -> Spoken | None:
    """What `nudge` says `at` (aware UTC); None: there is nothing (left) to say."""
    number = number_in(nudge.subject, NUDGE)
    card = cards.get(tx, number) if number is not None else None
    if card is None or (it := misses.about(tx, card)) is None:
        return None
    steps = _steps(card, nudge.rung, at)
    start = _met_at(tx, card) if nudge.rung == LANDING else it.start
    return Spoken(card, start, steps) if start is not None and steps else None


def _met_at(tx: Tx, card: Card) -> datetime | None:
    """When the meeting began after which it is asked how it landed; None: they did not meet then."""
    row = sessions.living(tx, card.lands_after) if card.lands_after else None
    if row is None or row.hidden or row.known.cancelled or row.verdict in FAILED:
        return None
    return row.known.start


def newest(tx: Tx, card_id: int) -> int:
    """The revision of the last set of nudges that it got: one each time that its miss was confirmed; 0: none yet."""
    said = (one for one in reminders.of_subject(tx, subject(card_id)) if one.rung != LANDING)
    return max((one.revision for one in said), default=0)


def hush(tx: Tx, card_id: int, now: datetime) -> None:
    """Take back, and do not say, what there is nothing left of."""
    card = cards.get(tx, card_id)
    stale = [
        one
        for one in reminders.of_subject(tx, subject(card_id))
        if one.state in {State.PENDING, State.SENT} and not _steps(card, one.rung, max(now, one.due_at))
    ]
    outbox.withdraw(tx, silence(stale, Why.REPAIRED), now)


def be_silent(tx: Tx, card_id: int, now: datetime) -> None:
    """Nothing of what it had to say holds: a late start is no miss."""
    open_ones = [
        one for one in reminders.of_subject(tx, subject(card_id)) if one.state in {State.PENDING, State.SENT}
    ]
    outbox.withdraw(tx, silence(open_ones, Why.REPAIRED), now)


def forget_newest(tx: Tx, card: Card, now: datetime) -> None:
    """What it had to say about the miss that it is about was for nothing: the set before it is the newest again."""
    be_silent(tx, card.id, now)
    if card.confirmed_at is not None:
        last = newest(tx, card.id)
        said = reminders.of_subject(tx, subject(card.id))
        planning.put_aside(tx, [one.id for one in said if one.rung != LANDING and one.revision == last])


def speak_again(tx: Tx, card_id: int, now: datetime) -> None:
    """What was not said because a step was done, and is to come: the step is not done after all.

    The card of a late start has nothing to say: it has no step 8.
    """
    card, said = cards.get(tx, card_id), reminders.of_subject(tx, subject(card_id))
    if card is None or all(step.n != FOLLOW_UP for step in card.steps):
        return
    holds = newest(tx, card_id)
    again = [
        one.id
        for one in said
        if (one.state, one.why) == (State.SUPERSEDED, Why.REPAIRED)
        and (one.rung == LANDING or one.revision == holds)
        and one.due_at > now
        and _steps(card, one.rung, one.due_at)
    ]
    outbox.revive(tx, again, now)


def _steps(card: Card | None, rung: str, at: datetime) -> list[int]:
    if card is None:
        return []
    return to_tell(rung, card.open_steps, at, meets=card.lands_after is not None)
