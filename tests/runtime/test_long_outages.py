"""A store that cannot be used for long, or not be read at all: what memory knows is enough."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.notice import Key
from kepthour.core.response import Kind
from kepthour.pipeline.dispatch import Dispatcher
from kepthour.pipeline.dispatch.reserve import Provision
from kepthour.store import access
from kepthour_connectors.base import Transient
from tests.support import turning
from tests.support.day import BERLIN, CONFIG, Day, when
from tests.support.turning import Bench


async def test_running_late_said_when_half_the_ladder_is_out_brings_the_rungs_of_that_start(
    bench: Bench,
) -> None:
    await climbed(bench, 2)
    with bench.locked():
        bench.day.clock.at = when("2026-03-02 10:02:30")
        await bench.press(Key.LATE)
        before = len(bench.rungs())
        await bench.at("10:12:00")
        assert len(bench.rungs()) == before
        await bench.at("10:12:30")
        assert len(bench.rungs()) == before + 1


async def test_running_late_said_when_the_whole_ladder_is_out_brings_them_too(bench: Bench) -> None:
    await climbed(bench, 5)
    with bench.locked():
        bench.day.clock.at = when("2026-03-02 10:05:30")
        await bench.press(Key.LATE)
        before = len(bench.rungs())
        await bench.at("10:15:30")
        assert len(bench.rungs()) == before + 1
    await bench.at("10:15:40")
    await bench.at("10:15:50")
    assert len(bench.rungs()) == before + 1


async def test_the_rung_at_the_end_of_a_snooze_comes_from_memory_and_not_again_from_the_store(
    bench: Bench,
) -> None:
    with bench.locked():
        bench.day.clock.at = when("2026-03-02 09:52:30")
        await bench.press(Key.SNOOZE)
        before = len(bench.rungs())
        await bench.at("09:57:30")
        assert len(bench.rungs()) == before + 1
    await bench.at("09:57:40")
    assert len(bench.rungs()) == before + 1


async def test_a_full_disk_costs_a_full_practice_no_reminder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty sessions on each of two days, and none of their rungs can be recorded."""
    monkeypatch.setattr(access, "BUSY_SECONDS", 0.01)
    bench = Bench(tmp_path)
    for day in (2, 3):
        for number in range(40):
            at = when(f"2026-03-{day:02d} 10:15") + timedelta(minutes=15 * number)
            bench.day.put(f"{day}-{number}", f"{at.astimezone(BERLIN):%Y-%m-%dT%H:%M:%S}", 15)
    bench.day.put("last", "2026-03-04T12:00:00")
    bench.day.sync()
    await bench.at("09:56:00")
    with bench.locked():
        await pass_to(bench, "2026-03-04 11:59")
        await pass_to(bench, "2026-03-04 12:00")
        assert bench.day.rungs()[-1] == ("12:00:00", "0m")


async def test_on_my_way_a_day_ahead_silences_nothing_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said while the disk is full: of the rungs that memory learns of afterwards it holds what it would hold."""
    ladder = "".join(f'[[reminders.rungs]]\nat = "{at}"\n' for at in ("-1d", "-5m", "0m"))
    monkeypatch.setattr(access, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(turning, "Day", lambda folder, at: Day(folder, at, CONFIG + ladder))
    bench = Bench(tmp_path)
    bench.day.put("two", "2026-03-04T12:00:00")
    bench.day.sync()
    await bench.at("09:56:00")
    with bench.locked():
        await pass_to(bench, "2026-03-03 12:00")
        assert bench.day.rungs()[-1] == ("12:00:00", "-1d")
        await bench.press(Key.ACK)
        await pass_to(bench, "2026-03-04 12:00")
        assert bench.day.rungs()[-1] == ("12:00:00", "0m")
        assert ("11:55:00", "-5m") not in bench.day.rungs()


def to_come(dispatcher: Dispatcher, session_id: str) -> list[Provision]:
    return [one for one in dispatcher._reserve._kept.values() if one.row.id == session_id]


async def climbed(bench: Bench, minutes: int) -> None:
    """Turns at each minute from the one before the start to so many after it."""
    for minute in range(-1, minutes + 1):
        await bench.at(f"{9 + (60 + minute) // 60:02d}:{minute % 60:02d}:00")


async def pass_to(bench: Bench, at: str) -> None:
    clock, end = bench.day.clock, when(at)
    while clock.at < end:
        clock.at = min(clock.at + timedelta(minutes=20), end)
        await bench.turn()


async def test_what_memory_made_up_goes_over_to_the_next_configuration_with_its_number(bench: Bench) -> None:
    bench.day.put("two", "2026-03-02T10:01:00")
    bench.day.sync()
    await climbed(bench, 5)
    first = bench.day.pump.dispatcher
    (one, two) = [entry.session.id for entry in bench.day.agenda("2026-03-02 09:00", "2026-03-02 12:00")]
    await first.stock()
    first.answered(one, Kind.LATE, bench.day.clock.at, timedelta(minutes=10))
    known = len(to_come(first, one))
    second = bench.day.app.dispatcher(dict(bench.day.channels), lambda: None)
    second.succeed(first)
    second.answered(two, Kind.LATE, bench.day.clock.at, timedelta(minutes=10))
    assert len(to_come(second, one)) == known > 0
    assert to_come(second, two)


async def test_a_disk_that_is_full_for_days_costs_no_reminder(bench: Bench) -> None:
    bench.day.put("two", "2026-03-04T12:00:00")
    bench.day.sync()
    await bench.at("09:56:00")
    with bench.locked():
        await pass_to(bench, "2026-03-04 11:59")
        await pass_to(bench, "2026-03-04 12:00")
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
