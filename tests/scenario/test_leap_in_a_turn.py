"""The machine sleeps where nothing looks at its clocks: in the middle of a turn, or before somebody answers.

Whoever concludes anything by the time after it concludes from calendars of the time before.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from tests.support.day import Day, when


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:30")
    made.put("one", "2026-03-02T10:00:00")
    made.put("two", "2026-03-02T14:00:00")
    made.sync()
    return made


def said(day: Day) -> set[str]:
    """What was said besides rungs."""
    return {rung for _at, rung in day.rungs()} & {"question", "calendar"}


async def test_a_sleep_in_the_middle_of_a_turn_neither_asks_nor_complains(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    await day.until("2026-03-02 09:30")
    asks = day.pump.asker.turn

    async def sleeps_and_asks(as_of: datetime) -> None:
        day.clock.sleep(when("2026-03-02 13:00") - day.clock.at)
        await asks(as_of)

    with monkeypatch.context() as patched:
        patched.setattr(day.pump.asker, "turn", sleeps_and_asks)
        await day.pump.turn()
        await day.pump.settle()
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")  # cancelled while nobody watched
    day.sync()
    await day.until("2026-03-02 13:30")
    assert not said(day)


async def test_an_answer_after_a_sleep_concludes_nothing_of_other_sessions(day: Day) -> None:
    await day.until("2026-03-02 09:30")
    day.clock.sleep(when("2026-03-02 13:50") - day.clock.at)
    coming = day.agenda("2026-03-02 13:50", "2026-03-02 15:00")
    day.answer(Kind.LATE, session=coming[0].session.id)
    await day.pump.turn(may_conclude=False)  # no calendar was heard yet
    await day.pump.settle()
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")
    day.sync()
    await day.until("2026-03-02 13:55")
    assert not said(day)
