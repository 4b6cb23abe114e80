"""The real daemon on a real desktop: across a restart, into the video room, and minute by minute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.calendars import calendar, event
from tests.support.desktop import Desktop
from tests.support.portal import Portal, portal
from tests.support.session_bus import SessionBus
from tests.support.shell import shell
from tests.support.world import World, eventually

pytestmark = pytest.mark.desktop

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
sessions = "all"
[[reminders.rungs]]
at = "-20m"
urgency = "high"
[digests]
enabled = false
[sweep]
enabled = false
"""


ROOM = "https://zoom.us/j/123"


def in_ten_minutes(world: World) -> None:
    """A session by video, so that its one rung is due at once."""
    put(world, datetime.now(UTC) + timedelta(minutes=10))


def put(world: World, start: datetime) -> None:
    """The one session."""
    begins, ends = (f"{at:%Y%m%dT%H%M%SZ}" for at in (start, start + timedelta(minutes=50)))
    text = calendar(event("one", "AB", begins, ends, f"URL:{ROOM}", zone=None))
    file = world.home / "practice.ics"  # a daemon may be reading it
    file.with_suffix(".new").write_text(text, encoding="utf-8", newline="")
    file.with_suffix(".new").rename(file)


def test_a_button_shown_before_a_restart_still_checks_in_after_it(tmp_path: Path, desktop: Desktop) -> None:
    world = World(tmp_path)
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
    world.configure(CONFIG)
    in_ten_minutes(world)
    with world.daemon() as first:
        eventually(
            lambda: [one["state"] for one in world.json("log")["deliveries"]] == ["sent"], "the notice"
        )
        first.kill()
    with world.daemon():
        eventually(lambda: len(desktop.notified()) == 2, "the notice, shown again")
        assert desktop.count() == 1
        desktop.press("here")
        eventually(
            lambda: world.json("agenda")["sessions"][0]["verdict"] == "on_time", "the check-in", within=12
        )
        eventually(lambda: desktop.count() == 0, "the notice to go")


def test_the_session_bus_is_restarted_and_the_next_session_reminds(tmp_path: Path, desktop: Desktop) -> None:
    world = World(tmp_path)
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
    world.configure(CONFIG.replace('sessions = "all"', 'sessions = "all"\npoll = "1s"'))
    in_ten_minutes(world)
    with world.daemon() as daemon:
        eventually(lambda: desktop.count() == 1, "the notice")
        desktop.kill_bus()
        desktop.start_bus(same=True)
        desktop.start_server()
        put(world, datetime.now(UTC) + timedelta(minutes=15))
        eventually(lambda: desktop.count() == 1, "the notice on the new bus")
        assert daemon.process.poll() is None


def test_a_question_shown_before_a_restart_is_answered_with_its_button_after_it(
    tmp_path: Path, desktop: Desktop
) -> None:
    world = World(tmp_path)
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
    world.configure(CONFIG)
    put(world, datetime.now(UTC) - timedelta(minutes=20))
    with world.daemon() as first:
        eventually(
            lambda: (
                [one["rung"] for one in world.json("log")["deliveries"] if one["state"] == "sent"]
                == ["question"]
            ),
            "the question",
        )
        first.kill()
    with world.daemon():
        eventually(lambda: len(desktop.notified()) == 2, "the question, shown again")
        desktop.press("no_show")
        eventually(
            lambda: world.json("agenda")["sessions"][0]["verdict"] == "client_no_show",
            "the answer",
            within=12,
        )
        eventually(lambda: desktop.count() == 0, "the question to go")
        assert world.json("sweep")["open_questions"] == []


@pytest.fixture
def on_the_bus(tmp_path: Path, session_bus: SessionBus) -> World:
    world = World(tmp_path)
    world.env["DBUS_SESSION_BUS_ADDRESS"] = session_bus.address
    world.configure(CONFIG)
    in_ten_minutes(world)
    return world


async def test_join_opens_the_room_through_the_portal_with_the_token_of_the_click(on_the_bus: World) -> None:
    address = on_the_bus.env["DBUS_SESSION_BUS_ADDRESS"]
    async with shell(address) as desktop, portal(address, Portal()) as browser:
        with on_the_bus.daemon() as daemon:
            await until(lambda: "reminder.sent" in daemon.said())
            desktop.press(1, "join", token="token-1")
            await until(lambda: browser.opened == [(ROOM, "token-1")])
            await until(lambda: "link.opened" in daemon.said())
        assert "zoom" not in daemon.said()


async def test_the_minutes_on_the_screen_follow_the_clock(on_the_bus: World, turnable_clock: None) -> None:
    address = on_the_bus.env["DBUS_SESSION_BUS_ADDRESS"]
    on_the_bus.shift_clock(datetime.now(UTC))
    async with shell(address) as desktop:
        with on_the_bus.daemon():
            await until(lambda: len(desktop.notified) == 1)
            on_the_bus.shift_clock(on_the_bus.now() + timedelta(minutes=3))
            await until(lambda: len(desktop.notified) >= 2)
    title, hints = desktop.notified[1][3], desktop.notified[1][6]
    # It would say 9 by itself; a busy machine may take a minute for it.
    assert title.partition("starts in ")[2] in {"7 min", "6 min", "5 min"}
    assert "suppress-sound" in hints


async def until(holds: Callable[[], bool]) -> None:
    # A step of the clock is noticed within 15 s, and told with the next minute.
    async with asyncio.timeout(90):
        while not holds():
            await asyncio.sleep(0.02)
