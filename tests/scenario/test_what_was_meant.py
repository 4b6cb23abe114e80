"""Answers that name no session, are taken back, or come after the question: what they mean."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import SessionState, Verdict
from kepthour.ports import Answer, Key
from tests.support.day import CONFIG, Day, a_morning, when


def two(tmp_path: Path, minutes: int = 50) -> Day:
    """Two sessions back to back; the therapist is with the first client."""
    day = Day(tmp_path, "2026-03-02 09:30")
    day.put("one", "2026-03-02T10:00:00", minutes)
    day.put("two", f"2026-03-02T10:{minutes}:00", minutes)
    day.sync()
    return day


def states(day: Day) -> list[SessionState]:
    return [one.state for one in day.agenda("2026-03-02 00:00", "2026-03-03 00:00")]


async def test_over_does_not_mean_the_next_one_into_which_they_checked_in(tmp_path: Path) -> None:
    """ "End this, start next", and "over" besides."""
    day = two(tmp_path)
    await day.until("2026-03-02 09:59:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:46")
    day.screen.press(Key.HERE)
    day.answer(Kind.OUT)
    await day.until("2026-03-02 10:51")
    assert states(day) == [SessionState.ENDED, SessionState.IN_SESSION]


@pytest.mark.parametrize("kind", [Kind.ACK, Kind.SNOOZE, Kind.LATE])
async def test_what_comes_before_a_check_in_means_a_session_that_has_none(tmp_path: Path, kind: Kind) -> None:
    """The nearest start is that of the session in which they are."""
    day = two(tmp_path, 20)
    await day.until("2026-03-02 09:59:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:08")
    session = day.agenda("2026-03-02 00:00", "2026-03-03 00:00")[1].session.id
    assert day.app.answer(kind, None, "cli").session.id == session


async def test_a_check_in_after_the_first_deadline_can_be_taken_back_up_to_the_one_that_was_announced(
    tmp_path: Path,
) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:56")
    day.answer(Kind.LATE, timedelta(minutes=20))
    await day.until("2026-03-02 10:16")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:17")
    day.app.settle(day.only().session.id, Verdict.UNKNOWN, None)
    await day.until("2026-03-02 10:36")
    assert day.rungs_since("10:16") == [
        *((f"10:2{minute}:00", f"+{minute}m" if minute else "0m") for minute in range(6)),
        ("10:35:00", "question"),
    ]
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_who_says_late_when_they_were_asked_are_asked_again(tmp_path: Path) -> None:
    """The reminders that begin anew took the place of the question, and the last of them stood there for good."""
    phone = '[channels.phone]\ntype = "recorder"\njoins = "+30m"\n'
    day = a_morning(tmp_path, CONFIG + phone)
    await day.until("2026-03-02 10:16")
    day.answer(Kind.LATE, timedelta(minutes=10), session=day.only().session.id)
    await day.until("2026-03-02 10:50")
    assert day.rungs_since("10:16") == [
        *((f"10:{minute}:00", f"+{minute}m") for minute in range(26, 32)),
        ("10:41:00", "question"),
    ]
    assert day.rungs("phone") == [("10:46:00", "question")]
    day.screen.press(Key.HELD)
    await day.until("2026-03-02 10:51")
    assert day.only().verdict is Verdict.ON_TIME
    assert [channel.open_notices for channel in day.channels.values()] == [{}, {}]


async def test_who_says_late_when_they_were_asked_and_comes_is_not_asked_again(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:16")
    day.answer(Kind.LATE, timedelta(minutes=10), session=day.only().session.id)
    await day.until("2026-03-02 10:26:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:50")
    assert day.rungs()[-1] == ("10:26:00", "+26m")
    assert day.only().verdict is Verdict.LATE


async def test_what_was_replied_before_the_question_began_anew_is_heard(tmp_path: Path) -> None:
    """On the phone, without a net, they pressed that it was held, and only then, by a slip, "late"."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:16")
    question = day.notices()[-1]
    await day.until("2026-03-02 10:17")
    day.answer(Kind.LATE, timedelta(minutes=10), session=question.subject)
    await day.until("2026-03-02 10:20")
    pressed = Answer(question.delivery, question.subject, Key.HELD, "phone")
    day.app.reply(pressed, when("2026-03-02 10:16"))
    await day.until("2026-03-02 10:50")
    assert day.only().verdict is Verdict.ON_TIME
    assert day.rungs_since("10:18") == []


async def test_a_check_in_that_is_taken_back_after_the_last_reminder_brings_none_again(
    tmp_path: Path,
) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:56")
    day.answer(Kind.LATE, timedelta(minutes=20))
    await day.until("2026-03-02 10:26")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:27")
    day.app.settle(day.only().session.id, Verdict.UNKNOWN, None)
    await day.until("2026-03-02 10:40")
    assert day.rungs_since("10:26") == [("10:35:00", "question")]


async def test_who_takes_it_back_and_says_late_once_more_has_all_reminders_again(tmp_path: Path) -> None:
    """Those that had come before the check-in, too."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:56")
    day.answer(Kind.LATE, timedelta(minutes=20))
    await day.until("2026-03-02 10:22")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:23")
    day.app.settle(day.only().session.id, Verdict.UNKNOWN, None)
    await day.until("2026-03-02 10:24")
    day.answer(Kind.LATE, timedelta(minutes=6))
    await day.until("2026-03-02 10:55")
    times = [at for at, _rung in day.rungs_since("10:25")]
    assert times == [*(f"10:{minute}:00" for minute in range(30, 36)), "10:45:00"]
