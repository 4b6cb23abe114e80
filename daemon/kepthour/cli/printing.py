"""Tables for people, JSON for programs. The JSON's field names are a promise: add to them, never rename."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

_DAYS = "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"
_MONTHS = "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"

if TYPE_CHECKING:
    from kepthour.core.reminder import Reminder
    from kepthour.core.trail import Noted
    from kepthour.store.cards import Card
    from kepthour.store.history import Said
    from kepthour.store.sessions import SessionRow
    from kepthour.views.agenda import Entry
    from kepthour.views.status import CalendarStatus


# Without an indent it is C that encodes: a year of reminders takes a tenth of the time.
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def document(value: dict[str, Any]) -> None:
    """One JSON document on standard output; of a list one item a line."""
    parts = (f"  {_json(name)}: {_part(part)}" for name, part in value.items())
    click.echo("{\n" + ",\n".join(parts) + "\n}")


def _part(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _json(value)
    return "[\n" + ",\n".join(f"    {_json(item)}" for item in value) + "\n  ]"


def _json(value: Any) -> str:
    return _ENCODER.encode(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """A table on standard output; `empty` instead of one without rows. What stands in it may be a stranger's."""
    from kepthour.cli.table import lines
    from kepthour.core.plain import one_line

    raw = list(rows)
    if not raw:
        click.echo(empty)
        return
    shown = {cell: one_line(cell) for cell in {cell for row in raw for cell in row}}
    found = [[shown[cell] for cell in row] for row in raw]
    # Not on a terminal the lines are as long as they are: a program or a pager folds them itself.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 200
    head, *others = lines([columns, *found], width)
    click.secho(head, bold=True)
    click.echo("\n".join(others))


def stamp(at: datetime | None, zone: tzinfo) -> str | None:
    """RFC 3339 with offset, in the therapist's zone."""
    return at.astimezone(zone).isoformat() if at is not None else None


def clock(at: datetime | None, zone: tzinfo) -> str:
    """A short local time for tables."""
    if at is None:
        return "never"
    local = at.astimezone(zone)
    # strftime takes seven times as long, which is half of a table with a year of reminders.
    minutes = f"{_DAYS[local.weekday()]} {local.day:02} {_MONTHS[local.month - 1]} {local.hour:02}:{local.minute:02}"
    return f"{minutes}:{local.second:02}" if local.second else minutes


def session_shape(entry: Entry, zone: tzinfo) -> dict[str, Any]:
    """SESSION."""
    from kepthour.core.verdict import NOT_HELD

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
        "near_miss": entry.near_miss is not None,
        "oddities": [code.value for code in entry.oddities],
        "away": entry.away,
        "do_not_bill": entry.verdict in NOT_HELD,
    }


def verdict_of(entry: Entry) -> str:
    """What became of a session, for people; empty while that is open."""
    from kepthour.core.verdict import NOT_HELD, Verdict

    if entry.verdict is None:
        return ""
    bill = ", do not bill" if entry.verdict in NOT_HELD else ""
    # Beside "late" it would say the same twice.
    near = ", near miss" if entry.near_miss and entry.verdict is Verdict.ON_TIME else ""
    return f"{entry.verdict.value.replace('_', ' ')}{near}{bill}"


def standing(entry: Entry) -> str:
    """How a session stands, for people."""
    from kepthour.core.verdict import NOT_FINAL, SessionState

    if entry.state is SessionState.REMINDING and entry.verdict in NOT_FINAL:
        return "asked about"
    if entry.away and entry.state in {
        SessionState.SCHEDULED,
        SessionState.REMINDING,
        SessionState.ACKNOWLEDGED,
    }:
        return "you are away"
    return entry.state.value.replace("_", " ")


def calendar_shape(calendar: CalendarStatus, zone: tzinfo) -> dict[str, Any]:
    """CALENDAR."""
    return {
        "name": calendar.name,
        "type": calendar.type,
        "last_good_sync": stamp(calendar.last_good_sync, zone),
        "as_of": stamp(calendar.as_of, zone),
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


def question_shape(row: SessionRow, zone: tzinfo) -> dict[str, Any]:
    """One session that is asked about."""
    return {
        "session": row.id,
        "start": stamp(row.known.start, zone),
        "verdict": row.verdict.value if row.verdict else None,
        "because": row.because.value if row.because else None,
    }


def card_shape(card: Card, zone: tzinfo) -> dict[str, Any]:
    """One repair card."""
    from kepthour.core.repair import KINDS

    return {
        "id": str(card.id),
        "session": card.session_id,
        "severity": card.severity,
        "opened_at": stamp(card.opened_at, zone),
        "steps": [
            {
                "n": step.n,
                "name": KINDS[step.n].name,
                "due_at": stamp(step.due_at, zone),
                "done_at": stamp(step.done_at, zone),
                "done_by": step.done_by.value if step.done_by else None,
                "skipped_at": stamp(step.skipped_at, zone),
                "reason": step.reason.reveal() if step.reason else None,
            }
            for step in card.steps
        ],
        "state": card.state.value,
        "confirmed_at": stamp(card.confirmed_at, zone),
        "closed_at": stamp(card.closed_at, zone),
        "outcome": card.outcome.value if card.outcome else None,
        "cause": card.cause.value if card.cause else None,
        "cause_word": card.cause_word.reveal() if card.cause_word else None,
        "make_up": {
            "session": card.make_up.session,
            "start": stamp(card.make_up.start, zone),
            "by": card.make_up.by.value,
            "why": card.make_up.why.value,
        }
        if card.make_up
        else None,
        "first_meeting": card.meeting,
    }


def change_shape(change: Noted, zone: tzinfo) -> dict[str, Any]:
    """One change of the trail."""
    return {
        "what": change.what.value,
        "by": change.by.value,
        "at": stamp(change.at, zone),
        "why": change.why,
        "about": change.about,
        "start_before": stamp(change.start, zone),
        "end_before": stamp(change.end, zone),
    }


def said_shape(said: Said, zone: tzinfo) -> dict[str, Any]:
    """One version of a verdict."""
    return {
        "verdict": said.verdict.value,
        "because": said.because.value,
        "by": said.by,
        "at": stamp(said.at, zone),
        "reason": said.reason.reveal() if said.reason else None,
    }
