"""The real daemon on two monitors: an answer from elsewhere takes the window away, and so does the daemon's end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.calendars import calendar, event
from tests.support.monitors import LOOKED, Monitors
from tests.support.world import Daemon, World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
[[reminders.rungs]]
at = "-20m"
urgency = "critical"
[digests]
enabled = false
[channels.window]
type = "takeover"
"""


@pytest.fixture
def world(tmp_path: Path, monitors: Monitors) -> World:
    """A machine on whose screens a session in ten minutes is to be shown."""
    made = World(tmp_path)
    made.env["DISPLAY"] = monitors.env["DISPLAY"]
    made.configure(CONFIG)
    put(made, session("one", datetime.now(UTC) + timedelta(minutes=10)))
    return made


def session(name: str, start: datetime, minutes: int = 50) -> str:
    stamp = "%Y%m%dT%H%M%SZ"
    return event(name, "AB", f"{start:{stamp}}", f"{start + timedelta(minutes=minutes):{stamp}}", zone=None)


def put(world: World, *events: str) -> None:
    (world.home / "practice.ics").write_text(calendar(*events), encoding="utf-8", newline="")


def shown(world: World, monitors: Monitors) -> None:
    eventually(monitors.shown, "a window on each monitor")
    eventually(lambda: "sent" in [one["state"] for one in world.json("log")["deliveries"]], "its record")


def test_a_check_in_in_a_terminal_takes_the_window_away(world: World, monitors: Monitors) -> None:
    with world.daemon():
        shown(world, monitors)
        world.cli("here")
        eventually(monitors.gone, "the windows to go", within=12)


def test_a_button_checks_in(world: World, monitors: Monitors) -> None:
    with world.daemon():
        shown(world, monitors)
        time.sleep(LOOKED)
        monitors.press("alt+i")
        eventually(lambda: world.json("agenda")["sessions"][0]["verdict"] == "on_time", "the check-in")
        eventually(monitors.gone, "the windows to go")


def test_in_front_of_a_client_no_window_comes_and_it_comes_when_the_session_is_over(
    world: World, monitors: Monitors
) -> None:
    now = datetime.now(UTC)
    put(world, session("one", now - timedelta(minutes=8), 13), session("two", now + timedelta(minutes=10)))
    world.cli("sync")
    world.cli("here", "--session", world.json("agenda")["sessions"][0]["id"])
    with world.daemon():
        eventually(lambda: world.json("status")["daemon"]["running"], "the daemon")
        assert monitors.gone()
        over = datetime.now(UTC)
        world.cli("out")
        shown(world, monitors)
    sent = [
        one["sent_at"] for one in world.json("log")["deliveries"] if one["rung"] == "-20m" and one["sent_at"]
    ]
    assert [datetime.fromisoformat(at) > over for at in sent] == [True]


@pytest.mark.parametrize("end", [Daemon.kill, Daemon.end], ids=["killed", "ended"])
def test_the_window_never_outlives_the_daemon(
    world: World, monitors: Monitors, end: Callable[[Daemon], None]
) -> None:
    with world.daemon() as daemon:
        shown(world, monitors)
        end(daemon)
        eventually(monitors.gone, "the windows to go")


def test_a_notice_that_a_crash_took_away_is_shown_again(world: World, monitors: Monitors) -> None:
    with world.daemon() as first:
        shown(world, monitors)
        first.kill()
        eventually(monitors.gone, "the windows to go")
    with world.daemon():
        eventually(monitors.shown, "a window on each monitor, again")
        world.cli("here")
        eventually(monitors.gone, "the windows to go")


def test_no_word_of_a_notice_is_in_the_daemon_s_log(world: World, monitors: Monitors) -> None:
    with world.daemon("-vv") as daemon:
        shown(world, monitors)
        world.cli("here")
        eventually(monitors.gone, "the windows to go")
    assert "reminder.sent" in daemon.said()
    assert "Session at" not in daemon.said()
