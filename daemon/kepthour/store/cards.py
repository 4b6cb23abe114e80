"""Repair cards and their steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, delete, insert, null, select, update

from kepthour.core.causes import Cause
from kepthour.core.changes import KnownSession, is_within
from kepthour.core.make_up import Stood
from kepthour.core.make_up import Why as Ground
from kepthour.core.privacy import Phi
from kepthour.core.reminder import Why
from kepthour.core.repair import STEPS, CardState, Outcome, StepKind, due, is_repeat, state_with, steps_of
from kepthour.core.trail import Noted, What, Who
from kepthour.core.verdict import Verdict
from kepthour.store import history, sessions, trail
from kepthour.store.engine import Tx
from kepthour.store.tables import card_steps, cards
from kepthour.store.tables import sessions as session_table

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


_MARKS = {What.STEP_DONE, What.STEP_SKIPPED, What.STEP_UNDONE}


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


def get(tx: Tx, card_id: int) -> Card | None:
    """The card with this number."""
    row = tx.connection.execute(
        select(cards).where(cards.c.therapist_id == tx.therapist, cards.c.id == card_id)
    ).first()
    return _card(tx, row) if row else None


@dataclass(frozen=True, slots=True)
class About:
    """The start that a card is about, and what became of it. Instants are aware UTC."""

    start: datetime
    end: datetime
    verdict: Verdict | None
    is_present: bool  # the session still has it


def about(tx: Tx, card: Card) -> About | None:
    """What `card` is about: its session may have been moved since, to where it is made up for. None: it is gone."""
    row = sessions.get(tx, card.session_id)
    if row is None:
        return None
    moved = _moved(tx, card)
    if moved is None or moved.start is None or moved.end is None:
        return About(row.known.start, row.known.end, row.verdict, is_present=True)
    said = [one.verdict for one in _said(tx, row.id) if one.at <= moved.at]
    return About(moved.start, moved.end, said[-1] if said else None, is_present=False)


@dataclass(frozen=True, slots=True)
class Before:
    """A miss that a card was about before it was begun anew. Instants are aware UTC."""

    start: datetime
    end: datetime
    verdict: Verdict | None
    contacted_at: datetime | None  # step 1


def before(tx: Tx, card: Card) -> list[Before]:
    """What `card` was about earlier, as the trail tells; mostly nothing: its session was missed once."""
    told = _openings(tx, card)
    said, found = _said(tx, card.session_id), []
    for kept, after in pairwise(told):
        moved = _first_move(tx, card.session_id, kept[0].at)
        if moved is None or moved.start is None or moved.end is None or moved.at > after[0].at:
            continue  # opened anew about the same start
        verdict = next((one.verdict for one in reversed(said) if one.at <= moved.at), None)
        contact = [one for one in kept if one.about == "step 1" and one.what in _MARKS]
        done = contact[-1].at if contact and contact[-1].what is What.STEP_DONE else None
        found.append(Before(moved.start, moved.end, verdict, done))
    return found


def _openings(tx: Tx, card: Card) -> list[list[Noted]]:
    """What the trail tells since each time that it was opened; what was dropped since does not count."""
    found: list[list[Noted]] = []
    for one in trail.of_line(tx, card.session_id):
        if one.what is What.CARD_OPENED:
            found.append([one])
        elif one.what is What.CARD_DROPPED:
            found[-1:] = []
        elif found:
            found[-1].append(one)
    return found


def is_of_an_earlier_start(tx: Tx, card: Card) -> bool:
    """Whether the session stood elsewhere when `card` was opened: a verdict on where it stands now is not about that.

    Not if its entry was only put right, and what was said of it was carried over to the present start.
    """
    return _moved(tx, card) is not None


def _moved(tx: Tx, card: Card) -> Noted | None:
    """The move that took its session away from the start that `card` is about."""
    row = sessions.get(tx, card.session_id)
    if row is None or card.opened_at >= row.known.start:
        return None
    return _first_move(tx, row.id, card.opened_at)


def _first_move(tx: Tx, session_id: str, since: datetime) -> Noted | None:
    """The first move of a session that did more than put its entry right."""
    row = sessions.get(tx, session_id)
    if row is None:
        return None
    moves = [one for one in trail.of_line(tx, row.id) if one.at >= since and trail.is_move(one)]
    stood = [*((one.start, one.end) for one in moves), (row.known.start, row.known.end)]
    said = _said(tx, row.id)
    there = zip(moves, stood[1:], strict=True)
    return next(
        (one for one, then in there if one.start != then[0] and not _is_put_right(one, then, said)), None
    )


def _said(tx: Tx, session_id: str) -> list[history.Said]:
    """What was said of a session, under whatever id, the first one first."""
    found = [one for each in trail.line_of(tx, session_id) for one in history.of_session(tx, each)]
    return sorted(found, key=lambda one: one.at)


def _is_put_right(
    move: Noted, then: tuple[datetime | None, datetime | None], said: Sequence[history.Said]
) -> bool:
    """Whether the entry was only put right, so that what the therapist had said of it holds where it stood `then`."""
    start, end = then
    before = [one for one in said if one.at <= move.at]
    if move.start is None or move.end is None or start is None or end is None or not before:
        return False
    is_theirs = before[-1].by == Who.THERAPIST.value and before[-1].at >= move.start
    return is_theirs and is_within((move.start, move.end), (start, end), move.at)


def waited_before(tx: Tx, client: KnownSession, verdict: Verdict, start: datetime) -> datetime | None:
    """The last start not long before `start` at which the client of that session waited, too; None: there is none.

    As far as an alias tells: two clients of one calendar may share one.
    """
    if not client.client:
        return None
    theirs = select(session_table.c.id).where(
        session_table.c.calendar == client.calendar, session_table.c.client == client.client
    )
    rows = tx.connection.execute(
        select(cards).where(
            cards.c.therapist_id == tx.therapist,
            cards.c.session_id.in_(theirs),
        )
    )
    found = []
    for card in [_card(tx, row) for row in rows.all()]:
        it = about(tx, card)
        told = [(one.verdict, one.start) for one in (*before(tx, card), *((it,) if it else ()))]
        found += [earlier for said, earlier in told if is_repeat(verdict, start, said, earlier)]
    return max(found, default=None)


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
    _add_steps(tx, card_id, steps, at)
    trail.note(tx, session_id, Noted(What.CARD_OPENED, by, at, why, f"severity {severity}"))
    card = get(tx, card_id)
    assert card is not None
    return card


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
    tx.connection.execute(update(cards).where(cards.c.id == card.id).values(**values))
    tx.connection.execute(delete(card_steps).where(card_steps.c.card_id == card.id))
    _add_steps(tx, card.id, steps, at)
    trail.note(tx, card.session_id, Noted(What.CARD_OPENED, by, at, why, f"severity {severity}"))
    return get(tx, card.id) or card


def is_owed_more(tx: Tx, card: Card) -> bool:
    """Whether it was begun anew while something was open of a miss that was said, or of which something was done."""
    told = _openings(tx, card)
    was = _as_told(told[-2]) if len(told) > 1 else None
    return was is not None and was.closed is None and (was.confirmed_at is not None or bool(was.marked))


def take_up_again(tx: Tx, card: Card, at: datetime, by: Who, why: str) -> Card | None:
    """It was begun anew for nothing: it is about what was missed before again, as the trail tells. None: it was not.

    Why a step was skipped is not known any more; the make-up session is looked for anew.
    """
    told = _openings(tx, card)
    if len(told) < 2:
        return None
    was = _as_told(told[-2])
    since = was.confirmed_at or was.opened_at
    values: dict[str, Any] = {
        **dict.fromkeys(_OF_ONE_MISS),
        "severity": was.severity,
        "opened_at": was.opened_at,
        "confirmed_at": was.confirmed_at,
        "cause": was.cause,
    }
    tx.connection.execute(update(cards).where(cards.c.id == card.id).values(**values))
    tx.connection.execute(delete(card_steps).where(card_steps.c.card_id == card.id))
    wanted = {step.n for step in steps_of(was.verdict)} | set(was.marked)
    _add_steps(tx, card.id, [step for step in STEPS if step.n in wanted], since)
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
    marked: dict[int, Noted] = field(
        default_factory=dict
    )  # the first mark of each step that is done or skipped


def _as_told(kept: Sequence[Noted]) -> _Told:
    opened = kept[0]
    was = _Told(Verdict(opened.why or ""), _severity(opened), opened.at)
    for one in kept[1:]:
        if one.what in _MARKS:
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


def _add_steps(tx: Tx, card_id: int, steps: Iterable[StepKind], since: datetime) -> None:
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
    _add_steps(tx, card.id, [step for step in steps if step.n not in there], since)


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


def forget_untouched(tx: Tx, session_id: str, opened_after: datetime, now: datetime) -> Card | None:
    """A card that was opened by a clock that was ahead, if nothing was done on it: it is gone, and given back."""
    card = of_session(tx, session_id)
    if card is not None and card.opened_at > opened_after and all(step.is_open for step in card.steps):
        if take_up_again(tx, card, now, Who.DAEMON, Why.CLOCK_SET.value) is None:
            tx.connection.execute(delete(cards).where(cards.c.id == card.id))
            trail.note(tx, session_id, Noted(What.CARD_DROPPED, Who.DAEMON, now, Why.CLOCK_SET.value))
        return card
    return None


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
