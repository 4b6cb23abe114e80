"""The daemon claims a reminder a little ahead, to hand it over in time. What happens in between counts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from kepthour.core.reminder import Reminder
from kepthour.core.response import Kind
from kepthour.store import reminders
from tests.support.day import Day, when

DUE = "2026-03-02 08:55"
BEFORE = timedelta(milliseconds=50)  # a scenario waits for it, so it is short
AHEAD = timedelta(seconds=1)
LAST_SECOND = '[[reminders.rungs]]\nat = "-1s"\nurgency = "critical"\n'


async def about_to_remind(folder: Path) -> Day:
    """A day a minute before DUE."""
    day = Day(folder, "2026-03-02 08:30")
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    await day.until("2026-03-02 08:54")
    day.screen.received.clear()
    return day


async def claimed(folder: Path) -> Day:
    """A day on which the rung -5m, due at DUE, was claimed BEFORE that."""
    day = await about_to_remind(folder)
    day.clock.at = when(DUE) - BEFORE
    await day.pump.dispatcher.pump(AHEAD)
    assert day.rungs() == []
    assert rung(day).claimed_at == day.clock.at
    return day


def rung(day: Day) -> Reminder:
    with day.app.store.read() as tx:
        (found,) = [one for one in reminders.everything(tx) if one.rung == "-5m"]
    return found


async def test_it_comes_at_its_time(tmp_path: Path) -> None:
    day = await claimed(tmp_path)
    day.clock.at = when(DUE)
    await day.pump.settle()
    assert day.rungs() == [("08:55:00", "-5m")]
    assert rung(day).state == "sent"


async def test_it_is_claimed_once(tmp_path: Path) -> None:
    day = await claimed(tmp_path)
    await day.pump.dispatcher.pump(AHEAD)
    day.clock.at = when(DUE)
    await day.pump.settle()
    assert day.rungs() == [("08:55:00", "-5m")]


async def test_after_an_answer_it_does_not_come(tmp_path: Path) -> None:
    day = await claimed(tmp_path)
    day.answer(Kind.HERE)
    day.clock.at = when(DUE)
    await day.pump.settle()
    assert day.rungs() == []
    assert rung(day).state == "superseded"


async def test_a_session_that_moved_does_not_remind_of_its_old_time(tmp_path: Path) -> None:
    day = await claimed(tmp_path)
    day.put("one", "2026-03-02T11:00:00")
    day.sync()
    day.clock.at = when(DUE)
    await day.pump.settle()
    assert day.rungs() == []


async def test_what_is_put_off_is_looked_at_again_at_once(tmp_path: Path) -> None:
    """By a few seconds, perhaps: sooner than the pump would turn by itself."""
    day = await about_to_remind(tmp_path)
    woken: list[bool] = []
    dispatcher = day.app.dispatcher(dict(day.channels), lambda: woken.append(True))
    day.clock.at = when(DUE) - BEFORE
    await dispatcher.pump(AHEAD)
    day.answer(Kind.LATE, timedelta(seconds=5))
    day.clock.at = when(DUE)
    await dispatcher.settle()
    assert (day.rungs(), woken) == ([], [True])


async def test_refused_after_the_clock_was_set_back_it_is_not_due_sooner(tmp_path: Path) -> None:
    """It was handed over when it was due; by the time of the refusal, by a clock that is right now, it is not yet."""
    day = await about_to_remind(tmp_path)
    day.clock.at = when(DUE)
    await day.pump.dispatcher.pump(AHEAD)
    day.screen.refuse = True
    day.clock.at -= timedelta(seconds=20)
    await day.pump.settle()
    assert (rung(day).problem, rung(day).not_before) == ("refused", when(DUE))


async def test_after_the_clock_was_set_back_it_comes_at_the_new_time(tmp_path: Path) -> None:
    day = await claimed(tmp_path)
    day.clock.at = when("2026-03-02 08:54")
    await day.pump.settle()
    assert day.rungs() == []
    await day.until("2026-03-02 08:56")
    assert day.rungs() == [("08:55:00", "-5m")]


async def test_after_a_sleep_only_the_newest_comes(tmp_path: Path) -> None:
    day = await claimed(tmp_path)
    day.clock.at = when("2026-03-02 08:59:30")
    await day.pump.settle()
    await day.until("2026-03-02 08:59:31")
    assert day.rungs() == [("08:59:30", "-1m")]
    assert rung(day).state == "collapsed"


async def test_a_daemon_that_dies_in_between_loses_nothing(tmp_path: Path) -> None:
    day = await claimed(tmp_path)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    day.start()
    await day.until(DUE)
    assert day.rungs() == [("08:55:00", "-5m")]


async def test_what_is_of_use_for_a_second_only_comes_though_it_is_claimed_before(tmp_path: Path) -> None:
    """`useful_until` is its session's start, which lies within what is claimed."""
    day = Day(tmp_path, "2026-03-02 08:30")
    day.config += LAST_SECOND
    day.start()
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    day.clock.at = when("2026-03-02 08:59:59") - BEFORE
    await day.pump.dispatcher.pump(2 * AHEAD)
    day.clock.at = when("2026-03-02 08:59:59")
    await day.pump.settle()
    assert day.rungs() == [("08:59:59", "-1s")]


