"""A question stands on a channel whose name goes: it is put where such things go now, and once."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.ports import Key
from tests.support.day import CONFIG, Day, a_morning, when
from tests.support.renaming import PHONE, rename

ASKED = ["question"]


def came(day: Day, channel: str) -> list[str]:
    return [rung for _at, rung in day.rungs(channel)]


async def test_it_stands_on_the_channel_that_is_there_now_and_is_answered_there(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:20")
    await rename(day)
    await day.until("2026-03-02 10:30")
    assert came(day, "display") == ASKED
    day.channels["display"].press(Key.HELD)
    await day.until("2026-03-02 10:35")
    assert (day.only().verdict, day.channels["display"].open_notices) == (Verdict.ON_TIME, {})


async def test_one_of_a_leave_does(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    day.app.away(when("2026-03-02 09:31"), when("2026-03-02 12:00"))
    await day.until("2026-03-02 12:10")
    await rename(day)
    await day.until("2026-03-02 12:30")
    assert came(day, "display") == ASKED


async def test_the_name_comes_back(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:20")
    await rename(day)
    await day.until("2026-03-02 10:30")
    await rename(day, "display", "screen")
    await day.until("2026-03-02 10:40")
    assert day.rungs_since("10:20", "screen") == [("10:30:00", "question")]


async def test_while_they_are_away_it_waits(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:20")
    day.app.away(when("2026-03-02 10:20"), when("2026-03-02 12:00"))
    await rename(day)
    await day.until("2026-03-02 12:10")
    assert day.rungs("display") == [("12:00:00", "question")]


async def test_where_it_stands_elsewhere_already_it_comes_no_second_time(tmp_path: Path) -> None:
    day = a_morning(tmp_path, CONFIG + PHONE)
    await day.until("2026-03-02 10:20")
    day.screen.received.clear()
    await rename(day, "phone", "mobile")
    await day.until("2026-03-02 10:40")
    assert (came(day, "mobile"), came(day, "screen")) == ([], ASKED)  # shown again, as after each start


async def test_a_sweep_that_stands_waits_for_the_end_of_the_session_they_are_in(tmp_path: Path) -> None:
    """Of use for ten minutes is only one that was not asked yet."""
    day = a_morning(tmp_path, CONFIG.replace("[sweep]\nenabled = false\n", ""))
    day.put("next", "2026-03-02T11:05:00")
    day.sync()
    await day.until("2026-03-02 11:06")
    day.answer(Kind.HERE)
    await rename(day)
    await day.until("2026-03-02 12:30")
    assert day.rungs("display") == [("11:55:00", "sweep")]


async def test_what_was_answered_is_not_asked(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:20")
    day.app.settle(day.only().session.id, Verdict.ON_TIME, None)
    await rename(day)
    await day.until("2026-03-02 10:40")
    assert came(day, "display") == []


@pytest.mark.parametrize(("at", "asked"), [("2026-03-05 10:00", ASKED), ("2026-03-07 10:00", [])])
async def test_for_four_days_it_is_asked(tmp_path: Path, at: str, asked: list[str]) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:20")
    day.sleep_until(at)
    await rename(day)
    await day.until(f"{at[:10]} 10:30")
    assert came(day, "display") == asked
