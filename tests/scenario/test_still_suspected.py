"""A real miss is suspected, however the feed drops what is over."""

from __future__ import annotations

from pathlib import Path

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.day import Day
from tests.support.named import NAMED, stands


async def test_a_miss_is_suspected_though_yesterdays_session_left_the_feed(tmp_path: Path) -> None:
    """Psychoanalysis: every day at ten. The feed holds only what is to come."""
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    for n in range(2, 9):
        day.put(f"d{n}", f"2026-03-{n:02d}T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 12:00")
    day.calendar.delete("d2.ics")
    day.sync()
    await day.until("2026-03-03 10:30")
    (entry,) = day.agenda("2026-03-03 00:00", "2026-03-04 00:00")
    assert entry.verdict is Verdict.SUSPECTED_MISS


async def test_a_miss_is_suspected_though_the_morning_session_of_that_client_left_the_feed(
    tmp_path: Path,
) -> None:
    day = Day(tmp_path, "2026-03-02 07:30", NAMED)
    day.put("m", "2026-03-02T09:00:00")
    day.put("a", "2026-03-02T15:00:00")
    for n in range(3, 9):
        day.put(f"d{n}", f"2026-03-{n:02d}T10:00:00")
    day.sync()
    await day.until("2026-03-02 08:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 12:00")
    day.calendar.delete("m.ics")
    day.sync()
    await day.until("2026-03-02 15:30")
    assert ("14:00", Verdict.SUSPECTED_MISS) in [(a, b) for a, b, _c in stands(day)]
