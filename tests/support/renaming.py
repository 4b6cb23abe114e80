"""A channel gets another name in the middle of things, and what was to come there then."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from kepthour.core.response import Kind
from tests.support.day import CONFIG, Day, a_morning, when

PHONE = '[channels.phone]\ntype = "recorder"\n'
ONE_RUNG = CONFIG + '[[reminders.rungs]]\nat = "-10m"\n'
TEN_MINUTES = timedelta(minutes=10)


async def rename(day: Day, old: str = "screen", new: str = "display") -> None:
    day.config = day.config.replace(f"channels.{old}", f"channels.{new}")
    await day.restart()


def times(day: Day, channel: str = "display") -> list[str]:
    return [at for at, _rung in day.rungs(channel)]


def minutes(first: int, last: int, seconds: str = "00") -> list[str]:
    return [f"10:{minute:02}:{seconds}" for minute in range(first, last + 1)]


async def away_over_the_session(folder: Path, config: str = CONFIG) -> Day:
    """It was at ten; the question about it waits for noon, when they are back."""
    day = a_morning(folder, config)
    day.app.away(when("2026-03-02 09:31"), when("2026-03-02 12:00"))
    await day.until("2026-03-02 11:00")
    return day


async def in_the_session_before(folder: Path) -> Day:
    """They are in the one at ten; the question about the one at ten past ten waits until that is over."""
    day = a_morning(folder)
    day.put("two", "2026-03-02T10:10:00")
    day.sync()
    await day.until("2026-03-02 09:59:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:26")
    return day


async def ten_minutes_late(folder: Path, said_at: str, config: str = CONFIG) -> Day:
    """They said so at `said_at`, of the session at ten."""
    day = a_morning(folder, config)
    await day.until(f"2026-03-02 {said_at}")
    day.answer(Kind.LATE, TEN_MINUTES)
    return day
