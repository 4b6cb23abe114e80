"""Sequences that nobody plans: what comes, and what is concluded."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.ports import Key
from tests.support.day import CONFIG, Day, a_morning

AFTER = [(f"10:0{minute}:00", f"+{minute}m") for minute in range(1, 6)]
QUESTION = ("10:15:00", "question")


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


async def test_moved_away_and_back_it_reminds_at_the_old_start_as_if_new(day: Day) -> None:
    await day.until("2026-03-02 09:46")
    day.answer(Kind.ACK)
    for start in ("11:00", "10:00"):
        day.put("one", f"2026-03-02T{start}:00")
        day.sync()
    await day.until("2026-03-02 10:00:30")
    assert [rung for _at, rung in day.rungs_since("09:50")] == ["-5m", "-1m", "0m"]


@pytest.mark.parametrize(
    ("start", "comes"),
    [
        ("09:00", [("09:46:00", "question")]),
        ("09:30", [("09:46:00", "question")]),
        ("09:40", [("09:46:00", "+5m"), ("09:55:00", "question")]),
    ],
)
async def test_a_session_moved_to_before_now_is_asked_about_and_never_suspected(
    day: Day, start: str, comes: list[tuple[str, str]]
) -> None:
    await day.until("2026-03-02 09:46")
    day.put("one", f"2026-03-02T{start}:00")
    day.sync()
    await day.until("2026-03-02 10:20")
    assert day.rungs_since("09:46") == comes
    assert day.only().verdict is Verdict.UNKNOWN


async def test_two_sessions_at_the_same_minute_have_a_ladder_each_and_share_the_question(day: Day) -> None:
    day.put("two", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:20")
    ladder = ["-60m", "-15m", "-5m", "-1m", "0m", *(rung for _at, rung in AFTER)]
    assert [rung for _at, rung in day.rungs()] == [
        *(rung for rung in ladder for _session in range(2)),
        "question",
    ]


@pytest.mark.parametrize(
    ("minutes", "comes"),
    [
        (2, [("10:01:00", "question")]),
        (5, [*AFTER[:2], ("10:02:30", "question")]),
        (8, [*AFTER[:3], ("10:04:00", "question")]),
    ],
)
async def test_a_very_short_session_is_asked_about_after_half_of_it(
    day: Day, minutes: int, comes: list[tuple[str, str]]
) -> None:
    day.put("one", "2026-03-02T10:00:00", minutes)
    day.sync()
    await day.until("2026-03-02 10:20")
    assert day.rungs_since("09:59") == [("09:59:00", "-1m"), ("10:00:00", "0m"), *comes]


@pytest.mark.parametrize(
    ("at", "comes", "verdict"),
    [
        ("09:59:30", [("09:59:30", "-1m"), ("10:00:00", "0m"), *AFTER, QUESTION], Verdict.SUSPECTED_MISS),
        ("10:02", [("10:02:00", "+2m"), *AFTER[2:], QUESTION], Verdict.UNKNOWN),
        ("10:14", [("10:14:00", "+5m"), QUESTION], Verdict.UNKNOWN),
    ],
)
async def test_a_session_that_appears_late_joins_its_ladder_and_who_was_not_reminded_is_not_suspected(
    tmp_path: Path, at: str, comes: list[tuple[str, str]], verdict: Verdict
) -> None:
    day = Day(tmp_path, "2026-03-02 09:30")
    day.sync()
    await day.until(f"2026-03-02 {at}")
    day.put("surprise", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:20")
    assert (day.rungs(), day.only().verdict) == (comes, verdict)


async def test_joining_is_no_check_in_but_who_joined_is_not_asked(day: Day) -> None:
    await day.until("2026-03-02 10:00")
    day.screen.press(Key.JOIN)
    await day.until("2026-03-02 10:20")
    assert day.rungs_since("10:01") == AFTER
    assert day.screen.open_notices == {}


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ([("09:56", 10), ("09:57", 5)], "10:05:00"),
        ([("09:56", 5), ("09:57", 10)], "10:10:00"),
        ([("09:56", 10), ("10:05", 10)], "10:15:00"),
    ],
    ids=["shorter", "longer", "once more after the start"],
)
async def test_of_two_announcements_the_later_one_says_when_the_nagging_begins(
    day: Day, said: list[tuple[str, int]], begins: str
) -> None:
    for at, minutes in said:
        await day.until(f"2026-03-02 {at}")
        day.answer(Kind.LATE, timedelta(minutes=minutes))
    await day.until("2026-03-02 10:21")
    rungs = [one for one in day.rungs_since("09:56") if one[1] != "question"]
    assert rungs[0] == (begins, "0m")
    assert [rung for _at, rung in rungs] == ["0m", *(rung for _at, rung in AFTER)]


async def test_a_channel_added_in_the_middle_of_a_ladder_takes_part_from_the_next_session_on(
    day: Day,
) -> None:
    day.put("two", "2026-03-02T11:00:00")
    day.sync()
    await day.until("2026-03-02 09:50")
    day.config += '[channels.phone]\ntype = "recorder"\n'
    day.start()
    day.app.replan()
    await day.until("2026-03-02 10:50")
    assert ("10:00:00", "0m") in day.rungs()
    assert day.rungs("phone") == [("10:15:00", "question"), ("10:45:00", "-15m")]


DIGESTS = CONFIG.replace("enabled = false", "enabled = true")


async def test_a_day_that_lost_all_its_sessions_has_no_digest(tmp_path: Path) -> None:
    day = a_morning(tmp_path, DIGESTS)
    await day.until("2026-03-02 08:40")
    before = len(day.rungs())
    day.put("tomorrow", "2026-03-03T10:00:00")
    day.sync()
    day.calendar.delete("tomorrow.ics")
    day.sync()
    day.sleep_until("2026-03-02 17:59")
    await day.until("2026-03-02 18:10")
    assert "digest-evening" not in [rung for _at, rung in day.rungs()[before:]]


async def test_a_session_moved_to_the_day_after_is_in_the_digest_of_that_day(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-01 17:59", DIGESTS)
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-01 18:01")
    day.put("one", "2026-03-03T10:00:00")
    day.sync()
    for hour in ("2026-03-02 07:3", "2026-03-02 18:0", "2026-03-03 07:3"):
        day.sleep_until(f"{hour}0")
        await day.until(f"{hour}1")
    assert [rung for _at, rung in day.rungs()] == ["digest-evening", "digest-evening", "digest-morning"]
