"""The wall clock is set, forward and back, by minutes and by years; and the machine sleeps."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kepthour import pipeline
from kepthour.core.freshness import Freshness
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.pipeline.dispatch import claim
from kepthour.store import sessions, watches
from kepthour.views.status import calendar_statuses
from tests.support.day import BERLIN, CONFIG, Day, when

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEARS = 3653 * DAY


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:30")
    made.put("one", "2026-03-02T10:00:00")
    made.sync()
    return made


def set_clock(day: Day, by: timedelta) -> None:
    """Somebody sets the clock, and the daemon asks the calendars before it concludes anything."""
    day.clock.step(by)
    day.sync()


def rungs(day: Day) -> list[str]:
    return [rung for _at, rung in day.rungs()]


async def test_a_clock_set_forward_collapses_what_is_late_into_one(day: Day) -> None:
    await day.until("2026-03-02 09:30")
    set_clock(day, timedelta(minutes=28))
    await day.until("2026-03-02 09:59")
    assert day.rungs() == [("09:00:00", "-60m"), ("09:58:00", "-5m"), ("09:59:00", "-1m")]


async def test_a_clock_set_back_by_an_hour_in_a_ladder_repeats_what_came_an_hour_too_early(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    set_clock(day, -HOUR)
    await day.until("2026-03-02 10:00")
    assert rungs(day) == ["-60m", "-15m", "-5m", "-15m", "-5m", "-1m", "0m"]
    assert day.rungs()[3:] == [
        ("09:45:00", "-15m"),
        ("09:55:00", "-5m"),
        ("09:59:00", "-1m"),
        ("10:00:00", "0m"),
    ]


async def test_a_clock_set_back_by_a_few_minutes_repeats_nothing(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    set_clock(day, -timedelta(minutes=4))
    await day.until("2026-03-02 10:00")
    assert rungs(day) == ["-60m", "-15m", "-5m", "-1m", "0m"]
    assert day.rungs()[3:] == [("09:59:00", "-1m"), ("10:00:00", "0m")]


async def test_the_notice_of_a_time_that_has_not_come_is_taken_off_the_screen(day: Day) -> None:
    await day.until("2026-03-02 10:03")
    set_clock(day, -DAY)
    await day.until("2026-03-01 10:04")
    assert day.screen.open_notices == {}


@pytest.mark.parametrize("years", [YEARS, 3 * DAY], ids=["ten years", "three days"])
async def test_forward_and_back_again_leaves_no_trace_on_the_days_between(day: Day, years: timedelta) -> None:
    day.put("two", "2026-03-03T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:10")
    set_clock(day, years)
    await day.until(f"{day.clock.at.astimezone(BERLIN) + 2 * HOUR:%Y-%m-%d %H:%M}")
    set_clock(day, -years - 2 * HOUR)
    before = len(day.rungs())
    await day.until("2026-03-02 10:01")
    assert [one for one in day.rungs()[before:] if one[1] != "calendar"] == [
        ("09:45:00", "-15m"),
        ("09:55:00", "-5m"),
        ("09:59:00", "-1m"),
        ("10:00:00", "0m"),
        ("10:01:00", "+1m"),
    ]
    assert [entry.verdict for entry in day.agenda("2026-03-02 00:00", "2026-03-04 00:00")] == [None, None]
    assert day.cards() == []
    assert not any(notice.rung == "question" for notice in day.screen.open_notices.values())
    await day.until("2026-03-03 10:00")
    assert day.rungs()[-1] == ("10:00:00", "0m")


async def test_an_answer_to_a_reminder_of_a_wrong_time_does_not_count(day: Day) -> None:
    set_clock(day, DAY)
    day.clock.at += HOUR + timedelta(minutes=20)
    day.put("tomorrow", "2026-03-03T10:00:00")
    day.sync()
    await day.until("2026-03-03 09:55")
    day.answer(Kind.HERE)
    set_clock(day, -DAY)
    await day.until("2026-03-03 10:01")
    assert ("10:00:00", "0m") in day.rungs()
    assert day.rungs()[-1] == ("10:01:00", "+1m")


async def test_an_answer_a_few_minutes_ahead_counts(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.HERE)
    set_clock(day, -timedelta(minutes=3))
    await day.until("2026-03-02 11:00")
    assert rungs(day) == ["-60m", "-15m", "-5m"]
    assert day.only().verdict is Verdict.ON_TIME


@pytest.mark.parametrize("minutes", [3, 8])
async def test_a_check_in_after_the_clock_was_set_back_ends_a_suspicion(day: Day, minutes: int) -> None:
    await day.until("2026-03-02 10:16")
    assert day.only().verdict is Verdict.SUSPECTED_MISS
    set_clock(day, -timedelta(minutes=minutes))
    await day.until(f"2026-03-02 10:{17 - minutes:02}")
    assert day.only().verdict is None
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:30")
    assert day.only().verdict is Verdict.LATE


async def test_a_suspicion_of_a_wrong_time_is_raised_again_when_its_time_comes(day: Day) -> None:
    await day.until("2026-03-02 10:16")
    set_clock(day, -2 * HOUR)
    await day.until("2026-03-02 10:14")
    assert day.only().verdict is None
    assert day.cards() == []
    await day.until("2026-03-02 10:16")
    assert day.only().verdict is Verdict.SUSPECTED_MISS
    assert rungs(day).count("question") == 2
    assert len(day.cards()) == 1


async def test_rungs_that_a_fast_clock_ended_come_when_their_time_comes(day: Day) -> None:
    """It is four minutes fast for a moment, and by it the session's deadline is over."""
    day.put("two", "2026-03-02T12:00:00", 8)  # its deadline is four minutes after its start
    day.sync()
    await day.until("2026-03-02 12:00:30")
    set_clock(day, timedelta(minutes=4))
    await day.until("2026-03-02 12:04:40")
    assert day.rungs()[-1][1] == "question"
    set_clock(day, -timedelta(minutes=4))
    await day.until("2026-03-02 12:03")
    assert day.rungs_since("12:00:40")[-3:] == [("12:01:00", "+1m"), ("12:02:00", "+2m"), ("12:03:00", "+3m")]


