"""A session goes a year after its end, with all about it; but not by a clock that may be years ahead."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import func, select

from kepthour.core.verdict import Verdict
from kepthour.store.engine import HEAD
from kepthour.store.tables import metadata
from tests.support.day import CONFIG, Day

OF_SESSIONS = ("sessions", "reminders", "responses", "verdicts", "cards", "card_steps")


def rows(day: Day) -> dict[str, int]:
    with day.app.store.read() as tx:
        tables = {name: metadata.tables[name] for name in OF_SESSIONS}
        return {
            name: tx.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }


async def missed(folder: Path, config: str = CONFIG) -> Day:
    """The evening of a day with a session that was missed."""
    day = Day(folder, "2026-03-02 08:30", config)
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    await day.until("2026-03-02 09:20")
    day.app.settle(day.only().session.id, Verdict.MISSED, None)
    return day


async def test_after_a_year_a_session_goes_with_all_about_it(tmp_path: Path) -> None:
    day = await missed(tmp_path)
    for morning in ("2027-02-20", "2027-03-01"):
        day.sleep_until(f"{morning} 08:00")
        await day.until(f"{morning} 08:02")
    day.app.forget_old()
    assert rows(day)["sessions"] == 1
    day.sleep_until("2027-03-03 08:00")
    day.app.forget_old()
    assert rows(day) == dict.fromkeys(OF_SESSIONS, 0)


async def test_a_clock_that_leapt_years_ahead_costs_nothing(tmp_path: Path) -> None:
    day = await missed(tmp_path)
    before = rows(day)
    day.sleep_until("2036-03-02 08:00")
    await day.until("2036-03-02 08:30")
    day.app.forget_old()
    assert rows(day)["verdicts"] == before["verdicts"]
    assert rows(day)["cards"] == 1


async def test_how_long_is_for_the_therapist_to_say(tmp_path: Path) -> None:
    day = await missed(tmp_path, CONFIG + '[retention]\nsessions = "120d"\n')
    for morning in ("2026-06-25", "2026-07-04"):
        day.sleep_until(f"{morning} 08:00")
        await day.until(f"{morning} 08:02")
    day.app.forget_old()
    assert rows(day)["sessions"] == 0


async def test_the_copy_from_before_an_update_goes_after_a_month(tmp_path: Path) -> None:
    day = await missed(tmp_path)
    copy = day.store_path.with_name(f"{day.store_path.name}.before-{HEAD}")
    copy.touch()
    os.utime(copy, (day.clock.now().timestamp(),) * 2)
    day.sleep_until("2036-03-02 08:00")
    day.app.forget_old()
    assert copy.exists()  # the clock may be years ahead
    for morning in ("2036-03-02", "2036-03-10"):
        day.sleep_until(f"{morning} 08:00")
        await day.until(f"{morning} 08:02")
    os.utime(copy, (day.clock.now().timestamp() - 29 * 86400,) * 2)
    day.app.forget_old()
    assert copy.exists()
    day.sleep_until("2036-03-11 09:00")
    day.app.forget_old()
    assert not copy.exists()
