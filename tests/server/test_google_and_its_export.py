"""The same calendar, read through Google and through an iCalendar export of it: the same sessions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.google import Calendar
from tests.support.calendars import calendar as ics
from tests.support.day import Day
from tests.support.google_day import GoogleDay, google_day

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "{path}"
sessions = "all"
[channels.screen]
type = "recorder"
"""


def exported(calendar: Calendar) -> str:
    """As Google's own "secret address in iCal format" gives it: one VEVENT an event, exceptions with RECURRENCE-ID."""
    events = [_exported(event) for event in calendar.events.values() if "start" in event]
    return ics(*filter(None, events), zones="")


def _exported(event: dict[str, Any]) -> str:
    exception = "recurringEventId" in event
    if event["status"] == "cancelled" and not exception:
        return ""
    lines = [
        "BEGIN:VEVENT",
        f"UID:{event['iCalUID']}",
        _time("DTSTART", event["start"]),
        _time("DTEND", event["end"]),
    ]
    lines += event.get("recurrence", [])
    if exception:
        lines.append(_time("RECURRENCE-ID", event["originalStartTime"]))
    if event.get("transparency") == "transparent":
        lines.append("TRANSP:TRANSPARENT")
    lines += [f"STATUS:{event['status'].upper()}", f"SUMMARY:{event['summary']}", "END:VEVENT", ""]
    return "\r\n".join(lines)


def _time(name: str, moment: dict[str, str]) -> str:
    if "date" in moment:
        return f"{name};VALUE=DATE:{moment['date'].replace('-', '')}"
    at = datetime.fromisoformat(moment["dateTime"])
    if "timeZone" not in moment:
        return f"{name}:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{name};TZID={moment['timeZone']}:{at.astimezone(ZoneInfo(moment['timeZone'])):%Y%m%dT%H%M%S}"


@pytest.fixture
def at_google(tmp_path: Path) -> Iterator[GoogleDay]:
    with google_day(tmp_path) as day:
        yield day


def test_google_and_its_export_show_the_same_sessions(at_google: GoogleDay, tmp_path: Path) -> None:
    calendar = at_google.calendar
    calendar.create("AB", "2026-03-02T10:00")
    weekly = calendar.create("CD", "2026-03-03T15:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=8"])
    far = calendar.create("EF", "2026-03-04T11:00", recurrence=["RRULE:FREQ=WEEKLY"], zone="America/New_York")
    calendar.move_instance(weekly, "2026-03-10T15:00", "2026-03-11T09:00")
    calendar.cancel_instance(weekly, "2026-03-17T15:00")
    calendar.split(weekly, "2026-04-07T15:00", start="2026-04-07T16:00")
    calendar.move_instance(far, "2026-03-25T11:00", "2026-03-26T11:00")
    calendar.set_free(calendar.create("GH", "2026-03-05T10:00"))
    calendar.create("Holiday", "2026-03-06")
    calendar.delete(calendar.create("IJ", "2026-03-07T10:00"))
    file = tmp_path / "other" / "export.ics"
    file.parent.mkdir()
    file.write_text(exported(calendar), "utf-8", newline="")
    other = Day(file.parent, "2026-03-01 12:00", CONFIG.format(path=file))
    at_google.poll()
    other.sync()
    assert len(_sessions(at_google.day)) > 14
    assert _sessions(at_google.day) == _sessions(other)


def _sessions(day: Day) -> list[tuple[object, ...]]:
    found = [entry.session for entry in day.agenda("2026-03-01 00:00", "2026-05-01 00:00")]
    return [(one.id, one.start, one.end, one.uid, one.original_start) for one in found]
