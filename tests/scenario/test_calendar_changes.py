"""Ladders that follow the calendar: moved, cancelled, restored, split, renamed, deleted."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kepthour.core.errors import NeedsPerson
from kepthour.core.response import Kind
from kepthour.core.verdict import SessionState, Verdict
from kepthour_connectors.base import SignInNeeded
from tests.support.calendars import calendar, event
from tests.support.day import BERLIN, CONFIG, Day

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=10"


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:30")
    made.put("one", "2026-03-02T10:00:00")
    # Others to come: a calendar that lost its only event would not be believed at once.
    made.put("other", "2026-03-23T10:00:00")
    made.put("another", "2026-03-24T10:00:00")
    made.sync()
    return made


def starts(day: Day, start: str = "2026-03-02 00:00", end: str = "2026-03-03 00:00") -> list[tuple[str, str]]:
    return [(f"{e.session.start:%H:%M}", e.state.value) for e in day.agenda(start, end)]


async def test_a_moved_session_reminds_at_its_new_time_only(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.put("one", "2026-03-02T14:00:00")
    day.sync()
    await day.until("2026-03-02 13:46")
    assert day.rungs() == [
        ("09:00:00", "-60m"),
        ("09:45:00", "-15m"),
        ("09:55:00", "-5m"),
        ("13:00:00", "-60m"),
        ("13:45:00", "-15m"),
    ]
    assert ("-5m", "withdrawn", "moved") in day.states()


async def test_the_notice_of_a_moved_session_is_taken_from_the_screen(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.put("one", "2026-03-02T14:00:00")
    day.sync()
    await day.until("2026-03-02 09:57")
    assert day.screen.open_notices == {}


async def test_answers_do_not_survive_a_changed_start(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.HERE)
    day.put("one", "2026-03-02T14:00:00")
    day.sync()
    assert day.only().verdict is None
    await day.until("2026-03-02 14:01")
    assert day.rungs()[-1] == ("14:01:00", "+1m")


async def test_answers_survive_a_changed_title_place_and_length(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.ACK)
    day.put("one", "2026-03-02T10:00:00", 60, "LOCATION:Room 2", title="CD")
    day.sync()
    await day.until("2026-03-02 10:00:30")
    assert day.rungs()[-2:] == [("09:55:00", "-5m"), ("10:00:00", "0m")]


async def test_a_deleted_session_is_asked_about_and_stands_as_cancelled_until_its_day_ends(day: Day) -> None:
    await day.until("2026-03-02 09:46")
    day.calendar.delete("one.ics")
    day.sync()
    await day.until("2026-03-02 11:00")
    assert day.rungs() == [("09:00:00", "-60m"), ("09:45:00", "-15m"), ("09:46:00", "question")]
    assert day.notices()[-1].title == "The session at 10:00 is gone from the calendar. Is that right?"
    assert starts(day) == [("09:00", "cancelled")]
    day.clock.at += timedelta(hours=14)
    assert starts(day) == []


@pytest.mark.parametrize(
    "how", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT"], ids=["cancelled", "marked as free time"]
)
async def test_a_session_that_no_longer_takes_place_is_silent(day: Day, how: str) -> None:
    await day.until("2026-03-02 09:46")
    day.put("one", "2026-03-02T10:00:00", 50, how)
    day.sync()
    await day.until("2026-03-02 11:00")
    assert day.rungs()[-1] == ("09:45:00", "-15m")
    assert day.cards() == []


async def test_cancelled_only_by_a_title_prefix_does_not_remind(day: Day) -> None:
    # quarck/CalendarNotification#321: Outlook exports cancelled meetings as confirmed, with this prefix.
    day.put("one", "2026-03-02T10:00:00", title="Canceled: AB")
    day.sync()
    await day.until("2026-03-02 11:00")
    assert day.rungs() == []


async def test_a_session_that_vanishes_long_before_its_start_is_not_asked_about(day: Day) -> None:
    day.put("later", "2026-03-05T10:00:00")
    day.sync()
    day.calendar.delete("later.ics")
    day.sync()
    await day.until("2026-03-02 08:40")
    assert day.rungs() == []


async def test_a_feed_that_puts_the_date_into_the_uid_can_move_a_session(tmp_path: Path) -> None:
    rules = CONFIG.replace('sessions = "all"', 'sessions = "rules"')
    rules += "[[sessions.rules]]\ntitle = '^(?P<client>[A-Z]{2})'\nis = \"session\"\n"
    day = Day(tmp_path, "2026-03-02 08:30", rules)
    day.put("ab-20260302", "2026-03-02T10:00:00")
    day.put("other", "2026-03-23T10:00:00", title="CD")
    day.sync()
    day.calendar.delete("ab-20260302.ics")
    day.put("ab-20260303", "2026-03-03T10:00:00")
    day.sync()
    await day.until("2026-03-02 08:40")
    assert day.rungs() == []
    assert starts(day) == []
    assert starts(day, "2026-03-03 00:00", "2026-03-04 00:00") == [("09:00", "scheduled")]


async def test_a_restored_session_reminds_again(day: Day) -> None:
    await day.until("2026-03-02 09:46")
    day.calendar.delete("one.ics")
    day.sync()
    await day.until("2026-03-02 09:50")
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:59")
    assert day.rungs()[2:] == [
        ("09:46:00", "question"),
        ("09:50:00", "-15m"),
        ("09:55:00", "-5m"),
        ("09:59:00", "-1m"),
    ]
    assert starts(day) == [("09:00", "reminding")]


async def test_a_cancelled_session_cannot_be_answered(day: Day) -> None:
    session = day.only().session.id
    day.calendar.delete("one.ics")
    day.sync()
    with pytest.raises(NeedsPerson):
        day.answer(Kind.HERE, session=session)


async def test_a_session_cancelled_before_its_deadline_is_no_miss(day: Day) -> None:
    await day.until("2026-03-02 10:08")
    day.calendar.delete("one.ics")
    day.sync()
    await day.until("2026-03-02 11:00")
    assert day.only().verdict is None
    assert day.only().state is SessionState.CANCELLED


async def test_a_failed_poll_changes_nothing_and_reminders_go_on(day: Day) -> None:
    day.calendar.broken = SignInNeeded("The password was refused.", "Store the new one.")
    await day.until("2026-03-02 10:01")
    rungs = [rung for _at, rung in day.rungs() if rung != "calendar"]
    assert rungs == ["-60m", "-15m", "-5m", "-1m", "0m", "+1m"]


async def test_one_moved_one_cancelled_and_one_excluded_instance_of_a_series(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-01 12:00")
    master = event(
        "s", "AB", "20260223T100000", "20260223T105000", WEEKLY, "EXDATE;TZID=Europe/Berlin:20260309T100000"
    )
    moved = event(
        "s", "AB", "20260303T150000", "20260303T155000", "RECURRENCE-ID;TZID=Europe/Berlin:20260302T100000"
    )
    gone = event(
        "s", "AB", "20260316T100000", "20260316T105000", "RECURRENCE-ID;TZID=Europe/Berlin:20260316T100000",
        "STATUS:CANCELLED",
    )  # fmt: skip
    day.calendar.put("s.ics", calendar(master, moved, gone))
    day.sync()
    found = day.agenda("2026-03-01 00:00", "2026-04-07 00:00")
    local = [f"{entry.session.start.astimezone():%m-%d}" for entry in found]
    assert local == ["03-03", "03-23", "03-30", "04-06"]
    # The wall clock stays at ten when the clocks change on the 29th; the instant moves by an hour.
    assert [f"{entry.session.start:%H:%M}" for entry in found] == ["14:00", "09:00", "08:00", "08:00"]


async def test_a_series_moved_as_a_whole_does_not_leave_a_cancelled_double(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    day.put("s", "2026-03-02T10:00:00", 50, WEEKLY)
    day.sync()
    day.put("s", "2026-03-02T11:00:00", 50, WEEKLY)
    day.sync()
    assert starts(day) == [("10:00", "scheduled")]
    await day.until("2026-03-02 11:00")
    assert next(at for at, _rung in day.rungs()) == "10:00:00"


async def test_answers_survive_this_and_following(tmp_path: Path) -> None:
    # odoo/odoo#287171: a split gives the coming instances a new UID at the same times, and must not double them.
    day = Day(tmp_path, "2026-03-02 08:30")
    day.put("s", "2026-02-23T10:00:00", 50, WEEKLY)
    day.sync()
    await day.until("2026-03-02 09:50")
    day.answer(Kind.HERE)
    day.put("s", "2026-02-23T10:00:00", 50, "RRULE:FREQ=WEEKLY;COUNT=1")
    day.put("s-2", "2026-03-02T10:00:00", 50, "RRULE:FREQ=WEEKLY;COUNT=9")
    day.sync()
    assert day.only().verdict in {None, Verdict.ON_TIME}
    await day.until("2026-03-02 11:00")
    assert day.rungs()[-1] == ("09:45:00", "-15m")
    assert day.only().verdict is Verdict.ON_TIME


async def test_every_sync_does_not_alert_anew(day: Day) -> None:
    # nextcloud/server#6291: each sync re-alerted what had been dismissed.
    await day.until("2026-03-02 09:56")
    for version in range(5):
        day.put("one", "2026-03-02T10:00:00", 50, f"SEQUENCE:{version}")
        day.sync()
        await day.until("2026-03-02 09:57")
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m", "-5m"]


async def test_one_uid_in_two_resources_is_one_session(day: Day) -> None:
    """pimutils/vdirsyncer#1093: two items with one UID ended the synchronisation of the whole calendar."""
    day.calendar.put("copy.ics", day.calendar.text("one.ics"))
    day.sync()
    await day.until("2026-03-02 09:46")
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m"]
    assert starts(day) == [("09:00", "reminding")]


