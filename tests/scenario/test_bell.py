"""A channel for what is urgent: what it gets, what it does not, and what its silence means."""

from __future__ import annotations

from pathlib import Path

from kepthour.core.verdict import Verdict
from tests.support.day import CONFIG, Day

BELL = CONFIG + '[channels.bell]\ntype = "recorder"\nurgency = "critical"\n'
PHONE = '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'


def made(tmp_path: Path, config: str = BELL) -> Day:
    day = Day(tmp_path, "2026-03-02 09:30", config)
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    return day


def at_the_start(day: Day, channel: str) -> list[str]:
    return [rung for _at, rung in day.rungs(channel) if rung in {"-1m", "0m"}]


async def test_it_rings_for_critical_rungs_and_not_for_the_question(tmp_path: Path) -> None:
    day = made(tmp_path)
    await day.until("2026-03-02 10:30")
    assert [rung for _at, rung in day.rungs("bell")] == ["-1m", "0m", "+1m", "+2m", "+3m", "+4m", "+5m"]
    assert day.rungs()[-1][1] == "question"


async def test_no_digest_goes_there(tmp_path: Path) -> None:
    day = made(tmp_path, BELL.replace("enabled = false", 'evening = "09:40"', 1))
    day.put("tomorrow", "2026-03-03T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:50")
    assert "digest-evening" in [rung for _at, rung in day.rungs()]
    assert day.rungs("bell") == []


async def test_a_high_rung_that_the_screen_refuses_goes_there_all_the_same(tmp_path: Path) -> None:
    day = made(tmp_path)
    day.screen.refuse = True
    await day.until("2026-03-02 09:56")
    assert [rung for _at, rung in day.rungs("bell")] == ["-5m"]


async def test_what_it_does_not_ring_for_has_not_come_by_it(tmp_path: Path) -> None:
    """The screen refuses all; the bell rings two minutes after the start: nobody was reminded in time."""
    rungs = "".join(
        f'[[reminders.rungs]]\nat = "{at}"\nurgency = "{urgency}"\n'
        for at, urgency in (("-5m", "normal"), ("0m", "normal"), ("+2m", "critical"))
    )
    day = made(tmp_path, BELL + rungs)
    day.screen.refuse = True
    await day.until("2026-03-02 10:30")
    assert [rung for _at, rung in day.rungs("bell")] == ["+2m"]
    assert day.only().verdict is Verdict.UNKNOWN


async def test_its_silence_in_a_call_leaves_what_the_screen_took(tmp_path: Path) -> None:
    day = made(tmp_path)
    await day.until("2026-03-02 09:50")
    day.channels["bell"].refuse, day.channels["bell"].code = True, "microphone-in-use"
    await day.until("2026-03-02 10:30")
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_its_silence_in_a_call_calls_no_other_channel_that_would_join_later(tmp_path: Path) -> None:
    day = made(tmp_path, BELL + PHONE)
    await day.until("2026-03-02 09:50")
    day.channels["bell"].refuse, day.channels["bell"].code = True, "microphone-in-use"
    await day.until("2026-03-02 10:01")
    assert at_the_start(day, "screen") == ["-1m", "0m"]
    assert at_the_start(day, "phone") == []


async def test_its_silence_calls_the_others_if_the_rung_came_nowhere(tmp_path: Path) -> None:
    day = made(
        tmp_path,
        BELL.replace('type = "recorder"\n[digests]', 'type = "recorder"\njoins = "+3m"\n[digests]') + PHONE,
    )
    await day.until("2026-03-02 09:50")
    day.channels["bell"].refuse, day.channels["bell"].code = True, "microphone-in-use"
    await day.until("2026-03-02 10:01")
    assert at_the_start(day, "phone") == ["-1m", "0m"]


async def test_a_bell_that_is_broken_calls_the_others(tmp_path: Path) -> None:
    day = made(tmp_path, BELL + PHONE)
    await day.until("2026-03-02 09:50")
    day.channels["bell"].refuse = True
    await day.until("2026-03-02 10:01")
    assert at_the_start(day, "phone") == ["-1m", "0m"]
