"""Nobody answers where the therapist usually is: then it is said elsewhere, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.day import CONFIG, Day

PHONE = CONFIG + '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'
BELL = PHONE + '[channels.bell]\ntype = "recorder"\nurgency = "critical"\n'


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:30", BELL)
    made.put("one", "2026-03-02T10:00:00")
    made.sync()
    return made


async def test_a_suspected_miss_is_asked_about_on_the_phone_five_minutes_later(day: Day) -> None:
    await day.until("2026-03-02 10:30")
    assert day.rungs_since("10:15") == [("10:15:00", "question")]
    assert day.rungs_since("10:15", "phone") == [("10:20:00", "question")]
    assert day.rungs_since("10:15", "bell") == []  # it takes what is critical only


@pytest.mark.parametrize("answer", [Verdict.COVERED, Kind.HERE])
async def test_an_answer_in_time_keeps_it_from_the_phone(day: Day, answer: Verdict | Kind) -> None:
    await day.until("2026-03-02 10:18")
    if isinstance(answer, Verdict):
        day.app.settle(day.only().session.id, answer, None)
    else:
        day.answer(answer)
    await day.until("2026-03-02 10:30")
    assert day.rungs_since("10:15", "phone") == []


async def test_what_is_merely_unknown_rings_no_phone(day: Day) -> None:
    """The machine slept through it: nobody is suspected of anything."""
    await day.until("2026-03-02 09:30")
    day.sleep_until("2026-03-02 10:40")
    await day.until("2026-03-02 11:00")
    assert day.only().verdict is Verdict.UNKNOWN
    assert day.rungs_since("10:15", "phone") == []
