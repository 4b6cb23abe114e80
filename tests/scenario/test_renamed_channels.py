"""A reload in the middle of things takes a channel's name away: what was to come there comes elsewhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.day import CONFIG, a_morning
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


@pytest.mark.parametrize("renamed_first", [False, True])
async def test_the_end_of_a_snooze_comes(tmp_path: Path, *, renamed_first: bool) -> None:
    """It is the only reminder that is left."""
    day = a_morning(tmp_path, ONE_RUNG)
    await day.until("2026-03-02 09:50:30")
    if renamed_first:
        await rename(day)
    day.answer(Kind.SNOOZE, timedelta(minutes=5))
    if not renamed_first:
        await rename(day)
    await day.until("2026-03-02 10:05")
    assert times(day) == ["09:55:30"]


async def test_the_announced_start_comes_where_no_rung_is_at_it(tmp_path: Path) -> None:
    day = await ten_minutes_late(tmp_path, "09:55", ONE_RUNG)
    await rename(day)
    await day.until("2026-03-02 10:15")
    assert times(day) == ["10:10:00"]


async def test_all_that_an_announcement_after_the_start_called_for_comes(tmp_path: Path) -> None:
    day = await ten_minutes_late(tmp_path, "10:03")
    await rename(day)
    await day.until("2026-03-02 10:40")
    assert times(day) == [*minutes(13, 18), "10:28:00"]
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_so_does_what_is_announced_after_the_reload(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:04:30")
    await rename(day)
    await day.until("2026-03-02 10:05:30")
    day.answer(Kind.LATE, TEN_MINUTES)
    await day.until("2026-03-02 10:40")
    assert times(day) == ["10:05:00", *minutes(15, 20, "30"), "10:30:30"]


async def test_it_comes_past_the_deadline_that_was_moved(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:56")
    day.answer(Kind.LATE, timedelta(minutes=20))
    await day.until("2026-03-02 10:16")
    await rename(day)
    await day.until("2026-03-02 10:40")
    assert times(day) == [*minutes(20, 25), "10:35:00"]


async def test_a_channel_that_stays_has_nothing_twice(tmp_path: Path) -> None:
    day = await ten_minutes_late(tmp_path, "10:03", CONFIG + PHONE)
    await rename(day, "phone", "mobile")
    await day.until("2026-03-02 10:40")
    assert [at for at, _rung in day.rungs_since("10:04")] == [*minutes(13, 18), "10:28:00"]


async def test_what_stands_on_a_channel_that_stays_goes_on_standing(tmp_path: Path) -> None:
    """ "On my way" was said before it came: heard once more, it took it away."""
    day = a_morning(tmp_path, CONFIG + PHONE)
    await day.until("2026-03-02 09:56")
    day.answer(Kind.ACK)
    await day.until("2026-03-02 10:01:10")
    await rename(day, "phone", "mobile")
    await day.until("2026-03-02 10:01:40")
    assert [notice.rung for notice in day.screen.open_notices.values()] == ["+1m"]


async def test_rungs_that_change_with_the_channel_are_none_the_fewer(tmp_path: Path) -> None:
    day = a_morning(
        tmp_path, CONFIG + "".join(f'[[reminders.rungs]]\nat = "{at}"\n' for at in ("-20m", "-5m"))
    )
    await day.until("2026-03-02 09:45")
    day.config = day.config.replace("-5m", "-3m")
    await rename(day)
    await day.until("2026-03-02 10:05")
    assert day.rungs("display") == [("09:55:00", "-5m")]


async def test_a_question_that_waits_for_the_end_of_a_session_is_put(tmp_path: Path) -> None:
    day = await in_the_session_before(tmp_path)
    await rename(day)
    await day.until("2026-03-02 11:00")
    assert day.rungs("display") == [("10:50:00", "question")]


async def test_one_that_waits_for_silence_is_put(tmp_path: Path) -> None:
    day = a_morning(tmp_path, f'{CONFIG}{PHONE}joins = "+4m"\n')
    await day.until("2026-03-02 10:16")
    await rename(day, "phone", "mobile")
    await day.until("2026-03-02 10:25")
    assert day.rungs("mobile") == [("10:20:00", "question")]
    assert [at for at, rung in day.rungs() if rung == "question"] == ["10:15:00", "10:16:00"]  # shown again


async def test_one_that_waits_for_the_end_of_a_leave_is_put(tmp_path: Path) -> None:
    day = await away_over_the_session(tmp_path)
    await rename(day)
    await day.until("2026-03-02 12:10")
    assert day.rungs("display") == [("12:00:00", "question")]


async def test_the_sweep_after_a_session_comes(tmp_path: Path) -> None:
    """Its channel went after the deadline, when nothing of the session is planned any more."""
    day = a_morning(tmp_path, CONFIG.replace("[sweep]\nenabled = false\n", ""))
    await day.until("2026-03-02 10:30")
    await rename(day)
    await day.until("2026-03-02 11:05")
    assert day.rungs("display") == [("10:30:00", "question"), ("11:00:00", "sweep")]


async def test_what_waits_on_two_channels_does_not_go_to_a_third(tmp_path: Path) -> None:
    phone = '[channels.phone]\ntype = "recorder"\njoins = "+30m"\n'
    day = await away_over_the_session(tmp_path, CONFIG + '[channels.other]\ntype = "recorder"\n' + phone)
    day.config = day.config.replace("channels.other", "channels.others")
    await rename(day)
    await day.until("2026-03-02 12:10")
    asked = [("12:00:00", "question")]
    assert [day.rungs(name) for name in ("display", "others", "phone")] == [asked, asked, []]
