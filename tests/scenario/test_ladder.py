"""One session's ladder, from the first rung to the verdict."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.errors import NotFound
from kepthour.core.response import Kind
from kepthour.core.verdict import SessionState, Verdict
from kepthour.ports import Key
from kepthour_connectors.base import Transient
from tests.support.day import CONFIG, Day, a_morning

STANDARD = [
    ("09:00:00", "-60m"),
    ("09:45:00", "-15m"),
    ("09:55:00", "-5m"),
    ("09:59:00", "-1m"),
    ("10:00:00", "0m"),
    ("10:01:00", "+1m"),
    ("10:02:00", "+2m"),
    ("10:03:00", "+3m"),
    ("10:04:00", "+4m"),
    ("10:05:00", "+5m"),
    ("10:15:00", "question"),
]


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:30")
    made.put("one", "2026-03-02T10:00:00")
    made.sync()
    return made


async def test_nobody_answers_and_every_rung_comes_once_and_on_time(day: Day) -> None:
    await day.until("2026-03-02 11:30")
    assert day.rungs() == STANDARD
    assert day.only().verdict is Verdict.SUSPECTED_MISS
    (card,) = day.cards()
    assert (card.session_id, card.severity, len(card.steps)) == (day.only().session.id, 2, 9)


async def test_no_two_notices_of_a_ladder_say_the_same(day: Day) -> None:
    await day.until("2026-03-02 11:30")
    texts = [(notice.title, notice.text) for notice in day.notices()]
    assert len(set(texts)) == len(texts)


async def test_a_later_notice_takes_the_place_of_the_earlier(day: Day) -> None:
    await day.until("2026-03-02 10:03")
    assert [notice.rung for notice in day.screen.open_notices.values()] == ["+3m"]


async def test_a_check_in_before_the_start_ends_the_ladder_on_time(day: Day) -> None:
    await day.until("2026-03-02 09:57")
    day.screen.press(Key.HERE)
    assert day.only().verdict is Verdict.ON_TIME
    assert day.only().state is SessionState.IN_SESSION
    await day.until("2026-03-02 11:30")
    assert day.rungs() == STANDARD[:3]
    assert day.screen.open_notices == {}
    assert day.cards() == []
    assert ("-5m", "answered", "checked_in") in day.states()
    assert ("0m", "superseded", "checked_in") in day.states()


async def test_a_check_in_after_three_minutes_is_late_and_no_miss(day: Day) -> None:
    await day.until("2026-03-02 10:03:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 11:30")
    assert day.rungs()[-1] == ("10:03:00", "+3m")
    assert day.only().verdict is Verdict.LATE


async def test_a_second_check_in_changes_nothing(day: Day) -> None:
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:20")
    day.answer(Kind.HERE)
    assert day.only().verdict is Verdict.ON_TIME


async def test_acknowledging_silences_the_rungs_before_the_start_and_not_the_one_at_it(day: Day) -> None:
    await day.until("2026-03-02 09:46")
    day.answer(Kind.ACK)
    assert day.only().state is SessionState.ACKNOWLEDGED
    await day.until("2026-03-02 10:01:30")
    assert day.rungs() == [STANDARD[0], STANDARD[1], STANDARD[4], STANDARD[5]]
    assert day.only().state is SessionState.REMINDING


async def test_a_snooze_ends_with_a_rung_of_its_own(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.SNOOZE, timedelta(minutes=2))
    await day.until("2026-03-02 10:00")
    assert day.rungs()[3:] == [("09:58:00", "-2m"), ("09:59:00", "-1m"), ("10:00:00", "0m")]


async def test_a_snooze_never_reaches_past_the_start(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.SNOOZE, timedelta(hours=3))
    await day.until("2026-03-02 10:01")
    assert day.rungs()[3:] == [("10:00:00", "0m"), ("10:01:00", "+1m")]


async def test_a_snooze_survives_a_restart(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.SNOOZE, timedelta(minutes=2))
    day.start()
    await day.until("2026-03-02 09:58")
    assert day.rungs()[3:] == [("09:58:00", "-2m")]


async def test_running_late_moves_the_nagging_and_the_deadline(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.LATE, timedelta(minutes=10))
    await day.until("2026-03-02 10:24")
    assert day.rungs()[3:] == [
        ("10:10:00", "0m"),
        ("10:11:00", "+1m"),
        ("10:12:00", "+2m"),
        ("10:13:00", "+3m"),
        ("10:14:00", "+4m"),
        ("10:15:00", "+5m"),
    ]
    assert day.only().verdict is None
    await day.until("2026-03-02 10:26")
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_a_second_answer_to_the_same_notice_is_noted_on_no_older_one(day: Day) -> None:
    await day.until("2026-03-02 10:00")
    day.answer(Kind.LATE, timedelta(minutes=10))
    day.answer(Kind.HERE)
    answered = [(rung, why) for rung, state, why in day.states() if state == "answered"]
    assert answered == [("0m", "running_late")]


async def test_running_late_after_the_start_asks_again_at_the_announced_time(day: Day) -> None:
    await day.until("2026-03-02 10:03")
    day.answer(Kind.LATE, timedelta(minutes=5))
    await day.until("2026-03-02 10:22")
    assert day.rungs()[8:] == [
        ("10:08:00", "+8m"),
        ("10:09:00", "+9m"),
        ("10:10:00", "+10m"),
        ("10:11:00", "+11m"),
        ("10:12:00", "+4m"),
        ("10:13:00", "+5m"),
    ]


async def test_the_whole_ladder_comes_again_after_the_last_rung(day: Day) -> None:
    await day.until("2026-03-02 10:06")
    day.answer(Kind.LATE, timedelta(minutes=4))
    await day.until("2026-03-02 10:11:30")
    day.answer(Kind.LATE, timedelta(minutes=2, seconds=30))  # what the first announcement added is dropped
    await day.until("2026-03-02 10:28")
    later = [f"10:{minute}:00" for minute in (10, 11, 14, 15, 16, 17, 18, 19)]
    assert [at for at, _rung in day.rungs()[10:]] == later
    assert day.only().verdict is None
    await day.until("2026-03-02 10:29:30")
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_an_announced_start_is_asked_for_beside_a_rung_whose_name_is_taken(tmp_path: Path) -> None:
    """Half a second after the start, half a minute is announced: that rounds to the name of the rung at +30s."""
    rungs = "".join(f'[[reminders.rungs]]\nat = "{at}"\nurgency = "high"\n' for at in ("0m", "+30s"))
    day = a_morning(tmp_path, CONFIG + rungs)
    await day.until("2026-03-02 10:00")
    day.clock.at += timedelta(seconds=0.5)
    day.answer(Kind.LATE, timedelta(seconds=30))
    await day.until("2026-03-02 10:02")
    assert day.rungs() == [("10:00:00", "0m"), ("10:00:30", "+31s"), ("10:01:00", "+30s")]


async def test_checking_out_ends_the_session(day: Day) -> None:
    await day.until("2026-03-02 09:59:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:40")
    day.answer(Kind.OUT)
    assert day.only().state is SessionState.ENDED
    assert day.only().verdict is Verdict.ON_TIME


async def test_an_answer_finds_no_session_when_none_is_due(day: Day) -> None:
    with pytest.raises(NotFound):
        day.answer(Kind.HERE)


async def test_a_settled_session_is_never_overruled(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    day.app.settle(day.only().session.id, Verdict.COVERED, "a colleague took it")
    await day.until("2026-03-02 11:30")
    assert day.only().verdict is Verdict.COVERED
    assert day.cards()[0].state == "closed"


async def test_a_short_session_is_asked_about_after_half_of_it(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    day.put("short", "2026-03-02T10:00:00", 20)
    day.sync()
    await day.until("2026-03-02 10:30")
    assert day.rungs()[-1] == ("10:10:00", "question")


async def test_a_restart_between_two_rungs_loses_none_and_repeats_none(day: Day) -> None:
    await day.until("2026-03-02 09:57")
    day.start()
    await day.until("2026-03-02 11:30")
    assert day.rungs() == STANDARD
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_a_notice_left_by_a_process_before_is_shown_in_its_place_and_can_be_answered(day: Day) -> None:
    await day.until("2026-03-02 09:57")
    day.start()
    await day.pump.dispatcher.show_again()
    await day.pump.dispatcher.settle()
    assert day.rungs() == [*STANDARD[:3], ("09:57:00", "-5m")]
    assert [notice.rung for notice in day.screen.open_notices.values()] == ["-5m"]
    day.screen.press(Key.HERE)
    assert day.only().verdict is Verdict.ON_TIME
    await day.until("2026-03-02 10:05")
    assert day.screen.open_notices == {}
    assert len(day.rungs()) == 4


async def test_what_was_answered_is_not_shown_again_after_a_restart(day: Day) -> None:
    # nextcloud/server#6291, FossifyOrg/Calendar#897: neither re-alert what was answered, nor lose what was not.
    await day.until("2026-03-02 09:57")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 09:58")
    day.start()
    await day.pump.dispatcher.show_again()
    await day.pump.dispatcher.settle()
    assert day.rungs() == STANDARD[:3]


async def test_after_a_long_absence_only_the_newest_rung_comes(day: Day) -> None:
    await day.until("2026-03-02 09:46")
    day.sleep_until("2026-03-02 10:02:30")
    await day.until("2026-03-02 10:03")
    assert day.rungs()[2:] == [("10:02:30", "+2m"), ("10:03:00", "+3m")]
    assert ("-5m", "expired", "too_late") in day.states()
    assert ("+1m", "collapsed", "newer_one_due") in day.states()


async def test_a_session_slept_through_is_unknown_and_asked_about_once(day: Day) -> None:
    await day.until("2026-03-02 09:46")
    day.sleep_until("2026-03-02 12:00")
    await day.until("2026-03-02 13:00")
    assert day.only().verdict is Verdict.UNKNOWN
    assert day.rungs()[2:] == [("12:00:00", "question")]
    assert day.cards() == []


async def test_two_sessions_slept_through_share_one_question(day: Day) -> None:
    day.put("two", "2026-03-02T11:00:00")
    day.sync()
    await day.until("2026-03-02 09:46")
    day.sleep_until("2026-03-02 12:30")
    await day.until("2026-03-02 13:00")
    assert day.rungs()[2:] == [("12:30:00", "question")]
    assert day.notices()[-1].title == "2 sessions without a check-in. What happened?"
    assert day.notices()[-1].text.startswith("They began at 10:00, 11:00.")


async def test_a_miss_is_not_suspected_while_the_calendar_is_stale(day: Day) -> None:
    day.calendar.broken = Transient("No answer.", "Look at the network.")
    await day.until("2026-03-02 11:00")
    assert day.only().verdict is Verdict.UNKNOWN


async def test_a_miss_is_not_suspected_when_no_channel_accepted_a_rung(day: Day) -> None:
    day.screen.refuse = True
    await day.until("2026-03-02 11:00")
    assert day.only().verdict is Verdict.UNKNOWN
    assert ("-1m", "failed", "no_attempt_accepted") in day.states()


async def test_a_refused_reminder_is_tried_again_until_it_is_accepted(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    day.screen.refuse = True
    await day.until("2026-03-02 09:55:01")
    day.screen.refuse = False
    await day.until("2026-03-02 09:56")
    assert day.rungs()[-1] == ("09:55:02", "-5m")


async def test_a_session_that_appears_after_its_start_is_never_a_suspected_miss(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:30")
    day.sync()
    await day.until("2026-03-02 10:04")
    day.put("surprise", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:30")
    assert day.only().verdict is Verdict.UNKNOWN


async def test_sessions_before_the_first_start_are_not_asked_about(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 12:00")
    day.put("earlier", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 13:00")
    assert day.only().verdict is None
    assert day.rungs() == []


async def test_a_near_session_joins_its_ladder_where_it_stands(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:57")
    day.put("soon", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:00")
    assert day.rungs() == [("09:57:00", "-5m"), ("09:59:00", "-1m"), ("10:00:00", "0m")]


async def test_running_late_on_a_notice_is_confirmed_there_with_a_draft(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    press(day, Key.LATE)
    await day.until("2026-03-02 10:02")
    (noted,) = day.screen.open_notices.values()
    assert (noted.title, noted.stays) == ("Noted: you begin at 10:11", True)
    assert "I am running late, and will be with you at 10:11." in noted.text
    await day.until("2026-03-02 10:10")
    press(day, Key.HERE)
    await day.until("2026-03-02 10:20")
    assert (day.only().verdict, day.screen.open_notices) == (Verdict.LATE, {})


async def test_running_late_again_is_confirmed_again_and_the_ladder_goes_on(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    press(day, Key.LATE)
    await day.until("2026-03-02 10:02")
    day.clock.at += timedelta(seconds=30)
    press(day, Key.LATE)
    await day.until("2026-03-02 10:14")
    rungs = [rung for _at, rung in day.rungs_since("10:01:00")]
    assert rungs == ["+1m", "running-late", "running-late-2", "+12m30s", "+13m30s"]


def press(day: Day, key: Key) -> None:
    """A button of the newest notice, as the daemon hears of it."""
    _at, notice = day.screen.received[-1]
    day.app.answer(Kind(key.value), notice.subject, "screen", delivery=notice.delivery)


async def test_the_phone_joins_two_minutes_after_the_start(tmp_path: Path) -> None:
    phone = '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'
    day = Day(tmp_path, "2026-03-02 09:30", CONFIG + phone)
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:30")
    assert [rung for _at, rung in day.rungs("phone")] == ["+2m", "+3m", "+4m", "+5m", "question"]


async def test_a_configuration_edit_does_not_shift_a_running_ladder(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    day.config = CONFIG + '[[reminders.rungs]]\nat = "-3m"\n'
    day.start()
    day.app.replan()
    await day.until("2026-03-02 10:00")
    assert day.rungs() == STANDARD[:5]


async def test_a_configuration_edit_changes_a_ladder_that_has_not_begun(day: Day) -> None:
    day.config = CONFIG + '[[reminders.rungs]]\nat = "-3m"\n'
    day.start()
    day.app.replan()
    await day.until("2026-03-02 10:00")
    assert day.rungs() == [("09:57:00", "-3m")]


async def test_the_early_rung_is_for_the_first_session_and_after_a_gap(day: Day) -> None:
    day.put("two", "2026-03-02T11:00:00")
    day.put("three", "2026-03-02T14:00:00")
    day.sync()
    await day.until("2026-03-02 18:00")
    assert [at for at, rung in day.rungs() if rung == "-60m"] == ["09:00:00", "13:00:00"]


async def test_the_prepare_rung_waits_while_the_therapist_is_with_another_client(day: Day) -> None:
    day.put("two", "2026-03-02T11:00:00")
    day.sync()
    await day.until("2026-03-02 09:59:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:56")
    assert day.rungs()[-2:] == [("10:50:00", "-15m"), ("10:55:00", "-5m")]
