"""Ladders with a rung or two, and sessions that last minutes: what little there is must not be lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.notice import Key
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.day import CONFIG, Day


def made(tmp_path: Path, *rungs: str, minutes: int = 50, config: str = CONFIG) -> Day:
    """A session at ten, with rungs at these offsets; none: the usual ones."""
    own = "".join(f'[[reminders.rungs]]\nat = "{at}"\n' for at in rungs)
    day = Day(tmp_path, "2026-03-02 09:30", config + own)
    day.put("one", "2026-03-02T10:00:00", minutes)
    day.put("far", "2026-03-23T10:00:00")
    day.sync()
    return day


async def test_back_to_back_the_only_rung_comes_at_the_start(tmp_path: Path) -> None:
    """It waited for the end of the session before, which is the start of this one."""
    day = made(tmp_path, "-10m")
    day.put("two", "2026-03-02T10:50:00")
    day.sync()
    await day.until("2026-03-02 09:59:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 11:06")
    assert day.rungs_since("10:00") == [("10:50:00", "-10m"), ("11:05:00", "question")]
    assert day.notices()[-2].title == "Session at 10:50 starts now"


async def test_the_only_rung_comes_after_a_sleep_over_the_start(tmp_path: Path) -> None:
    day = made(tmp_path, "-30m", "-10m")
    await day.until("2026-03-02 09:45")
    day.sleep_until("2026-03-02 10:02")
    await day.until("2026-03-02 10:04")
    assert day.rungs_since("09:40") == [("10:02:00", "-10m")]
    assert day.only().verdict is None


async def test_so_does_the_end_of_a_snooze_there(tmp_path: Path) -> None:
    day = made(tmp_path, "-10m")
    await day.until("2026-03-02 09:50:30")
    day.answer(Kind.SNOOZE, timedelta(minutes=5))
    await day.until("2026-03-02 09:52")
    day.sleep_until("2026-03-02 10:02")
    await day.until("2026-03-02 10:04")
    assert [at for at, _rung in day.rungs_since("09:51")] == ["10:02:00"]


async def test_the_only_rung_comes_when_its_channel_is_back_after_the_start(tmp_path: Path) -> None:
    day = made(tmp_path, "-2m")
    day.screen.refuse = True
    await day.until("2026-03-02 10:00:30")
    day.screen.refuse = False
    await day.until("2026-03-02 10:04")
    assert [rung for _at, rung in day.rungs()] == ["-2m"]


async def test_it_is_of_no_use_beside_one_at_the_start(tmp_path: Path) -> None:
    day = made(tmp_path, "-10m", "0m")
    await day.until("2026-03-02 09:45")
    day.sleep_until("2026-03-02 09:59:59")
    day.screen.refuse = True
    await day.until("2026-03-02 10:00:30")
    day.screen.refuse = False
    await day.until("2026-03-02 10:04")
    assert [rung for _at, rung in day.rungs()] == ["0m"]


@pytest.mark.parametrize(("minutes", "offered"), [(5, False), (10, False), (15, True), (480, True)])
async def test_late_is_offered_where_it_would_not_be_refused(
    tmp_path: Path, minutes: int, *, offered: bool
) -> None:
    day = made(tmp_path, minutes=minutes)
    await day.until("2026-03-02 10:01")
    assert (Key.LATE in [action.key for action in day.notices()[-1].actions]) is offered


async def test_here_means_a_session_that_is_announced_for_its_end(tmp_path: Path) -> None:
    day = made(tmp_path, minutes=15)
    await day.until("2026-03-02 10:02")
    day.answer(Kind.LATE, timedelta(minutes=10))
    await day.until("2026-03-02 10:16")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:17")
    assert day.only().verdict is Verdict.LATE
    assert day.rungs()[-1] == ("10:16:00", "+4m")
