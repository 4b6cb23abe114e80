"""Calendars that cannot be trusted: alerts that escalate, answers that are not believed, duplicates."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour_connectors.base import SignInNeeded, Transient
from tests.support.day import CONFIG, Day

OTHERS = ("2026-03-20T10:00:00", "2026-03-21T10:00:00", "2026-03-22T10:00:00", "2026-03-23T10:00:00")
TWO = CONFIG + '[[calendars]]\nname = "second"\ntype = "memory"\nsessions = "all"\n'


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 05:00")
    made.put("one", "2026-03-02T10:00:00")
    for number, start in enumerate(OTHERS):
        made.put(f"other-{number}", start)
    made.sync()
    return made


def alerts(day: Day) -> list[tuple[str, str, str]]:
    """(local time, urgency, title) of the alerts so far."""
    received = zip(day.rungs(), day.notices(), strict=True)
    return [(at, notice.urgency.value, notice.title) for (at, rung), notice in received if rung == "calendar"]


async def test_a_dead_sign_in_is_told_at_once_and_more_insistently_the_nearer_a_session_is(day: Day) -> None:
    """home-assistant/core#27210: a sign-in that died silently."""
    await day.until("2026-03-02 05:30")
    day.calendar.broken = SignInNeeded("The password was refused.", "Store the new one.")
    await day.until("2026-03-02 09:59")
    assert alerts(day) == [
        ("05:31:00", "normal", "Calendar practice: sign in again"),
        ("06:30:00", "high", "Calendar practice: sign in again"),
        ("09:40:00", "critical", "Calendar practice: sign in again"),
    ]
    assert any("A session at 10:00 is known from it" in notice.text for notice in day.notices())


async def test_one_failed_poll_is_nothing_while_no_session_is_near(day: Day) -> None:
    await day.until("2026-03-02 05:30")
    day.calendar.broken = Transient("No answer.", "Look at the network.")
    await day.until("2026-03-02 05:34")
    assert alerts(day) == []
    await day.until("2026-03-02 05:40")
    assert [urgency for _at, urgency, _title in alerts(day)] == ["normal"]


async def test_one_failed_poll_is_told_when_a_session_is_due_within_two_hours(day: Day) -> None:
    await day.until("2026-03-02 08:30")
    day.calendar.broken = Transient("No answer.", "Look at the network.")
    await day.until("2026-03-02 08:32")
    assert [urgency for _at, urgency, _title in alerts(day)] == ["high"]


async def test_an_alert_is_taken_back_when_the_calendar_is_heard_again(day: Day) -> None:
    day.calendar.broken = SignInNeeded("The password was refused.", "Store the new one.")
    await day.until("2026-03-02 05:30")
    assert any(notice.rung == "calendar" for notice in day.screen.open_notices.values())
    day.calendar.broken = None
    await day.until("2026-03-02 05:32")
    assert not any(notice.rung == "calendar" for notice in day.screen.open_notices.values())


async def test_a_new_trouble_is_told_anew(day: Day) -> None:
    for start, healed in (("05:10", "05:12"), ("05:20", "05:22")):
        await day.until(f"2026-03-02 {start}")
        day.calendar.broken = SignInNeeded("The password was refused.", "Store the new one.")
        await day.until(f"2026-03-02 {healed}")
        day.calendar.broken = None
    await day.until("2026-03-02 05:30")
    assert len(alerts(day)) == 2


async def test_an_answer_that_empties_the_calendar_is_believed_only_when_a_later_one_agrees(day: Day) -> None:
    for href in ("one.ics", *(f"other-{number}.ics" for number in range(4))):
        day.calendar.delete(href)
    assert day.app.ask("practice").problem == "vanished"
    assert day.only().state == "scheduled"
    assert day.app.ask("practice").problem is None
    assert day.only().state == "cancelled"


