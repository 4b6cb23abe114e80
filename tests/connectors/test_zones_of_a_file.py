"""Two calendars in one file, each with a zone of its own under the same name."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kepthour.core.reading.occurrences import expand
from kepthour.core.reading.resources import read
from kepthour_connectors.base import Resource
from kepthour_connectors.ics.translate import split
from tests.support.calendars import calendar, event


def zone(offset: str) -> str:
    lines = [
        "BEGIN:VTIMEZONE",
        "TZID:Custom",
        "BEGIN:STANDARD",
        f"TZOFFSETFROM:{offset}",
        f"TZOFFSETTO:{offset}",
        "DTSTART:19700101T000000",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]
    return "\r\n".join(lines)


def test_each_calendar_of_a_file_has_its_own_zones() -> None:
    one = calendar(event("one", zone="Custom"), zones=zone("+0100"))
    other = calendar(event("other", zone="Custom"), zones=zone("+0300"))
    parts = split((one + other).encode())
    found = {}
    for href in parts.etags:
        resource = parts.resource(href)
        assert isinstance(resource, Resource)
        expanded = expand(
            read(resource.payload),
            ZoneInfo("Europe/Berlin"),
            datetime(2026, 3, 1, tzinfo=UTC),
            datetime(2026, 4, 1, tzinfo=UTC),
        )
        found |= {each.uid: each.start.hour for each in expanded.occurrences}
    assert found == {"one": 8, "other": 6}
