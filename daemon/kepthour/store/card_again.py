"""A repair card that is begun anew, about another miss of its session; or taken up again, if there was none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, null, update

from kepthour.core.reminder import Why
from kepthour.core.repair import STEPS, CardState, StepKind, state_with, steps_of
from kepthour.core.trail import MARKS, Noted, What, Who
from kepthour.core.verdict import Verdict
from kepthour.store import trail
from kepthour.store.cards import Card, add_steps, get, of_session, stand
from kepthour.store.engine import Tx
from kepthour.store.misses import openings
from kepthour.store.tables import card_steps, cards

# What a card knows of one miss, and not of the next.
_OF_ONE_MISS = (
    "closed_at",
    "confirmed_at",
    "outcome",
    "make_up",
    "make_up_start",
    "make_up_by",
    "make_up_why",
    "meeting",
    "cause",
    "cause_word",
)
_BY_STEPS_OR_WORD = {"steps_done", "said"}  # why a card was closed on which there was something to repair


def begin_anew(
    tx: Tx, card: Card, severity: int, steps: Sequence[StepKind], at: datetime, by: Who, why: str
) -> Card:
    """What was missed is the session where it stands now: nothing of it is done. What was, stays in the trail."""
    values: dict[str, Any] = {
        "severity": severity,
        "opened_at": at,
        "state": CardState.OPEN.value,
        **dict.fromkeys(_OF_ONE_MISS),
        "stood": null(),
    }
    _become(tx, card, values, steps, at)
    trail.note(tx, card.session_id, Noted(What.CARD_OPENED, by, at, why, f"severity {severity}"))
    return get(tx, card.id) or card


def _become(tx: Tx, card: Card, values: dict[str, Any], steps: Iterable[StepKind], since: datetime) -> None:
    """The card has these values, and these steps, none of them done."""
    tx.connection.execute(update(cards).where(cards.c.id == card.id).values(**values))
    tx.connection.execute(delete(card_steps).where(card_steps.c.card_id == card.id))
    add_steps(tx, card.id, steps, since)


def is_owed_more(tx: Tx, card: Card) -> bool:
    """Whether it was begun anew while something was open of a miss that was said, or of which something was done."""
    was = _before(tx, card)
    return was is not None and was.closed is None and (was.confirmed_at is not None or bool(was.marked))


def take_up_again(tx: Tx, card: Card, at: datetime, by: Who, why: str) -> Card | None:
    """It was begun anew for nothing: it is about what was missed before again, as the trail tells. None: it was not.

    Why a step was skipped is not known any more; the make-up session is looked for anew.
    """
    was = _before(tx, card)
    if was is None:
        return None
    values: dict[str, Any] = {
        **dict.fromkeys(_OF_ONE_MISS),
        "severity": was.severity,
        "opened_at": was.opened_at,
        "confirmed_at": was.confirmed_at,
        "cause": was.cause,
    }
    wanted = {step.n for step in steps_of(was.verdict)} | set(was.marked)
    steps = [step for step in STEPS if step.n in wanted]
    _become(tx, card, values, steps, was.confirmed_at or was.opened_at)
    for n, mark in was.marked.items():
        is_done = mark.what is What.STEP_DONE
        tx.connection.execute(
            update(card_steps)
            .where(card_steps.c.card_id == card.id, card_steps.c.n == n)
            .values({"done_at": mark.at, "done_by": mark.by.value} if is_done else {"skipped_at": mark.at})
        )
    trail.note(tx, card.session_id, Noted(What.CARD_DROPPED, by, at, why))
    again = get(tx, card.id) or card
    state = state_with([step.n for step in again.steps if step.is_open])
    if was.closed is not None:
        state, outcome = CardState.CLOSED, was.closed.about
        closed = {"state": state.value, "closed_at": was.closed.at, "outcome": outcome}
        tx.connection.execute(update(cards).where(cards.c.id == card.id).values(**closed))
    else:
        stand(tx, again, state)
    return get(tx, card.id)


@dataclass(slots=True)
class _Told:
    """A card as the trail tells of it."""

    verdict: Verdict
    severity: int
    opened_at: datetime
    confirmed_at: datetime | None = None
    closed: Noted | None = None
    cause: str | None = None
    # The first mark of each step that is done or skipped.
    marked: dict[int, Noted] = field(default_factory=dict)


def _before(tx: Tx, card: Card) -> _Told | None:
    """As it was before it was begun anew the last time; None: it never was."""
    told = openings(tx, card)
    return _as_told(told[-2]) if len(told) > 1 else None


def _as_told(kept: Sequence[Noted]) -> _Told:
    opened = kept[0]
    was = _Told(Verdict(opened.why or ""), _severity(opened), opened.at)
    for one in kept[1:]:
        if one.what in MARKS:
            n = int((one.about or "").removeprefix("step "))
            before = was.marked.pop(n, None)
            if one.what is not What.STEP_UNDONE:
                was.marked[n] = before if before is not None and before.what is one.what else one
            else:
                was.closed = None
        elif one.what is What.CARD_CLOSED:
            was.closed = one
            was.confirmed_at = was.confirmed_at if one.why in _BY_STEPS_OR_WORD else None
        elif one.what is What.CARD_CHANGED and one.why == "confirmed":
            was.confirmed_at = one.at
        elif one.what is What.CARD_CHANGED and one.why != "due":
            was.verdict, was.severity, was.closed = Verdict(one.why or ""), _severity(one), None
        elif one.what is What.CAUSE_NAMED:
            was.cause = None if one.why == "none" else one.why
    return was


def _severity(told: Noted) -> int:
    return int((told.about or "").removeprefix("severity "))


def forget_untouched(tx: Tx, session_id: str, opened_after: datetime, now: datetime) -> Card | None:
    """A card that was opened by a clock that was ahead, if nothing was done on it: it is gone, and given back."""
    card = of_session(tx, session_id)
    if card is not None and card.opened_at > opened_after and all(step.is_open for step in card.steps):
        if take_up_again(tx, card, now, Who.DAEMON, Why.CLOCK_SET.value) is None:
            tx.connection.execute(delete(cards).where(cards.c.id == card.id))
            trail.note(tx, session_id, Noted(What.CARD_DROPPED, Who.DAEMON, now, Why.CLOCK_SET.value))
        return card
    return None
