"""What has to be asked, or told of a calendar, is: through leaves, a wrong clock, and a weekend without the machine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.store import sessions
from kepthour_connectors.base import SignInNeeded
from tests.support.day import Day, when


def a_day(folder: Path, at: str, *starts: str, minutes: int = 50) -> Day:
    """A session at each of `starts`, polled once `at`."""
    day = Day(folder, at)
    for number, start in enumerate(starts):
        day.put(f"{number}", start, minutes)
    day.sync()
    return day


def questions(day: Day) -> list[str]:
    """When each was asked."""
    return [at for at, rung in day.rungs() if rung == "question"]


def session_at(day: Day, at: str) -> str:
    """The id of the session that begins then."""
    with day.app.store.read() as tx:
        (row,) = sessions.between(tx, when(at), when(at) + timedelta(minutes=1))
    return row.id


async def off_until(day: Day, at: str) -> None:
    """The machine is off, with nothing on its screen; it is on again when its clock says `at`."""
    await day.pump.close()
    day.screen.open_notices.clear()
    day.clock.at = when(at)
    day.clock.boot()
    await day.restart()


async def test_a_leave_that_is_extended_asks_at_its_end_about_all_of_it(tmp_path: Path) -> None:
    day = a_day(
        tmp_path, "2026-03-02 08:30", "2026-03-02T10:00:00", "2026-03-05T10:00:00", "2026-03-10T10:00:00"
    )
    day.app.away(when("2026-03-02 08:30"), when("2026-03-04 08:00"))
    await day.until("2026-03-03 20:00")
    day.app.away(when("2026-03-03 20:00"), when("2026-03-09 08:00"))
    await day.until("2026-03-09 12:00")
    asked = [notice.title for notice in day.notices() if notice.rung == "question"]
    assert questions(day) == ["08:00:00"] * 2
    assert [title.partition(".")[0] for title in asked] == [
        "No check-in for 2026-03-02 10:00",
        "No check-in for Thu 10:00",
    ]


async def test_a_session_missed_just_before_a_leave_is_asked_about_after_it(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-02 08:30", "2026-03-02T10:00:00")
    await day.until("2026-03-02 10:06")
    day.app.away(when("2026-03-02 10:06"), when("2026-03-09 08:00"))
    await day.until("2026-03-09 12:00")
    assert questions(day) == ["08:00:00"]


async def test_who_is_back_during_a_session_is_asked_about_that_one_too(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-02 08:30", "2026-03-02T09:00:00", "2026-03-02T10:00:00")
    day.app.away(when("2026-03-02 08:30"), when("2026-03-02 18:00"))
    await day.until("2026-03-02 10:12")
    day.app.come_back()
    await day.until("2026-03-02 12:00")
    assert len(questions(day)) == 2


async def test_a_leave_that_ends_during_a_session_asks_about_that_one_too(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-02 08:30", "2026-03-02T10:00:00", "2026-03-02T17:50:00")
    day.app.away(when("2026-03-02 08:30"), when("2026-03-02 18:00"))
    await day.until("2026-03-02 19:00")
    assert len(questions(day)) == 2


async def test_what_was_settled_in_a_leave_takes_no_question_from_the_others(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-02 08:30", "2026-03-02T10:00:00", "2026-03-02T14:00:00")
    day.app.away(when("2026-03-02 08:30"), when("2026-03-02 18:00"))
    await day.until("2026-03-02 11:00")
    (first, *_others) = day.agenda("2026-03-02 00:00", "2026-03-02 12:00")
    day.app.settle(first.session.id, Verdict.ON_TIME, None)
    await day.until("2026-03-02 19:00")
    assert questions(day) == ["18:00:00"]


async def test_a_sign_in_that_dies_in_a_leave_is_told_after_it(tmp_path: Path) -> None:
    starts = [f"2026-03-{day:02d}T10:00:00" for day in (3, 4, 5, 10, 11, 12)]
    day = a_day(tmp_path, "2026-03-02 08:30", *starts)
    day.app.away(when("2026-03-02 18:00"), when("2026-03-04 18:00"))
    await day.until("2026-03-02 20:00")
    day.calendar.broken = SignInNeeded("It wants a new sign-in.", "kepthour auth.")
    await day.until("2026-03-04 18:10")
    assert "calendar" in [notice.rung for at, notice in day.screen.received if at >= when("2026-03-04 18:00")]


async def test_a_question_that_a_fast_clock_asked_too_early_is_asked_again(tmp_path: Path) -> None:
    """Off from 8:40, with two sessions meanwhile; on at 11:00, and its clock says 12:00 until the network tells it."""
    day = a_day(tmp_path, "2026-03-02 08:30", "2026-03-02T09:00:00", "2026-03-02T10:00:00", minutes=45)
    await day.until("2026-03-02 08:40")
    await off_until(day, "2026-03-02 12:00")
    await day.until("2026-03-02 12:00:30")
    day.clock.step(-timedelta(hours=1))
    day.sync()
    await day.until("2026-03-02 12:30")
    assert [notice.rung for notice in day.screen.open_notices.values()] == ["question"]


@pytest.mark.parametrize("ahead", [1, 24])
async def test_a_session_that_a_fast_clock_took_for_over_is_asked_about_when_it_was_missed(
    tmp_path: Path, ahead: int
) -> None:
    day = a_day(tmp_path, "2026-03-02 08:00", "2026-03-02T10:00:00")
    await day.until("2026-03-02 08:30")
    fast = when("2026-03-02 09:30") + timedelta(hours=ahead)
    await off_until(day, f"{fast:%Y-%m-%d %H:%M:%S+00:00}")
    await day.until(f"{fast + timedelta(seconds=20):%Y-%m-%d %H:%M:%S+00:00}")
    day.clock.step(-timedelta(hours=ahead))
    day.sync()
    await day.until("2026-03-02 10:30")
    assert day.only().verdict is Verdict.SUSPECTED_MISS
    assert [notice.rung for notice in day.screen.open_notices.values()] == ["question"]


async def test_what_was_asked_on_friday_is_shown_again_on_monday(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-06 16:00", "2026-03-06T17:00:00", "2026-03-09T17:00:00")
    await day.until("2026-03-06 17:20")
    assert questions(day) == ["17:15:00"]
    await off_until(day, "2026-03-09 08:00")
    await day.until("2026-03-09 12:00")
    assert "question" in [notice.rung for notice in day.screen.open_notices.values()]


async def test_sessions_deleted_during_a_leave_are_not_asked_about_after_it(tmp_path: Path) -> None:
    """The office takes each out of the calendar on its day."""
    day = Day(tmp_path, "2026-03-01 08:30")
    for n in range(3, 6):
        day.put(f"d{n}", f"2026-03-{n:02d}T10:00:00")
    for n in range(10, 20):
        day.put(f"d{n}", f"2026-03-{n:02d}T10:00:00")
    day.sync()
    day.app.away(when("2026-03-02 18:00"), when("2026-03-08 18:00"))
    for n in range(3, 6):
        await day.until(f"2026-03-{n:02d} 08:00")
        day.calendar.delete(f"d{n}.ics")
        day.sync()
    await day.until("2026-03-08 20:00")
    assert [r for r in day.rungs() if r[1] == "question"] == []


async def test_a_sign_in_that_was_mended_in_a_leave_is_not_told_after_it(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    for n in (3, 4, 5, 10, 11, 12):
        day.put(f"d{n}", f"2026-03-{n:02d}T10:00:00")
    day.sync()
    day.app.away(when("2026-03-02 18:00"), when("2026-03-04 18:00"))
    await day.until("2026-03-02 20:00")
    day.calendar.broken = SignInNeeded("It wants a new sign-in.", "kepthour auth.")
    await day.until("2026-03-03 20:00")
    day.calendar.broken = None
    await day.until("2026-03-04 18:10")
    assert "calendar" not in [
        notice.rung for at, notice in day.screen.received if at >= when("2026-03-03 20:00")
    ]


async def test_in_a_leave_no_question_is_shown_again(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-06 16:00", "2026-03-06T17:00:00", "2026-03-16T17:00:00")
    await day.until("2026-03-06 17:20")
    assert questions(day) == ["17:15:00"]
    day.app.away(when("2026-03-07 00:00"), when("2026-03-15 00:00"))
    day.screen.received.clear()
    await off_until(day, "2026-03-09 20:00")
    await day.until("2026-03-09 20:05")
    assert day.screen.received == []


async def test_of_many_old_questions_the_newest_five_are_shown_again(tmp_path: Path) -> None:
    starts = [f"2026-03-{day:02d}T{hour:02d}:00:00" for day in range(2, 7) for hour in range(9, 15)]
    day = a_day(tmp_path, "2026-03-02 07:50", *starts)
    await day.until("2026-03-06 07:00")
    day.screen.received.clear()
    await off_until(day, "2026-03-06 07:30")
    of_yesterday = 6
    assert len(questions(day)) == of_yesterday + 5


async def test_what_a_restart_in_a_leave_left_out_is_shown_when_that_ends(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-06 16:00", "2026-03-06T17:00:00", "2026-03-16T17:00:00")
    await day.until("2026-03-06 17:20")
    day.app.away(when("2026-03-07 00:00"), when("2026-03-09 08:00"))
    await off_until(day, "2026-03-08 20:00")
    day.screen.received.clear()
    await day.until("2026-03-09 12:00")
    assert questions(day) == ["08:00:00"]
    assert day.screen.open_notices


async def test_what_a_restart_in_a_session_left_out_is_shown_after_it(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-02 08:30", "2026-03-02T09:00:00", "2026-03-02T10:00:00")
    await day.until("2026-03-02 09:20")
    assert questions(day) == ["09:15:00"]
    await day.until("2026-03-02 10:00")
    day.app.answer(Kind.HERE, session_at(day, "2026-03-02 10:00"), "screen")
    await off_until(day, "2026-03-02 10:10")
    day.screen.received.clear()
    await day.until("2026-03-02 10:40")
    assert questions(day) == []
    await day.until("2026-03-02 11:10")
    assert questions(day) == ["10:50:00"]


async def test_what_was_settled_meanwhile_is_not_shown_after_it(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-06 16:00", "2026-03-06T17:00:00", "2026-03-16T17:00:00")
    await day.until("2026-03-06 17:20")
    day.app.away(when("2026-03-07 00:00"), when("2026-03-09 08:00"))
    await off_until(day, "2026-03-08 20:00")
    day.screen.received.clear()
    day.app.settle(session_at(day, "2026-03-06 17:00"), Verdict.ON_TIME, None)
    await day.until("2026-03-09 12:00")
    assert questions(day) == []
