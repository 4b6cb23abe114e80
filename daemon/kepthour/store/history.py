"""What was concluded, or said, of a session: every version of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from kepthour.core.privacy import Phi
from kepthour.core.verdict import Because, Verdict
from kepthour.store.engine import Tx
from kepthour.store.tables import verdicts


@dataclass(frozen=True, slots=True)
class Said:
    """One verdict of the history; `at` is aware UTC, `by` is "daemon" or "therapist"."""

    verdict: Verdict
    because: Because
    by: str
    at: datetime
    reason: Phi | None


def of_session(tx: Tx, session_id: str) -> list[Said]:
    """All verdicts on a session, the first one first."""
    rows = tx.connection.execute(
        select(verdicts)
        .where(verdicts.c.therapist_id == tx.therapist, verdicts.c.session_id == session_id)
        .order_by(verdicts.c.at, verdicts.c.id)
    )
    return [
        Said(Verdict(row.verdict), Because(row.because), row.by, row.at, row.reason or None) for row in rows
    ]
