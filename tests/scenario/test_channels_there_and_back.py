"""A channel's name goes and comes back, or one of several goes: what waits there comes all the same, and once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from tests.support.day import CONFIG, Day, a_morning
from tests.support.renaming import (
    ONE_RUNG,
    PHONE,
    TEN_MINUTES,
    away_over_the_session,
    in_the_session_before,
    minutes,
    rename,
    ten_minutes_late,
    times,
)


async def there_and_back(day: Day) -> None:
    await rename(day)
    await rename(day, "display", "screen")


async def test_a_question_that_waits_for_the_end_of_a_leave_is_put(tmp_path: Path) -> None:
    day = await away_over_the_session(tmp_path)
    await there_and_back(day)
    await day.until("2026-03-02 12:10")
    assert day.rungs("screen") == [("12:00:00", "question")]


async def test_one_that_waits_for_the_end_of_a_session_is_put(tmp_path: Path) -> None:
    day = await in_the_session_before(tmp_path)
    await there_and_back(day)
    await day.until("2026-03-02 11:00")
    assert day.rungs_since("10:26") == [("10:50:00", "question")]


async def test_what_an_announcement_after_the_start_called_for_comes_at_its_time(tmp_path: Path) -> None:
    day = await ten_minutes_late(tmp_path, "10:03")
    await there_and_back(day)
    await day.until("2026-03-02 10:40")
    assert [at for at, _ in day.rungs_since("10:04")] == [*minutes(13, 18), "10:28:00"]


async def test_so_does_what_one_before_the_start_called_for(tmp_path: Path) -> None:
    day = await ten_minutes_late(tmp_path, "09:56")
    await there_and_back(day)
    await day.until("2026-03-02 10:40")
    assert [at for at, _ in day.rungs_since("09:57")] == [*minutes(10, 15), "10:25:00"]


async def test_so_does_the_announced_start_where_no_rung_is_at_it(tmp_path: Path) -> None:
    day = await ten_minutes_late(tmp_path, "09:55", ONE_RUNG)
    await there_and_back(day)
    await day.until("2026-03-02 10:15")
    assert [at for at, _ in day.rungs_since("09:56")] == ["10:10:00"]


async def test_the_end_of_a_snooze_comes(tmp_path: Path) -> None:
    day = a_morning(tmp_path, ONE_RUNG)
    await day.until("2026-03-02 09:50:30")
    day.answer(Kind.SNOOZE, timedelta(minutes=5))
    await there_and_back(day)
    await day.until("2026-03-02 10:05")
    assert [at for at, _ in day.rungs_since("09:51")] == ["09:55:30"]


@pytest.mark.parametrize("renamed", ["screen", "other"])
async def test_one_of_two_channels_is_renamed_and_nothing_goes_to_the_far_one(
    tmp_path: Path, renamed: str
) -> None:
    phone = '[channels.phone]\ntype = "recorder"\njoins = "+30m"\n'
    day = await away_over_the_session(tmp_path, CONFIG + '[channels.other]\ntype = "recorder"\n' + phone)
    await rename(day, renamed, "display")
    await day.until("2026-03-02 12:10")
    asked = [("12:00:00", "question")]
    staying = {"screen", "other"} - {renamed}
    assert [day.rungs(name) for name in ("display", *staying, "phone")] == [asked, asked, []]


async def test_the_sweep_after_a_session_comes(tmp_path: Path) -> None:
    day = a_morning(tmp_path, CONFIG.replace("[sweep]\nenabled = false\n", ""))
    await day.until("2026-03-02 10:30")
    await there_and_back(day)
    await day.until("2026-03-02 11:05")
    assert day.rungs_since("10:31") == [("11:00:00", "sweep")]


async def test_what_waits_for_silence_is_put(tmp_path: Path) -> None:
    day = a_morning(tmp_path, f'{CONFIG}{PHONE}joins = "+4m"\n')
    await day.until("2026-03-02 10:16")
    await rename(day, "phone", "mobile")
    await rename(day, "mobile", "phone")
    await day.until("2026-03-02 10:25")
    assert day.rungs_since("10:16", "phone") == [("10:20:00", "question")]


async def test_who_said_late_when_they_were_asked_are_asked_where_the_channel_is_now(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:16")
    day.answer(Kind.LATE, timedelta(minutes=10), session=day.only().session.id)
    await day.until("2026-03-02 10:17")
    await rename(day)
    await day.until("2026-03-02 10:50")
    assert day.rungs("display") == [
        *((f"10:{minute}:00", f"+{minute}m") for minute in range(26, 32)),
        ("10:41:00", "question"),
    ]


async def test_a_channel_that_was_gone_for_a_while_has_what_the_others_have(tmp_path: Path) -> None:
    day = await ten_minutes_late(tmp_path, "10:03", CONFIG + PHONE)
    whole = day.config
    day.config = day.config.replace('[channels.screen]\ntype = "recorder"\n', "")
    await day.restart()
    day.config = whole
    await day.restart()
    await day.until("2026-03-02 10:40")
    want = [*minutes(13, 18), "10:28:00"]
    assert [at for at, _ in day.rungs_since("10:04", "phone")] == want
    assert [at for at, _ in day.rungs_since("10:04", "screen")] == want


async def test_what_was_announced_meanwhile_holds_there_too(tmp_path: Path) -> None:
    day = a_morning(tmp_path, CONFIG + PHONE)
    whole = day.config
    await day.until("2026-03-02 09:56")
    day.config = day.config.replace('[channels.screen]\ntype = "recorder"\n', "")
    await day.restart()
    await day.until("2026-03-02 09:57")
    day.answer(Kind.LATE, TEN_MINUTES)
    await day.until("2026-03-02 09:58")
    day.config = whole
    await day.restart()
    await day.until("2026-03-02 10:40")
    assert [at for at, _ in day.rungs_since("09:57")] == [*minutes(10, 15), "10:25:00"]


async def test_a_channel_that_joins_after_the_start_joins_as_long_after_an_announced_one(
    tmp_path: Path,
) -> None:
    """Both are renamed; the phone would have rung at the announced start."""
    day = await ten_minutes_late(tmp_path, "10:03:30", f'{CONFIG}{PHONE}joins = "+2m"\n')
    day.config = day.config.replace("channels.phone", "channels.mobile")
    await rename(day)
    await day.until("2026-03-02 10:40")
    assert times(day) == [*minutes(13, 18, "30"), "10:28:30"]
    assert times(day, "mobile")[:4] == minutes(15, 18, "30")
