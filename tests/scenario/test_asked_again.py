"""Questions that are shown again, as a practice has them: with the sweep, and on more than one channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenario.test_asked_in_the_end import off_until
from tests.scenario.test_sweep import SWEPT
from tests.support.day import CONFIG, Day, when

PHONE = CONFIG + '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'


@pytest.mark.parametrize("config", [CONFIG, SWEPT], ids=["without the sweep", "with the sweep"])
async def test_what_was_asked_on_friday_is_asked_on_monday(tmp_path: Path, config: str) -> None:
    day = Day(tmp_path, "2026-03-06 15:00", config)
    day.put("one", "2026-03-06T16:00:00")
    day.put("other", "2026-03-23T10:00:00")
    day.sync()
    await day.until("2026-03-06 17:30")
    await off_until(day, "2026-03-09 08:00")
    await day.until("2026-03-09 08:05")
    (shown,) = [notice for at, notice in day.screen.received if at > when("2026-03-09 07:00")]
    assert "Fri 16:00" in shown.title
    assert len(shown.actions) == 4


async def test_a_sweep_that_is_shown_the_next_morning_says_of_which_day(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", SWEPT)
    day.put("one", "2026-03-02T10:00:00")
    day.put("two", "2026-03-03T10:00:00")
    day.sync()
    await day.until("2026-03-02 11:30")
    await off_until(day, "2026-03-03 08:00")
    await day.until("2026-03-03 08:05")
    assert [notice.title for notice in day.screen.open_notices.values()] == [
        "The session of Mon 10:00 is over. Was it held?"
    ]


async def test_an_evening_s_sweep_that_comes_after_midnight_is_not_of_today(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", SWEPT)
    day.put("one", "2026-03-02T10:00:00")
    day.put("two", "2026-03-03T10:00:00")
    day.sync()
    await day.until("2026-03-02 19:30")
    day.sleep_until("2026-03-03 00:30")
    await day.until("2026-03-03 00:31")
    shown = day.notices()[-1]
    assert (shown.title, shown.text) == (
        "1 session without a check-in. What happened?",
        "Begun at Mon 10:00. Say what became of them: kepthour sweep",
    )


async def test_of_many_old_questions_the_newest_five_are_shown_again_on_each_channel(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 07:50", PHONE)
    for date in range(2, 7):
        for hour in range(9, 15):
            day.put(f"{date}-{hour}", f"2026-03-{date:02d}T{hour:02d}:00:00")
    day.sync()
    await day.until("2026-03-06 07:00")
    for channel in day.channels.values():
        channel.received.clear()
    await off_until(day, "2026-03-06 07:30")
    of_yesterday = 6
    for channel in day.channels.values():
        assert [notice.rung for _at, notice in channel.received].count("question") == of_yesterday + 5


async def test_in_a_leave_no_sweep_is_shown_again(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-06 15:00", SWEPT)
    day.put("one", "2026-03-06T16:00:00")
    day.put("other", "2026-03-23T10:00:00")
    day.sync()
    await day.until("2026-03-06 17:30")
    assert day.rungs()[-1] == ("17:00:00", "sweep")
    day.app.away(when("2026-03-06 18:00"), when("2026-03-16 00:00"))
    day.screen.received.clear()
    await off_until(day, "2026-03-07 08:00")
    await day.until("2026-03-07 08:05")
    assert day.screen.received == []
