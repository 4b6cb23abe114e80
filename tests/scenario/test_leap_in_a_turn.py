"""The machine sleeps where nothing looks at its clocks: in the middle of a turn, or before somebody answers.

Whoever concludes anything by the time after it concludes from calendars of the time before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kepthour.core.reminder import Reminder
from kepthour.core.response import Kind
from kepthour.pipeline.dispatch import claim
from tests.support.day import CONFIG, Day, when


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


async def sleeping_until(day: Day, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that sleeps after it has looked at the clocks."""
    asks = day.pump.asker.turn

    async def sleeps_and_asks(as_of: datetime) -> None:
        day.clock.sleep(when(at) - day.clock.at)
        await asks(as_of)

    with monkeypatch.context() as patched:
        patched.setattr(day.pump.asker, "turn", sleeps_and_asks)
        await day.pump.turn()
        await day.pump.settle()


async def test_a_sleep_in_the_middle_of_a_turn_neither_asks_nor_complains(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    await day.until("2026-03-02 09:30")
    await sleeping_until(day, "2026-03-02 13:00", monkeypatch)
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")  # cancelled while nobody watched
    day.sync()
    await day.until("2026-03-02 13:30")
    assert not said(day)


async def test_a_sleep_between_a_claim_and_the_hand_over_has_the_reminder_weighed_again(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    await day.until("2026-03-02 09:44")
    claims = claim.claim

    def claims_and_sleeps(*args: Any, **more: Any) -> tuple[list[claim.Parcel], list[Reminder]]:
        found = claims(*args, **more)
        day.clock.sleep(when("2026-03-02 09:59:30") - day.clock.at)
        return found

    day.clock.at = when("2026-03-02 09:45")
    with monkeypatch.context() as patched:
        patched.setattr(claim, "claim", claims_and_sleeps)
        await day.pump.turn()
        await day.pump.settle()
    assert "-15m" not in [rung for _at, rung in day.rungs()]
    day.sync()
    await day.until("2026-03-02 10:00")
    assert day.rungs()[1:] == [("09:59:30", "-1m"), ("10:00:00", "0m")]


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


@pytest.mark.parametrize("kind", [Kind.ACK, Kind.SNOOZE, Kind.LATE])
async def test_nor_does_one_from_a_phone_that_had_no_net_of_its_own_session(day: Day, kind: Kind) -> None:
    await day.until("2026-03-02 09:46")
    said_at, one = day.clock.at, day.agenda("2026-03-02 09:30", "2026-03-02 11:00")[0].session.id
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")  # not heard yet
    day.clock.sleep(when("2026-03-02 13:00") - day.clock.at)
    day.app.answer(kind, one, "ntfy", None, said_at)
    await day.pump.turn(may_conclude=False)
    await day.pump.settle()
    day.sync()
    await day.until("2026-03-02 13:30")
    assert not said(day)


async def test_a_digest_that_falls_due_in_such_a_turn_waits_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(tmp_path, "2026-03-02 06:00", CONFIG.replace("[digests]\nenabled = false\n", ""))
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 06:30")
    await sleeping_until(day, "2026-03-02 08:30", monkeypatch)
    assert day.rungs() == []
    day.sync()
    await day.until("2026-03-02 08:31")
    assert day.rungs() == [("08:30:00", "digest-morning")]


async def test_a_deadline_that_comes_in_the_middle_of_a_turn_is_seen_to_by_one_that_follows_at_once(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    await day.until("2026-03-02 10:14")
    day.clock.at = when("2026-03-02 10:14:59")
    asks = day.pump.asker.turn

    async def asks_slowly(as_of: datetime) -> None:
        day.clock.at += timedelta(seconds=1.5)
        await asks(as_of)

    with monkeypatch.context() as patched:
        patched.setattr(day.pump.asker, "turn", asks_slowly)
        assert await day.pump.turn() <= timedelta(seconds=1)
    assert not said(day)
    await day.pump.turn()
    await day.pump.settle()
    assert said(day) == {"question"}
