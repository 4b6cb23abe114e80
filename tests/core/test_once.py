"""What is read without the library is read as the library reads it, and most of what calendars hold is."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kepthour.core.reading import once
from kepthour.core.reading.occurrences import Expansion, expand
from kepthour.core.reading.resources import Unreadable, read, read_piece, slim
from tests.fuzz.inputs import CORPUS, resource
from tests.support.calendars import calendar, event

BERLIN = ZoneInfo("Europe/Berlin")
START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
HOSTS, OWN = ("rooms.example.org",), {"anna@example.org"}

DAYS = ("20260110", "20260329", "20261025", "20261231", "20260230", "2026011")
CLOCKS = ("T090000", "T023000", "T013000", "T235959", "T246000", "T0900")
ZONES = (
    "", ";TZID=Europe/Berlin", ';TZID="Europe/Berlin"', ";TZID=W. Europe Standard Time", ";TZID=America/New_York",
    ";TZID=Custom", ";TZID=EST", ";TZID=Eastern", ";VALUE=DATE-TIME", ";VALUE=DATE-TIME;TZID=Europe/Berlin",
    ";TZID=/vendor/Europe/Berlin", ";X-ODD=1",
)  # fmt: skip
MOMENTS = st.one_of(
    st.builds("{}:{}{}".format, st.sampled_from(ZONES), st.sampled_from(DAYS), st.sampled_from(CLOCKS)),
    st.builds(":{}{}Z".format, st.sampled_from(DAYS), st.sampled_from(CLOCKS)),
    st.builds(";TZID=Europe/Berlin:{}{}Z".format, st.sampled_from(DAYS), st.sampled_from(CLOCKS)),
    st.builds(";VALUE=DATE:{}".format, st.sampled_from(DAYS)),
    st.builds(":{}".format, st.sampled_from(DAYS)),
)
TEXTS = st.lists(
    st.sampled_from(
        ("AB", " ", "ä", r"\,", r"\;", r"\n", r"\N", r"\\", r"\:", "\\", ",", ";", ":", '"', "%2C", "^n", "https://zoom.us/j/1")
    ),
    max_size=6,
).map("".join)  # fmt: skip
NAMES = (
    "SUMMARY", "LOCATION", "DESCRIPTION", "URL", "CONFERENCE;FEATURE=VIDEO", "CONFERENCE;VALUE=URI;FEATURE=VIDEO,AUDIO",
    "X-GOOGLE-CONFERENCE", "X-MICROSOFT-CDO-BUSYSTATUS", "CATEGORIES", "COLOR", "CLASS", "STATUS", "TRANSP",
    "SEQUENCE", "summary", "SUMMARY;LANGUAGE=de", 'LOCATION;ALTREP="http://x/y,z"', "SUMMARY;X-ODD=a\\,b",
    "URL;VALUE=URI", "X-KEPTHOUR-JOIN", "X-KEPTHOUR-KIND", "X-ODD;VALUE=DATE", "GEO", "LAST-MODIFIED", "DTSTAMP",
    "ATTENDEE;PARTSTAT=DECLINED", "UID", "SUMMARY;VALUE=BINARY",
)  # fmt: skip
FIXED = (
    "STATUS:CANCELLED", "STATUS:confirmed", "TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:FREE", "SEQUENCE:3",
    "SEQUENCE:-1", "SEQUENCE:x", "ATTENDEE;CN=\"Anna, A\";PARTSTAT=DECLINED:mailto:Anna@example.org",
    "ATTENDEE;PARTSTAT=ACCEPTED;X-KEPTHOUR-SELF=1:mailto:b@example.org", "ATTENDEE:mailto:c@example.org",
    "LAST-MODIFIED:20260101T000000Z", "LAST-MODIFIED:20260101T000000", "CATEGORIES:A,B", "CATEGORIES:A\\,B,C",
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:x\r\nEND:VALARM", "RRULE:FREQ=WEEKLY;COUNT=3",
    "DURATION:PT50M", "EXDATE:20260110T090000", "X-APPLE-STRUCTURED-LOCATION;X-TITLE=\"a\\nb\":geo:1,2",
    "RECURRENCE-ID:20260110T090000Z", "X-KEPTHOUR-ATTENDEES:4", "DTEND;VALUE=DATE:20260111", "no line at all",
    "DTSTART:20260110T090000Z", "END:VEVENT", "BEGIN:VEVENT", "CONFERENCE;FEATURE=VIDEO:https://rooms.example.org/a",
)  # fmt: skip
LINES = st.one_of(st.builds("{}:{}".format, st.sampled_from(NAMES), TEXTS), st.sampled_from(FIXED))


@st.composite
def events(draw: st.DrawFn) -> str:
    lines = [f"DTSTART{draw(MOMENTS)}", *draw(st.lists(LINES, max_size=5))]
    lines += [f"DTEND{draw(MOMENTS)}"] if draw(st.booleans()) else []
    lines = draw(st.permutations(["UID:one", *lines]))
    around = draw(
        st.sampled_from(("", "X-WR-TIMEZONE:America/New_York\r\n", "METHOD:PUBLISH\r\n", "X-ODD\r\n"))
    )
    return "".join(
        ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", around, "BEGIN:VEVENT\r\n", *(f"{one}\r\n" for one in lines),
         "END:VEVENT\r\nEND:VCALENDAR\r\n")
    )  # fmt: skip


def is_plain(text: str) -> bool:
    return isinstance(read(text), once.Calendar)


def by_the_library(text: str) -> Expansion:
    return expand(read_piece(slim(read_piece(text), HOSTS, OWN, marked=True)), BERLIN, START, END)


# windows at whose edges the made-up events lie
SHORT = tuple(
    (day, day + timedelta(hours=hours))
    for day in (
        datetime(2026, 1, 9, 22, tzinfo=UTC),
        datetime(2026, 1, 10, tzinfo=UTC),
        datetime(2026, 3, 29, tzinfo=UTC),
        datetime(2026, 10, 24, tzinfo=UTC),
    )
    for hours in (1, 9, 30)
)


def check(text: str) -> bool:
    """Whether it was read without the library; it came to the same then."""
    try:
        if not is_plain(text):
            return False
        kept = slim(read(text), HOSTS, OWN, marked=True)
    except Unreadable:
        return False
    try:
        right = by_the_library(text)
    except Unreadable as error:
        assert error.code == "not-icalendar"  # an alarm, say, which is not looked at here
        return False
    assert expand(read(kept), BERLIN, START, END) == right
    assert expand(read_piece(kept), BERLIN, START, END) == right
    for window in SHORT:
        assert expand(read(kept), BERLIN, *window) == expand(read_piece(kept), BERLIN, *window)
    return True


@given(events())
@settings(max_examples=1500)
def test_whatever_is_written_in_an_event(text: str) -> None:
    check(text)


@pytest.mark.parametrize("text", CORPUS)
def test_the_corpus(text: str) -> None:
    check(text)


def test_odd_resources() -> None:
    plain = [check(resource(seed)) for seed in range(6000)]
    assert sum(plain) > 10


ALONE = (
    "LAST-MODIFIED:20260101T000000Z",
    "BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nEND:VALARM",
    'X-WHERE;X-A="a\\nb":geo:1,2',
)
PLAIN = (
    calendar(event("1", "AB", "20260110T090000", "20260110T095000")),
    calendar(event("1", "AB", "20260110T090000", "20260110T095000", zone=None)),
    calendar(event("1", r"A\, B", "20260110T090000", "20260110T095000", "CATEGORIES:A,B", "STATUS:CONFIRMED")),
    *(calendar(event("1", "AB", "20260110T090000", "20260110T095000", one)) for one in ALONE),
)  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_what_most_calendars_hold_is_read_without_the_library_before_and_after_it_is_stored(
    text: str,
) -> None:
    assert check(text)
    assert is_plain(slim(read(text), HOSTS, OWN, marked=True))


@pytest.mark.parametrize(
    "line",
    ["RRULE:FREQ=WEEKLY", "RDATE:20260111T090000", "EXDATE:20260110T090000", "RECURRENCE-ID:20260110T090000",
     "UID:two", "SUMMARY:a\\qb", "DURATION:PT1H", "SEQUENCE:x", "SUMMARY;VALUE=BINARY:AB", "BEGIN:VEVENT"],
)  # fmt: skip
def test_what_is_more_than_that_is_left_to_the_library(line: str) -> None:
    text = calendar(event("1", "AB", "20260110T090000", "20260110T095000"))
    assert is_plain(text)
    with suppress(Unreadable):
        assert not is_plain(text.replace("DTEND", f"{line}\r\nDTEND"))


@pytest.mark.parametrize(
    ("begins", "ends", "start"),
    [(";TZID=America/New_York:20260110T233000", ";TZID=America/New_York:20260110T235900", "2026-01-11T04:00"),
     (";TZID=Pacific/Auckland:20260110T003000", ";TZID=Pacific/Auckland:20260110T010000", "2026-01-09T11:00"),
     (";VALUE=DATE:20260110", ";VALUE=DATE:20260111", "2026-01-09T23:10"),
     (":20260101T090000Z", ":20260120T090000Z", "2026-01-10T12:00")],
)  # fmt: skip
def test_an_event_is_found_in_any_hour_that_it_overlaps(begins: str, ends: str, start: str) -> None:
    text = calendar(event("1", "AB", "BEGINS", "ENDS", zone=None))
    text = text.replace("DTSTART:BEGINS", f"DTSTART{begins}").replace("DTEND:ENDS", f"DTEND{ends}")
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert is_plain(text)
    assert len(expand(read(text), BERLIN, at, at + timedelta(minutes=45)).occurrences) == 1


def test_an_empty_event_before_another_is_left_to_the_library() -> None:
    text = calendar(event("1", "AB", "20260110T090000", "20260110T095000"))
    with pytest.raises(Unreadable, match="no-uid"):
        read(text.replace("BEGIN:VEVENT", "BEGIN:VEVENT\r\nEND:VEVENT\r\nBEGIN:VEVENT"))


def test_a_link_with_a_comma_stays_whole() -> None:
    link = "https://zoom.us/j/1,2;3"
    for recurs in ((), ("RRULE:FREQ=DAILY;COUNT=1",)):
        text = calendar(
            event("1", "AB", "20260110T090000", "20260110T095000", f"X-GOOGLE-CONFERENCE:{link}", *recurs)
        )
        (one,) = expand(read(slim(read(text))), BERLIN, START, END).occurrences
        assert one.join_url.reveal() == link
