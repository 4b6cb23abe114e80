"""Sequences that once lost a reminder, or blamed a therapist for what was in order: each names the mechanism."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.errors import NeedsPerson, NotFound
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.day import CONFIG, Day, a_morning, when

TWO = CONFIG + '[[calendars]]\nname = "second"\ntype = "memory"\nsessions = "all"\n'


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


def titles(day: Day) -> list[str]:
    return [notice.title for notice in day.screen.open_notices.values()]


@pytest.mark.parametrize(
    "start", ["2026-04-02T10:00:00", "2026-02-20T10:00:00"], ids=["far ahead", "long ago"]
)
async def test_a_session_moved_out_of_sight_and_back_reminds(day: Day, start: str) -> None:
    """The planner adds it again under the same id: from then on no plan is made for any session."""
    day.put("one", start)
    day.sync()
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:01")
    assert [rung for _at, rung in day.rungs()] == ["-60m"]


async def test_an_old_event_dragged_to_a_new_day_is_planned(day: Day) -> None:
    """The same, as it happens every week: the session of Monday is moved on Wednesday, to Thursday."""
    day.sleep_until("2026-03-04 12:00")
    day.put("one", "2026-03-05T10:00:00")
    day.sync()
    assert [entry.state for entry in day.agenda("2026-03-05 00:00", "2026-03-06 00:00")] == ["scheduled"]


async def test_out_at_the_end_of_a_session_does_not_end_the_next(day: Day) -> None:
    """`kepthour out` takes the nearest start: the coming session, whose whole ladder it silences."""
    day.put("next", "2026-03-02T11:00:00")
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:51")
    day.answer(Kind.OUT)
    await day.until("2026-03-02 11:00:30")
    assert day.rungs()[-1] == ("11:00:00", "0m")


async def test_out_before_the_start_silences_nothing(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    with suppress(NeedsPerson, NotFound):
        day.answer(Kind.OUT)
    await day.until("2026-03-02 10:00:30")
    assert day.rungs()[-1] == ("10:00:00", "0m")


async def test_a_double_that_takes_over_keeps_the_check_in(tmp_path: Path) -> None:
    """It begins anew: nagged for the session she sits in, then suspected. And asked whether it is gone."""
    day = a_morning(tmp_path, TWO)
    day.plugins.memory.calendar("second").put("copy.ics", day.calendar.text("one.ics"))
    day.sync()
    await day.until("2026-03-02 09:57")
    day.answer(Kind.HERE)
    before = len(day.rungs())
    day.calendar.delete("one.ics")
    day.sync()
    await day.until("2026-03-02 10:20")
    assert (day.rungs()[before:], day.cards()) == ([], [])


async def test_what_one_calendar_cancelled_is_not_suspected_in_the_other(tmp_path: Path) -> None:
    """A feed that is hours behind still holds what was cancelled: to remind is right, to suspect is not."""
    day = a_morning(tmp_path, TWO)
    day.plugins.memory.calendar("second").put("copy.ics", day.calendar.text("one.ics"))
    day.sync()
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")
    day.sync()
    await day.until("2026-03-02 10:20")
    assert day.cards() == []


async def test_a_check_in_survives_another_name_for_the_calendar(day: Day) -> None:
    await day.until("2026-03-02 09:57")
    day.answer(Kind.HERE)
    day.plugins.memory.made["praxis"] = day.calendar
    day.config = CONFIG.replace('"practice"', '"praxis"')
    day.start()
    day.app.refresh()
    day.app.replan()
    day.sync()
    await day.until("2026-03-02 10:20")
    assert day.cards() == []


async def test_a_running_ladder_goes_on_when_its_only_channel_gets_another_name(day: Day) -> None:
    """Its rungs fail one by one: channel_not_configured."""
    await day.until("2026-03-02 09:50")
    day.config = CONFIG.replace("[channels.screen]", "[channels.desk]")
    day.start()
    day.app.replan()
    await day.until("2026-03-02 10:00:30")
    assert [rung for _at, rung in day.rungs("desk")] == ["-5m", "-1m", "0m"]


@pytest.mark.parametrize(
    "first",
    [(Kind.ACK, None), (Kind.SNOOZE, timedelta(minutes=12))],
    ids=["acknowledged", "snoozed for longer"],
)
async def test_a_snooze_always_ends_with_a_rung(day: Day, first: tuple[Kind, timedelta | None]) -> None:
    """Not if a rung that was silenced before has its name: here `-5m`."""
    await day.until("2026-03-02 09:46")
    day.answer(*first)
    day.answer(Kind.SNOOZE, timedelta(minutes=9))
    await day.until("2026-03-02 09:56")
    assert day.rungs()[-1][0] == "09:55:00"


@pytest.mark.parametrize(("at", "late"), [("10:00", 5), ("10:02", 3)])
async def test_the_announced_start_always_has_a_rung(day: Day, at: str, late: int) -> None:
    """Not if a rung was to come just then: it is moved away, and the new one has its name."""
    await day.until(f"2026-03-02 {at}")
    day.answer(Kind.LATE, timedelta(minutes=late))
    await day.until("2026-03-02 10:05:30")
    assert day.rungs()[-1][0] == "10:05:00"


async def test_a_second_announcement_takes_the_place_of_the_first(day: Day) -> None:
    """The rung at the first announced start is moved behind the ladder instead: at 10:22."""
    await day.until("2026-03-02 10:03")
    day.answer(Kind.LATE, timedelta(minutes=5))
    await day.until("2026-03-02 10:04")
    day.answer(Kind.LATE, timedelta(minutes=10))
    await day.until("2026-03-02 10:28")
    anew = [f"10:{minute}:00" for minute in range(14, 20)]
    assert [at for at, _rung in day.rungs_since("10:04")] == anew


async def test_late_by_more_than_the_session_does_not_silence_it(day: Day) -> None:
    """`5h` typed for `5m`: nothing comes until the afternoon."""
    await day.until("2026-03-02 09:56")
    with suppress(NeedsPerson):
        day.answer(Kind.LATE, timedelta(hours=5))
    await day.until("2026-03-02 10:50")
    assert day.rungs_since("09:57")


async def test_a_shared_question_leaves_the_screen_when_all_is_settled(day: Day) -> None:
    """It stays, and comes back at each start for a day: tasks/tasks#237."""
    day.put("two", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:20")
    for entry in day.agenda("2026-03-02 00:00", "2026-03-03 00:00"):
        day.app.settle(entry.session.id, Verdict.COVERED, None)
    await day.until("2026-03-02 10:21")
    assert titles(day) == []


async def test_a_suspicion_goes_when_the_calendar_says_that_it_did_not_take_place(day: Day) -> None:
    """The calendar was only late to tell."""
    await day.until("2026-03-02 10:20")
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")
    day.sync()
    await day.until("2026-03-02 10:21")
    assert [card.state for card in day.cards()] == ["closed"]


async def test_a_missed_session_that_is_dragged_to_its_make_up_time_is_still_to_be_repaired(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    day.put("one", "2026-03-02T11:00:00")
    day.sync()
    await day.until("2026-03-02 10:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 11:20")
    assert [card.state for card in day.cards()] == ["open"]


async def test_who_is_checked_in_is_not_suspected_because_the_entry_is_put_right(day: Day) -> None:
    """The client came five minutes late, and the therapist moves the entry by that while in the session."""
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:04")
    day.put("one", "2026-03-02T10:05:00")
    day.sync()
    await day.until("2026-03-02 10:25")
    assert day.cards() == []


async def test_what_was_settled_is_not_asked_about_again_because_the_entry_is_put_right(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    day.app.settle(day.only().session.id, Verdict.CLIENT_NO_SHOW, None)
    await day.until("2026-03-02 11:30")
    day.put("one", "2026-03-02T10:05:00")
    day.sync()
    await day.until("2026-03-02 11:31")
    assert day.only().verdict is Verdict.CLIENT_NO_SHOW


async def test_a_session_made_longer_gets_the_rungs_that_it_was_too_short_for(day: Day) -> None:
    day.put("one", "2026-03-02T10:00:00", 6)
    day.sync()
    await day.until("2026-03-02 09:56")
    day.put("one", "2026-03-02T10:00:00", 50)
    day.sync()
    await day.until("2026-03-02 10:06")
    assert day.rungs()[-1] == ("10:05:00", "+5m")


async def test_who_first_started_the_daemon_after_the_start_is_not_suspected(tmp_path: Path) -> None:
    """30 seconds before the start it is "unknown", since nobody watched; 30 seconds after it, a suspicion."""
    day = Day(tmp_path, "2026-03-02 10:00:30")
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:20")
    assert day.only().verdict is Verdict.UNKNOWN


async def test_a_restart_shows_the_rung_of_a_session_that_was_moved_forward(day: Day) -> None:
    """What was shown of the new time was due before what had been shown of the old."""
    await day.until("2026-03-02 09:46")
    day.put("one", "2026-03-02T09:49:00")
    day.sync()
    await day.until("2026-03-02 09:46:30")
    assert titles(day) == ["Session at 09:49 starts in 3 min"]
    await day.restart()
    assert titles(day) == ["Session at 09:49 starts in 2 min 30 s"]


async def test_what_is_shown_of_a_session_that_was_found_at_another_time_when_it_was_over_goes(
    tmp_path: Path,
) -> None:
    """Its last rung was out all night; the next poll says that it stood, under another UID, elsewhere."""
    rule = '[[sessions.rules]]\ntitle = "^(?P<client>[A-Z]{2}) "\nis = "session"\n'
    day = a_morning(tmp_path, CONFIG.replace('sessions = "all"', 'sessions = "rules"') + rule)
    await day.until("2026-03-02 10:00:31")
    day.put("one", "2026-03-02T10:20:00")
    await day.until("2026-03-02 10:20:29", every=timedelta(days=1))
    day.answer(Kind.LATE, timedelta(seconds=30))
    day.calendar.delete("one.ics")
    day.put("two", "2026-03-02T10:20:00")
    await day.until("2026-03-02 10:21:31", every=timedelta(days=1))
    assert "Session at 10:20:59 starts now" in titles(day)
    day.clock.at = when("2026-03-03 09:40")
    day.sync()
    await day.until("2026-03-03 09:41")
    assert not [title for title in titles(day) if title.startswith("Session at")]
