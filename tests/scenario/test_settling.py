"""What the therapist says became of a session, or will; said too early, too late, and taken back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.corrections import ReasonWanted
from kepthour.core.errors import NeedsPerson
from kepthour.core.response import Kind
from kepthour.core.verdict import SessionState, Verdict
from kepthour.store import history
from kepthour.views.agenda import agenda
from tests.support.day import Day, a_morning, when


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


def settle(day: Day, verdict: Verdict) -> None:
    day.app.settle(day.only().session.id, verdict, None)


@pytest.mark.parametrize("verdict", [Verdict.MISSED, Verdict.LATE])
async def test_what_has_not_begun_cannot_be_missed_and_reminds(day: Day, verdict: Verdict) -> None:
    await day.until("2026-03-02 09:50")
    with pytest.raises(NeedsPerson, match="has not begun, so it cannot be"):
        settle(day, verdict)
    assert day.cards() == []
    await day.until("2026-03-02 10:00")
    assert [rung for _at, rung in day.rungs_since("09:50:30")] == ["-5m", "-1m", "0m"]
    settle(day, verdict)
    assert [card.state for card in day.cards()] == ["open"]


async def test_what_was_settled_too_early_is_taken_back(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    settle(day, Verdict.ON_TIME)
    settle(day, Verdict.UNKNOWN)
    await day.until("2026-03-02 10:00")
    assert [rung for _at, rung in day.rungs_since("09:50:30")] == ["-5m", "-1m", "0m"]


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


MISSED, COVERED = Verdict.MISSED, Verdict.COVERED


def versions(day: Day) -> list[tuple[str, str | None]]:
    with day.app.store.read() as tx:
        said = history.of_session(tx, session_of(day))
    return [(one.verdict.value, one.reason.reveal() if one.reason else None) for one in said]


def session_of(day: Day) -> str:
    start = when("2026-03-02 00:00")
    (entry,) = agenda(day.app.config, day.app.store, start, start + timedelta(days=1), day.clock.at)
    return entry.session.id


def say(day: Day, verdict: Verdict, reason: str | None = None) -> None:
    day.app.settle(session_of(day), verdict, reason)


@pytest.mark.parametrize("at", ["2026-03-02 10:20", "2026-03-02 23:59", "2026-03-03 23:59:59"])
async def test_a_correction_by_the_end_of_the_next_day_is_free(day: Day, at: str) -> None:
    await day.until("2026-03-02 10:16")
    say(day, MISSED)
    day.sleep_until(at)
    say(day, COVERED)
    assert versions(day) == [("suspected_miss", None), ("missed", None), ("covered", None)]


async def test_a_later_correction_needs_its_reason_and_keeps_it(day: Day) -> None:
    await day.until("2026-03-02 10:16")
    say(day, MISSED)
    day.sleep_until("2026-03-04 00:00")
    for empty in (None, "", "  "):
        with pytest.raises(ReasonWanted, match=f"kepthour settle {session_of(day)} covered --reason"):
            say(day, COVERED, empty)
    assert versions(day)[-1] == ("missed", None)
    say(day, COVERED, "the diary says that a colleague took it")
    assert versions(day)[-1] == ("covered", "the diary says that a colleague took it")
    assert [card.state for card in day.cards()] == ["closed"]


async def test_a_first_word_never_needs_a_reason(day: Day) -> None:
    await day.until("2026-03-02 10:16")  # a miss is suspected
    day.sleep_until("2026-03-20 10:00")
    say(day, Verdict.UNKNOWN)
    day.sleep_until("2026-03-25 10:00")
    say(day, MISSED)
    assert [verdict for verdict, _reason in versions(day)] == ["suspected_miss", "unknown", "missed"]


async def test_a_check_in_is_a_word_that_is_corrected(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    day.answer(Kind.HERE)
    day.sleep_until("2026-03-05 10:00")
    with pytest.raises(ReasonWanted):
        say(day, Verdict.CLIENT_NO_SHOW)


async def test_the_same_once_more_is_no_version_and_opens_no_back_door(day: Day) -> None:
    await day.until("2026-03-02 10:16")
    say(day, MISSED)
    day.sleep_until("2026-03-05 10:00")
    say(day, MISSED)
    assert len(versions(day)) == 2
    with pytest.raises(ReasonWanted):
        say(day, COVERED)


async def test_what_was_settled_as_held_beforehand_stands_there_until_it_begins(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    settle(day, Verdict.ON_TIME)
    assert day.only().state is SessionState.SCHEDULED
    await day.until("2026-03-02 10:00")
    assert day.only().state is SessionState.IN_SESSION
    await day.until("2026-03-02 10:50")
    assert day.only().state is SessionState.ENDED


async def test_what_was_settled_as_held_beforehand_makes_nothing_quiet_before_it_begins(day: Day) -> None:
    day.put("before", "2026-03-02T09:55:00", 20)
    day.sync()
    held = day.agenda("2026-03-02 09:59", "2026-03-02 10:30")[1].session.id
    await day.until("2026-03-02 09:30")
    day.app.settle(held, Verdict.ON_TIME, None)
    await day.until("2026-03-02 09:41")
    assert day.rungs_since("09:30:01") == [("09:40:00", "-15m")]


async def test_who_checked_in_early_is_in_session(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.HERE)
    assert day.only().state is SessionState.IN_SESSION
    settle(day, Verdict.ON_TIME)
    assert day.only().state is SessionState.IN_SESSION
