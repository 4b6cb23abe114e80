"""The real daemon on a machine whose time zone is set anew: what the calendar means by the wall clock follows it.

leits/MeetingBar#855: silent after a change of the time zone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.server.test_daemon_on_a_file import CONFIG, rungs, soon
from tests.support.calendars import calendar, event
from tests.support.fixtures import require
from tests.support.world import World, eventually

ZONES = Path("/usr/share/zoneinfo")
_MOUNT = 'cp -a /etc "$1" && mount --bind "$1" /etc && touch "$2" && exec sleep infinity'


def missing() -> list[str]:
    programs = [name for name in ("unshare", "nsenter", "mount") if not shutil.which(name)]
    if programs:
        return programs
    if os.geteuid() != 0:
        return ["root (for an /etc of its own)"]
    return [] if (ZONES / "Etc" / "GMT-1").exists() else ["tzdata"]


@contextmanager
def machine(world: World, zone: str) -> Iterator[Path]:
    """A machine with an /etc of its own, in this zone; gives that folder."""
    require(missing())
    etc, ready = world.folder / "etc", world.folder / "ready"
    command = ["unshare", "--mount", "sh", "-c", _MOUNT, "-", str(etc), str(ready)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as holder:
        try:
            eventually(lambda: ready.exists() or holder.poll() is not None, "the machine")
            assert holder.poll() is None
            travel(etc, zone)
            world.enter = ("nsenter", f"--target={holder.pid}", "--mount", "--")
            yield etc
        finally:
            holder.kill()


def travel(etc: Path, zone: str) -> None:
    """As timedatectl and Debian's own tools set a zone."""
    (etc / "new").symlink_to(ZONES / zone)
    (etc / "new").replace(etc / "localtime")
    (etc / "timezone").write_text(f"{zone}\n")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    config = CONFIG.replace('timezone = "Europe/Berlin"\n', "").replace(
        'missed_after = "4s"', 'missed_after = "10m"'
    )
    made.configure(config.format(rungs=rungs("-10s", "0s")))
    return made


def starts(world: World) -> dict[str, datetime]:
    """When each session begins, by its id; aware, UTC."""
    found = world.json("agenda", "--from", "2020-01-01")["sessions"]
    return {one["id"]: datetime.fromisoformat(one["start"]).astimezone(UTC) for one in found}


def test_floating_events_follow_the_machine_s_zone_and_others_stay(world: World) -> None:
    with machine(world, "Etc/UTC") as etc:
        hour = timedelta(hours=1)
        wall, fixed = soon(25) + hour, soon(0) + 5 * hour
        floating = event("floating", "AB", f"{wall:%Y%m%dT%H%M%S}", f"{wall + hour:%Y%m%dT%H%M%S}", zone=None)
        zoned = event("zoned", "CD", f"{fixed:%Y%m%dT%H%M%SZ}", f"{fixed + hour:%Y%m%dT%H%M%SZ}", zone=None)
        (world.home / "practice.ics").write_text(calendar(floating, zoned), encoding="utf-8", newline="")
        with world.daemon() as daemon:
            eventually(lambda: set(starts(world).values()) == {wall, fixed}, "both sessions")
            travel(etc, "Etc/GMT-1")  # an hour east of UTC, whatever its name suggests
            eventually(lambda: "zone.changed" in daemon.said(), "the change")
            eventually(
                lambda: set(starts(world).values()) == {wall - hour, fixed}, "the session that follows"
            )
            eventually(lambda: world.rungs() == ["-10s"], "its reminder", within=60)
            document = world.received()[0]
            assert datetime.fromisoformat(document["start"]) == wall - hour
            assert document["start"].endswith("+01:00")
