"""What was held or answered stays so: series that move, a therapist who travels, answers that come twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.repair import CardState
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.calendars import calendar, event
from tests.support.day import CONFIG, Day, a_morning, when

WEEKLY = "RRULE:FREQ=WEEKLY"


async def test_a_series_moved_after_todays_session_does_not_ask_about_todays_again(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    day.put("s", "2026-03-02T09:30:00", 50, WEEKLY)
    day.sync()
    await day.until("2026-03-02 09:29:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 13:00")
    day.put("s", "2026-03-02T10:30:00", 50, WEEKLY)
    day.sync()
    await day.until("2026-03-02 13:05")
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m", "-5m", "-1m"]


@pytest.mark.parametrize(("held", "flight", "to"), [
    ("2026-10-23 16:00", "2026-10-24 10:00", "America/New_York"),
    ("2026-10-23 16:00", "2026-10-24 18:00", "America/New_York"),
    ("2026-10-23 16:00", "2026-10-23 20:00", "Asia/Tokyo"),
])  # fmt: skip
async def test_a_session_held_before_a_flight_is_not_asked_about_after_it(
    tmp_path: Path, held: str, flight: str, to: str
) -> None:
    day = Day(tmp_path, "2026-10-23 08:30")
    floating = event("f", "AB", "20261023T160000", "20261023T165000", WEEKLY, zone=None)
    day.calendar.put("f.ics", calendar(floating))
    day.sync()
    await day.until("2026-10-23 08:31")
    day.sleep_until("2026-10-23 15:50")
    await day.until("2026-10-23 15:59:30")
    day.answer(Kind.HERE)
    await day.until("2026-10-23 16:01")
    day.sleep_until(flight)
    before = day.rungs()
    day.config = CONFIG.replace("Europe/Berlin", to)
    await day.restart()
    day.clock.at += timedelta(minutes=1)
    day.sync()
    await day.until((day.clock.at + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M"))
    assert [rung for _at, rung in day.rungs()[len(before) :] if rung == "question"] == []


async def test_saying_that_a_session_is_over_does_not_end_the_next_one(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    day.put("one", "2026-03-02T09:00:00")
    day.put("two", "2026-03-02T09:50:00")
    day.sync()
    await day.until("2026-03-02 08:59:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 09:49:30")
    day.answer(Kind.OUT)
    await day.until("2026-03-02 09:52")
    assert day.rungs()[-3:] == [("09:50:00", "0m"), ("09:51:00", "+1m"), ("09:52:00", "+2m")]


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 09:30")
    made.put("one", "2026-03-02T10:00:00")
    made.sync()
    return made


async def test_an_announced_start_that_has_the_name_of_a_rung_is_reminded_of(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    day.answer(Kind.LATE, timedelta(minutes=4))
    await day.until("2026-03-02 10:06")
    assert [at for at, _rung in day.rungs()][-2:] == ["10:05:00", "10:06:00"]


async def test_a_snooze_to_the_time_of_a_silenced_rung_ends_with_a_rung(day: Day) -> None:
    await day.until("2026-03-02 09:46")
    day.answer(Kind.ACK)
    day.answer(Kind.SNOOZE, timedelta(minutes=9))
    await day.until("2026-03-02 09:56")
    assert [at for at, _rung in day.rungs()][-1] == "09:55:00"


async def test_the_rung_of_a_start_announced_earlier_does_not_come_after_a_new_announcement(day: Day) -> None:
    await day.until("2026-03-02 10:03")
    day.answer(Kind.LATE, timedelta(minutes=5))
    await day.until("2026-03-02 10:06")
    day.answer(Kind.LATE, timedelta(minutes=10))
    await day.until("2026-03-02 10:30")
    assert [at for at, _rung in day.rungs_since("10:06:00")] == [
        f"10:{minute}:00" for minute in range(16, 22)
    ]


async def test_the_last_announced_start_counts_for_the_deadline(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.LATE, timedelta(minutes=20))
    day.answer(Kind.LATE, timedelta(minutes=5))
    await day.until("2026-03-02 10:40")
    assert day.rungs()[-1] == ("10:20:00", "question")


async def test_a_shared_question_goes_when_all_its_sessions_are_settled(day: Day) -> None:
    day.put("two", "2026-03-02T10:00:00", title="CD")
    day.sync()
    await day.until("2026-03-02 10:20")
    for entry in day.agenda("2026-03-02 00:00", "2026-03-03 00:00"):
        day.app.settle(entry.session.id, Verdict.COVERED, None)
    await day.until("2026-03-02 10:21")
    assert day.screen.open_notices == {}


async def test_no_digest_of_the_morning_comes_when_the_day_has_begun(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:00", CONFIG.replace("enabled = false", "enabled = true"))
    day.put("one", "2026-03-02T09:10:00")
    day.put("two", "2026-03-02T11:00:00")
    day.sync()
    await day.until("2026-03-02 09:11")
    day.app.replan()
    await day.until("2026-03-02 09:12")
    assert "digest-morning" not in [rung for _at, rung in day.rungs()]


async def test_a_check_in_that_is_heard_after_a_suspicion_lifts_it(tmp_path: Path) -> None:
    """It was pressed in time on a phone that had no net."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:20")
    (entry, *_rest) = day.agenda("2026-03-02 09:00", "2026-03-02 12:00")
    assert entry.verdict is Verdict.SUSPECTED_MISS
    day.app.answer(Kind.HERE, entry.session.id, "phone", None, when("2026-03-02 09:59"))
    await day.until("2026-03-02 10:21")
    assert day.agenda("2026-03-02 09:00", "2026-03-02 12:00")[0].verdict is Verdict.ON_TIME
    assert all(card.state is CardState.CLOSED for card in day.cards())
