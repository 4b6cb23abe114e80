"""Prints what an idle daemon costs: wake-ups and processor time of `kepthour run` with 10,000 pending reminders.

Run it from the repository's root: `.venv/bin/python -m bench.idle [--seconds 300] [--json]`. What is counted:
bench/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kepthour.runtime.clock import SystemClock
from tests.support.calendars import calendar, event
from tests.support.world import World

PENDING = 10_000
SESSIONS = 1_000
RUNGS = ("-5m", "-4m", "-3m", "-2m", "-1m", "0m", "+1m", "+2m", "+3m", "+4m")
EVERY = timedelta(minutes=8)  # so that all of them lie within the days that are planned
FIRST = timedelta(days=1)  # nothing is due soon
_SETTLE = 20.0  # seconds: start, first poll and first turns are no idleness
_LOOK = 0.05  # seconds: what happens within is one wake-up

CONFIG = """
timezone = "UTC"
[[calendars]]
name = "practice"
type = "ics"
path = "{path}"
sessions = "all"
[channels.script]
type = "command"
argv = ["/bin/true"]
[sweep]
enabled = false
[digests]
enabled = false
""" + "".join(f'[[reminders.rungs]]\nat = "{at}"\nurgency = "high"\n' for at in RUNGS)


def measure(seconds: float) -> dict[str, Any]:
    """An idle daemon, watched for `seconds`. Per minute, but for the processor: seconds per hour."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        _furnish(world)
        with world.daemon() as daemon:
            time.sleep(_SETTLE)
            watched = Watched(daemon.process.pid)
            cpu = watched.cpu()
            wakes = watched.watch(seconds)
            cpu = watched.cpu() - cpu
            return {
                "pending": PENDING,
                "seconds": seconds,
                "wakeups_per_minute": round(wakes * 60 / seconds, 2),
                "switches_per_minute": round(watched.switches * 60 / seconds, 2),
                "cpu_seconds_per_hour": round(cpu * 3600 / seconds, 2),
            }


def _furnish(world: World) -> None:
    """A configuration, a calendar and a store that holds all its reminders."""
    file = world.folder / "practice.ics"
    world.configure(CONFIG.format(path=file))
    first = SystemClock().now().replace(microsecond=0) + FIRST
    file.write_text(
        calendar(*(_event(n, first + n * EVERY) for n in range(SESSIONS)), zones=""), encoding="utf-8"
    )
    world.cli("sync")
    pending = sum(one["state"] == "pending" for one in world.json("log")["deliveries"])
    assert pending == PENDING, f"{pending} reminders are pending"


def _event(n: int, start: datetime) -> str:
    stamp = "%Y%m%dT%H%M%SZ"
    end = start + timedelta(minutes=50)
    return event(f"session-{n}", "AB", start.strftime(stamp), end.strftime(stamp), zone=None)


class Watched:
    """A process seen from outside. `switches` are the voluntary context switches of its threads while watched."""

    def __init__(self, pid: int) -> None:
        self._proc = Path("/proc") / str(pid)
        self.switches = 0

    def watch(self, seconds: float) -> int:
        """How often in `seconds` it went from idleness to work."""
        before, end, wakes, busy = self._count(), time.monotonic() + seconds, 0, False
        while time.monotonic() < end:
            time.sleep(_LOOK)
            now = self._count()
            grown = sum((now - before).values())  # of a thread that has ended nothing is left to count
            wakes += grown > 0 and not busy
            busy = grown > 0
            self.switches += grown
            before = now
        return wakes

    def cpu(self) -> float:
        """Seconds of processor time so far, threads that have ended included."""
        fields = (self._proc / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _count(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for task in (self._proc / "task").iterdir():
            try:
                status = (task / "status").read_text()
            except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                continue
            found[task.name] = int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])
        return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=300.0)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    found = measure(chosen.seconds)
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    print(f"kepthour run, idle for {found['seconds']:g} s with {PENDING} pending reminders\n")
    print(f"wake-ups                   {found['wakeups_per_minute']:>8.1f} a minute")
    print(f"voluntary context switches {found['switches_per_minute']:>8.1f} a minute")
    print(f"processor time             {found['cpu_seconds_per_hour']:>8.1f} s an hour")


if __name__ == "__main__":
    main()
