"""What a daemon still knows goes into a new store that lacks it: what was damaged may not have been readable at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import insert

from kepthour.core.reminder import Reminder
from kepthour.store import course, sessions
from kepthour.store.engine import Tx
from kepthour.store.reminders import get, of_subject
from kepthour.store.sessions import SessionRow
from kepthour.store.tables import reminders


def replant(tx: Tx, known: Iterable[tuple[SessionRow, Reminder]]) -> int:
    """Store what is not there of these rungs to come, and of their sessions; returns how many rungs."""
    count = 0
    for row, reminder in known:
        there = sessions.get(tx, row.id)
        if there is None:
            course.plant(tx, row)
        elif there.known.revision != reminder.revision:
            continue
        if not any(_name(one) == _name(reminder) for one in of_subject(tx, reminder.subject)):
            _plant(tx, reminder)
            count += 1
    return count


def _name(reminder: Reminder) -> tuple[int, str, str]:
    return reminder.revision, reminder.rung, reminder.channel


def _plant(tx: Tx, reminder: Reminder) -> None:
    values = {**asdict(reminder), "urgency": reminder.urgency.value, "state": reminder.state.value}
    values["why"] = reminder.why and reminder.why.value
    if get(tx, reminder.id) is not None:
        del values["id"]
    tx.connection.execute(insert(reminders).values(therapist_id=tx.therapist, **values))
