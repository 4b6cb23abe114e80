"""A calendar is added in the middle of a day: of what was over by then nobody was to remind, and nobody asks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.verdict import Verdict
from kepthour_connectors.base import Transient
from tests.support.calendars import calendar, event
from tests.support.day import CONFIG, Day, a_morning
from tests.support.fence import TITLE

SECOND = '[[calendars]]\nname = "second"\ntype = "memory"\nsessions = "all"\n'
BOTH = CONFIG.replace("[channels.screen]", f"{SECOND}[channels.screen]")
SWEEPS = BOTH.replace("[sweep]\nenabled = false\n", "")


def put(day: Day, uid: str, start: str, end: str) -> None:
    """Into the second calendar."""
    text = calendar(event(uid, f"CD {TITLE}", f"2026030{start}00", f"2026030{end}00"))
    day.plugins.memory.calendar("second").put(f"{uid}.ics", text)


def filled(day: Day) -> None:
    put(day, "yesterday", "1T1600", "1T1650")
    put(day, "early", "2T0800", "2T0850")
    put(day, "later", "2T1400", "2T1450")


async def held(day: Day) -> None:
    """The session of the first calendar is out of the way."""
    await day.until("2026-03-02 10:01")
    (one,) = day.agenda("2026-03-02 10:00", "2026-03-02 10:30")
    day.app.settle(one.session.id, Verdict.ON_TIME, None)
    await day.until("2026-03-02 12:00")
    day.screen.received.clear()


def verdicts(day: Day) -> dict[str, Verdict | None]:
    found = day.agenda("2026-03-01 00:00", "2026-03-03 00:00")
    return {one.session.uid: one.verdict for one in found if one.session.calendar == "second"}


async def test_what_was_over_by_then_is_not_asked_about_and_what_comes_is_watched(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    filled(day)
    await held(day)
    day.config = SWEEPS
    await day.restart()
    await day.until("2026-03-02 21:00")
    for _time in range(2):  # what it finds twice it tells
        day.app.audit()
    await day.until("2026-03-02 21:05")
    assert [rung for _at, rung in day.rungs() if rung in {"question", "sweep", "audit"}] == [
        "question",
        "sweep",
        "sweep",
    ]
    assert verdicts(day) == {"yesterday": None, "early": None, "later": Verdict.SUSPECTED_MISS}


async def test_it_can_be_settled_all_the_same(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    filled(day)
    await held(day)
    day.config = BOTH
    await day.restart()
    (early,) = day.agenda("2026-03-02 08:00", "2026-03-02 08:30")
    day.app.settle(early.session.id, Verdict.ON_TIME, None)
    assert verdicts(day)["early"] is Verdict.ON_TIME


@pytest.mark.parametrize("why", ["it could not be read", "it is entered afterwards"])
async def test_what_was_over_before_it_was_known_for_another_reason_is_asked_about(
    tmp_path: Path, why: str
) -> None:
    day = a_morning(tmp_path, BOTH)
    put(day, "later", "2T1400", "2T1450")
    day.sync()
    second = day.plugins.memory.calendar("second")
    second.broken = Transient("It is down.", "Wait.") if why == "it could not be read" else None
    await held(day)
    second.broken = None
    put(day, "early", "2T1100", "2T1150")
    await day.until("2026-03-02 12:10")
    assert verdicts(day)["early"] is Verdict.UNKNOWN
    assert [rung for _at, rung in day.rungs() if rung == "question"] == ["question"]


async def test_so_is_one_of_a_calendar_that_has_another_name_since(tmp_path: Path) -> None:
    """Nothing ran while it went on."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:50")
    day.clock.at = day.clock.at.replace(hour=11, minute=30)
    day.config = day.config.replace('name = "practice"', 'name = "second"')
    day.plugins.memory.made["second"] = day.calendar
    await day.restart()
    await day.until("2026-03-02 12:40")
    assert verdicts(day) == {"one": Verdict.UNKNOWN}


async def test_what_was_over_by_a_clock_that_was_ahead_at_the_first_start_is_asked_about(
    tmp_path: Path,
) -> None:
    """A machine that takes its own clock for UTC until the network tells the time."""
    day = Day(tmp_path, "2026-03-02 11:30")
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 11:31")
    day.clock.step(-timedelta(hours=2))
    await day.until("2026-03-02 10:20")
    assert [rung for _at, rung in day.rungs()][-2:] == ["+5m", "question"]
    assert day.only().verdict is Verdict.SUSPECTED_MISS
