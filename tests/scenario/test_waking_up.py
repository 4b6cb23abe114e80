"""When a sleeping machine is to be woken, in whole days."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.runtime.wake import wanted_at
from tests.support.day import BERLIN, CONFIG, Day, when

WAKE = '[wake]\nenabled = true\nbefore = "10m"\n'
DAY = "2026-03-02"


def a_day(folder: Path, more: str = WAKE) -> Day:
    """Half past eight, with one session at ten; its rungs before it: -60m, -15m, -5m, -1m and 0m."""
    made = Day(folder, f"{DAY} 08:30", CONFIG + more)
    made.put("one", f"{DAY}T10:00:00")
    made.put("later", "2026-03-08T10:00:00")
    made.sync()
    return made


def wanted(day: Day) -> str | None:
    """The local time at which the machine is to be woken."""
    at = wanted_at(day.app)
    return None if at is None else f"{at.astimezone(BERLIN):%d. %H:%M:%S}"


@pytest.mark.parametrize(
    ("now", "at"),
    [
        ("08:30", "02. 08:50:00"),  # before the first rung
        ("08:50", "02. 09:00:00"),  # less than that: at the rung itself
        ("09:00", "02. 09:35:00"),
        ("09:46", "02. 09:55:00"),
        ("09:59", "02. 10:00:00"),
        ("10:00", "08. 08:50:00"),  # no rung after the start wakes it: the next session's does
    ],
)
async def test_it_is_woken_before_a_rung_or_at_it_and_never_after_the_start(
    tmp_path: Path, now: str, at: str
) -> None:
    day = a_day(tmp_path)
    await day.until(f"{DAY} {now}")
    assert wanted(day) == at


async def test_it_is_not_woken_unless_that_is_wanted(tmp_path: Path) -> None:
    assert wanted(a_day(tmp_path, more="")) is None


@pytest.mark.parametrize(
    ("kind", "span", "at"),
    [
        (Kind.HERE, None, "08. 08:50:00"),
        (Kind.ACK, None, "02. 10:00:00"),  # the rung at the start comes all the same
        (Kind.SNOOZE, timedelta(minutes=7), "02. 09:53:00"),
    ],
)
async def test_an_answer_changes_what_it_is_woken_for(
    tmp_path: Path, kind: Kind, span: timedelta | None, at: str
) -> None:
    day = a_day(tmp_path)
    await day.until(f"{DAY} 09:46")
    day.answer(kind, span)
    await day.until(f"{DAY} 09:52" if kind is Kind.ACK else f"{DAY} 09:47")
    assert wanted(day) == at


async def test_a_digest_wakes_nobody(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-01 12:00", CONFIG.replace("enabled = false", "enabled = true") + WAKE)
    day.put("one", f"{DAY}T10:00:00")
    day.sync()
    assert wanted(day) == "02. 08:50:00"


async def test_during_a_leave_it_is_not_woken(tmp_path: Path) -> None:
    day = a_day(tmp_path)
    day.app.away(when(f"{DAY} 08:30"), when("2026-03-05 08:00"))
    assert wanted(day) == "08. 08:50:00"
