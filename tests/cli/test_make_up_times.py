"""`kepthour repair ID slots` and `hold`: free times for a make-up session, why others are not free, and the file."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest

from kepthour.core.verdict import Verdict
from tests.support.calendars import calendar, event
from tests.support.day import Day, when
from tests.support.fence import TITLE, fenced
from tests.support.world import World

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "{type}"
{path}
sessions = "all"
[channels.screen]
type = "{channel}"
[practice]
travel = "20m"
[practice.hours]
mon = ["09:00-13:00"]
tue = ["09:00-18:00"]
thu = ["09:00-18:00"]
[repair]
offer = 3
within = "7d"
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Monday at half past ten: the session at ten, with somebody in London, was missed. It is on every other week."""
    made = World(tmp_path_factory.mktemp("machine"))
    made.configure(CONFIG.format(type="ics", path='path = "~/practice.ics"', channel="console"))
    made.store_file.parent.mkdir(parents=True, mode=0o700)
    config = CONFIG.format(type="memory", path="", channel="recorder")
    day = Day(made.store_file.parent, "2026-03-02 09:30", config)
    every_other = "RRULE:FREQ=WEEKLY;INTERVAL=2"
    day.put("there", "2026-03-03T12:00:00", 50, "LOCATION:Clinic")
    london = event("missed", f"AB {TITLE}", "20260302T090000", "20260302T095000", every_other, "LOCATION:Room 2",
                   zone="Europe/London")  # fmt: skip
    day.calendar.put("missed.ics", calendar(london))
    day.sync()
    day.clock.at = when("2026-03-02 10:30")
    day.sync()
    (session,) = day.agenda("2026-03-02 10:00", "2026-03-02 11:00")
    day.app.settle(session.session.id, Verdict.MISSED, None)
    day.app.store.close()
    made.shift_clock(when("2026-03-02 10:31"))
    return made


def test_free_times_have_the_promised_shape(world: World) -> None:
    found = world.json("repair", "1", "slots")
    assert set(found) == {
        "card", "session", "timezone", "client_timezone", "slots", "other_cards", "calendars",
    }  # fmt: skip
    assert (found["card"], found["timezone"], found["client_timezone"]) == (
        "1", "Europe/Berlin", "Europe/London",
    )  # fmt: skip
    assert found["slots"][0] == {
        "n": 1,
        "start": "2026-03-03T14:00:00+01:00",
        "end": "2026-03-03T14:50:00+01:00",
        "client_start": "2026-03-03T13:00:00+00:00",
        "client_end": "2026-03-03T13:50:00+00:00",
        "usual": False,
    }
    assert [one["n"] for one in found["slots"]] == [1, 2, 3]
    assert [one["start"] for one in found["slots"] if one["usual"]] == ["2026-03-09T10:00:00+01:00"]
    assert [one["name"] for one in found["calendars"]] == ["practice"]


def test_free_times_are_told_in_both_zones_without_a_client_s_words(world: World) -> None:
    told = fenced(world.cli("repair", "1", "slots").stdout)
    assert "Free times of 50 min" in told and "Nothing is booked" in told
    assert "Tue 03 Mar 14:00–14:50" in told and "Tue 03 Mar 13:00–13:50" in told
    assert "Europe/Berlin" in told and "Europe/London" in told and "the usual time" in told
    assert "kepthour repair 1 hold 2026-03-03T14:00" in told
    assert "AB" not in told and "Clinic" not in told


def test_json_may_stand_before_the_card_too(world: World) -> None:
    args = ("repair", "--json", "1", "slots", "--from", "2026-03-03", "--to", "2026-03-04")
    found = world.cli(*args).stdout
    assert (
        found
        == world.cli("repair", "1", "slots", "--from", "2026-03-03", "--to", "2026-03-04", "--json").stdout
    )
    assert found.count('"n"') == 3


@pytest.mark.parametrize(
    ("at", "because", "what"),
    [
        ("2026-03-03T10:45", "travel",
         'You need 30 min with 20 min of travel, and there is an entry in the calendar "practice" at 12:00–12:50 at '
         "another place."),
        ("2026-03-04T10:00", "outside_hours", "It is outside your working hours (Wed: none)."),
        ("2026-03-09T10:00", None, "It is free, and offered as number 3."),
        ("2026-03-05T17:10", None,
         "It is free. It is not listed, since only a few are: those that are not too soon, and differ most."),
    ],
    ids=["travel", "hours", "offered", "free"],
)  # fmt: skip
def test_why_a_time_is_not_offered(world: World, at: str, because: str | None, what: str) -> None:
    found = world.json("repair", "1", "slots", "--why", at)
    assert (found["because"], found["free"], found["what"]) == (because, because is None, what)
    assert found["calendar"] == ("practice" if because == "travel" else None)
    assert found["from"] == ("2026-03-03T12:00:00+01:00" if because == "travel" else None)
    assert {"start", "end", "n", "to", "calendars"} <= set(found)


def test_a_calendar_that_may_not_be_up_to_date_is_named(world: World) -> None:
    text = world.config_file.read_text(encoding="utf-8")
    other = world.home / "other.toml"
    other.write_text(
        text + '[[calendars]]\nname = "private"\ntype = "ics"\npath = "~/private.ics"\nsessions = "none"\n',
        encoding="utf-8",
    )
    told = world.cli("repair", "1", "slots", "--config", str(other)).stdout
    assert 'Careful: the calendar "private" was never read' in told
    assert "practice" not in told
    world.shift_clock(when("2026-03-02 12:00"))
    try:
        told = world.cli("repair", "1", "slots", "--why", "2026-03-05T10:00").stdout
        assert 'Careful: the calendar "practice" was last read on Mon 02 Mar 10:30' in told
    finally:
        world.shift_clock(when("2026-03-02 10:31"))


