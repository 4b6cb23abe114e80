"""One iCalendar text taken apart: what becomes a resource, what is bad, and what is no calendar at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from kepthour_connectors.base import Batch, CalendarGone, Connector, Kind, Known, Nonsense, Surroundings
from kepthour_connectors.ics import Options, connect
from tests.support.calendars import BERLIN, calendar, event, single, todo

SPAN = ("20260302T090000", "20260302T095000")
NEW_YORK = BERLIN.replace("Europe/Berlin", "America/New_York")


class File:
    """A calendar file and what a caller keeps of it."""

    def __init__(self, path: Path, connector: Connector) -> None:
        self.path, self.connector = path, connector
        self.cursor: str | None = None
        self.etags: dict[str, str] = {}

    def read(self, text: str | bytes) -> Batch:
        self.path.write_bytes(text.encode() if isinstance(text, str) else text)
        batch = self.connector.poll(Known(self.cursor, dict(self.etags)))
        self.etags.update({each.href: each.etag for each in batch.changed})
        self.cursor = batch.cursor
        return batch


@pytest.fixture
def file(tmp_path: Path) -> File:
    path = tmp_path / "sessions.ics"
    return File(path, connect(Options(path=path), Surroundings("ehr", tmp_path)))


def properties(payload: str, name: str) -> list[str]:
    found: list[Any] = Calendar.from_ical(payload).walk(name)
    return [str(each.get("UID") or each.get("TZID")) for each in found]


def test_a_series_and_its_overrides_are_one_resource(file: File) -> None:
    moved = event("a", "AB moved", "20260309T100000", "20260309T105000", "RECURRENCE-ID:20260309T080000Z")
    batch = file.read(calendar(moved, event("b"), event("a", "AB", *SPAN, "RRULE:FREQ=WEEKLY;COUNT=3")))
    assert sorted(properties(each.payload, "VEVENT") for each in batch.changed) == [["a", "a"], ["b"]]


def test_a_resource_has_the_zones_it_needs_and_no_others(file: File) -> None:
    there = event("b", zone="America/New_York")
    batch = file.read(calendar(event("a"), there, event("c", zone=None), zones=BERLIN + NEW_YORK))
    zones = {properties(e.payload, "VEVENT")[0]: properties(e.payload, "VTIMEZONE") for e in batch.changed}
    assert zones == {"a": ["Europe/Berlin"], "b": ["America/New_York"], "c": []}


def test_the_calendars_own_zone_goes_with_each_resource(file: File) -> None:
    batch = file.read(
        calendar(event("a", zone=None), head=("X-WR-TIMEZONE:Europe/Berlin", "X-WR-CALNAME:Mine"))
    )
    assert "X-WR-TIMEZONE:Europe/Berlin\r\n" in batch.changed[0].payload
    assert "X-WR-CALNAME" not in batch.changed[0].payload


def test_everything_in_an_event_stays_as_it_was_written(file: File) -> None:
    odd = [
        'X-GOOGLE-CONFERENCE;X-LABEL="a;b:c":https://meet.google.com/abc',
        "DESCRIPTION:One\\, two\\;\\nBEGIN:VEVENT is only text here",
        "ATTENDEE;PARTSTAT=DECLINED;CN=Anna:mailto:anna@example.org",
        "BEGIN:VALARM",
        "UID:an-alarm-has-one-too",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        "END:VALARM",
    ]
    (resource,) = file.read(single("a", "AB", *odd)).changed
    assert "\r\n".join(odd) in resource.payload
    assert properties(resource.payload, "VEVENT") == ["a"]


def test_an_alarms_uid_is_not_the_events(file: File) -> None:
    alarm = "BEGIN:VALARM\r\nUID:alarm\r\nACTION:AUDIO\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
    (before,) = file.read(single("a")).changed
    (after,) = file.read(single("a").replace("UID:a\r\n", f"{alarm}UID:a\r\n")).changed
    assert after.href == before.href


def test_a_line_folded_within_a_character_is_read(file: File) -> None:
    text = single("a", "Jürgen Müller").encode()
    cut = text.index("ü".encode()) + 1
    (resource,) = file.read(text[:cut] + b"\r\n " + text[cut:]).changed
    assert "SUMMARY:Jürgen Müller\r\n" in resource.payload


def test_bare_line_feeds_and_a_byte_order_mark_are_read(file: File) -> None:
    assert len(file.read("\ufeff" + single("a").replace("\r\n", "\n")).changed) == 1


def test_a_text_that_is_not_utf_8_is_read_with_a_warning(file: File) -> None:
    batch = file.read(single("a", "Jürgen").encode("cp1252"))
    assert "SUMMARY:Jürgen" in batch.changed[0].payload
    assert batch.warnings == ("not-utf-8",)


def test_several_calendars_in_one_text_are_all_read(file: File) -> None:
    assert len(file.read(single("a") + single("b")).changed) == 2


def test_tasks_are_not_resources(file: File) -> None:
    batch = file.read(single("a") + todo("t"))
    assert batch.listed == {each.href for each in batch.changed}
    assert len(batch.changed) == 1


def test_a_uid_does_not_stand_in_the_href(file: File) -> None:
    (resource,) = file.read(single("anna.client@example.org")).changed
    assert "anna" not in resource.href


@pytest.mark.parametrize("line", ["UID;X-A=b:a", "uid:a", "UID:\r\n a"])
def test_a_uid_is_the_same_however_it_is_written(file: File, line: str) -> None:
    (before,) = file.read(single("a")).changed
    batch = file.read(single("a", "changed").replace("UID:a", line))
    assert [each.href for each in batch.changed] == [before.href]


# Bad ones among good ones


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (event(None), "no-uid"),
        (event("x", "X", *SPAN, "BEGIN:VALARM", "TRIGGER:-PT5M"), "broken"),
        (event("x", "X", *SPAN, "BEGIN:VALARM", "END:VTODO"), "broken"),
        (event("x").replace("END:VEVENT\r\n", ""), "broken"),
    ],
)
def test_one_bad_event_is_set_aside_and_the_others_come(file: File, bad: str, reason: str) -> None:
    batch = file.read(calendar(event("a"), bad, event("b")))
    assert [each.reason for each in batch.bad] == [reason]
    assert [properties(each.payload, "VEVENT") for each in batch.changed] == [["a"], ["b"]]
    assert batch.bad[0].href in (batch.listed or set())


def test_two_events_without_a_uid_are_two_bad_ones(file: File) -> None:
    batch = file.read(calendar(event(None, "one"), event(None, "two")))
    assert len({each.href for each in batch.bad}) == 2


def test_a_broken_zone_costs_no_event(file: File) -> None:
    batch = file.read(single("a").replace("END:DAYLIGHT", "END:STANDARD"))
    assert properties(batch.changed[0].payload, "VTIMEZONE") == []
    assert properties(batch.changed[0].payload, "VEVENT") == ["a"]


# No calendar at all


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\r\n \r\n",
        "<!DOCTYPE html><html><body>Please sign in</body></html>",
        single("a")[:-20],
        single("a")[:200],
        "BEGIN:VCARD\r\nEND:VCARD\r\n",
        "\x00\x01\x02",
    ],
)
def test_what_is_no_whole_calendar_is_nonsense_and_changes_nothing(file: File, text: str) -> None:
    before = file.read(single("a"))
    with pytest.raises(Nonsense):
        file.read(text)
    assert file.read(single("a")).cursor == before.cursor


def test_an_empty_calendar_is_a_calendar(file: File) -> None:
    file.read(single("a"))
    batch = file.read(calendar())
    assert (batch.kind, batch.listed) == (Kind.FULL, frozenset())


def test_a_missing_file_is_gone(file: File) -> None:
    with pytest.raises(CalendarGone, match="There is no file"):
        file.connector.poll(Known())


def test_a_folder_is_no_calendar(file: File) -> None:
    file.path.mkdir()
    with pytest.raises(CalendarGone, match="cannot be read"):
        file.connector.poll(Known())


def test_a_huge_file_is_refused_unread(file: File) -> None:
    with file.path.open("wb") as huge:
        huge.truncate(21 * 1024 * 1024)
    with pytest.raises(Nonsense, match="larger than 20 MB"):
        file.connector.poll(Known())


# What counts as a change


def test_new_time_stamps_alone_are_no_change(file: File) -> None:
    before = file.read(calendar(event("a"), event("b")))
    batch = file.read(calendar(event("a", stamp="20260505T000000Z"), event("b", stamp="20260505T000000Z")))
    assert (batch.kind, batch.changed, batch.cursor) == (Kind.DELTA, (), before.cursor)


def test_another_order_is_no_change_to_any_resource(file: File) -> None:
    override = event("a", "AB moved", *SPAN, "RECURRENCE-ID:20260302T080000Z")
    file.read(calendar(event("a"), override, event("b")))
    batch = file.read(calendar(event("b"), override, event("a")))
    assert (batch.kind, batch.changed) == (Kind.FULL, ())


def test_a_change_of_the_calendars_name_is_no_change_to_any_resource(file: File) -> None:
    file.read(calendar(event("a"), head=("X-WR-CALNAME:Old",)))
    assert file.read(calendar(event("a"), head=("X-WR-CALNAME:New",))).changed == ()


def test_a_change_of_the_calendars_zone_changes_every_resource(file: File) -> None:
    file.read(calendar(event("a", zone=None), head=("X-WR-TIMEZONE:Europe/Berlin",)))
    assert len(file.read(calendar(event("a", zone=None), head=("X-WR-TIMEZONE:Europe/Paris",))).changed) == 1


def test_only_what_differs_is_given_again(file: File) -> None:
    file.read(calendar(*(event(f"e{number}") for number in range(20))))
    changed = [event(f"e{number}", *(["new"] if number == 7 else [])) for number in range(20)]
    batch = file.read(calendar(*changed))
    assert [properties(each.payload, "VEVENT") for each in batch.changed] == [["e7"]]
    assert batch.listed is not None and len(batch.listed) == 20


def test_a_home_folder_is_meant_by_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "sessions.ics").write_text(single("a"))
    connector = connect(Options(path=Path("~/sessions.ics")), Surroundings("ehr", tmp_path))
    assert len(connector.poll(Known()).changed) == 1
