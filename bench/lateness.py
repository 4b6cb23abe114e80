"""Prints how late reminders are handed over while 10,000 are pending, beside APScheduler's own lateness.

Run it from the repository's root: `.venv/bin/python -m bench.lateness [--rounds 5]`. What is measured:
bench/README.md. Figures are of this machine, as busy as it is just now: compare the two lines of one run only.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.alone import alone
from bench.measuring import BUILD, OURS, Row, Setting, in_process, in_turn, rank
from kepthour.runtime.clock import SystemClock

DUE = 500
EVERY = timedelta(milliseconds=20)
PENDING = 10_000
_HEAD_START = timedelta(seconds=45)  # to plan the store and to start, before the first is due
_FAR = timedelta(days=1)
_WAIT = DUE * EVERY + timedelta(seconds=3)
APSCHEDULER = "APScheduler"
P99, OF_PEER = 5.0, 2.0  # ms, and times APScheduler's
NOW = SystemClock().now


def kepthour() -> dict[str, Any]:
    """One round of the product: its own daemon, on its own event loop, on a store file."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
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


def measure(setting: Setting) -> Iterator[Row]:
    works = {who: lambda who=who: in_process("bench.lateness", "--once", who) for who in _ROUNDS}
    if not setting.peers:
        del works[APSCHEDULER]
    turns = in_turn(setting, f"lateness of {DUE} reminders", works)
    yield turns.row("lateness, half of them at most", "ms", _late(0.5))
    yield turns.row("lateness, 99 % at most", "ms", _late(0.99), at_most=P99, of_peer=OF_PEER)
    yield turns.row("lateness, the most", "ms", _late(1.0))
    yield turns.row("lateness: processor", "s", lambda one: one["cpu_seconds"])


def _late(share: float) -> Callable[[Any], float]:
    return lambda one: rank(one["late_ms"], share)


_ROUNDS = {OURS: kepthour, APSCHEDULER: apscheduler}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        print(json.dumps(_ROUNDS[sys.argv[2]]()))
    else:
        alone("lateness", __doc__)
