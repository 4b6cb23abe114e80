"""`kepthour repair ID` after the miss: the make-up session, as the calendar tells of it and as the therapist says."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

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
"""
WEEKLY = event("weekly", f"AB {TITLE}", "20260302T100000", "20260302T105000", "RRULE:FREQ=WEEKLY")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Monday at half past ten: the session at ten was missed. It is on every week."""
    made = World(tmp_path)
    made.configure(CONFIG.format(type="ics", path='path = "~/practice.ics"', channel="console"))
    made.store_file.parent.mkdir(parents=True, mode=0o700)
    config = CONFIG.format(type="memory", path="", channel="recorder")
    day = Day(made.store_file.parent, "2026-03-02 09:30", config)
    day.calendar.put("weekly.ics", calendar(WEEKLY))
    day.sync()
    day.clock.at = when("2026-03-02 10:30")
    day.sync()
    (session,) = day.agenda("2026-03-02 10:00", "2026-03-02 11:00")
    day.app.settle(session.session.id, Verdict.MISSED, None)
    day.app.store.close()
    made.shift_clock(when("2026-03-02 10:31"))
    holds(made)
    return made


def holds(world: World, *more: str) -> None:
    """What stands in the calendar; the program reads it."""
    (world.home / "practice.ics").write_text(calendar(WEEKLY, *more), encoding="utf-8")
    world.cli("sync")


def test_an_imported_hold_is_the_make_up_session_and_the_therapist_may_say_otherwise(world: World) -> None:
    told = fenced(world.cli("repair", "1").stdout)
    assert "There is no make-up session yet. Free times to offer: kepthour repair 1 slots" in told
    assert "You meet first on Mon 09 Mar 10:00" in told
    hold = world.cli("repair", "1", "hold", "2026-03-05T16:00", "--output", "-").stdout
    (entry,) = icalendar.Calendar.from_ical(hold).walk("VEVENT")
    holds(world, entry.to_ical().decode())
    card = world.json("repair", "1")["cards"][0]
    (session,) = [
        one["id"]
        for one in world.json("agenda", "--to", "+7d")["sessions"]
        if one["uid"] == str(entry["UID"])
    ]
    start = "2026-03-05T16:00:00+01:00"
    assert card["make_up"] == {"session": session, "start": start, "by": "calendar", "why": "hold"}
    assert card["first_meeting"] == session
    assert [step["done_by"] for step in card["steps"] if step["done_at"]] == ["calendar"]
    told = fenced(world.cli("repair", "1").stdout)
    assert (
        f"Make-up session: Thu 05 Mar 16:00 ({session}): it is the entry that was made to hold the time."
        in told
    )
    rungs = world.json("rehearse", "--from", "2026-03-05", "--to", "2026-03-06")["reminders"]
    assert [one["at"] for one in rungs if one["rung"] == "opening-cue"] == ["2026-03-05T15:30:00+01:00"]
    why = world.cli("explain", session).stdout
    assert (
        "opening-cue comes because you meet here after a session that you missed: kepthour repair 1." in why
    )

    assert "There is no make-up session, you said." in world.cli("repair", "1", "makeup", "none").stdout
    card = world.json("repair", "1", "makeup", "none")["cards"][0]
    assert (card["make_up"], [step for step in card["steps"] if step["done_at"]]) == (None, [])
    assert "kepthour repair 1 makeup any" in world.cli("repair", "1").stdout
    found = world.json("repair", "1", "makeup", "any")["cards"][0]
    assert found["make_up"] == {"session": session, "start": start, "by": "calendar", "why": "hold"}
    assert [step["done_by"] for step in found["steps"] if step["done_at"]] == ["calendar"]
    assert world.json("repair", "1", "makeup", session)["cards"][0]["make_up"]["by"] == "therapist"
    told = world.cli("repair", "1", "export").stdout
    assert f"make up gone {session}" in told and "make-up session: Thu 05 Mar 16:00" in told
    assert "There is no session" in world.cli("repair", "1", "makeup", "nobody", expect=1).stderr
    assert "make up" in world.cli("explain", card["session"]).stdout


def test_two_imported_holds_are_told_and_which_it_is_is_asked(world: World) -> None:
    texts = [
        world.cli("repair", "1", "hold", f"2026-03-0{day}T16:00", "--output", "-").stdout for day in (5, 6)
    ]
    holds(world, *(icalendar.Calendar.from_ical(one).walk("VEVENT")[0].to_ical().decode() for one in texts))
    told = fenced(world.cli("repair", "1").stdout)
    found = re.search(r"Held: Thu 05 Mar 16:00 \((\w+)\), Fri 06 Mar 16:00 \(\w+\)\. Which is it\?", told)
    assert found is not None, told
    told = world.cli("repair", "1", "makeup", found[1]).stdout
    assert "Held, too: Fri 06 Mar 16:00" in told and "What is not taken, delete in your calendar" in told


def test_a_session_weeks_ahead_can_be_named(world: World) -> None:
    holds(world, event("far", f"AB {TITLE}", "20260326T160000", "20260326T165000"))
    (far,) = [one["id"] for one in world.json("agenda", "--to", "+60d")["sessions"] if one["uid"] == "far"]
    assert world.json("repair", "1")["cards"][0]["make_up"] is None
    made = world.json("repair", "1", "makeup", far)["cards"][0]["make_up"]
    assert made == {
        "session": far, "start": "2026-03-26T16:00:00+01:00", "by": "therapist", "why": "said",
    }  # fmt: skip
    world.shift_clock(when("2026-03-02 10:31") + timedelta(minutes=5))
    holds(world)
    assert world.json("repair", "1")["cards"][0]["make_up"] is None
