"""What tells of a session: what a source last answered, a row a stay, or one that there was none; and a row an edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from kepthour.core.edits import Edit
from kepthour.core.presence import Presence, Seen, Stay
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow
from kepthour.store.tables import evidence

Span = tuple[datetime, datetime]
_EDITS = "edits"


@dataclass(frozen=True, slots=True)
class Testimony:
    """The last answer about a session's present start."""

    asked_at: datetime | None  # aware UTC; None: nobody was asked yet
    stays: tuple[Stay, ...]  # oldest first
    edits: tuple[Span, ...] = ()  # of its entry: each was made within, oldest first


def record(
    tx: Tx, session_id: str, revision: int, source: str, presence: Presence, asked_at: datetime
) -> None:
    """Keep `presence` in the place of what `source` answered before."""
    tx.connection.execute(
        delete(evidence).where(
            evidence.c.therapist_id == tx.therapist,
            evidence.c.session_id == session_id,
            evidence.c.revision == revision,
            evidence.c.source == source,
        )
    )
    for stay in presence.stays or (None,):
        tx.connection.execute(
            insert(evidence).values(
                therapist_id=tx.therapist,
                session_id=session_id,
                revision=revision,
                source=source,
                state=presence.seen.value,
                since=stay.since if stay else None,
                until=stay.until if stay else None,
                asked_at=asked_at,
            )
        )


def record_edit(tx: Tx, session: SessionRow, edit: Edit, now: datetime) -> None:
    """Keep that the session's entry was edited, as it was learned at `now`."""
    tx.connection.execute(
        insert(evidence).values(
            therapist_id=tx.therapist,
            session_id=session.id,
            revision=session.known.revision,
            source=_EDITS,
            state=Seen.EDITED.value,
            since=edit.since,
            until=edit.until,
            asked_at=now,
        )
    )


def purge(tx: Tx, before: datetime) -> int:
    """Delete the answers to what was asked `before` then; returns how many rows."""
    old = delete(evidence).where(evidence.c.therapist_id == tx.therapist, evidence.c.asked_at < before)
    return tx.connection.execute(old).rowcount


def about(tx: Tx, session: SessionRow) -> Testimony:
    """What is known of the session's present start."""
    rows = tx.connection.execute(
        select(evidence)
        .where(
            evidence.c.therapist_id == tx.therapist,
            evidence.c.session_id == session.id,
            evidence.c.revision == session.known.revision,
        )
        .order_by(evidence.c.since, evidence.c.id)
    ).all()
    stays = tuple(Stay(row.since, row.until) for row in rows if row.state == Seen.JOINED.value)
    edits = tuple((row.since, row.until) for row in rows if row.state == Seen.EDITED.value)
    asked = max((row.asked_at for row in rows if row.source != _EDITS), default=None)
    return Testimony(asked, stays, edits)