async def test_an_answer_that_lacks_more_than_half_is_not_believed_at_once(day: Day) -> None:
    for number in range(3):
        day.calendar.delete(f"other-{number}.ics")
    assert day.app.ask("practice").problem == "vanished"
    assert len(day.agenda("2026-03-01 00:00", "2026-04-01 00:00")) == 5


async def test_what_comes_back_after_an_empty_answer_was_never_gone(day: Day) -> None:
    # twentyhq/twenty#24096: an error that was swallowed as an empty answer.
    for href in ("one.ics", *(f"other-{number}.ics" for number in range(4))):
        day.calendar.delete(href)
    day.sync()
    day.put("one", "2026-03-02T10:00:00")
    for number, start in enumerate(OTHERS):
        day.put(f"other-{number}", start)
    assert day.app.ask("practice").problem is None
    assert len(day.agenda("2026-03-01 00:00", "2026-04-01 00:00")) == 5
    assert day.only().session.revision == 1


async def test_two_of_five_deleted_on_purpose_are_believed(day: Day) -> None:
    day.calendar.delete("other-0.ics")
    day.calendar.delete("other-1.ics")
    assert day.app.ask("practice").problem is None
    assert len(day.agenda("2026-03-01 00:00", "2026-04-01 00:00")) == 3


async def test_what_is_over_or_cancelled_is_no_loss(day: Day) -> None:
    for number in range(9):
        day.put(f"over-{number}", f"2026-02-{number + 10}T10:00:00")
        day.put(f"off-{number}", f"2026-03-{number + 10}T10:00:00", 50, "STATUS:CANCELLED")
    day.sync()
    for number in range(9):
        day.calendar.delete(f"over-{number}.ics")
        day.calendar.delete(f"off-{number}.ics")
    day.calendar.delete("other-0.ics")
    assert day.app.ask("practice").problem is None


async def test_a_full_listing_is_asked_for_once_a_day(day: Day) -> None:
    kinds = []
    for hour in ("2026-03-02 06:00", "2026-03-03 04:00", "2026-03-03 06:00", "2026-03-03 07:00"):
        day.sleep_until(hour)
        kinds.append(day.app.ask("practice").kind.value)
    with day.app.store.read() as tx:
        from kepthour.store import calendars

        row = calendars.get(tx, "practice")
    assert row is not None and row.last_full_at is not None
    assert row.last_full_at.hour == 5  # 06:00 in Berlin on the second day
    assert kinds[-1] == "delta"


async def test_the_same_event_in_two_calendars_reminds_once(tmp_path: Path) -> None:
    # leits/MeetingBar#554, nextcloud/server#21370.
    day = Day(tmp_path, "2026-03-02 09:30", TWO)
    second = day.plugins.memory.calendar("second")
    day.put("same", "2026-03-02T10:00:00")
    day.sync()
    second.put("copy.ics", day.calendar.text("same.ics"))
    day.sync()
    await day.until("2026-03-02 10:00:30")
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m", "-5m", "-1m", "0m"]
    assert day.only().session.calendar == "practice"


async def test_a_double_takes_over_when_the_first_calendar_loses_the_session(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:30", TWO)
    second = day.plugins.memory.calendar("second")
    day.put("same", "2026-03-02T10:00:00")
    for number, start in enumerate(OTHERS):
        day.put(f"other-{number}", start)
    second.put("copy.ics", day.calendar.text("same.ics"))
    day.sync()
    day.calendar.delete("same.ics")
    day.sync()
    await day.until("2026-03-02 09:56")
    assert day.rungs()[-1] == ("09:55:00", "-5m")
    scheduled = [e for e in day.agenda("2026-03-02 00:00", "2026-03-03 00:00") if e.state != "cancelled"]
    assert [entry.session.calendar for entry in scheduled] == ["second"]


async def test_what_is_stored_of_a_calendar_that_is_no_longer_configured_goes(day: Day) -> None:
    day.config = CONFIG.replace('name = "practice"', 'name = "other"')
    day.start()
    day.app.refresh()
    with day.app.store.read() as tx:
        from kepthour.store import calendars

        assert calendars.get(tx, "practice") is None
