"""The machine is awake before its network is: until that has had time to come, nothing is said of the calendars."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour_connectors.base import Transient
from tests.support.day import CONFIG, Day, when


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 06:00", CONFIG.replace("[digests]\nenabled = false\n", ""))
    made.put("one", "2026-03-02T10:00:00")
    made.sync()
    return made


async def opens_the_lid(day: Day) -> None:
    """At 08:30, after the morning's digest was due; the calendar cannot be asked."""
    await day.until("2026-03-02 06:30")
    day.calendar.broken = Transient("No answer.", "Look at the network.")
    day.clock.sleep(when("2026-03-02 08:30") - day.clock.at)
    day.sync()
    for _second in range(30):
        await day.pump.turn(may_conclude=False)
        await day.pump.settle()
        day.clock.at += timedelta(seconds=1)


def texts(day: Day) -> dict[str, str]:
    """By rung: what was said since."""
    return {notice.rung: notice.text for notice in day.notices()}


async def test_the_digest_waits_for_the_calendars_and_says_how_they_are_then(day: Day) -> None:
    await opens_the_lid(day)
    assert texts(day) == {}
    day.calendar.broken = None
    day.sync()
    await day.until("2026-03-02 08:31")
    assert list(texts(day)) == ["digest-morning"]
    assert "All calendars are in sync." in texts(day)["digest-morning"]


async def test_a_network_that_does_not_come_is_told_of(day: Day) -> None:
    await opens_the_lid(day)
    await day.until("2026-03-02 08:31")
    assert set(texts(day)) == {"digest-morning", "calendar"}
    assert "practice (not in sync)" in texts(day)["digest-morning"]


async def test_the_reminders_of_sessions_do_not_wait(day: Day) -> None:
    await day.until("2026-03-02 06:30")
    day.clock.sleep(when("2026-03-02 09:50") - day.clock.at)
    await day.pump.turn(may_conclude=False)
    await day.pump.settle()
    assert [rung for _at, rung in day.rungs()] == ["-15m"]


async def test_a_digest_that_waits_costs_a_turn_a_second(day: Day) -> None:
    await day.until("2026-03-02 06:30")
    day.clock.sleep(when("2026-03-02 08:30") - day.clock.at)
    waits = [await day.pump.turn(may_conclude=False) for _turn in range(5)]
    assert waits[2:] == [timedelta(seconds=1)] * 3
