"""What is odd is shown in the agenda, told in the digests, and earns an early rung."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.day import CONFIG, Day

RULES = CONFIG.replace("enabled = false", "enabled = true", 1).replace(
    'sessions = "all"', 'sessions = "rules"'
) + ("[[sessions.rules]]\ntitle = '^(?P<client>[A-Z]{2})'\nis = \"session\"\n")


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """A Sunday; AB has come every Monday at ten, CD comes on Mondays at nine."""
    made = Day(tmp_path, "2026-06-07 12:00", RULES)
    for week in range(1, 5):
        monday = f"2026-{'05' if week > 1 else '06'}-{(8, 1, 25, 18, 11)[week]:02}"
        made.put(f"ab{week}", f"{monday}T10:00:00", title="AB")
    made.put("cd", "2026-06-08T09:10:00", title="CD")
    made.put("far", "2026-06-29T09:00:00", title="EF")
    return made


def codes(day: Day, at: str = "2026-06-08") -> list[list[str]]:
    return [[code.value for code in entry.oddities] for entry in day.agenda(f"{at} 00:00", f"{at} 23:59")]


async def test_an_unusual_hour_is_told_in_the_digest_and_earns_an_early_rung(day: Day) -> None:
    day.put("ab", "2026-06-08T10:30:00", title="AB")
    day.sync()
    assert codes(day) == [[], ["unusual_time"]]
    await day.until("2026-06-08 09:31")
    digest = next(notice for notice in day.notices() if notice.rung == "digest-evening")
    assert digest.text.startswith("Mind: 10:30 is at an unusual time.")
    assert ("09:30:00", "-60m") in day.rungs_since("09:00:00")


async def test_the_usual_hour_is_told_of_nowhere(day: Day) -> None:
    day.put("ab", "2026-06-08T10:00:00", title="AB")
    day.sync()
    assert codes(day) == [[], []]
    await day.until("2026-06-08 09:31")
    assert all("Mind" not in notice.text for notice in day.notices())
    assert "-60m" not in [rung for _at, rung in day.rungs_since("09:00:00")]


async def test_a_move_is_odd_and_so_is_what_comes_back(day: Day) -> None:
    day.put("ab", "2026-06-09T10:00:00", title="AB")
    day.sync()
    await day.until("2026-06-07 12:05")
    day.put("ab", "2026-06-08T10:00:00", title="AB")
    day.put("cd", "2026-06-08T09:10:00", 50, "STATUS:CANCELLED", title="CD")
    day.sync()
    await day.until("2026-06-07 12:10")
    day.put("cd", "2026-06-08T09:10:00", title="CD")
    day.sync()
    assert codes(day) == [["restored"], ["moved_lately"]]


async def test_an_oddity_goes_with_its_cause(day: Day) -> None:
    day.put("ab", "2026-06-08T09:30:00", title="AB")
    day.sync()
    assert codes(day) == [["overlaps"], ["unusual_time", "overlaps"]]
    day.clock.at += timedelta(minutes=5)
    day.put("ab", "2026-06-11T10:00:00", title="AB")
    day.sync()
    assert codes(day) == [[]]
    assert codes(day, "2026-06-11") == [["unusual_time"]]  # moved in good time


async def test_the_early_rung_for_what_is_odd_can_be_switched_off(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-06-08 08:00", CONFIG + "[reminders]\nearly_if_odd = false\n")
    day.put("one", "2026-06-08T09:00:00")
    day.put("two", "2026-06-08T10:20:00")
    day.put("three", "2026-06-08T10:00:00")
    day.sync()
    assert codes(day) == [[], ["overlaps"], ["overlaps"]]
    await day.until("2026-06-08 09:21")
    assert [rung for at, rung in day.rungs_since("08:30:00") if rung == "-60m"] == []
