"""What a restart in a leave or a session left out is shown later: when that is over, however it ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.pipeline.dispatch import dispatcher
from tests.scenario.test_asked_in_the_end import a_day, off_until, questions
from tests.support.after_a_miss import session_at
from tests.support.day import when

_DAY = timedelta(days=1)


async def test_who_is_back_early_sees_what_was_left_out(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-06 16:00", "2026-03-06T17:00:00", "2026-03-16T17:00:00")
    await day.until("2026-03-06 17:20")
    day.app.away(when("2026-03-07 00:00"), when("2026-03-13 08:00"))
    await off_until(day, "2026-03-08 20:00")
    day.screen.received.clear()
    await day.until("2026-03-09 08:00")
    day.app.come_back()
    await day.until("2026-03-09 08:02")
    await day.until("2026-03-09 12:00")
    assert questions(day) == ["08:02:00"]


async def test_who_ends_a_session_early_sees_what_was_left_out(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-02 08:30", "2026-03-02T09:00:00", "2026-03-02T10:00:00")
    await day.until("2026-03-02 10:00")
    day.app.answer(Kind.HERE, session_at(day, "2026-03-02 10:00"), "screen")
    await off_until(day, "2026-03-02 10:10")
    day.screen.received.clear()
    await day.until("2026-03-02 10:20")
    day.app.answer(Kind.OUT, session_at(day, "2026-03-02 10:00"), "screen")
    await day.until("2026-03-02 10:22")
    await day.until("2026-03-02 11:10")
    assert questions(day) == ["10:22:00"]


async def test_what_was_left_out_is_shown_after_a_leave_of_a_week(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-06 16:00", "2026-03-06T17:00:00", "2026-03-16T17:00:00")
    await day.until("2026-03-06 17:20")
    day.app.away(when("2026-03-07 00:00"), when("2026-03-12 08:00"))
    await off_until(day, "2026-03-08 20:00")
    day.screen.received.clear()
    await day.until("2026-03-12 12:00")
    assert questions(day) == ["08:00:00"]


async def test_in_a_leave_no_question_grows_old(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-06 16:00", "2026-03-06T17:00:00", "2026-03-26T17:00:00")
    await day.until("2026-03-06 17:20")
    day.app.away(when("2026-03-07 00:00"), when("2026-03-14 00:00"))
    await off_until(day, "2026-03-16 08:00")
    await day.until("2026-03-16 08:05")
    assert len(questions(day)) == 2
    await off_until(day, "2026-03-18 08:00")
    await day.until("2026-03-18 08:05")
    assert len(questions(day)) == 2


async def test_clock_set_back_with_what_is_to_be_shown_later(tmp_path: Path) -> None:
    day = a_day(tmp_path, "2026-03-06 16:00", "2026-03-06T17:00:00", "2026-03-26T17:00:00")
    await day.until("2026-03-06 17:20")
    day.app.away(when("2026-03-07 00:00"), when("2026-03-08 00:00"))
    await off_until(day, "2026-03-07 12:00")
    day.screen.received.clear()
    await day.until("2026-03-07 12:05")
    day.clock.at = when("2026-03-06 20:00")
    await day.until("2026-03-06 20:05")
    assert len(questions(day)) == 1
    await day.until("2026-03-08 12:00")
    assert len(questions(day)) == 1


async def test_what_cannot_be_looked_at_is_shown_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = a_day(tmp_path, "2026-03-06 16:00", "2026-03-06T17:00:00", "2026-03-26T17:00:00")
    await day.until("2026-03-06 17:20")
    day.app.away(when("2026-03-07 00:00"), when("2026-03-08 00:00"))
    await off_until(day, "2026-03-07 12:00")
    day.screen.received.clear()
    await day.until("2026-03-07 23:59")
    with monkeypatch.context() as m:

        def fail(*_args: object) -> None:
            raise ZeroDivisionError

        m.setattr(dispatcher, "left_open", fail)
        await day.until("2026-03-08 00:05")
    assert questions(day) == []
    await day.until("2026-03-08 00:15")
    assert len(questions(day)) == 1
