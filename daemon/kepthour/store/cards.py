"""Repair cards and their steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from kepthour.core.reminder import Why
from kepthour.core.repair import STEPS, CardState, due
from kepthour.core.trail import Noted, What, Who
from kepthour.store import trail
from kepthour.store.engine import Tx
from kepthour.store.tables import card_steps, cards


@dataclass(frozen=True, slots=True)
class CardStep:
    """One of the nine steps of one card. Instants are aware UTC."""

    n: int
    due_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """A repair card."""

    id: int
    session_id: str
    severity: int
    opened_at: datetime
    state: CardState
    closed_at: datetime | None
    steps: tuple[CardStep, ...]


def everything(tx: Tx) -> list[Card]:
    """All cards, the newest first."""
    rows = tx.connection.execute(
        select(cards)
        .where(cards.c.therapist_id == tx.therapist)
        .order_by(cards.c.opened_at.desc(), cards.c.id.desc())
    )
    return [_card(tx, row) for row in rows]


def of_session(tx: Tx, session_id: str) -> Card | None:
    """The card of a session, if it ever had one."""
    row = tx.connection.execute(
        select(cards).where(cards.c.therapist_id == tx.therapist, cards.c.session_id == session_id)
    ).first()
    return _card(tx, row) if row else None


def open_card(tx: Tx, session_id: str, severity: int, at: datetime, by: Who, why: str) -> None:
    """A new card with its nine steps; `why` is the verdict."""
    added = tx.connection.execute(
        insert(cards).values(
            therapist_id=tx.therapist,
            session_id=session_id,
            severity=severity,
            opened_at=at,
            state=CardState.OPEN.value,
        )
    )
    assert added.inserted_primary_key is not None
    tx.connection.execute(
        insert(card_steps),
        [
            {
                "card_id": added.inserted_primary_key[0],
                "n": step.n,
                "therapist_id": tx.therapist,
                "due_at": due(step, at),
            }
            for step in STEPS
        ],
    )
    trail.note(tx, session_id, Noted(What.CARD_OPENED, by, at, why, f"severity {severity}"))


def forget_untouched(tx: Tx, session_id: str, opened_after: datetime, now: datetime) -> None:
    """A card that was opened by a clock that was ahead, if nothing was done on it."""
    card = of_session(tx, session_id)
    if (
        card is not None
        and card.opened_at > opened_after
        and all(step.done_at is None for step in card.steps)
    ):
        tx.connection.execute(delete(cards).where(cards.c.id == card.id))
        trail.note(tx, session_id, Noted(What.CARD_DROPPED, Who.DAEMON, now, Why.CLOCK_SET.value))


def set_severity(tx: Tx, card: Card, severity: int, at: datetime, by: Who, why: str) -> None:
    """What happened turned out more or less serious; a closed card is open again."""
    tx.connection.execute(
        update(cards)
        .where(cards.c.id == card.id)
        .values(severity=severity, state=CardState.OPEN.value, closed_at=None)
    )
    trail.note(tx, card.session_id, Noted(What.CARD_CHANGED, by, at, why, f"severity {severity}"))


def close(tx: Tx, card: Card, at: datetime, by: Who, why: str) -> None:
    """There is nothing (left) to repair; `why` is the verdict, or what else ended it."""
    tx.connection.execute(
        update(cards).where(cards.c.id == card.id).values(state=CardState.CLOSED.value, closed_at=at)
    )
    trail.note(tx, card.session_id, Noted(What.CARD_CLOSED, by, at, why))


def finish_step(tx: Tx, card: Card, n: int, now: datetime, *, done: bool) -> None:
    """Step `n` is done `now`; or it is not after all."""
    done_at = now if done else None
    tx.connection.execute(
        update(card_steps).where(card_steps.c.card_id == card.id, card_steps.c.n == n).values(done_at=done_at)
    )
    what = What.STEP_DONE if done else What.STEP_UNDONE
    trail.note(tx, card.session_id, Noted(what, Who.THERAPIST, now, about=f"step {n}"))


def _card(tx: Tx, row: Row[Any]) -> Card:
    steps = tx.connection.execute(
        select(card_steps).where(card_steps.c.card_id == row.id).order_by(card_steps.c.n)
    )
    return Card(
        id=row.id,
        session_id=row.session_id,
        severity=row.severity,
        opened_at=row.opened_at,
        state=CardState(row.state),
        closed_at=row.closed_at,
        steps=tuple(CardStep(step.n, step.due_at, step.done_at) for step in steps),
    )
