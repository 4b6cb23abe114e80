"""A store that cannot be used for long, or not be read at all: what memory knows is enough."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

from kepthour.core.notice import Key
from kepthour_connectors.base import Transient
from tests.support.day import when
from tests.support.turning import Bench


async def test_running_late_said_when_half_the_ladder_is_out_brings_the_rungs_of_that_start(
    bench: Bench,
) -> None:
    for minute in range(59, 63):
        await bench.at(f"{9 + minute // 60:02d}:{minute % 60:02d}:00")
    with bench.locked():
        bench.day.clock.at = when("2026-03-02 10:02:30")
        await bench.press(Key.LATE)
        before = len(bench.rungs())
        await bench.at("10:12:00")
        assert len(bench.rungs()) == before
        await bench.at("10:12:30")
        assert len(bench.rungs()) == before + 1


async def test_running_late_said_when_the_whole_ladder_is_out_brings_them_too(bench: Bench) -> None:
    for minute in range(59, 66):
        await bench.at(f"{9 + minute // 60:02d}:{minute % 60:02d}:00")
    with bench.locked():
        bench.day.clock.at = when("2026-03-02 10:05:30")
        await bench.press(Key.LATE)
        before = len(bench.rungs())
        await bench.at("10:15:30")
        assert len(bench.rungs()) == before + 1


async def test_a_disk_that_is_full_for_days_costs_no_reminder(bench: Bench) -> None:
    bench.day.put("two", "2026-03-04T12:00:00")
    bench.day.sync()
    await bench.at("09:56:00")
    last = when("2026-03-04 11:59")
    with bench.locked():
        clock = bench.day.clock
        while clock.at < last:
            clock.at = min(clock.at + timedelta(minutes=20), last)
            await bench.turn()
        clock.at = when("2026-03-04 12:00")
        await bench.turn()
        assert bench.day.rungs()[-1] == ("12:00:00", "0m")


async def test_a_store_of_which_nothing_can_be_read_costs_no_reminder_without_the_calendar(
    bench: Bench,
) -> None:
    _spoil(bench, whole=True)
    bench.day.calendar.broken = Transient("It is down.", "Wait.")
    for at in ("09:56:00", "09:59:00", "10:00:00", "10:01:00"):
        await bench.at(at)
    assert bench.rungs()[-3:] == ["-1m", "0m", "+1m"]


async def test_sessions_that_cannot_be_read_cost_no_reminder_without_the_calendar(bench: Bench) -> None:
    with closing(sqlite3.connect(bench.day.store_path)) as other:
        other.execute("DELETE FROM sessions")
        other.commit()
    _spoil(bench, whole=False)
    bench.day.calendar.broken = Transient("It is down.", "Wait.")
    for at in ("09:56:00", "09:59:00"):
        await bench.at(at)
        bench.day.sync()
        bench.day.app.audit()
    for at in ("10:00:00", "10:01:00"):
        await bench.at(at)
    assert "0m" in bench.rungs()


def _spoil(bench: Bench, *, whole: bool) -> None:
    with closing(sqlite3.connect(bench.day.store_path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = bench.day.store_path.stat().st_size
    with bench.day.store_path.open("r+b") as file:
        file.write(b"x" * (size if whole else 100))
