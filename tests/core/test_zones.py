"""The names of zones, as calendars write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kepthour.core.reading.content_lines import zone_name
from kepthour.core.reading.occurrences import expand
from kepthour.core.reading.resources import read, slim
from kepthour.core.reading.zones import named
from tests.support.calendars import calendar, event

BERLIN = ZoneInfo("Europe/Berlin")
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def defined(name: str, hours: int) -> str:
    lines = [
        "BEGIN:VTIMEZONE", f"TZID:{name}", "BEGIN:STANDARD", "DTSTART:19700101T000000",
        f"TZOFFSETFROM:+{hours:02}00", f"TZOFFSETTO:+{hours:02}00", "END:STANDARD", "END:VTIMEZONE", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def start_of(text: str) -> datetime:
    (one,) = expand(read(text), BERLIN, START, END).occurrences
    return one.start


def test_a_zone_is_what_its_own_resource_says_and_no_other() -> None:
    session = event("a", "AB", "20260702T100000", "20260702T105000", zone="Custom")
    first = start_of(calendar(session, zones=defined("Custom", 3)))
    second = start_of(calendar(session, zones=defined("Custom", 5)))
    without = start_of(calendar(session, zones=""))
    assert [first.hour, second.hour, without.hour] == [7, 5, 8]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        ("/Europe/Berlin", "Europe/Berlin"),
        ("Romance Standard Time", "Europe/Paris"),
        ("/softwarestudio.org/Olson_20011030_5/America/Indiana/Indianapolis", "America/Indiana/Indianapolis"),
        ("/example.org/UTC", "UTC"),
        ("Z", "UTC"),
        ("Etc/GMT+2", "Etc/GMT+2"),
    ],
)
def test_a_name_leads_to_its_zone(name: str, key: str) -> None:
    assert named(name) == ZoneInfo(key)


@pytest.mark.parametrize(
    ("name", "hours"), [("GMT+0200", 2), ("UTC-05:00", -5), ("+0530", 5.5), ("-3", -3), ("utc+1", 1)]
)
def test_an_offset_is_a_zone(name: str, hours: float) -> None:
    found = named(name)
    assert found is not None
    assert found.utcoffset(None) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "Nowhere", "Berlin", "../../etc/passwd", "/", "//", "GMT+99", "a/b", "Custom/Zone/Name"],
)
def test_what_is_no_name_leads_nowhere(name: str) -> None:
    assert named(name) is None


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (event("a"), "Europe/Berlin"),
        (event("a", zone='"Eastern, US"'), "Eastern, US"),
        (event("a", zone="A name that is so long that the line which holds it has to be folded by the library"),
         "A name that is so long that the line which holds it has to be folded by the library"),
        (event("a", zone=None), None),
        (event("a", start="20260302T090000Z", end="20260302T095000Z", zone=None), "UTC"),
        (event("a", start="20260302", end="20260303", zone=None), None),
        (event("a", "AB", "20260302T090000", "20260302T095000", "RECURRENCE-ID:20260302T090000Z", zone="Asia/Tokyo")
         + event("a", "AB", "20260302T090000", "20260302T095000", "RRULE:FREQ=WEEKLY"), "Europe/Berlin"),
        (event("a", "AB", "20260302T090000", "20260302T095000", "RECURRENCE-ID:20260302T090000Z", zone="Asia/Tokyo"),
         "Asia/Tokyo"),
        ("", None),
    ],
)  # fmt: skip
def test_the_zone_of_a_series_stands_in_what_is_kept_of_it(written: str, name: str | None) -> None:
    assert zone_name(slim(read(calendar(written)))) == name
