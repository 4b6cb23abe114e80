"""Prints how soon the window of the channel `takeover` is there, how soon it goes, and what it weighs.

Run it from the repository's root: `.venv/bin/python -m bench.takeover [--rounds 10] [--json]`. What is measured:
bench/README.md.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from kepthour.runtime.clock import SystemClock
from tests.support.calendars import calendar, event
from tests.support.monitors import Monitors
from tests.support.world import World, eventually
from tests.takeover.test_daemon_that_takes_over import CONFIG

_LOOK = 0.001  # seconds
_STAMP = "%Y%m%dT%H%M%SZ"
NOW = SystemClock().now


def measure(rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """`rounds` daemons in turn, each with one window that a check-in in another process takes away."""
    found = [_round() for _ in range(rounds)]
    for one in found:
        tell(" ".join(f"{value:>14.1f}" for value in one.values()))
    return {name: {"median": statistics.median(values), "max": max(values)} for name in found[0]
            for values in [[one[name] for one in found]]}  # fmt: skip


def _round() -> dict[str, float]:
    """One window: milliseconds and megabytes."""
    with tempfile.TemporaryDirectory() as folder, Monitors(Path(folder) / "monitors") as monitors:
        world = World(Path(folder))
        world.env["DISPLAY"] = monitors.env["DISPLAY"]
        world.configure(CONFIG)
        start = NOW().replace(microsecond=0) + timedelta(minutes=10)
        text = event("one", "AB", f"{start:{_STAMP}}", f"{start + timedelta(minutes=50):{_STAMP}}", zone=None)
        (world.home / "practice.ics").write_text(calendar(text), encoding="utf-8", newline="")
        with world.daemon() as daemon:
            eventually(lambda: _keeper(daemon.process.pid), "the window's process")
            began = time.monotonic()
            eventually(monitors.shown, "a window on each monitor")
            keeper = _keeper(daemon.process.pid)
            assert keeper is not None
            eventually(lambda: "reminder.sent" in daemon.said(), "its record")
            weight = _megabytes(keeper)
            # `gone` costs a program each time: what is looked at is the process's own end, and its windows before.
            asked = time.monotonic()
            command = subprocess.Popen([*world.program, "here"], env=world.env, stdout=subprocess.DEVNULL)
            stored = gone = None
            while stored is None or gone is None:
                if stored is None and command.poll() is not None:
                    stored = time.monotonic()
                if gone is None and monitors.letters_left() == 0:
                    gone = time.monotonic()
                time.sleep(_LOOK)
        return {
            "shown_ms": 1000 * (time.monotonic() - began) if began is None else 0.0,
            "command_ms": 1000 * (stored - asked),
            "gone_after_command_ms": 1000 * (gone - stored),
            "weight_mb": weight,
        }


def _keeper(pid: int) -> int | None:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"takeover.window" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    return None


def _megabytes(pid: int) -> float:
    """What belongs to this process alone, and its share of what it has together with others."""
    line = next(
        one for one in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if one.startswith("Pss:")
    )
    return int(line.split()[1]) / 1024