async def test_the_session_stays_when_one_of_two_resources_with_its_uid_goes(day: Day) -> None:
    """pimutils/vdirsyncer#1093: the remedy there is to delete all but one."""
    day.calendar.put("copy.ics", day.calendar.text("one.ics"))
    day.sync()
    await day.until("2026-03-02 09:10")
    day.answer(Kind.ACK)
    day.calendar.delete("one.ics")
    day.sync()
    await day.until("2026-03-02 10:01")
    assert starts(day) == [("09:00", "reminding")]
    assert day.only().session.revision == 1
    assert len(day.rungs()) == len(set(day.rungs()))
    assert ("10:00:00", "0m") in day.rungs()


SERIES = ("s", "AB", "20260223T140000", "20260223T145000", WEEKLY)
DELETED_INSTANCES = {
    "excluded": calendar(event(*SERIES, "EXDATE;TZID=Europe/Berlin:20260302T140000")),
    "excluded in UTC": calendar(event(*SERIES, "EXDATE:20260302T130000Z")),
    "excluded by its date": calendar(event(*SERIES, "EXDATE;VALUE=DATE:20260302")),
    "cancelled": calendar(
        event(*SERIES),
        event("s", "AB", "20260302T140000", "20260302T145000",
              "RECURRENCE-ID;TZID=Europe/Berlin:20260302T140000", "STATUS:CANCELLED"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", DELETED_INSTANCES.values(), ids=DELETED_INSTANCES.keys())
async def test_a_deleted_instance_of_a_series_does_not_fire(day: Day, text: str) -> None:
    """home-assistant/core#82097: the instances that are left fire, and so did the deleted one."""
    day.put("s", "2026-02-23T14:00:00", 50, WEEKLY)
    day.sync()
    day.calendar.put("s.ics", text)
    day.sync()
    following = starts(day, "2026-03-09 00:00", "2026-03-10 00:00")
    assert [state for _at, state in following] == ["scheduled"]
    await day.until("2026-03-02 14:10")
    assert not any(at > "12:00" and rung != "question" for at, rung in day.rungs())


async def test_a_bad_resource_is_set_aside_and_the_others_remind(day: Day) -> None:
    """bitfireAT/davx5-ose#1459: one bad event stopped all."""
    bad = event("bad", "AB", "20260302T120000", "20260302T125000", "RRULE:FREQ=SECONDLY")
    day.calendar.put("bad.ics", calendar(bad))
    polled = day.app.ask("practice")
    assert polled.quarantined == 1
    await day.until("2026-03-02 09:46")
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m"]


async def test_what_comes_after_a_bad_resource_arrives_too(day: Day) -> None:
    """bitfireAT/davx5-ose#1459: everything that came after the bad event waited behind it."""
    day.calendar.put(
        "bad.ics", calendar(event("bad", "AB", "20260302T120000", "20260302T125000", "RRULE:FREQ=X"))
    )
    day.sync()
    day.put("one", "2026-03-02T11:00:00")
    day.put("new", "2026-03-02T13:00:00")
    day.calendar.delete("other.ics")
    assert day.app.ask("practice").problem is None
    assert starts(day) == [("10:00", "scheduled"), ("12:00", "scheduled")]
    assert starts(day, "2026-03-23 00:00", "2026-03-24 00:00") == []


@pytest.mark.parametrize("days", [6, 7, 8, 9, 30, 119, 125, 300])
async def test_a_session_reminds_however_far_ahead_it_was_entered(day: Day, days: int) -> None:
    """home-assistant/core#108003: events more than six days ahead were not looked at."""
    start = datetime(2026, 3, 2, 14) + timedelta(days=days)
    day.put("far", start.isoformat())
    day.sync()
    assert f"{start:%H:%M}" in [
        f"{entry.session.start.astimezone(BERLIN):%H:%M}"
        for entry in day.agenda(f"{start:%Y-%m-%d} 00:00", f"{start:%Y-%m-%d} 23:59")
    ]
    day.sleep_until(f"{start:%Y-%m-%d} 12:58")
    day.app.refresh()
    day.app.replan()
    await day.until(f"{start:%Y-%m-%d} 13:00")
    assert ("13:00:00", "-60m") in day.rungs()


async def test_the_clocks_going_forward_do_not_shift_a_ladder(tmp_path: Path) -> None:
    # nextcloud/calendar#2670: an hour early after the change. Clocks go forward on 2026-03-29.
    day = Day(tmp_path, "2026-03-28 09:00")
    day.put("s", "2026-03-21T10:00:00", 50, "RRULE:FREQ=DAILY;COUNT=20")
    day.sync()
    await day.until("2026-03-28 09:59")
    day.sleep_until("2026-03-29 08:30")
    await day.until("2026-03-29 10:00:30")
    assert day.rungs()[-5:] == [
        ("09:00:00", "-60m"),
        ("09:45:00", "-15m"),
        ("09:55:00", "-5m"),
        ("09:59:00", "-1m"),
        ("10:00:00", "0m"),
    ]


async def test_the_digests_tell_the_coming_day(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-01 17:00", CONFIG.replace("enabled = false", "enabled = true"))
    day.put("one", "2026-03-02T10:00:00")
    day.put("two", "2026-03-02T11:00:00")
    day.sync()
    await day.until("2026-03-02 08:00")
    assert day.rungs() == [("18:00:00", "digest-evening"), ("07:30:00", "digest-morning")]
    assert day.notices()[0].title == "Tomorrow: 2 sessions, the first at 10:00"
    assert day.notices()[1].title == "Today: 2 sessions, the first at 10:00"


async def test_sessions_of_a_calendar_that_is_no_longer_configured_are_silent(day: Day) -> None:
    await day.until("2026-03-02 09:46")
    day.config = CONFIG.replace('name = "practice"', 'name = "other"')
    day.start()
    day.app.replan()
    await day.until("2026-03-02 10:10")
    assert day.rungs()[-1] == ("09:45:00", "-15m")
