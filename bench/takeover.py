"""Prints how soon the window of the channel `takeover` is there, how soon it goes, and what it weighs.

Run it from the repository's root: `.venv/bin/python -m bench.takeover [--rounds 10]`. What is measured:
bench/README.md. Figures are of this machine, as busy as it is just now.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from operator import itemgetter
from pathlib import Path

from bench.alone import alone
from bench.measuring import OURS, Row, Setting, in_turn
from kepthour.channels import takeover
from kepthour.core.ladder import Urgency
from kepthour.ports import Action, Key, Notice
from kepthour.runtime.clock import SystemClock
from tests.support.calendars import calendar, event
from tests.support.monitors import Monitors
from tests.support.world import World, eventually

CONFIG = """
timezone = "UTC"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
[[reminders.rungs]]
at = "-20m"
urgency = "critical"
[sweep]
enabled = false
[digests]
enabled = false
[channels.window]
type = "takeover"
"""
AIMS = {"kepthour here, from its end until the window is gone": 200.0}  # ms
_LOOK = 0.001  # seconds
_MS = 1000.0
NOW = SystemClock().now


def measure(setting: Setting) -> Iterator[Row]:
    def once() -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder, Monitors(Path(folder) / "monitors") as monitors:
            return asyncio.run(_channel(monitors)) | _daemon(Path(folder), monitors)

    turns = in_turn(setting, "the window", {OURS: once})
    for name in turns.of[OURS][0]:
        work, unit = name.rsplit(", ", 1)
        yield turns.row(work, unit, itemgetter(name), at_most=AIMS.get(work))


async def _channel(monitors: Monitors) -> dict[str, float]:
    """The channel alone, in this process."""
    os.environ["DISPLAY"] = monitors.env["DISPLAY"]
    channel = takeover.make("window", takeover.Options())
    await channel.open(lambda _answer: None)
    began = time.monotonic()
    first = await channel.send(_notice("1"), None)
    shown = time.monotonic()
    second = await channel.send(_notice("2"), first)
    replaced = time.monotonic()
    assert monitors.covered()
    weight = _megabytes(_keeper(os.getpid()))
    recalled = time.monotonic()
    await channel.recall(second or "")
    gone = await asyncio.to_thread(_gone, monitors)
    await channel.close()
    return {
        "first notice until it is on both monitors, ms": _MS * (shown - began),
        "next rung in its place, ms": _MS * (replaced - shown),
        "recall until it is off both monitors, ms": _MS * (gone - recalled),
        "memory of the window's process, MB": weight,
    }


def _gone(monitors: Monitors) -> float:
    """When the windows went, by the monotonic clock."""
    while monitors.covered():
        time.sleep(_LOOK)
    return time.monotonic()


def _notice(delivery: str) -> Notice:
    start = NOW() + timedelta(minutes=1)
    actions = (Action(Key.HERE, "I'm here"),)
    return Notice(
        delivery,
        "one",
        "-1m",
        Urgency.CRITICAL,
        "Session",
        "50 min",
        start,
        start,
        actions,
        True,
        moment=start,
    )


def _daemon(folder: Path, monitors: Monitors) -> dict[str, float]:
    """A running daemon, and `kepthour here` in a process of its own."""
    world = World(folder)
    world.env["DISPLAY"] = monitors.env["DISPLAY"]
    world.configure(CONFIG)
    start, stamp = NOW() + timedelta(minutes=10), "%Y%m%dT%H%M%SZ"
    text = event("one", "AB", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}", zone=None)
    (world.home / "practice.ics").write_text(calendar(text), encoding="utf-8", newline="")
    with world.daemon() as daemon:
        eventually(monitors.shown, "a window on each monitor")
        eventually(lambda: "reminder.sent" in daemon.said(), "its record")
        asked = time.monotonic()
        command = subprocess.Popen([*world.program, "here"], env=world.env, stdout=subprocess.DEVNULL)
        ended = gone = 0.0
        while not (ended and gone):
            if not ended and command.poll() is not None:
                ended = time.monotonic()
            if not gone and not monitors.covered():
                gone = time.monotonic()
            time.sleep(_LOOK)
    return {
        "kepthour here, from its start to its end, ms": _MS * (ended - asked),
        "kepthour here, from its end until the window is gone, ms": _MS * (gone - ended),
    }


def _keeper(pid: int) -> int:
    """The child of `pid` that has the windows."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [int(one) for one in children if b"takeover.window" in Path(f"/proc/{one}/cmdline").read_bytes()]
    (child,) = found
    return child


def _megabytes(pid: int) -> float:
    """What a process has in memory, with its share of what it has together with others."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024


if __name__ == "__main__":
    alone("takeover", __doc__)
