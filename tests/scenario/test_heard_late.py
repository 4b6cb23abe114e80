"""Answers that were given in time and are heard late: a phone was without a net."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.day import Day, a_morning, when
from tests.support.named import NAMED


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path, NAMED)


async def test_a_check_in_counts_though_the_entry_was_put_right_meanwhile(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    notice = day.notices()[-1]
    await day.until("2026-03-02 10:06")
    day.put("one", "2026-03-02T10:05:00")
    day.sync()
    await day.until("2026-03-02 10:10")
    day.app.answer(Kind.HERE, notice.subject, "phone", None, when("2026-03-02 10:01"), notice.delivery)
    await day.until("2026-03-02 10:25")
    assert day.only().verdict is Verdict.ON_TIME


async def test_a_check_in_counts_though_the_entry_went_and_came_back_meanwhile(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    notice = day.notices()[-1]
    text = day.calendar.text("one.ics")
    day.calendar.delete("one.ics")
    day.sync()
    await day.until("2026-03-02 10:03")
    day.calendar.put("one.ics", text)
    day.sync()
    await day.until("2026-03-02 10:10")
    day.app.answer(Kind.HERE, notice.subject, "phone", None, when("2026-03-02 10:01"), notice.delivery)
    await day.until("2026-03-02 10:25")
    assert day.only().verdict is Verdict.ON_TIME


async def test_who_said_late_in_time_is_not_suspected(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    notice = day.notices()[-1]
    await day.until("2026-03-02 10:16")
    day.app.answer(
        Kind.LATE, notice.subject, "phone", timedelta(minutes=10), when("2026-03-02 10:01"), notice.delivery
    )
    await day.until("2026-03-02 10:17")
    assert day.only().verdict is not Verdict.SUSPECTED_MISS


async def test_who_said_late_in_time_is_asked_at_the_deadline_that_this_moved(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    notice = day.notices()[-1]
    await day.until("2026-03-02 10:16")
    day.app.answer(
        Kind.LATE, notice.subject, "phone", timedelta(minutes=10), when("2026-03-02 10:01"), notice.delivery
    )
    await day.until("2026-03-02 10:28")
    assert day.only().verdict is Verdict.SUSPECTED_MISS
    assert day.rungs()[-1] == ("10:26:00", "question")
    assert [c.state.value for c in day.cards()] == ["open"]


async def test_who_said_late_in_time_and_came_by_then_has_nothing_to_repair(day: Day) -> None:
    """On the phone, without a net, she says ten minutes late; nine minutes late she checks in on her computer."""
    await day.until("2026-03-02 09:58")
    notice = day.notices()[-1]
    await day.until("2026-03-02 10:09")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:12")
    day.app.answer(
        Kind.LATE, notice.subject, "phone", timedelta(minutes=10), when("2026-03-02 09:58"), notice.delivery
    )
    await day.until("2026-03-02 10:20")
    assert [card.state.value for card in day.cards() if card.state.value != "closed"] == []
    assert not [rung for at, rung in day.rungs() if at > "10:09" and rung != "running-late"]


async def test_on_my_way_takes_no_question_away(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:16")
    day.answer(Kind.ACK)
    await day.until("2026-03-02 10:20")
    assert [notice.rung for notice in day.screen.open_notices.values()] == ["question"]


@pytest.mark.parametrize(("kind", "given"), [(Kind.ACK, "09:56"), (Kind.SNOOZE, "09:54")])
async def test_what_holds_up_to_the_start_takes_nothing_away_that_came_since(
    tmp_path: Path, kind: Kind, given: str
) -> None:
    """No rung follows: for ten minutes nothing would stand there, and a client waits."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:05:30")
    day.app.answer(kind, day.only().session.id, "phone", None, when(f"2026-03-02 {given}"))
    await day.until("2026-03-02 10:06")
    assert [notice.rung for notice in day.screen.open_notices.values()] == ["+5m"]


async def test_what_came_before_the_time_for_which_it_holds_goes(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:59:30")
    day.app.answer(Kind.ACK, day.only().session.id, "phone", None, when("2026-03-02 09:56"))
    await day.until("2026-03-02 09:59:40")
    assert day.screen.open_notices == {}


async def test_a_snooze_is_no_reminder_that_was_lost(tmp_path: Path) -> None:
    """Its end had come and gone when it was heard: all that was to come had come."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:05:30")
    day.app.answer(
        Kind.SNOOZE, day.only().session.id, "phone", timedelta(minutes=4), when("2026-03-02 09:54")
    )
    await day.until("2026-03-02 10:20")
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_of_two_that_say_late_the_one_given_last_counts(tmp_path: Path) -> None:
    """On the phone, without a net, she says five minutes; later, on her computer, ten more."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:04:30")
    day.answer(Kind.LATE, timedelta(minutes=10))
    await day.until("2026-03-02 10:05:30")
    session = day.only().session.id
    day.app.answer(Kind.LATE, session, "phone", timedelta(minutes=5), when("2026-03-02 09:58"))
    await day.until("2026-03-02 10:40")
    times = [at for at, _rung in day.rungs_since("10:05")]
    assert times == [*(f"10:{minute}:30" for minute in range(14, 20)), "10:29:30"]


@pytest.mark.parametrize("first", [False, True])
async def test_an_announcement_that_was_over_when_they_were_asked_has_them_asked_once(
    tmp_path: Path, *, first: bool
) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:04:30")
    if not first:
        day.answer(Kind.LATE, timedelta(minutes=10))
        await day.until("2026-03-02 10:31")
    else:
        day.sleep_until("2026-03-02 10:30")
        await day.until("2026-03-02 10:31")
    session = day.only().session.id
    day.app.answer(Kind.LATE, session, "phone", timedelta(minutes=5), when("2026-03-02 09:58"))
    await day.until("2026-03-02 10:40")
    assert [rung for _at, rung in day.rungs()].count("question") == 1
    assert [notice.rung for notice in day.screen.open_notices.values()] == ["question"]


@pytest.mark.parametrize("kind", [Kind.ACK, Kind.SNOOZE])
async def test_what_was_shown_by_a_clock_that_was_ahead_came_before_the_answer(
    tmp_path: Path, kind: Kind
) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:01")
    day.clock.step(timedelta(minutes=-3))
    day.answer(kind, timedelta(minutes=2) if kind is Kind.SNOOZE else None)
    await day.until("2026-03-02 09:58:10")
    shown = day.screen.open_notices.values()
    assert [notice.rung for notice in shown if notice.rung != "calendar"] == []


async def test_what_was_announced_by_a_clock_that_was_ahead_is_announced_anew(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:03")
    day.answer(Kind.LATE, timedelta(minutes=10))
    day.clock.step(timedelta(minutes=-2))
    day.answer(Kind.LATE, timedelta(minutes=4))
    await day.until("2026-03-02 10:06")
    assert "10:05:00" in [at for at, _rung in day.rungs()]
