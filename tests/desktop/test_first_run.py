"""`kepthour init` at a desktop: the test notice comes, and who does not see it is told where to look."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desktop import Desktop
from tests.support.first_run import FirstRun, practice_text
from tests.support.world import World

pytestmark = pytest.mark.desktop


@pytest.mark.parametrize(("seen", "told"), [("y", False), ("n", True), ("", True)])
def test_a_test_notice_comes_and_is_asked_about(
    tmp_path: Path, desktop: Desktop, seen: str, told: bool
) -> None:
    world = World(tmp_path)
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    run = FirstRun(world, {"Which (": "file", "Did you see it": seen})
    assert [one["summary"] for one in desktop.notified()] == ["Kept Hour: this is a test"]
    assert ("Then reminders would come unseen." in run.said) == told
    assert run.code == 0


def test_whoever_stops_at_the_notice_keeps_the_configuration(tmp_path: Path, desktop: Desktop) -> None:
    world = World(tmp_path)
    world.env |= {key: desktop.env[key] for key in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS")}
    (world.home / "sessions.ics").write_text(practice_text(), newline="")
    run = FirstRun(world, {"Which (": "file"}, stop_at="Did you see it")
    assert (run.code, f"Written: {world.config_file}" in run.said) == (1, True)
    world.cli("sync")
