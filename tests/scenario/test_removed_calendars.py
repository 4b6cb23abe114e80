"""A calendar goes from the configuration, or has another name, while one that is there has never answered."""

from __future__ import annotations

from pathlib import Path

from kepthour_connectors.base import Transient
from tests.support.calendars import calendar, event
from tests.support.day import CONFIG, Day, a_morning
from tests.support.fence import TITLE

DOWN = Transient("It is down.", "Wait.")


def entry(name: str) -> str:
    return f'[[calendars]]\nname = "{name}"\ntype = "memory"\nsessions = "all"\n'


def with_another(*names: str) -> str:
    return CONFIG.replace("[channels.screen]", "".join(map(entry, names)) + "[channels.screen]")


def put_in(day: Day, name: str, uid: str, start: str, end: str) -> None:
    text = calendar(event(uid, f"CD {TITLE}", f"20260302T{start}", f"20260302T{end}"))
    day.plugins.memory.calendar(name).put(f"{uid}.ics", text)


def is_leave(day: Day, uid: str) -> None:
    """That entry is one of out of office, as Google's calendar tells."""
    with day.app.store.write() as tx:
        tx.connection.exec_driver_sql(f"UPDATE occurrences SET kind = 'outOfOffice' WHERE uid = '{uid}'")
    day.app.replan()


def of_sessions(day: Day) -> list[tuple[str, str]]:
    return [one for one in day.rungs() if one[1] != "calendar"]


async def go_without(day: Day, name: str) -> None:
    """The calendar goes from the configuration."""
    day.config = day.config.replace(entry(name), "")
    await day.restart()


async def rename(day: Day, *, offline: bool) -> None:
    day.config = day.config.replace('name = "practice"', 'name = "office"')
    day.plugins.memory.made["office"] = day.calendar
    day.calendar.broken = DOWN if offline else None
    await day.restart()


async def test_one_that_is_removed_reminds_no_more_though_another_has_never_answered(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", with_another("second", "silent"))
    day.put("one", "2026-03-02T11:00:00")
    put_in(day, "second", "two", "100000", "105000")
    day.plugins.memory.calendar("silent").broken = DOWN
    day.sync()
    await day.until("2026-03-02 08:45")
    await go_without(day, "second")
    await day.until("2026-03-02 10:30")
    assert of_sessions(day) == [("10:00:00", "-60m")]


async def test_nor_does_it_say_that_they_are_away(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", with_another("second", "silent"))
    day.put("one", "2026-03-02T10:00:00")
    put_in(day, "second", "leave", "090000", "130000")
    day.plugins.memory.calendar("silent").broken = DOWN
    day.sync()
    is_leave(day, "leave")
    await day.until("2026-03-02 08:45")
    await go_without(day, "second")
    await day.until("2026-03-02 10:00")
    assert [rung for _at, rung in of_sessions(day)] == ["-60m", "-15m", "-5m", "-1m", "0m"]


async def test_one_that_is_renamed_says_so_until_it_answers_and_then_as_it_says(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    day.put("two", "2026-03-02T11:00:00")
    day.put("leave", "2026-03-02T09:00:00", 240)
    day.sync()
    is_leave(day, "leave")
    await day.until("2026-03-02 09:31")
    await rename(day, offline=True)
    await day.until("2026-03-02 10:30")
    assert of_sessions(day) == []
    day.calendar.broken = None
    day.calendar.delete("leave.ics")  # they are back, and say so in the calendar
    await day.until("2026-03-02 11:00")
    assert [rung for _at, rung in of_sessions(day)][-3:] == ["-5m", "-1m", "0m"]


async def test_meanwhile_the_agenda_shows_what_is_known(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await rename(day, offline=True)
    assert day.only().session.uid == "one"