async def test_a_digest_that_came_an_hour_too_early_comes_again(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 07:00", CONFIG.replace("enabled = false", "enabled = true"))
    day.put("one", "2026-03-02T12:00:00")
    day.sync()
    await day.until("2026-03-02 07:31")
    set_clock(day, -HOUR)
    await day.until("2026-03-02 07:31")
    assert day.rungs() == [("07:30:00", "digest-morning")] * 2


async def test_a_good_sync_of_a_time_to_come_does_not_make_a_calendar_fresh(day: Day) -> None:
    day.clock.step(-DAY)
    (calendar,) = calendar_statuses(day.app.config, day.app.store, day.clock.at)
    assert calendar.state is Freshness.STALE
    day.sync()
    (calendar,) = calendar_statuses(day.app.config, day.app.store, day.clock.at)
    assert calendar.state is Freshness.FRESH


async def test_no_watch_was_kept_in_a_time_that_has_not_come(day: Day) -> None:
    await day.until("2026-03-02 08:40")
    set_clock(day, -HOUR)
    await day.until("2026-03-02 07:42")
    with day.app.store.read() as tx:
        kept = watches.around(tx, day.clock.at - DAY, day.clock.at + DAY)
    assert all(watch.until <= day.clock.at for watch in kept)
    assert len(kept) <= 2


async def test_what_was_slept_through_is_unknown_and_asked_about_once(day: Day) -> None:
    day.put("two", "2026-03-02T11:00:00")
    day.sync()
    await day.until("2026-03-02 09:30")
    day.clock.sleep(3 * HOUR)
    day.sync()
    await day.until("2026-03-02 12:45")
    assert day.rungs() == [("09:00:00", "-60m"), ("12:30:00", "question")]
    with day.app.store.read() as tx:
        assert [row.verdict for row in sessions.open_questions(tx)] == [Verdict.UNKNOWN] * 2
    assert day.cards() == []


async def test_a_sleep_in_the_middle_of_a_ladder_shows_the_newest_useful_rung(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    day.clock.sleep(timedelta(minutes=12, seconds=30))
    day.sync()
    await day.until("2026-03-02 10:03")
    assert day.rungs()[2:] == [("10:02:30", "+2m"), ("10:03:00", "+3m")]
    assert day.notices()[2].title == "Session at 10:00 began 2 min 30 s ago"


async def test_a_session_moved_in_a_time_that_had_not_come_is_reminded_of_when_it_does(day: Day) -> None:
    """The clock was fast when it was moved: there was nothing left to remind of, and it was asked about at once."""
    day.sleep_until("2026-03-02 10:20")
    await day.until("2026-03-02 10:20")
    day.put("one", "2026-03-02T10:04:00")
    day.sync()
    await day.until("2026-03-02 10:21")
    set_clock(day, timedelta(minutes=-18))
    await day.until("2026-03-02 10:04")
    assert rungs(day)[-1] == "0m"


async def test_a_snooze_after_the_clock_was_set_back_is_followed_by_a_reminder_at_the_start(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    set_clock(day, timedelta(minutes=-2))
    day.answer(Kind.SNOOZE, timedelta(minutes=5))
    await day.until("2026-03-02 10:00")
    assert day.rungs()[-1] == ("10:00:00", "+0s")


async def test_a_session_restored_while_the_clock_was_fast_has_the_rungs_that_are_to_come(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    day.calendar.delete("one.ics")
    day.sync()
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:02")
    set_clock(day, timedelta(minutes=-4))
    await day.until("2026-03-02 10:00")
    assert rungs(day)[-2:] == ["-1m", "0m"]


async def test_what_is_of_use_still_comes_although_a_wrong_clock_had_given_it_up(day: Day) -> None:
    """The rung of the start was due ten seconds ago by the clock that is right, and nothing has rung since 9:59."""
    await day.until("2026-03-02 09:59")
    day.sleep_until("2026-03-02 10:03:30")
    await day.until("2026-03-02 10:03:31")
    set_clock(day, -timedelta(seconds=201))
    await day.until("2026-03-02 10:00:12")
    assert day.rungs()[-2:] == [("10:03:30", "+3m"), ("10:00:10", "0m")]


async def test_what_was_on_its_way_when_the_clock_was_set_back_comes_again_in_its_time(day: Day) -> None:
    await day.until("2026-03-02 09:54")
    store, now = day.app.store, when("2026-03-02 09:55")
    wording = day.pump.dispatcher._wording
    (parcel,), _outdated = claim.claim(store, ["screen"], wording, now, ())
    day.clock.at = when("2026-03-02 09:45:30")
    day.app.catch_up()
    arrived = claim.Outcome(parcel.reminder, day.clock.at, "shown-late")
    assert claim.record(store, [arrived], ["screen"]) == [arrived], "it is to be taken back"
    await day.until("2026-03-02 09:55")
    assert day.rungs()[-1] == ("09:55:00", "-5m")


async def test_a_rung_that_a_fast_clock_let_out_holds_back_none_that_is_due(tmp_path: Path) -> None:
    """ "Session starts now" came twenty seconds early; that it starts in twenty seconds is to be said still."""
    day = Day(tmp_path, "2026-03-02 10:00")
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:00:01")
    set_clock(day, timedelta(seconds=-21))
    await day.until("2026-03-02 09:59:59")
    assert day.rungs() == [("10:00:00", "0m"), ("09:59:40", "-1m")]


async def test_after_a_clock_set_back_nothing_is_shown_again_that_had_been_replaced(day: Day) -> None:
    await day.until("2026-03-02 10:00")
    day.clock.at = when("2026-03-02 10:07")
    await day.restart()
    await day.until("2026-03-02 10:07:01")
    set_clock(day, timedelta(minutes=-7))
    await day.until("2026-03-02 10:00:02")
    count = len(day.screen.received)
    await day.restart()
    assert len(day.screen.received) == count


async def test_a_clock_set_back_between_a_verdict_and_its_card_leaves_no_card(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a start on a disk that is busy meets the network's time: the card is no older than its verdict."""
    await day.until("2026-03-02 10:14")
    detect = pipeline.detect.detect

    def detect_and_step(*args: Any, **more: Any) -> list[tuple[str, Verdict]]:
        found = detect(*args, **more)
        day.clock.step(-HOUR if found else timedelta())
        return found

    with monkeypatch.context() as patched:
        patched.setattr(pipeline.detect, "detect", detect_and_step)
        day.clock.at = when("2026-03-02 10:15")
        await day.pump.turn()
    assert len(day.cards()) == 1
    day.sync()
    await day.until("2026-03-02 09:20")
    assert day.cards() == []
    assert day.only().verdict is None
