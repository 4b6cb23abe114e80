"""Repair cards and their steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from kepthour.core.causes import Cause
from kepthour.core.changes import KnownSession
from kepthour.core.make_up import Stood
from kepthour.core.make_up import Why as Ground
from kepthour.core.privacy import Phi
from kepthour.core.repair import CardState, Outcome, StepKind, due, state_with
from kepthour.core.trail import Noted, What, Who
from kepthour.store import trail
from kepthour.store.engine import Tx
from kepthour.store.tables import card_steps, cards
from kepthour.store.tables import sessions as session_table


@dataclass(frozen=True, slots=True)
class CardStep:
    """One of the steps of one card. Instants are aware UTC."""

    n: int
    due_at: datetime
    done_at: datetime | None
    skipped_at: datetime | None = None
    reason: Phi | None = None  # why it was skipped
    done_by: Who | None = None

    @property
    def is_open(self) -> bool:
        """Neither done nor skipped."""
        return self.done_at is None and self.skipped_at is None


@dataclass(frozen=True, slots=True)
class MakeUp:
    """The session that makes up for the missed one. `start` is aware UTC."""

    session: str
    start: datetime
    by: Who
    why: Ground


@dataclass(frozen=True, slots=True)
class Card:
    """A repair card."""

    id: int
    session_id: str
    severity: int
    opened_at: datetime
    state: CardState
    closed_at: datetime | None
    confirmed_at: datetime | None  # None: it is only suspected
    outcome: Outcome | None
    cause: Cause | None  # as the therapist says
    cause_word: Phi | None
    steps: tuple[CardStep, ...]
    make_up: MakeUp | None = None
    is_without: bool = False  # the therapist says that there is no make-up session
    meeting: str | None = (
        None  # the id of the session at which they meet first after the miss; None: not known
    )
    stood: tuple[Stood, ...] | None = None  # the client's sessions when it was opened; None: not known (yet)
    holds: tuple[str, ...] = ()  # UIDs of entries that were written for it

    @property
    def lands_after(self) -> str | None:
        """The id of the session after which it is asked how it landed."""
        return self.make_up.session if self.make_up else self.meeting

    @property
    def open_steps(self) -> list[tuple[int, datetime]]:
        """Those neither done nor skipped, with their deadlines; none of a closed card."""
        if self.state is CardState.CLOSED:
            return []
        return [(step.n, step.due_at) for step in self.steps if step.is_open]


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


def of_client(tx: Tx, client: KnownSession) -> list[Card]:
    """The cards of all sessions with the client of this one, by calendar and alias."""
    theirs = select(session_table.c.id).where(
        session_table.c.calendar == client.calendar, session_table.c.client == client.client
    )
    rows = tx.connection.execute(
        select(cards).where(
            cards.c.therapist_id == tx.therapist,
            cards.c.session_id.in_(theirs),
        )
    )
    return [_card(tx, row) for row in rows.all()]


def get(tx: Tx, card_id: int) -> Card | None:
    """The card with this number."""
    row = tx.connection.execute(
        select(cards).where(cards.c.therapist_id == tx.therapist, cards.c.id == card_id)
    ).first()
    return _card(tx, row) if row else None


def open_card(
    tx: Tx, session_id: str, severity: int, steps: Sequence[StepKind], at: datetime, by: Who, why: str
) -> Card:
    """A new card with these steps; `why` is the verdict."""
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
    card_id = added.inserted_primary_key[0]
    add_steps(tx, card_id, steps, at)
    trail.note(tx, session_id, Noted(What.CARD_OPENED, by, at, why, f"severity {severity}"))
    card = get(tx, card_id)
    assert card is not None
    return card


def add_steps(tx: Tx, card_id: int, steps: Iterable[StepKind], since: datetime) -> None:
    rows = [
        {"card_id": card_id, "n": step.n, "therapist_id": tx.therapist, "due_at": due(step, since)}
        for step in steps
    ]
    if rows:
        tx.connection.execute(insert(card_steps), rows)


def fit_steps(tx: Tx, card: Card, steps: Sequence[StepKind], since: datetime) -> None:
    """What happened turned out to be something else: these are the steps now. Those already done stay."""
    wanted = {step.n for step in steps}
    there = {step.n for step in card.steps}
    idle = [step.n for step in card.steps if step.is_open and step.n not in wanted]
    tx.connection.execute(delete(card_steps).where(card_steps.c.card_id == card.id, card_steps.c.n.in_(idle)))
    add_steps(tx, card.id, [step for step in steps if step.n not in there], since)


def confirm(tx: Tx, card: Card, steps: Sequence[StepKind], at: datetime) -> None:
    """The therapist said that it was so, `at`: from then on the steps that are open have their time."""
    tx.connection.execute(update(cards).where(cards.c.id == card.id).values(confirmed_at=at))
    for step in steps:
        tx.connection.execute(
            update(card_steps)
            .where(
                card_steps.c.card_id == card.id,
                card_steps.c.n == step.n,
                card_steps.c.done_at.is_(None),
                card_steps.c.skipped_at.is_(None),
            )
            .values(due_at=due(step, at))
        )
    trail.note(tx, card.session_id, Noted(What.CARD_CHANGED, Who.THERAPIST, at, "confirmed"))


def set_severity(tx: Tx, card: Card, severity: int, at: datetime, by: Who, why: str) -> None:
    """What happened turned out more or less serious; a closed card is open again, unless nothing on it is."""
    tx.connection.execute(update(cards).where(cards.c.id == card.id).values(severity=severity))
    trail.note(tx, card.session_id, Noted(What.CARD_CHANGED, by, at, why, f"severity {severity}"))
    fitted = get(tx, card.id) or card
    state = state_with([step.n for step in fitted.steps if step.is_open])
    if state is not CardState.CLOSED:
        stand(tx, card, state)
    elif card.state is not CardState.CLOSED:
        close(tx, card, at, by, "steps_done")


def close(tx: Tx, card: Card, at: datetime, by: Who, why: str, outcome: Outcome | None = None) -> None:
    """There is nothing (left) to repair; `why` says what ended it."""
    values: dict[str, Any] = {"state": CardState.CLOSED.value, "closed_at": at}
    if outcome is not None:
        values["outcome"] = outcome.value
    tx.connection.execute(update(cards).where(cards.c.id == card.id).values(**values))
    about = outcome.value if outcome else None
    trail.note(tx, card.session_id, Noted(What.CARD_CLOSED, by, at, why, about))


def void(tx: Tx, card: Card, at: datetime, by: Who, why: str) -> None:
    """There was nothing to repair: it is closed, and counts as never confirmed. `why` is the verdict."""
    close(tx, card, at, by, why)
    tx.connection.execute(update(cards).where(cards.c.id == card.id).values(confirmed_at=None))


def stand(tx: Tx, card: Card, state: CardState) -> None:
    """Where a card that is not closed stands."""
    tx.connection.execute(
        update(cards).where(cards.c.id == card.id).values(state=state.value, closed_at=None, outcome=None)
    )


def name_cause(tx: Tx, card: Card, cause: Cause | None, word: Phi | None, at: datetime) -> None:
    """What the therapist says it was; None: none of what they were offered, or not any more."""
    values: dict[str, Any] = {"cause": cause.value if cause else None, "cause_word": word}
    tx.connection.execute(update(cards).where(cards.c.id == card.id).values(**values))
    why = cause.value if cause else "none"
    trail.note(tx, card.session_id, Noted(What.CAUSE_NAMED, Who.THERAPIST, at, why))


def mark_step(
    tx: Tx,
    card: Card,
    n: int,
    now: datetime,
    what: What,
    reason: Phi | None = None,
    by: Who = Who.THERAPIST,
) -> None:
    """Step `n` is done (STEP_DONE) or skipped (STEP_SKIPPED) `now`; or it is neither after all (STEP_UNDONE).

    Said twice, it was so the first time, and for the reason that was given then.
    """
    before = next((step for step in card.steps if step.n == n), None)
    done_at, skipped_at, said = (before.done_at, before.skipped_at, before.reason) if before else (None,) * 3
    values: dict[str, Any] = {
        "done_at": (done_at or now) if what is What.STEP_DONE else None,
        "done_by": by.value if what is What.STEP_DONE else None,
        "skipped_at": (skipped_at or now) if what is What.STEP_SKIPPED else None,
        "reason": (reason or said) if what is What.STEP_SKIPPED else None,
    }
    tx.connection.execute(
        update(card_steps).where(card_steps.c.card_id == card.id, card_steps.c.n == n).values(**values)
    )
    trail.note(tx, card.session_id, Noted(what, by, now, about=f"step {n}"))


def set_due(tx: Tx, card: Card, n: int, due_at: datetime, now: datetime) -> None:
    """Step `n` is due at another time."""
    tx.connection.execute(
        update(card_steps).where(card_steps.c.card_id == card.id, card_steps.c.n == n).values(due_at=due_at)
    )
    trail.note(tx, card.session_id, Noted(What.CARD_CHANGED, Who.CALENDAR, now, "due", f"step {n}"))


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
        confirmed_at=row.confirmed_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        cause=Cause(row.cause) if row.cause else None,
        cause_word=row.cause_word or None,
        steps=tuple(_step(step) for step in steps),
        make_up=_make_up(row),
        is_without=row.make_up is None and row.make_up_by == Who.THERAPIST.value,
        meeting=row.meeting,
        stood=None if row.stood is None else tuple(_stood(one) for one in row.stood),
        holds=tuple(row.holds),
    )


def _step(row: Row[Any]) -> CardStep:
    done_by = Who(row.done_by) if row.done_by else None
    return CardStep(row.n, row.due_at, row.done_at, row.skipped_at, row.reason, done_by)


def _make_up(row: Row[Any]) -> MakeUp | None:
    if row.make_up is None or row.make_up_start is None:
        return None
    return MakeUp(row.make_up, row.make_up_start, Who(row.make_up_by), Ground(row.make_up_why))


def _stood(one: dict[str, str]) -> Stood:
    return Stood(one["id"], datetime.fromisoformat(one["start"]))
