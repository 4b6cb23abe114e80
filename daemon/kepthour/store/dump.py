"""Everything that is stored, row by row, as it is handed to its owner: plain values, in an order that does not change.

Every column of tables.py is in a part below, or is withheld with a reason; a test holds these two to the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, select

from kepthour.core.privacy import Phi
from kepthour.core.reminder import QUESTION
from kepthour.store import tables
from kepthour.store.engine import Tx

_AT_ONCE = 500  # rows that are held in memory

Record = dict[str, Any]  # what JSON knows; for the function that writes it out, and no further


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table under a name. `columns` tells what a column is called there, if not by its own name."""

    name: str
    table: Table
    order: tuple[str, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    where: ColumnElement[bool] | None = None
    steps: Part | None = None  # rows that stand inside each of its own, as "steps"


_IS_QUESTION = tables.reminders.c.rung == QUESTION
_OF_SESSION = {"session_id": "session"}
_REMINDER = _OF_SESSION | {"attempts": "attempt", "offset": "offset_seconds"}
_STEPS = Part("steps", tables.card_steps, ("n",))

PARTS = (
    Part("therapists", tables.therapists, ("id",)),
    Part("calendars", tables.calendars, ("name", "id")),
    Part("sessions", tables.sessions, ("start", "id"), {"late_after": "late_after_seconds"}),
    Part("changes", tables.trail, ("id",), _OF_SESSION),
    Part("verdicts", tables.verdicts, ("at", "id"), _OF_SESSION),
    Part("responses", tables.responses, ("at", "id"), _OF_SESSION),
    Part("reminders", tables.reminders, ("due_at", "id"), _REMINDER, ~_IS_QUESTION),
    Part("questions", tables.reminders, ("due_at", "id"), _REMINDER, _IS_QUESTION),
    Part("cards", tables.cards, ("opened_at", "id"), _OF_SESSION, steps=_STEPS),
    Part("rules", tables.rules, ("written_at", "id"), {"card_id": "card"}),
    Part("evidence", tables.evidence, ("asked_at", "id"), _OF_SESSION),
    Part("spells", tables.spells, ("since", "id")),
    Part("absences", tables.absences, ("start", "id")),
    Part("watches", tables.watches, ("since", "id")),
    Part("events", tables.occurrences, ("start", "id"), {"calendar_id": "calendar", "resource_id": "object"}),
    Part("objects", tables.resources, ("id",), {"calendar_id": "calendar"}),
)

_OWNER = "a store has one owner, and this is theirs"
_HANDLE = "a channel's own handle on what it shows; it may be a key, and tells nothing"
WITHHELD: dict[str, str] = {
    **{f"{name}.therapist_id": _OWNER for name in tables.metadata.tables if name != "therapists"},
    "card_steps.card_id": "a step stands inside its card",
    "calendars.fingerprint": "made of the configuration, with addresses; of use to the next poll alone",
    "calendars.cursor": "the server's token for the next poll: it is handed to nobody",
    "resources.etag": "the server's mark for the next poll, of use to it alone",
    "reminders.reference": _HANDLE,
    "reminders.recall": f"of use beside the reference alone, which is {_HANDLE}",
}


def records(tx: Tx, part: Part) -> Iterator[Record]:
    """The rows of a part, one after the other, while the transaction lasts."""
    table = part.table
    mine = table.c.id == tx.therapist if table is tables.therapists else table.c.therapist_id == tx.therapist
    query = select(table).where(mine).order_by(*(table.c[name] for name in part.order))
    if part.where is not None:
        query = query.where(part.where)
    for row in tx.connection.execute(query.execution_options(yield_per=_AT_ONCE)).mappings():
        record = {name: plain(row[column]) for column, name in exported(part).items()}
        if part.steps is not None:
            record["steps"] = list(_steps(tx, part.steps, row["id"]))
        yield record


def exported(part: Part) -> dict[str, str]:
    """The columns of a part that are handed out, and what each is called."""
    names = (column.name for column in part.table.columns)
    return {
        name: part.columns.get(name, name) for name in names if f"{part.table.name}.{name}" not in WITHHELD
    }


def _steps(tx: Tx, part: Part, card: int) -> Iterator[Record]:
    table = part.table
    rows = tx.connection.execute(select(table).where(table.c.card_id == card).order_by(table.c.n)).mappings()
    return ({name: plain(row[column]) for column, name in exported(part).items()} for row in rows)


def plain(value: Any) -> Any:
    """Instants in ISO 8601, UTC, with a Z; spans in seconds; protected texts as they are."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case Phi():
            return value.reveal()
    return value
