"""A calendar has another name, or is gone for a while, and one that is there has never answered."""

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


def of_sessions(day: Day) -> list[tuple[str, str]]:
    return [one for one in day.rungs() if one[1] != "calendar"]


async def rename(day: Day, *, offline: bool) -> None:
    day.config = day.config.replace('name = "practice"', 'name = "office"')
    day.plugins.memory.made["office"] = day.calendar
    day.calendar.broken = DOWN if offline else None
    await day.restart()


async def test_of_two_that_are_renamed_the_one_that_answers_reminds_once(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", with_another("second"))
    day.put("one", "2026-03-02T10:00:00")
    put_in(day, "second", "two", "120000", "125000")
    day.sync()
    await day.until("2026-03-02 08:45")
    for old, new in (("practice", "office"), ("second", "other")):
        day.config = day.config.replace(f'"{old}"', f'"{new}"')
        day.plugins.memory.made[new] = day.plugins.memory.calendar(old)
    day.plugins.memory.calendar("second").broken = DOWN
    await day.restart()
    await day.until("2026-03-02 10:20")
    told = [rung for _at, rung in of_sessions(day)]
    assert (len(told), told[-1]) == (len(set(told)), "question")
    await day.until("2026-03-02 11:46")
    assert [rung for _at, rung in of_sessions(day)[len(told) :]] == ["-15m"]


async def test_one_that_is_there_again_after_a_while_reminds_as_before(tmp_path: Path) -> None:
    """Though another has never answered."""
    day = Day(tmp_path, "2026-03-02 08:30", with_another("second", "silent"))
    day.put("one", "2026-03-02T14:00:00")
    put_in(day, "second", "two", "100000", "105000")
    day.plugins.memory.calendar("silent").broken = DOWN
    day.sync()
    await day.until("2026-03-02 08:45")
    whole = day.config
    for config in (whole.replace(entry("second"), ""), whole):
        day.config = config
        await day.restart()
        await day.until(f"2026-03-02 {'08:50' if config != whole else '09:46'}")
    assert [rung for _at, rung in of_sessions(day)] == ["-60m", "-15m"]


async def test_meanwhile_the_agenda_shows_what_is_known(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await rename(day, offline=True)
    assert day.only().session.uid == "one"
