"""Past the first deadline an entry goes and comes back: what "running late" moved still comes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from tests.support.day import CONFIG, Day, a_morning
from tests.support.renaming import ONE_RUNG, minutes


async def gone_and_back(day: Day, at: str, back: str) -> None:
    await day.until(f"2026-03-02 {at}")
    text = day.calendar.text("one.ics")
    day.calendar.delete("one.ics")
    day.sync()
    await day.until(f"2026-03-02 {back}")
    day.calendar.put("one.ics", text)
    day.sync()


@pytest.mark.parametrize("config", [CONFIG, ONE_RUNG])
async def test_the_reminders_from_the_announced_start_on_come(tmp_path: Path, config: str) -> None:
    day = a_morning(tmp_path, config)
    await day.until("2026-03-02 09:56")
    day.answer(Kind.LATE, timedelta(minutes=20))
    await gone_and_back(day, "10:16", "10:18")
    await day.until("2026-03-02 10:40")
    last = ["10:20:00"] if config is ONE_RUNG else minutes(20, 25)
    assert [at for at, _rung in day.rungs_since("10:17")] == [*last, "10:35:00"]


async def test_so_they_do_where_it_was_said_past_the_question(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:16")
    day.answer(Kind.LATE, timedelta(minutes=10), session=day.only().session.id)
    await gone_and_back(day, "10:18", "10:19")
    await day.until("2026-03-02 10:50")
    assert [at for at, _rung in day.rungs_since("10:17")] == [*minutes(26, 31), "10:41:00"]
