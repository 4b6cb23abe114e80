"""A session keeps its ladder and its answers when its calendar calls it by another name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import SessionState, Verdict
from kepthour.ports import Key
from tests.support.calendars import calendar, event
from tests.support.day import CONFIG, Day
from tests.support.fence import TITLE
from tests.support.named import NAMED, stands

TWO = CONFIG.replace(
    "[channels.screen]",
    '[[calendars]]\nname = "second"\ntype = "memory"\nsessions = "all"\n[channels.screen]',
)


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:30", TWO)
    made.put("one", "2026-03-02T10:00:00")
    made.put("far", "2026-03-23T10:00:00")  # a calendar is not emptied on one answer
    made.sync()
    return made


def replace_by_another_uid(day: Day) -> None:
    day.calendar.delete("one.ics")
    day.put("other", "2026-03-02T10:00:00")
    day.sync()


def delete_and_add_later(day: Day) -> None:
    day.calendar.delete("one.ics")
    day.sync()
    day.put("other", "2026-03-02T10:00:00")
    day.sync()


def move_to_another_calendar(day: Day) -> None:
    text = day.calendar.text("one.ics")
    day.plugins.memory.calendar("second").put("one.ics", text)
    day.sync()
    day.calendar.delete("one.ics")
    day.sync()


def rename_the_calendar(day: Day) -> None:
    text = day.calendar.text("one.ics")
    day.config = day.config.replace('name = "practice"', 'name = "office"')
    day.plugins.memory.calendar("office").put("one.ics", text)
    day.start()
    day.app.catch_up()
    day.sync()


CHANGES = [replace_by_another_uid, move_to_another_calendar, rename_the_calendar]


@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_delivered_is_not_delivered_again(day: Day, change: object) -> None:
    # quarck/CalendarNotification#299: new ids after a sync alerted anew what had been dismissed.
    await day.until("2026-03-02 09:56")
    change(day)  # type: ignore[operator]
    await day.until("2026-03-02 10:00")
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m", "-5m", "-1m", "0m"]


@pytest.mark.parametrize("change", [*CHANGES, delete_and_add_later])
async def test_on_my_way_holds_and_the_rung_at_the_start_comes(day: Day, change: object) -> None:
    await day.until("2026-03-02 09:46")
    day.answer(Kind.ACK)
    change(day)  # type: ignore[operator]
    assert day.only().state is SessionState.ACKNOWLEDGED
    await day.until("2026-03-02 10:01")
    after = [rung for _at, rung in day.rungs()[2:] if rung != "question"]
    assert after == ["0m", "+1m"]


@pytest.mark.parametrize("change", [*CHANGES, delete_and_add_later])
async def test_a_check_in_holds(day: Day, change: object) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.HERE)
    change(day)  # type: ignore[operator]
    await day.until("2026-03-02 10:30")
    assert [rung for _at, rung in day.rungs() if rung != "question"] == ["-60m", "-15m", "-5m"]
    assert day.only().verdict is Verdict.ON_TIME


@pytest.mark.parametrize("change", CHANGES)
async def test_a_snooze_goes_on(day: Day, change: object) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.SNOOZE, timedelta(minutes=2))
    change(day)  # type: ignore[operator]
    await day.until("2026-03-02 09:59")
    assert day.rungs()[3:] == [("09:58:00", "-2m"), ("09:59:00", "-1m")]


@pytest.mark.parametrize("change", CHANGES)
async def test_an_answer_on_the_notice_of_before_is_one_to_the_session_of_now(
    day: Day, change: object
) -> None:
    await day.until("2026-03-02 09:56")
    change(day)  # type: ignore[operator]
    day.screen.press(Key.HERE)
    assert day.only().verdict is Verdict.ON_TIME  # at once, as a command wants it that finds no daemon
    await day.until("2026-03-02 10:30")
    assert day.only().verdict is Verdict.ON_TIME
    assert day.screen.open_notices == {}


async def test_a_session_that_is_back_at_its_start_keeps_the_check_in(day: Day) -> None:
    text = day.calendar.text("one.ics")
    await day.until("2026-03-02 09:56")
    day.answer(Kind.HERE)
    day.calendar.delete("one.ics")
    day.sync()
    day.calendar.put("one.ics", text)
    day.sync()
    await day.until("2026-03-02 10:30")
    assert [rung for _at, rung in day.rungs() if rung != "question"] == ["-60m", "-15m", "-5m"]
    assert day.only().verdict is Verdict.ON_TIME


async def test_a_session_that_is_back_at_another_start_begins_anew(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.HERE)
    day.calendar.delete("one.ics")
    day.sync()
    day.put("one", "2026-03-02T10:30:00")
    day.sync()
    await day.until("2026-03-02 10:31")
    assert ("10:30:00", "0m") in day.rungs()


async def test_a_session_in_two_calendars_reminds_once_whichever_goes(day: Day) -> None:
    day.plugins.memory.calendar("second").put("one.ics", day.calendar.text("one.ics"))
    day.sync()
    await day.until("2026-03-02 09:50")
    day.plugins.memory.calendar("second").delete("one.ics")
    day.sync()
    await day.until("2026-03-02 10:00")
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m", "-5m", "-1m", "0m"]


async def test_all_appointments_under_one_uid_are_reminded_of(tmp_path: Path) -> None:
    """An export that gives all appointments of a client one UID, without RECURRENCE-ID."""
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    both = [
        event("client-7", f"AB {TITLE}", f"20260302T{at}00", f"20260302T{at[:2]}5000")
        for at in ("1000", "1400")
    ]
    day.calendar.put("client-7.ics", calendar(*both))
    day.sync()
    await day.until("2026-03-02 10:00")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 14:00")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 14:30")
    assert ("10:00:00", "0m") in day.rungs() and ("14:00:00", "0m") in day.rungs()
    assert [verdict for _at, verdict, _state in stands(day)] == [Verdict.ON_TIME] * 2
