"""From a flagged miss to a closed card: a fortnight on a real CalDAV server, with the real daemon and real commands.

Nobody checks in, the miss is flagged and confirmed, the client is reached, a make-up session is agreed, held and spoken
about, a cause is found and a rule written. The wall clock is turned from one moment to the next.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.calendars import calendar, event
from tests.support.day import when
from tests.support.radicale import PASSWORD, PASSWORD_OF, RadicaleServer, calendar_table
from tests.support.world import World, eventually

pytestmark = pytest.mark.usefixtures("turnable_clock")

# Limits so short that the miss is flagged without a turn of the clock in between, which would be a gap in the watch.
CONFIG = """
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})\\b'
is = "session"
[reminders]
early_if_odd = false
[[reminders.rungs]]
at = "-2s"
urgency = "high"
[[reminders.rungs]]
at = "0m"
urgency = "critical"
[verdict]
late_after = "1s"
missed_after = "3s"
[digests]
enabled = false
[sweep]
enabled = false
[quiet]
end_cues = []
[practice]
hours = { mon = ["09:00-17:00"], tue = ["09:00-17:00"], wed = ["09:00-17:00"] }
[channels.script]
type = "command"
argv = @SCRIPT@
"""
START = when("2026-03-02 10:00")  # a Monday
SERIES = event("ab", "AB individual", "20260105T100000", "20260105T105000", "RRULE:FREQ=WEEKLY;COUNT=30")
OTHERS = event("cd", "CD individual", "20260106T100000", "20260106T105000", "RRULE:FREQ=WEEKLY;COUNT=30")
SOON = timedelta(seconds=1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RadicaleServer]:
    with RadicaleServer(tmp_path) as made:
        made.write("practice", "ab.ics", calendar(SERIES))
        made.write("practice", "cd.ics", calendar(OTHERS))
        yield made


@pytest.fixture
def world(tmp_path: Path, server: RadicaleServer) -> World:
    made = World(tmp_path)
    made.env[PASSWORD_OF] = PASSWORD
    table = calendar_table(server, "practice", 'poll = "1s"', 'sessions = "rules"')
    made.configure(f'timezone = "Europe/Berlin"\n{table}{CONFIG}')
    return made


def card(world: World) -> dict[str, Any]:
    (found,) = world.json("repair")["cards"]
    return dict(found)


def done(world: World) -> list[int]:
    return [step["n"] for step in card(world)["steps"] if step["done_at"]]


def turn_to(world: World, at: datetime) -> None:
    """It is now just before `at`. What is due by then has come before the next turn."""
    world.shift_clock(at - SOON)
    world.cli("sync")  # wakes the daemon, which would otherwise notice the step within 15 s


def came(world: World, rung: str, text: str = "") -> None:
    eventually(lambda: [one for one in world.received() if one["rung"] == rung], rung)
    eventually(
        lambda: rung in {one["rung"] for one in world.json("log")["deliveries"] if one["sent_at"]},
        "its record",
    )
    (one, *_others) = [one for one in world.received() if one["rung"] == rung]
    assert text in f"{one['title']}\n{one['text']}"


def test_from_a_flagged_miss_to_a_closed_card(world: World, server: RadicaleServer) -> None:
    world.shift_clock(START - timedelta(seconds=9))
    with world.daemon():
        confirm_the_miss(world)
        work_through_the_first_hour(world)
        slot = offer_another_time(world, server)
        see_that_it_helps_next_time(world)
        meet_again(world, slot)
        close_the_card(world, slot)
        told = len(about_the_card(world))
        turn_to(world, START + timedelta(days=14, hours=12))
        eventually(lambda: world.json("status")["daemon"]["running"], "the daemon")
    assert len(about_the_card(world)) == told
    report = world.json("report", "--from", "2026-03-01", "--to", "2026-04-01")
    assert report["misses"] is None or report["misses"]["missed"] in {None, 1}
    assert "AB" not in world.cli("repair", "1", "export").stdout.replace("AB make-up", "")


def confirm_the_miss(world: World) -> None:
    came(world, "question")
    (missed,) = world.json("agenda", "--from", "2026-03-02", "--to", "2026-03-03")["sessions"]
    assert missed["verdict"] == "suspected_miss"
    assert card(world)["severity"] == 2
    world.cli("settle", missed["id"], "missed")


def work_through_the_first_hour(world: World) -> None:
    confirmed = datetime.fromisoformat(card(world)["confirmed_at"])
    turn_to(world, confirmed + timedelta(minutes=15))
    came(world, "card", "Has the client of 10:00 heard from you?")
    assert "I missed our appointment on Monday, 2 March" in world.cli("repair", "1", "draft").stdout
    for step in ("1", "2", "3"):
        world.cli("repair", "1", "step", step, "done")
    world.cli("repair", "1", "step", "4", "skip", "--reason", "Nobody asked.")
    world.cli("repair", "1", "step", "5", "done")


def offer_another_time(world: World, server: RadicaleServer) -> dict[str, Any]:
    slot: dict[str, Any] = world.json("repair", "1", "slots")["slots"][0]
    file = world.home / "hold.ics"
    world.cli("repair", "1", "hold", slot["start"][:16], "--title", "AB make-up", "--output", str(file))
    server.put("practice", "hold.ics", file.read_bytes().decode())
    world.cli("sync")
    eventually(lambda: card(world)["make_up"], "the make-up session")
    assert (card(world)["make_up"]["start"], card(world)["make_up"]["why"]) == (slot["start"], "hold")
    assert done(world) == [1, 2, 3, 5, 6]
    return slot


def see_that_it_helps_next_time(world: World) -> None:
    suggested = {one["cause"] for one in world.json("repair", "1", "cause")["suggested"]}
    assert "first_of_the_day" in suggested
    world.cli("repair", "1", "cause", "first_of_the_day")
    written = world.json("repair", "1", "prevent", "--write")
    assert written["written"]
    (rule,) = tomllib.loads(world.config_file.read_text(encoding="utf-8"))["reminders"]["rules"]
    assert (rule["client"], rule["weekday"]) == ("AB", ["mon"])
    assert done(world) == [1, 2, 3, 5, 6, 7]
    assert card(world)["state"] == "waiting"


def meet_again(world: World, slot: dict[str, Any]) -> None:
    make_up, end = (datetime.fromisoformat(slot[name]) for name in ("start", "end"))
    turn_to(world, make_up - timedelta(minutes=30))
    came(world, "opening-cue", "Begin with what happened")
    turn_to(world, make_up)
    world.cli("here", "--session", card(world)["make_up"]["session"])
    turn_to(world, end)
    world.cli("out", "--session", card(world)["make_up"]["session"])


def close_the_card(world: World, slot: dict[str, Any]) -> None:
    turn_to(world, datetime.fromisoformat(slot["end"]) + timedelta(days=1))
    came(world, "card-landing")
    world.cli("repair", "1", "step", "8", "done")
    assert "AB" not in world.cli("repair", "1", "note", "supervision").stdout
    world.cli("repair", "1", "step", "9", "done")
    world.cli("repair", "1", "close", "repaired")
    assert (card(world)["state"], card(world)["outcome"]) == ("closed", "repaired")


def about_the_card(world: World) -> list[dict[str, Any]]:
    return [one for one in world.received() if one["rung"].startswith("card")]
