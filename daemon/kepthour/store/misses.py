"""Which miss a repair card is about: the event of its session may have been moved since, and missed there, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from kepthour.core.changes import KnownSession, is_within
from kepthour.core.repair import is_repeat
from kepthour.core.trail import MARKS, Noted, What, Who
from kepthour.core.verdict import Verdict
from kepthour.store import cards, history, sessions, trail
from kepthour.store.cards import Card
from kepthour.store.engine import Tx


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
    told = openings(tx, card)
    said, found = _said(tx, card.session_id), []
    for kept, after in pairwise(told):
        moved = _first_move(tx, card.session_id, kept[0].at)
        if moved is None or moved.start is None or moved.end is None or moved.at > after[0].at:
            continue  # opened anew about the same start
        verdict = next((one.verdict for one in reversed(said) if one.at <= moved.at), None)
        contact = [one for one in kept if one.about == "step 1" and one.what in MARKS]
        done = contact[-1].at if contact and contact[-1].what is What.STEP_DONE else None
        found.append(Before(moved.start, moved.end, verdict, done))
    return found


def openings(tx: Tx, card: Card) -> list[list[Noted]]:
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
    found = []
    for card in cards.of_client(tx, client):
        it = about(tx, card)
        told = [(one.verdict, one.start) for one in (*before(tx, card), *((it,) if it else ()))]
        found += [earlier for said, earlier in told if is_repeat(verdict, start, said, earlier)]
    return max(found, default=None)
