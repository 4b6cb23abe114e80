"""Raw resources -> occurrences."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from kepthour.core.reading.occurrences import Occurrence, expand
from kepthour.core.reading.resources import Unreadable, read, slim
from tests.support.calendars import calendar, event

BERLIN = ZoneInfo("Europe/Berlin")
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def occurrences(*events: str, zone: ZoneInfo = BERLIN) -> list[Occurrence]:
    return expand(read(calendar(*events)), zone, START, END).occurrences


def starts(*events: str, zone: ZoneInfo = BERLIN) -> list[str]:
    return [f"{one.start:%m-%d %H:%M}" for one in occurrences(*events, zone=zone)]


def test_a_weekly_series_keeps_its_wall_clock_across_both_clock_changes() -> None:
    weekly = event("s", "AB", "20260325T100000", "20260325T105000", "RRULE:FREQ=WEEKLY;COUNT=2")
    autumn = event("s", "AB", "20261021T100000", "20261021T105000", "RRULE:FREQ=WEEKLY;COUNT=2")
    assert starts(weekly) == ["03-25 09:00", "04-01 08:00"]
    assert starts(autumn) == ["10-21 08:00", "10-28 09:00"]


def test_a_time_in_the_spring_gap_is_the_instant_after_it() -> None:
    assert starts(event("s", "AB", "20260329T023000", "20260329T033000")) == ["03-29 01:30"]


def test_a_floating_time_is_in_the_therapists_zone() -> None:
    floating = event("s", "AB", "20260302T100000", "20260302T105000", zone=None)
    assert starts(floating) == ["03-02 09:00"]
    assert starts(floating, zone=ZoneInfo("America/New_York")) == ["03-02 15:00"]


def test_a_windows_zone_name_is_understood() -> None:
    assert starts(event("s", zone="W. Europe Standard Time")) == ["03-02 08:00"]


def test_an_excluded_instance_is_left_out_and_a_moved_one_keeps_its_identity() -> None:
    master = event(
        "s", "AB", "20260302T100000", "20260302T105000",
        "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20260309T100000",
    )  # fmt: skip
    moved = event(
        "s", "AB", "20260317T150000", "20260317T155000", "RECURRENCE-ID;TZID=Europe/Berlin:20260316T100000"
    )
    first, second = occurrences(master, moved)
    assert f"{first.start:%m-%d %H:%M}" == "03-02 09:00"
    assert f"{second.start:%m-%d %H:%M}" == "03-17 14:00"
    assert second.recurrence_id == datetime(2026, 3, 16, 9, tzinfo=UTC)


def test_a_cancelled_instance_is_marked() -> None:
    master = event("s", "AB", "20260302T100000", "20260302T105000", "RRULE:FREQ=WEEKLY;COUNT=2")
    gone = event(
        "s", "AB", "20260309T100000", "20260309T105000",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260309T100000", "STATUS:CANCELLED",
    )  # fmt: skip
    assert [one.cancelled for one in occurrences(master, gone)] == [False, True]


def test_a_single_event_has_no_recurrence_id() -> None:
    assert occurrences(event("s"))[0].recurrence_id is None


def test_an_all_day_event_is_marked_and_begins_at_midnight_of_the_therapist() -> None:
    day = (
        "BEGIN:VEVENT\r\nUID:d\r\nDTSTART;VALUE=DATE:20260302\r\nDTEND;VALUE=DATE:20260303\r\nEND:VEVENT\r\n"
    )
    (one,) = occurrences(day)
    assert one.all_day
    assert one.start == datetime(2026, 3, 1, 23, tzinfo=UTC)


def test_an_event_without_an_end_has_none() -> None:
    (one,) = occurrences("BEGIN:VEVENT\r\nUID:d\r\nDTSTART:20260302T090000Z\r\nEND:VEVENT\r\n")
    assert one.end is None


def test_a_duration_gives_the_end() -> None:
    text = "BEGIN:VEVENT\r\nUID:d\r\nDTSTART:20260302T090000Z\r\nDURATION:PT50M\r\nEND:VEVENT\r\n"
    (one,) = occurrences(text)
    assert one.end is not None
    assert one.end - one.start == timedelta(minutes=50)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("RRULE:FREQ=SECONDLY", "rrule-too-frequent"),
        ("RRULE:FREQ=MINUTELY;COUNT=3", "rrule-too-frequent"),
        ("RRULE:FREQ=DAILY;INTERVAL=0", "bad-rrule"),
        ("RRULE:FREQ=DAILY;COUNT=0", "bad-rrule"),
        ("RRULE:FREQ=WEEKLY;BYDAY=XX", "bad-rrule"),
        ("RRULE:COUNT=3", "bad-rrule"),
        ("EXDATE:rubbish", "bad-exdate"),
    ],
)
def test_a_rule_that_would_stall_or_mislead_is_set_aside(line: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        occurrences(event("s", "AB", "20260302T100000", "20260302T105000", line))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not-icalendar"),
        ("<html>", "not-icalendar"),
        (calendar(event(None)), "no-uid"),
        (calendar("BEGIN:VEVENT\r\nUID:d\r\nSUMMARY:AB\r\nEND:VEVENT\r\n"), "no-dtstart"),
        (calendar(event("s", "AB", "20260231T100000", "20260231T110000")), "bad-dtend"),
    ],
)
def test_a_resource_that_says_no_time_is_set_aside(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert caught.value.code == code


def test_what_is_not_needed_is_not_stored() -> None:
    secret = calendar(
        event(
            "s", "AB", "20260302T100000", "20260302T105000",
            "DESCRIPTION:marker-description https://zoom.us/j/1?pwd=x",
            "ATTENDEE;CN=marker-name;PARTSTAT=DECLINED:mailto:anna@example.org",
            "ORGANIZER:mailto:marker-organizer@example.org", "ATTACH:https://example.org/marker-file",
            "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:marker-alarm", "TRIGGER:-PT5M", "END:VALARM",
        )
    )  # fmt: skip
    kept = slim(read(secret), (), {"anna@example.org"})
    assert "marker" not in kept
    (one,) = expand(read(kept), BERLIN, START, END).occurrences
    assert one.join_url.reveal() == "https://zoom.us/j/1?pwd=x"
    assert one.declined
    assert one.attendees == 1


def test_what_a_calendar_calls_ours_is_not_believed() -> None:
    forged = event(
        "s", "AB", "20260302T100000", "20260302T105000", "X-KEPTHOUR-JOIN:https://example.org/anything",
        "X-KEPTHOUR-PARTSTAT:DECLINED", "X-KEPTHOUR-ATTENDEES:7",
    )  # fmt: skip
    (one,) = expand(read(slim(read(calendar(forged)))), BERLIN, START, END).occurrences
    assert (one.join_url.reveal(), one.declined, one.attendees) == ("", False, 0)


@pytest.mark.parametrize("line", ["EXDATE:20260309T100000", "RRULE:FREQ=WEEKLY;COUNT=2"])
def test_what_is_noted_in_an_event_for_its_instances_is_not_taken_from_a_calendar(line: str) -> None:
    forged = event("s", "AB", "20260302T100000", "20260302T105000", "X-KEPTHOUR-WRITTEN:CD", line)
    assert {one.title.reveal() for one in occurrences(forged)} == {"AB"}


def test_what_is_written_in_a_series_is_read_once_and_in_a_changed_instance_for_itself() -> None:
    master = event("s", "AB", "20260302T100000", "20260302T105000", "RRULE:FREQ=WEEKLY;COUNT=3")
    changed = event(
        "s", "CD", "20260310T150000", "20260310T155000", "RECURRENCE-ID;TZID=Europe/Berlin:20260309T100000"
    )
    first, second, third = occurrences(master, changed)
    assert first.title is third.title
    assert [one.title.reveal() for one in (first, second, third)] == ["AB", "CD", "AB"]


def test_a_reduced_resource_expands_as_the_whole_one_does() -> None:
    whole = calendar(
        event(
            "s", "AB", "20260302T100000", "20260302T105000",
            "RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE;TZID=Europe/Berlin:20260309T100000", "CATEGORIES:a,b",
            "LOCATION:Room 2", "TRANSP:TRANSPARENT", "COLOR:tomato",
        )
    )  # fmt: skip
    assert expand(read(slim(read(whole))), BERLIN, START, END) == expand(read(whole), BERLIN, START, END)


def all_day(first: str, after: str) -> str:
    lines = ["BEGIN:VEVENT", f"UID:{first}", f"DTSTART;VALUE=DATE:{first}", f"DTEND;VALUE=DATE:{after}"]
    return "\r\n".join([*lines, "END:VEVENT", ""])


ZONES = ["Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"]


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("day", [date(2026, 3, 2), date(2026, 3, 29), date(2026, 10, 25)])
def test_a_day_holds_no_all_day_event_of_the_day_before_or_after(name: str, day: date) -> None:
    """python-caldav/caldav#545: a search for one day returned the all-day events of its neighbours."""
    zone = ZoneInfo(name)
    days = [day + timedelta(days=number) for number in range(-2, 4)]
    events = [all_day(f"{one:%Y%m%d}", f"{after:%Y%m%d}") for one, after in pairwise(days)]
    start, end = (
        datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    found = [one for text in events for one in expand(read(calendar(text)), zone, start, end).occurrences]
    assert [(one.uid, one.start, one.end) for one in found] == [(f"{day:%Y%m%d}", start, end)]


BEGAN_BEFORE = {
    "over midnight": event("s", "AB", "20260301T230000", "20260302T010000"),
    "over a week": event("s", "AB", "20260225T090000", "20260304T090000"),
    "over months": event("s", "AB", "20251101T090000", "20260601T090000"),
    "all day for weeks": all_day("20260216", "20260309"),
    "of a series that began years ago": event(
        "s", "AB", "20160104T090000", "20160104T095000", "RRULE:FREQ=WEEKLY"
    ),
    "of a weekly series of long events": event(
        "s", "AB", "20160101T090000", "20160105T090000", "RRULE:FREQ=WEEKLY"
    ),
    "moved there from long before": event(
        "s", "AB", "20250106T090000", "20250106T095000", "RRULE:FREQ=WEEKLY;COUNT=3"
    )
    + event(
        "s", "AB", "20260302T150000", "20260302T155000", "RECURRENCE-ID;TZID=Europe/Berlin:20250113T090000"
    ),
}


@pytest.mark.parametrize("events", BEGAN_BEFORE.values(), ids=BEGAN_BEFORE.keys())
def test_an_event_that_began_before_the_window_and_lasts_into_it_is_in_it(events: str) -> None:
    """home-assistant/core#179125: a window hid what had begun before it."""
    start = datetime(2026, 3, 2, tzinfo=BERLIN).astimezone(UTC)
    assert len(expand(read(calendar(events)), BERLIN, start, start + timedelta(days=1)).occurrences) == 1
