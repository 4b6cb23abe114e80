"""Tables for people, JSON for programs. The JSON's field names are a promise: add to them, never rename."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from kepthour.core.reminder import Reminder
    from kepthour.store.cards import Card
    from kepthour.views.agenda import Entry
    from kepthour.views.status import CalendarStatus


def document(value: dict[str, Any]) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """A table on standard output; `empty` instead of one without rows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    count = 0
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
        count += 1
    if not count:
        click.echo(empty)
        return
    # Not on a terminal the lines are as long as they are: a program or a pager folds them itself.
    Console(width=None if sys.stdout.isatty() else 200).print(made)


def stamp(at: datetime | None, zone: tzinfo) -> str | None:
    """RFC 3339 with offset, in the therapist's zone."""
    return at.astimezone(zone).isoformat() if at is not None else None


def clock(at: datetime | None, zone: tzinfo) -> str:
    """A short local time for tables."""
    if at is None:
        return "never"
    local = at.astimezone(zone)
    return f"{local:%a %d %b %H:%M:%S}" if local.second else f"{local:%a %d %b %H:%M}"


def session_shape(entry: Entry, zone: tzinfo) -> dict[str, Any]:
    """SESSION."""
    session = entry.session
    return {
        "id": session.id,
        "calendar": session.calendar,
        "uid": session.uid,
        "original_start": stamp(session.original_start, zone),
        "start": stamp(session.start, zone),
        "end": stamp(session.end, zone),
        "client": session.client.reveal() or None,
        "place": session.place.reveal() or None,
        "join_url": session.join_url.reveal() or None,
        "state": entry.state.value,
        "verdict": entry.verdict.value if entry.verdict else None,
        "oddities": list(entry.oddities),
    }


def calendar_shape(calendar: CalendarStatus, zone: tzinfo) -> dict[str, Any]:
    """CALENDAR."""
    return {
        "name": calendar.name,
        "type": calendar.type,
        "last_good_sync": stamp(calendar.last_good_sync, zone),
        "state": calendar.state.value,
        "problem": calendar.problem,
        "quarantined": calendar.quarantined,
        "doubts": calendar.doubts,
        "warnings": list(calendar.warnings),
    }


def delivery_shape(reminder: Reminder, zone: tzinfo) -> dict[str, Any]:
    """One line of the log."""
    return {
        "session": reminder.session_id,
        "subject": reminder.subject,
        "rung": reminder.rung,
        "channel": reminder.channel,
        "due_at": stamp(reminder.due_at, zone),
        "claimed_at": stamp(reminder.claimed_at, zone),
        "sent_at": stamp(reminder.sent_at, zone),
        "changed_at": stamp(reminder.changed_at, zone),
        "state": reminder.state.value,
        "why": reminder.why.value if reminder.why else None,
        "attempt": reminder.attempts,
        "problem": reminder.problem,
    }


def card_shape(card: Card, zone: tzinfo) -> dict[str, Any]:
    """One repair card."""
    from kepthour.core.repair import STEPS

    names = {step.n: step.name for step in STEPS}
    return {
        "id": str(card.id),
        "session": card.session_id,
        "severity": card.severity,
        "opened_at": stamp(card.opened_at, zone),
        "steps": [
            {
                "n": step.n,
                "name": names[step.n],
                "due_at": stamp(step.due_at, zone),
                "done_at": stamp(step.done_at, zone),
            }
            for step in card.steps
        ],
        "state": card.state.value,
    }
