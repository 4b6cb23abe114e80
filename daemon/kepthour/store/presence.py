"""Where the therapist is proven to be just now, and in which call they were seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from kepthour.core.presence import EARLIEST_SIGN
from kepthour.core.quiet import BACK_TO_BACK, Attended
from kepthour.core.spells import Call, weigh
from kepthour.core.verdict import SessionState, Verdict, state_of
from kepthour.store import responses, sessions, spells
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow

_LONGEST_SESSION = timedelta(hours=12)
_EARLY = timedelta(hours=1)  # nobody checks in earlier


def attended(tx: Tx, now: datetime) -> list[Attended]:
    """The sessions in which the therapist is proven to be at `now` (aware UTC), by start."""
    rows = sessions.attended(tx, now - _LONGEST_SESSION, now + _EARLY)
    return [Attended(row.id, row.known.start, row.known.end) for row in rows if _is_inside(tx, row, now)]


def let_down(tx: Tx, now: datetime) -> list[Attended]:
    """The sessions around `now` (aware UTC) to which the client did not come, as the therapist said."""
    rows = sessions.between(tx, now - BACK_TO_BACK, now)
    return [
        Attended(row.id, row.known.start, row.known.end)
        for row in rows
        if row.verdict is Verdict.CLIENT_NO_SHOW and not row.hidden and not row.known.cancelled
    ]


def call(tx: Tx, row: SessionRow, deadline: datetime) -> Call | None:
    """What this machine saw of a call by `deadline`; a session without a link into a room has none."""
    known = row.known
    seen = spells.between(tx, known.start - EARLIEST_SIGN, deadline) if known.join_url else []
    if not seen:
        return None
    near = sessions.between(tx, known.start - EARLIEST_SIGN, deadline + EARLIEST_SIGN)
    others = [other.known for other in near if other.id != row.id and _has_a_room(other)]
    return weigh(seen, known.start, deadline, [(other.start, other.end) for other in others])


def _has_a_room(row: SessionRow) -> bool:
    return bool(row.known.join_url) and not row.hidden and not row.known.cancelled


def _is_inside(tx: Tx, row: SessionRow, now: datetime) -> bool:
    state = state_of(
        row.known.start,
        row.known.end,
        cancelled=row.known.cancelled,
        reminded=False,
        verdict=row.verdict,
        responses=responses.to(tx, row),
        now=now,
    )
    return state is SessionState.IN_SESSION
