"""The real daemon on a real desktop, across a restart of the daemon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.calendars import calendar, event
from tests.support.desktop import Desktop
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
"""


def test_a_button_shown_before_a_restart_still_checks_in_after_it(tmp_path: Path, desktop: Desktop) -> None:
    world = World(tmp_path)
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
    world.configure(CONFIG)
    start = datetime.now(UTC) + timedelta(minutes=10)
    stamp = "%Y%m%dT%H%M%SZ"
    text = calendar(
        event("one", "AB", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}", zone=None)
    )
    (world.home / "practice.ics").write_text(text, encoding="utf-8", newline="")
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
            lambda: world.json("agenda")["sessions"][0]["verdict"] == "on_time", "the check-in", within=5
        )
        eventually(lambda: desktop.count() == 0, "the notice to go")