async def test_what_was_refused_until_it_is_of_no_use_is_not_claimed_for_that_moment(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    day.config += LAST_SECOND.replace("-1s", "0m")
    day.start()
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    day.screen.refuse = True
    await day.until("2026-03-02 09:14:54")
    with day.app.store.read() as tx:
        (last,) = [one for one in reminders.everything(tx) if one.rung == "0m"]
    assert last.not_before == last.useful_until == when("2026-03-02 09:15")
    day.screen.refuse = False
    day.clock.at = when("2026-03-02 09:15") - BEFORE
    await day.pump.dispatcher.pump(2 * AHEAD)
    day.clock.at = when("2026-03-02 09:15")
    await day.pump.settle()
    assert day.rungs() == []


async def test_rungs_a_second_apart_are_claimed_together_and_come_one_by_one(tmp_path: Path) -> None:
    """Each in the place of the one before, and none is taken for a late one that a newer one stands for."""
    day = Day(tmp_path, "2026-03-02 08:30")
    day.config += "".join(LAST_SECOND.replace("-1s", f"-{seconds}s") for seconds in (3, 2, 1))
    day.config = day.config.replace('at = "-3s"\nurgency = "critical"', 'at = "-3s"\nurgency = "normal"')
    day.start()
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    day.clock.at = when("2026-03-02 08:59:57") - BEFORE
    await day.pump.dispatcher.pump(4 * AHEAD)
    for second, name in ((57, "-3s"), (58, "-2s"), (59, "-1s")):
        day.clock.at = when(f"2026-03-02 08:59:{second}")
        await asyncio.wait_for(sent(day, name), 20)
    await day.pump.settle()
    assert day.rungs() == [("08:59:57", "-3s"), ("08:59:58", "-2s"), ("08:59:59", "-1s")]
    assert len(day.screen.open_notices) == 1


async def sent(day: Day, name: str) -> None:
    while (name, "sent", "accepted") not in day.states():
        await asyncio.sleep(0)


async def test_what_was_refused_does_not_follow_a_newer_one_that_is_claimed_with_it(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    day.config += LAST_SECOND.replace("-1s", "-3s") + LAST_SECOND
    day.start()
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    day.screen.refuse = True
    day.clock.at = when("2026-03-02 08:59:57")
    await day.pump.dispatcher.pump()
    await day.pump.settle()
    day.screen.refuse = False
    day.clock.at = when("2026-03-02 08:59:58")
    await day.pump.dispatcher.pump(2 * AHEAD)  # it is to be tried again when the newer one is due
    day.clock.at = when("2026-03-02 08:59:59")
    await day.pump.settle()
    await day.pump.dispatcher.pump()
    await day.pump.settle()
    assert day.rungs() == [("08:59:59", "-1s")]
