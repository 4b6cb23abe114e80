"""What is older than it has to be goes: sessions with all that hangs on them, and what belongs to no session."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from kepthour.core.nudges import subject
from kepthour.store.engine import Tx
from kepthour.store.tables import absences, cards, reminders, sessions, trail, watches


def forget(tx: Tx, before: datetime) -> tuple[int, int]:
    """Delete what was over `before` (aware UTC); returns how many sessions went, and how many rows that belong to none.

    With a session go its reminders, answers, evidence, verdicts, card and trail. The newest watch stays: it tells
    whether somebody watched until now.
    """
    old_ones = select(sessions.c.id).where(sessions.c.therapist_id == tx.therapist, sessions.c.end < before)
    of_cards = select(cards.c.id).where(cards.c.session_id.in_(old_ones))
    nudges = [subject(number) for number in tx.connection.execute(of_cards).scalars()]
    tx.connection.execute(delete(reminders).where(reminders.c.subject.in_(nudges)))
    gone = tx.connection.execute(delete(sessions).where(sessions.c.id.in_(old_ones))).rowcount
    newest = select(watches.c.id).where(watches.c.therapist_id == tx.therapist)
    newest = newest.order_by(watches.c.until.desc(), watches.c.id.desc()).limit(1)
    others = 0
    for old in (
        delete(reminders).where(
            reminders.c.therapist_id == tx.therapist,
            reminders.c.session_id.is_(None),
            reminders.c.useful_until < before,
        ),
        delete(absences).where(absences.c.therapist_id == tx.therapist, absences.c.end < before),
        delete(trail).where(
            trail.c.therapist_id == tx.therapist, trail.c.session_id.is_(None), trail.c.at < before
        ),
        delete(watches).where(
            watches.c.therapist_id == tx.therapist,
            watches.c.until < before,
            watches.c.id.not_in(newest),
        ),
    ):
        others += tx.connection.execute(old).rowcount
    return gone, others
