"""The sweep: nothing is counted as held because nobody said otherwise."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.reminder import Reminder
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.store import reminders
from kepthour.views.rehearse import rehearse
from tests.support.day import CONFIG, Day, when

SWEPT = CONFIG.replace("[sweep]\nenabled = false\n", "")


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:30", SWEPT)
    made.put("one", "2026-03-02T10:00:00")
    made.put("two", "2026-03-02T14:00:00")
    made.sync()
    return made


def sweeps(day: Day) -> list[tuple[str, str]]:
    """When it was swept, and what was said."""
    return [
        (at, notice.title)
        for (at, rung), notice in zip(day.rungs(), day.notices(), strict=True)
        if rung == "sweep"
    ]


async def test_what_nobody_answered_is_asked_after_its_end_and_in_the_evening(day: Day) -> None:
    await day.until("2026-03-02 21:00")
    assert sweeps(day) == [
        ("11:00:00", "The session of 10:00 is over. Was it held?"),
        ("15:00:00", "The session of 14:00 is over. Was it held?"),
        ("20:00:00", "2 sessions of today are not accounted for"),
    ]


async def test_what_is_asked_in_a_moment_by_itself_is_not_swept(day: Day) -> None:
    """Running late, said after the question, and so late that its deadline is after the sweep."""
    await day.until("2026-03-02 10:19")
    day.answer(Kind.LATE, timedelta(minutes=30))
    await day.until("2026-03-02 12:00")
    assert day.rungs_since("10:55:00") == [("11:04:00", "question")]


async def test_what_is_accounted_for_is_not_asked_about(day: Day) -> None:
    await day.until("2026-03-02 10:00")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 14:20")
    day.app.settle(day.agenda("2026-03-02 13:00", "2026-03-02 15:00")[0].session.id, Verdict.COVERED, None)
    await day.until("2026-03-02 21:00")
    assert sweeps(day) == []


async def test_an_answer_between_two_sweeps_is_the_last_word(day: Day) -> None:
    await day.until("2026-03-02 11:01")
    day.app.settle(day.agenda("2026-03-02 09:00", "2026-03-02 11:00")[0].session.id, Verdict.ON_TIME, None)
    await day.until("2026-03-02 21:00")
    assert sweeps(day)[1:] == [
        ("15:00:00", "The session of 14:00 is over. Was it held?"),
        ("20:00:00", "1 session of today is not accounted for"),
    ]


async def test_what_was_slept_through_is_asked_about_once_and_swept_in_the_evening_only(day: Day) -> None:
    await day.until("2026-03-02 08:31")
    day.sleep_until("2026-03-02 17:00")
    await day.until("2026-03-02 20:30")
    assert [rung for _at, rung in day.rungs()] == ["question", "sweep"]


async def test_a_session_that_lasts_into_the_evening_is_waited_for(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 17:00", SWEPT)
    day.put("late", "2026-03-02T19:40:00")
    day.sync()
    await day.until("2026-03-02 21:00")
    assert sweeps(day) == [
        ("20:40:00", "1 session of today is not accounted for"),
    ]


async def test_a_session_that_moves_takes_its_sweep_along(day: Day) -> None:
    await day.until("2026-03-02 09:10")
    day.put("one", "2026-03-02T12:00:00")
    day.sync()
    await day.until("2026-03-02 13:10")
    assert sweeps(day) == [("13:00:00", "The session of 12:00 is over. Was it held?")]


def test_it_is_rehearsed(day: Day) -> None:
    found = rehearse(
        day.app.config, day.app.store, when("2026-03-02 08:30"), when("2026-03-03 00:00"), day.clock.at
    )
    assert [f"{one.at.astimezone(day.app.config.zone):%H:%M}" for one in found if one.rung == "sweep"] == [
        "11:00", "15:00", "20:00",
    ]  # fmt: skip


async def test_the_evening_s_notice_goes_when_its_last_session_is_settled(day: Day) -> None:
    await day.until("2026-03-02 20:05")
    one, two = (entry.session.id for entry in day.agenda("2026-03-02 00:00", "2026-03-03 00:00"))
    shown = next(
        one.reference for one in all_of(day) if one.rung == "sweep" and one.subject.startswith("day:")
    )
    day.app.settle(one, Verdict.ON_TIME, None)
    await day.until("2026-03-02 20:06")
    assert shown in day.screen.open_notices
    day.app.settle(two, Verdict.ON_TIME, None)
    await day.until("2026-03-02 20:07")
    assert shown not in day.screen.open_notices


def all_of(day: Day) -> list[Reminder]:
    with day.app.store.read() as tx:
        return reminders.everything(tx)


async def test_a_question_that_has_to_wait_is_not_lost_to_a_sweep_that_cannot_wait_so_long(
    tmp_path: Path,
) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", SWEPT)
    day.put("long", "2026-03-02T09:00:00", 240)
    day.put("within", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 08:59:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 13:01")
    assert day.rungs_since("10:06") == [("13:00:00", "question")]
