"""A ladder that has begun keeps its deadline, whatever the configuration says since, and whatever its entry does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.store.rescue import begin_anew
from tests.support.day import CONFIG, Day, a_morning

SHORTER = '[verdict]\nmissed_after = "3m"\nlate_after = "1m"\n'


def nothing(day: Day) -> None:
    """The entry stays as it is."""


def another_place(day: Day) -> None:
    day.put("one", "2026-03-02T10:00:00", 50, "LOCATION:Room 2")


def another_calendar(day: Day) -> None:
    day.config = day.config.replace('name = "practice"', 'name = "office"')
    day.plugins.memory.made["office"] = day.calendar


CHANGES = [nothing, another_place, another_calendar]


@pytest.mark.parametrize("change", CHANGES)
async def test_it_goes_on_to_its_end(tmp_path: Path, change: Callable[[Day], None]) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:58")
    day.config += SHORTER
    change(day)
    await day.restart()
    await day.until("2026-03-02 10:20")
    assert day.rungs_since("10:02") == [
        *((f"10:0{minute}:00", f"+{minute}m") for minute in (2, 3, 4, 5)),
        ("10:15:00", "question"),
    ]


async def test_it_does_so_where_a_channel_has_another_name_since(tmp_path: Path) -> None:
    """And at a time that is past the deadline that is configured now."""
    phone = '[channels.phone]\ntype = "recorder"\njoins = "+4m"\n'
    day = a_morning(tmp_path, CONFIG + phone)
    await day.until("2026-03-02 10:03:30")
    day.config = day.config.replace("channels.phone", "channels.mobile") + SHORTER
    await day.restart()
    await day.until("2026-03-02 10:10")
    assert day.rungs("mobile") == [("10:04:00", "+4m"), ("10:05:00", "+5m")]


@pytest.mark.parametrize("change", CHANGES)
async def test_who_comes_in_time_by_what_held_then_is_not_late(
    tmp_path: Path, change: Callable[[Day], None]
) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:58")
    day.config += SHORTER
    change(day)
    await day.restart()
    await day.until("2026-03-02 10:01:30")
    day.answer(Kind.HERE)
    assert day.only().verdict is Verdict.ON_TIME


@pytest.mark.parametrize("change", [another_place, another_calendar])
async def test_one_that_has_not_begun_has_the_new_one(tmp_path: Path, change: Callable[[Day], None]) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 08:40")
    day.config += SHORTER
    change(day)
    await day.restart()
    await day.until("2026-03-02 10:20")
    assert day.rungs_since("10:01") == [("10:01:00", "+1m"), ("10:02:00", "+2m"), ("10:03:00", "question")]


async def test_one_whose_entry_lasts_longer_now_has_its_new_end(tmp_path: Path) -> None:
    """Of a session of ten minutes the deadline is in its middle."""
    day = a_morning(tmp_path)
    day.put("one", "2026-03-02T10:00:00", 10)
    day.sync()
    await day.until("2026-03-02 09:58")
    day.put("one", "2026-03-02T10:00:00", 50)
    day.sync()
    await day.until("2026-03-02 10:20")
    assert day.rungs_since("10:05") == [("10:05:00", "+5m"), ("10:15:00", "question")]


async def lose(day: Day, *lost: str) -> None:
    """The store is damaged, and begun anew from what is left when these statements took away the rest."""
    await day.pump.close()
    day.app.close()
    day.app.store.close()
    with closing(sqlite3.connect(day.store_path)) as connection:
        for one in lost:
            connection.execute(one)
        connection.commit()
    day.start()
    begin_anew(day.app.store, day.clock.at)
    await day.restart()


async def test_nobody_is_asked_at_the_start_since_the_rungs_after_it_were_lost(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:50")
    await lose(day, "DELETE FROM sessions", 'DELETE FROM reminders WHERE "offset" >= 0')
    await day.until("2026-03-02 10:20")
    assert day.rungs_since("10:00")[-1] == ("10:15:00", "question")


async def test_who_comes_in_time_is_so_after_the_session_itself_was_lost(tmp_path: Path) -> None:
    day = a_morning(tmp_path, f'{CONFIG}[verdict]\nlate_after = "10m"\n')
    await day.until("2026-03-02 09:50")
    await lose(day, "DELETE FROM sessions")
    await day.until("2026-03-02 10:05")
    day.answer(Kind.HERE)
    assert day.only().verdict is Verdict.ON_TIME
