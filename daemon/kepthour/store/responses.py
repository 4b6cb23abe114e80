"""What the therapist answered to reminders of a session: checked in, snoozed, late, over, and so on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from kepthour.core.response import Kind, Response
from kepthour.store.conditions import in_parts
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow
from kepthour.store.tables import responses

_OLDEST_FIRST = select(responses).order_by(responses.c.at, responses.c.id)
_OF_START = _OLDEST_FIRST.where(
    responses.c.session_id == bindparam("session"), responses.c.revision == bindparam("revision")
)
_OF_ALL_STARTS = _OLDEST_FIRST.where(responses.c.session_id == bindparam("session"))
_OF_SESSIONS = _OLDEST_FIRST.where(responses.c.session_id.in_(bindparam("ids", expanding=True)))


def respond(tx: Tx, session_id: str, revision: int, response: Response) -> None:
    """Keep an answer."""
    tx.connection.execute(
        insert(responses).values(
            therapist_id=tx.therapist,
            session_id=session_id,
            revision=revision,
            kind=response.kind.value,
            at=response.at,
            until=response.until,
            surface=response.surface,
        )
    )


def to(tx: Tx, session: SessionRow) -> list[Response]:
    """The answers to the session's present start, oldest first."""
    rows = tx.connection.execute(_OF_START, {"session": session.id, "revision": session.known.revision})
    return [_response(row) for row in rows]


def ever(tx: Tx, session_id: str) -> list[Response]:
    """The answers to all starts of a session, oldest first."""
    return [_response(row) for row in tx.connection.execute(_OF_ALL_STARTS, {"session": session_id})]


def of_sessions(tx: Tx, ids: Collection[str]) -> dict[tuple[str, int], list[Response]]:
    """The answers to these sessions, each start's by time; by session id and revision."""
    found: defaultdict[tuple[str, int], list[Response]] = defaultdict(list)
    for some in in_parts(ids):
        for row in tx.connection.execute(_OF_SESSIONS, {"ids": some}):
            found[row.session_id, row.revision].append(_response(row))
    return found


def _response(row: Row[Any]) -> Response:
    return Response(Kind(row.kind), row.at, row.surface, row.until)
