"""Prints how late reminders are handed over while 10,000 are pending, beside APScheduler's own lateness.

Run it from the repository's root: `.venv/bin/python -m bench.lateness [--rounds 5] [--json]`. What is measured:
bench/README.md. Figures are of this machine, as busy as it is just now: compare the two lines of one run only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kepthour.runtime.clock import SystemClock

DUE = 500
EVERY = timedelta(milliseconds=20)
PENDING = 10_000
_HEAD_START = timedelta(seconds=45)  # to plan the store and to start, before the first is due
_FAR = timedelta(days=1)
_WAIT = DUE * EVERY + timedelta(seconds=3)
WHO = ("kepthour", "apscheduler")
NOW = SystemClock().now


def kepthour() -> dict[str, Any]:
    """One round of the product: its own daemon, on its own event loop, on a store file."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_kepthour(Path(folder)))


async def _kepthour(folder: Path) -> dict[str, Any]:
    from bench.practice import LENGTH, RUNGS, SESSIONS, pending, practice
    from kepthour.core.spans import parse_offset
    from kepthour.runtime.daemon import Daemon
    from kepthour.runtime.logs import set_up

    set_up(1)  # as the daemon's own process has it: what it logs costs something, too
    first = NOW() + _HEAD_START
    near = [first + n * EVERY - parse_offset(RUNGS[0]) for n in range(DUE)]
    far = [first + _FAR + n * LENGTH / 4 for n in range(SESSIONS - DUE)]
    app, stamp = practice(folder, [*near, *far])
    there = pending(app)
    assert there == PENDING, f"{there} reminders are pending"
    daemon = Daemon(app, lambda: app)
    running = asyncio.create_task(daemon.run())
    await _until(first - timedelta(seconds=1))
    assert not running.done(), "the daemon has ended"
    assert not stamp.late, "a reminder came before all was ready: raise _HEAD_START"
    spent = time.process_time()
    await _until(first + _WAIT)
    spent = time.process_time() - spent
    daemon.stop()
    await running
    app.store.close()
    assert len(stamp.late) == DUE, f"{len(stamp.late)} of {DUE} came"
    assert all(len(found) == 1 for found in stamp.late.values()), "one came twice"
    return _round([found[0] for found in stamp.late.values()], spent)


def apscheduler() -> dict[str, Any]:
    """One round of APScheduler alone: as many date jobs in its memory store."""
    return asyncio.run(_apscheduler())


async def _apscheduler() -> dict[str, Any]:
    from apscheduler.jobstores.memory import MemoryJobStore
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from apscheduler.triggers.date import DateTrigger

    late: list[timedelta] = []

    async def job(due: datetime) -> None:
        late.append(NOW() - due)

    timer = AsyncIOScheduler(timezone=UTC, jobstores={"default": MemoryJobStore()})
    first = NOW() + _HEAD_START
    dues = [first + n * EVERY for n in range(DUE)]
    dues += [first + _FAR + n * EVERY for n in range(PENDING - DUE)]
    for due in dues:
        timer.add_job(job, DateTrigger(due), args=[due], misfire_grace_time=None)
    timer.start()
    await _until(first - timedelta(seconds=1))
    assert not late, "a job ran before all was ready: raise _HEAD_START"
    spent = time.process_time()
    await _until(first + _WAIT)
    spent = time.process_time() - spent
    timer.shutdown(wait=False)
    assert len(late) == DUE, f"{len(late)} of {DUE} ran"
    return _round(late, spent)


async def _until(at: datetime) -> None:
    await asyncio.sleep(max(0.0, (at - NOW()).total_seconds()))


def _round(late: Sequence[timedelta], spent: float) -> dict[str, Any]:
    return {"late_ms": [one / timedelta(milliseconds=1) for one in late], "cpu_seconds": spent}


def summary(late: Sequence[float]) -> dict[str, float]:
    """p50, p99 and the most of lateness in ms. Nearest rank: each is a lateness that occurred."""
    ranked = sorted(late)
    at = {"p50": 0.50, "p99": 0.99, "max": 1.0}
    return {
        name: round(ranked[max(0, -(-int(len(ranked) * share * 100) // 100) - 1)], 3)
        for name, share in at.items()
    }


def measure(rounds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """`rounds` of each in turn, every one in a process of its own."""
    found: dict[str, list[dict[str, Any]]] = {who: [] for who in WHO}
    for number in range(1, rounds + 1):
        for who in WHO:
            one = _in_process(who)
            found[who].append(one)
            tell(_line(f"{who} {number}", one["late_ms"], one["cpu_seconds"]))
    return {
        "pending": PENDING,
        "due": DUE,
        "every_ms": EVERY / timedelta(milliseconds=1),
        "rounds": {
            who: [{**summary(one["late_ms"]), "cpu_seconds": round(one["cpu_seconds"], 2)} for one in ones]
            for who, ones in found.items()
        },
        "all": {who: summary([ms for one in ones for ms in one["late_ms"]]) for who, ones in found.items()},
    }


def _in_process(who: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.lateness", "--once", who]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{who} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _line(name: str, late: Sequence[float], spent: float | None = None) -> str:
    figures = summary(late)
    cpu = f"{spent:>8.2f}" if spent is not None else ""
    return f"{name:<16} {figures['p50']:>8.2f} {figures['p99']:>8.2f} {figures['max']:>8.2f} {cpu}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", action="store_true")
    options.add_argument("--once", choices=WHO, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.once:
        print(json.dumps({"kepthour": kepthour, "apscheduler": apscheduler}[chosen.once]()))
        return
    tell: Callable[[str], None] = (lambda _line: None) if chosen.json else print
    tell(f"{PENDING} pending, {DUE} of them due, one every 20 ms; lateness in ms, CPU in s\n")
    tell(f"{'round':<16} {'p50':>8} {'p99':>8} {'max':>8} {'CPU':>8}")
    found = measure(chosen.rounds, tell)
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    print()
    for who in WHO:
        figures = found["all"][who]
        print(f"{who:<16} {figures['p50']:>8.2f} {figures['p99']:>8.2f} {figures['max']:>8.2f}")


if __name__ == "__main__":
    main()
