"""What the therapist says became of a session, or will; said too early, too late, and taken back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.errors import NeedsPerson
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.day import Day, a_morning


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


def settle(day: Day, verdict: Verdict) -> None:
    day.app.settle(day.only().session.id, verdict, None)


async def test_what_was_settled_too_early_is_taken_back_with_its_card(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    settle(day, Verdict.MISSED)
    assert [card.state for card in day.cards()] == ["open"]
    settle(day, Verdict.UNKNOWN)
    assert [card.state for card in day.cards()] == ["closed"]
    await day.until("2026-03-02 10:00")
    assert [rung for _at, rung in day.rungs_since("09:50:30")] == ["-5m", "-1m", "0m"]


async def test_a_correction_before_the_start_closes_the_card(day: Day) -> None:
    settle(day, Verdict.MISSED)
    settle(day, Verdict.NOT_A_SESSION)
    assert [card.state for card in day.cards()] == ["closed"]


async def test_a_cancellation_said_beforehand_silences_and_unknown_brings_all_back(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    settle(day, Verdict.CLIENT_CANCELLED)
    await day.until("2026-03-02 09:58")
    assert day.rungs_since("09:50:00") == []
    settle(day, Verdict.UNKNOWN)
    assert day.only().verdict is None
    await day.until("2026-03-02 10:20")
    rungs = [rung for _at, rung in day.rungs_since("09:58:00")]
    assert rungs == ["-5m", "-1m", "0m", "+1m", "+2m", "+3m", "+4m", "+5m", "question"]
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_a_check_in_by_mistake_is_taken_back(day: Day) -> None:
    await day.until("2026-03-02 09:40")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 09:56")
    settle(day, Verdict.UNKNOWN)
    await day.until("2026-03-02 10:00")
    assert [rung for _at, rung in day.rungs_since("09:45:00")] == ["-5m", "-1m", "0m"]
    day.answer(Kind.HERE)
    assert day.only().verdict is Verdict.ON_TIME


async def test_running_late_after_a_check_in_adds_no_rung(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    day.answer(Kind.HERE)
    with pytest.raises(NeedsPerson, match="checked in"):
        day.answer(Kind.LATE, timedelta(minutes=2), day.only().session.id)
    await day.until("2026-03-02 10:30")
    assert day.rungs_since("10:01:30") == []


async def test_an_answer_to_what_was_settled_changes_nothing(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    settle(day, Verdict.CLIENT_NO_SHOW)
    with pytest.raises(NeedsPerson, match="You settled this session: client no show"):
        day.answer(Kind.LATE, timedelta(minutes=2), day.only().session.id)
    await day.until("2026-03-02 10:30")
    assert day.rungs_since("10:01:30") == []
    assert day.only().verdict is Verdict.CLIENT_NO_SHOW


async def test_a_session_that_was_said_to_be_over_by_mistake_reminds_again(day: Day) -> None:
    await day.until("2026-03-02 10:03")
    day.answer(Kind.OUT)
    await day.until("2026-03-02 10:03:30")
    settle(day, Verdict.UNKNOWN)
    await day.until("2026-03-02 10:20")
    assert [rung for _at, rung in day.rungs_since("10:03:20")] == ["+3m", "+4m", "+5m", "question"]
    assert day.only().verdict is Verdict.UNKNOWN  # not all of the ladder came: nobody is suspected
    day.answer(Kind.HERE)
    assert day.only().verdict is Verdict.LATE


async def test_unknown_after_the_deadline_is_no_reason_to_nag(day: Day) -> None:
    await day.until("2026-03-02 10:16")
    settle(day, Verdict.UNKNOWN)
    await day.until("2026-03-02 10:30")
    assert (day.rungs_since("10:16:00"), day.only().verdict) == ([], Verdict.UNKNOWN)
    assert day.cards()[0].state == "closed"