def held(text: str) -> dict[str, Any]:
    """What another program reads in the file."""
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return {
        "start": event["DTSTART"].dt.astimezone(UTC),
        "end": event["DTEND"].dt.astimezone(UTC),
        **{name: str(event[name]) for name in ("SUMMARY", "STATUS", "TRANSP", "UID")},
    }


def test_a_hold_is_a_tentative_entry_in_a_private_file(world: World, tmp_path: Path) -> None:
    done = world.json("repair", "1", "hold", "1", "--output", str(tmp_path))
    file = tmp_path / "hold-2026-03-03-1400.ics"
    assert (done["written"], done["start"]) == (str(file), "2026-03-03T14:00:00+01:00")
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_bytes().decode()
    start = when("2026-03-03 14:00")
    assert held(text) == {
        "start": start,
        "end": start + timedelta(minutes=50),
        "SUMMARY": "Hold",
        "STATUS": "TENTATIVE",
        "TRANSP": "OPAQUE",
        "UID": done["uid"],
    }
    assert "DTSTART;TZID=Europe/Berlin:20260303T140000\r\n" in text and "BEGIN:VTIMEZONE" in text
    assert "\n" not in text.replace("\r\n", "")
    assert "AB" not in text and TITLE not in text and "DTSTAMP:20260302T093" in text
    assert (
        "is there already"
        in world.cli("repair", "1", "hold", "1", "--output", str(tmp_path), expect=1).stderr
    )
    again = world.json("repair", "1", "hold", "1", "--output", str(tmp_path), "--force")
    assert again["uid"] != done["uid"]


def test_a_hold_by_its_start_holds_any_free_time(world: World) -> None:
    text = world.cli("repair", "1", "hold", "2026-03-05T17:10", "--output", "-", "--title", "Reserved").stdout
    assert held(text)["start"] == when("2026-03-05 17:10")
    assert held(text)["SUMMARY"] == "Reserved"


def test_a_hold_writes_nothing_into_the_store_but_that_it_was_made(world: World, tmp_path: Path) -> None:
    def exported() -> dict[str, Any]:
        return {key: part for key, part in world.json("export").items() if isinstance(part, list)}

    before = exported()
    told = world.cli("repair", "1", "hold", "2", "--output", str(tmp_path / "a.ics")).stdout
    assert "It stands in no calendar until you import it" in told
    after = exported()
    uid = held((tmp_path / "a.ics").read_bytes().decode())["UID"]
    assert after["cards"][0].pop("holds") == [*before["cards"][0].pop("holds"), uid]
    assert after["changes"].pop()["what"] == "hold_written"
    assert after == before


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["hold", "2026-03-03T12:15"], 1, "That time is not free. It overlaps an entry"),
        (["hold", "4"], 1, "There is no free time number 4."),
        (["hold", "0"], 1, "There is no free time number 0."),
        (["hold", "whenever"], 2, "is no date or time"),
        (["hold"], 2, "START|N"),
        (["slots", "--from", "+3d", "--to", "+2d"], 2, "--to lies before --from"),
        (["slots", "--to", "2028-03-01"], 2, "longer than a year"),
        (["slots", "--why", "never"], 2, "is no date or time"),
        (["slots", "--why", "0001-01-01"], 2, "more than three years away"),
        (["slots", "--from", "9999-12-31"], 2, "more than three years away"),
        (["hold", "9999-12-31"], 2, "more than three years away"),
        (["slots", "--why", "2026-03-04"], 2, "is a day; say the time, too: 2026-03-04T15:00"),
        (["hold", "tomorrow"], 2, "is a day; say the time, too"),
        (["slot"], 2, 'Did you mean "slots"?'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said(world: World, args: list[str], code: int, said: str) -> None:
    assert said in world.cli("repair", "1", *args, expect=code).stderr


def test_an_action_needs_a_card(world: World) -> None:
    assert "Its ID comes before the action" in world.cli("repair", "slots", expect=2).stderr
    assert "There is no repair card" in world.cli("repair", "7", "slots", expect=1).stderr


def test_where_nothing_is_free_another_way_is_told(world: World) -> None:
    told = world.cli("repair", "1", "slots", "--from", "2026-03-04", "--to", "2026-03-05").stdout
    assert "There are no free 50 min" in told and "slots --why T" in told


def test_where_fewer_are_free_than_wanted_that_is_said(world: World) -> None:
    def told(end: str) -> str:
        return world.cli("repair", "1", "slots", "--from", "2026-03-09", "--to", end).stdout

    assert "There are no more" not in told("2026-03-09T13:00")
    assert "There are no more in Mon 09 Mar 00:00–11:30. Look further with --to." in told("2026-03-09T11:30")


@pytest.mark.parametrize(
    ("sessions", "options", "warns"),
    [("all", (), False), ("rules", (), True), ("rules", ("--title", "AB"), False)],
    ids=["all", "rules", "a title that fits"],
)
def test_a_hold_that_would_be_no_session_by_the_rules_says_so(
    world: World, tmp_path: Path, sessions: str, options: tuple[str, ...], warns: bool
) -> None:
    text = world.config_file.read_text(encoding="utf-8").replace(
        'sessions = "all"', f'sessions = "{sessions}"'
    )
    other = tmp_path / "other.toml"
    rule = "[[sessions.rules]]\ntitle = '^[A-Z]{2}\\b'\nis = \"session\"\n"
    other.write_text(text + rule, encoding="utf-8")
    told = world.cli("repair", "1", "hold", "1", "--output", str(tmp_path), *options, "--config", str(other))
    assert ("by your rules an entry with this title is no session" in told.stdout) is warns
