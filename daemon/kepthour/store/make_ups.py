"""What a repair card knows of the time after the miss: its make-up session, the first meeting, the holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update

from kepthour.core.make_up import Stood
from kepthour.core.make_up import Why as Ground
from kepthour.core.repair import CardState
from kepthour.core.trail import Noted, What, Who
from kepthour.core.verdict import Verdict
from kepthour.store import cards as card_rows
from kepthour.store import misses, trail
from kepthour.store.cards import Card
from kepthour.store.engine import Tx
from kepthour.store.tables import cards

_OPEN = cards.c.state != CardState.CLOSED.value
_NOBODY: dict[str, Any] = dict.fromkeys(("make_up", "make_up_start", "make_up_by", "make_up_why"))


def open_cards(tx: Tx) -> list[Card]:
    """All cards that are not closed, the oldest first."""
    return _read(tx, _OPEN)


def taken(tx: Tx, since: datetime) -> set[str]:
    """The sessions after `since` that make up for a miss, also where its card is closed; not if it was none after all.

    `since` is aware UTC.
    """
    found = _read(
        tx,
        cards.c.make_up.is_not(None),
        cards.c.make_up_start > since,
        or_(_OPEN, cards.c.confirmed_at.is_not(None)),
    )
    return {card.make_up.session for card in found if card.make_up and _is_to_make_up(tx, card)}


def _is_to_make_up(tx: Tx, card: Card) -> bool:
    if card.state is not CardState.CLOSED:
        return True
    it = misses.about(tx, card)
    return it is not None and it.verdict is Verdict.MISSED


def opens_with(tx: Tx, session_id: str) -> list[Card]:
    """The open cards of which this is the make-up session, or the first meeting."""
    return _read(tx, _OPEN, or_(cards.c.make_up == session_id, cards.c.meeting == session_id))


def _read(tx: Tx, *conditions: ColumnElement[bool]) -> list[Card]:
    rows = tx.connection.execute(
        select(cards.c.id)
        .where(cards.c.therapist_id == tx.therapist, *conditions)
        .order_by(cards.c.opened_at, cards.c.id)
    )
    found = (card_rows.get(tx, row.id) for row in rows.all())
    return [card for card in found if card is not None]


def remember(tx: Tx, card: Card, stood: Iterable[Stood]) -> None:
    """The client's sessions that the calendar held when the card was opened. No change that anybody would ask for."""
    _update(tx, card, stood=[{"id": one.id, "start": one.start.isoformat()} for one in stood])


def add_hold(tx: Tx, card: Card, uid: str, start: datetime, end: datetime, at: datetime) -> None:
    """An entry with this UID was written to hold [start, end)."""
    _update(tx, card, holds=[*card.holds, uid])
    noted = Noted(What.HOLD_WRITTEN, Who.THERAPIST, at, start=start, end=end)
    trail.note(tx, card.session_id, noted)


def take(tx: Tx, card: Card, session_id: str, start: datetime, by: Who, why: Ground, at: datetime) -> None:
    """This session makes up for the missed one."""
    _update(tx, card, make_up=session_id, make_up_start=start, make_up_by=by.value, make_up_why=why.value)
    trail.note(tx, card.session_id, Noted(What.MAKE_UP, by, at, why.value, session_id))


def stand(tx: Tx, card: Card, session_id: str, start: datetime, at: datetime) -> None:
    """The make-up session stands at another time, or under another id."""
    assert card.make_up is not None
    _update(tx, card, make_up=session_id, make_up_start=start)
    noted = Noted(What.MAKE_UP, Who.CALENDAR, at, "moved", session_id, start=card.make_up.start)
    trail.note(tx, card.session_id, noted)


def give_up(tx: Tx, card: Card, by: Who, why: str, at: datetime) -> None:
    """There is no make-up session (any more). If the therapist says so, none is looked for."""
    said = {"make_up_by": by.value} if by is Who.THERAPIST else {}
    _update(tx, card, **(_NOBODY | said))
    before = card.make_up.session if card.make_up else None
    trail.note(tx, card.session_id, Noted(What.MAKE_UP_GONE, by, at, why, before))


def open_again(tx: Tx, card: Card, at: datetime) -> None:
    """The therapist takes back what they said of it: the calendar tells again which it is."""
    _update(tx, card, **_NOBODY)
    before = card.make_up.session if card.make_up else None
    trail.note(tx, card.session_id, Noted(What.MAKE_UP_GONE, Who.THERAPIST, at, "taken_back", before))


def meet(tx: Tx, card: Card, session_id: str | None, at: datetime) -> None:
    """They meet there first after the miss; None: that is not known any more."""
    _update(tx, card, meeting=session_id)
    trail.note(tx, card.session_id, Noted(What.FIRST_MEETING, Who.CALENDAR, at, about=session_id))


def _update(tx: Tx, card: Card, **values: Any) -> None:
    tx.connection.execute(update(cards).where(cards.c.id == card.id).values(**values))
