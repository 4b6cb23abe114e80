"""What an idle daemon costs: `kepthour run` with 10,000 pending reminders, and with 5,000 events of a CalDAV server.

Run it from the repository's root: `.venv/bin/python -m bench.idle [--seconds 300]`. What is counted: bench/README.md.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.alone import alone
from bench.calendar_of_a_practice import ZONE, monday
from bench.clients import KeptHour
from bench.measuring import Row, Setting, workshop
from bench.serving import serving
from kepthour.runtime.clock import SystemClock
from tests.support.calendars import calendar, event
from tests.support.world import Daemon, World

WAKES, CPU, MEMORY = 5.0, 0.1, 70.0  # a minute, % of a core, MB
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


def measure(setting: Setting) -> Iterator[Row]:
    with workshop(setting) as folder:
        world = World(Path(folder))
        _furnish(world)
        with world.daemon() as daemon:
            yield from _watch(f"idle, {PENDING:,} pending reminders", daemon, setting, None)
    with (
        workshop(setting) as name,
        serving("Radicale", setting.events, Path(name) / "server", setting) as practice,
    ):
        ours = KeptHour.of_server(Path(name) / "kepthour", practice.url, poll="1h")
        night = datetime.combine(monday() + timedelta(days=5), clock(3), ZoneInfo(ZONE))
        ours.world.shift_clock(night)  # a Saturday's: no session is near, so that nothing is due
        ours.synced(setting.events)
        with ours.world.daemon() as daemon:
            yield from _watch(f"idle, {setting.events:,} events of CalDAV", daemon, setting, MEMORY)


def _watch(work: str, daemon: Daemon, setting: Setting, memory: float | None) -> Iterator[Row]:
    """Watched from outside, from 20 seconds after its start."""
    time.sleep(_SETTLE)
    setting.tell(f"{work}: watched for {setting.seconds:g} seconds")
    watched = Watched(daemon.process.pid)
    cpu = watched.cpu()
    wakes = watched.watch(setting.seconds)
    cpu = watched.cpu() - cpu
    minutes = setting.seconds / 60
    yield Row(f"{work}: wake-ups a minute", "", [wakes / minutes], at_most=WAKES)
    yield Row(f"{work}: switches a minute", "", [watched.switches / minutes])
    yield Row(f"{work}: of a core", "%", [100 * cpu / setting.seconds], at_most=CPU)
    yield Row(f"{work}: memory resident", "MB", [watched.resident()], at_most=memory)


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

    def resident(self) -> float:
        """MB of it that lie in memory now."""
        status = (self._proc / "status").read_text()
        return int(status.split("\nVmRSS:")[1].split()[0]) / 1024

    def _count(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for task in (self._proc / "task").iterdir():
            try:
                status = (task / "status").read_text()
            except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                continue
            found[task.name] = int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])
        return found


if __name__ == "__main__":
    alone("idle", __doc__)
