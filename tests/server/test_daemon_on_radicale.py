"""The real daemon on a real CalDAV server, with the desktop and a script, on a clock that a test can turn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.calendars import calendar, event
from tests.support.day import when
from tests.support.desktop import Desktop
from tests.support.radicale import PASSWORD, PASSWORD_OF, RadicaleServer, calendar_table
from tests.support.world import World, eventually

pytestmark = pytest.mark.usefixtures("turnable_clock")

CONFIG = """
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})\\b'
is = "session"
[[reminders.rungs]]
at = "-15m"
[[reminders.rungs]]
at = "0m"
urgency = "critical"
[digests]
enabled = false
[sweep]
enabled = false
[channels.script]
type = "command"
argv = @SCRIPT@
[channels.desktop]
type = "desktop"
"""
# Saturdays at ten; the clocks go back in the night to Sunday, 25 October 2026.
MASTER = (
    "series", "AB individual", "20261015T100000", "20261015T105000",
    "RRULE:FREQ=WEEKLY;COUNT=8", "EXDATE;TZID=Europe/Berlin:20261105T100000",
)  # fmt: skip
MOVED = (
    "series", "AB individual", "20261021T160000", "20261021T165000",
    "RECURRENCE-ID;TZID=Europe/Berlin:20261022T100000",
)  # fmt: skip
CANCELLED = (
    "series", "AB individual", "20261112T100000", "20261112T105000",
    "RECURRENCE-ID;TZID=Europe/Berlin:20261112T100000", "STATUS:CANCELLED",
)  # fmt: skip
NO_SESSIONS = {
    "lunch.ics": event("lunch", "Lunch", "20261021T120000", "20261021T130000"),
    "short.ics": event("short", "AB call", "20261021T130000", "20261021T131000"),
    "free.ics": event("free", "CD maybe", "20261021T140000", "20261021T145000", "TRANSP:TRANSPARENT"),
    "day.ics": "BEGIN:VEVENT\r\nUID:day\r\nDTSTART;VALUE=DATE:20261021\r\nSUMMARY:EF leave\r\nEND:VEVENT\r\n",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RadicaleServer]:
    with RadicaleServer(tmp_path) as made:
        made.write("practice", "series.ics", calendar(event(*MASTER), event(*MOVED), event(*CANCELLED)))
        for name, text in NO_SESSIONS.items():
            made.write("practice", name, calendar(text))
        yield made


@pytest.fixture
def world(tmp_path: Path, server: RadicaleServer) -> World:
    made = World(tmp_path)
    made.env[PASSWORD_OF] = PASSWORD
    table = calendar_table(server, "practice", 'poll = "1s"', 'sessions = "rules"')
    made.configure(f'timezone = "Europe/Berlin"\n{table}{CONFIG}')
    return made


def local(document: dict[str, Any]) -> str:
    return f"{datetime.fromisoformat(document['start']):%m-%d %H:%M}"


@pytest.mark.desktop
def test_exactly_the_right_instances_remind_at_the_right_times_across_a_change_of_the_clocks(
    world: World, desktop: Desktop
) -> None:
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
    world.shift_clock(when("2026-10-15 09:44:59"))
    with world.daemon():
        eventually(lambda: recorded(world) == 2, "the first instance's first rung on both channels")
        for at, count in (
            ("2026-10-15 09:59:59", 2),
            ("2026-10-21 15:44:59", 3),  # moved from the 22nd
            ("2026-10-21 15:59:59", 4),
            ("2026-10-29 09:44:59", 5),  # after the clocks went back
            ("2026-10-29 09:59:59", 6),
            ("2026-11-19 09:44:59", 7),  # neither the excluded nor the cancelled one came in between
            ("2026-11-19 09:59:59", 8),
        ):
            world.shift_clock(when(at))
            world.cli("sync")  # wakes the daemon, which would otherwise notice the step within 15 s
            eventually(lambda count=count: recorded(world) == 2 * count, f"reminder {count} on both channels")
        log = world.json("log")["deliveries"]
    assert [(local(one), one["rung"]) for one in of_rungs(world)] == [
        ("10-15 10:00", "-15m"), ("10-15 10:00", "0m"),
        ("10-21 16:00", "-15m"), ("10-21 16:00", "0m"),
        ("10-29 10:00", "-15m"), ("10-29 10:00", "0m"),
        ("11-19 10:00", "-15m"), ("11-19 10:00", "0m"),
    ]  # fmt: skip
    sent = [one for one in log if one["channel"] == "script" and one["sent_at"] and one["rung"] != "question"]
    due, told = ([datetime.fromisoformat(one[name]) for one in sent] for name in ("due_at", "sent_at"))
    assert all(before <= then for before, then in zip(due, told, strict=True))
    assert all(then < following for then, following in zip(told, due[1:], strict=False))
    shown = [one["summary"] for one in desktop.notified() if "What happened" not in one["summary"]]
    assert shown == [one["title"] for one in of_rungs(world)]


def recorded(world: World) -> int:
    """How many rungs are recorded as sent: only then may the clock be turned again."""
    return len(
        [one for one in world.json("log")["deliveries"] if one["sent_at"] and one["rung"] != "question"]
    )


def of_rungs(world: World) -> list[dict[str, Any]]:
    """What the script received, without the questions about what it saw no check-in for."""
    return [one for one in world.received() if one["rung"] != "question"]


@pytest.mark.desktop
def test_the_button_of_a_notice_checks_in_within_a_second(world: World, desktop: Desktop) -> None:
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
    world.shift_clock(when("2026-10-15 09:59:58"))
    with world.daemon():
        eventually(lambda: "0m" in world.rungs(), "the rung at the start")
        eventually(lambda: desktop.count() == 1, "its notice")
        desktop.press("here")
        eventually(lambda: session(world)["verdict"] == "on_time", "the check-in", within=12)
        eventually(lambda: desktop.count() == 0, "the notice to go")
    assert session(world)["state"] == "in_session"


def session(world: World) -> dict[str, Any]:
    (found,) = world.json("agenda")["sessions"]
    assert isinstance(found, dict)
    return found


def test_changing_the_series_on_the_server_moves_the_reminders_at_the_next_poll(
    world: World, server: RadicaleServer
) -> None:
    world.shift_clock(when("2026-10-15 09:00:00"))
    with world.daemon():
        eventually(
            lambda: pending(world) == {"2026-10-15T09:45:00+02:00", "2026-10-15T10:00:00+02:00"}, "the plan"
        )
        earlier = event(
            "series", "AB individual", "20261015T093000", "20261015T102000", "RRULE:FREQ=WEEKLY;COUNT=8"
        )
        server.put("practice", "series.ics", calendar(earlier))
        eventually(
            lambda: pending(world) == {"2026-10-15T09:15:00+02:00", "2026-10-15T09:30:00+02:00"},
            "the new plan",
        )


def pending(world: World) -> set[str]:
    """When the script's reminders of the next two days are due."""
    soon = (when("2026-10-15 00:00") + timedelta(days=2)).astimezone(UTC)
    return {
        one["due_at"]
        for one in world.json("log")["deliveries"]
        if one["state"] == "pending"
        and one["channel"] == "script"
        and datetime.fromisoformat(one["due_at"]) < soon
    }


def test_the_agenda_rehearses_a_year_ahead_from_what_is_stored(world: World) -> None:
    world.shift_clock(when("2026-10-15 09:00:00"))
    world.cli("sync")
    found = world.json("agenda", "--from", "2026-10-01", "--to", "2027-10-01")["sessions"]
    assert [one["start"][:16] for one in found] == [
        "2026-10-15T10:00", "2026-10-21T16:00", "2026-10-29T10:00", "2026-11-19T10:00", "2026-11-26T10:00",
        "2026-12-03T10:00",
    ]  # fmt: skip
    assert {one["client"] for one in found} == {"AB"}
    rehearsed = world.json("rehearse", "--from", "2026-10-29", "--to", "2026-10-30")["reminders"]
    assert [(one["at"][:16], one["rung"]) for one in rehearsed] == [
        ("2026-10-29T09:45", "-15m"), ("2026-10-29T10:00", "0m"), ("2026-10-29T10:15", "question"),
    ]  # fmt: skip
