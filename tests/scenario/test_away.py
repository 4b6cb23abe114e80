"""Leave and sick days: silent, with an end, and nothing that stands inside is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.away import Source
from kepthour.core.errors import NeedsPerson
from kepthour.core.response import Kind
from kepthour.core.verdict import Because, Verdict
from kepthour.store import sessions
from kepthour.views.agenda import Entry
from kepthour.views.leaves import leaves
from kepthour.views.rehearse import rehearse
from tests.support.day import CONFIG, Day, when

DIGESTS = CONFIG.replace("enabled = false", "enabled = true")


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 08:30")
    for uid, start in (
        ("one", "2026-03-02T10:00:00"),
        ("two", "2026-03-02T14:00:00"),
        ("far", "2026-03-05T10:00:00"),
    ):
        made.put(uid, start)
    made.sync()
    return made


def go(day: Day, start: str, end: str) -> list[str]:
    """The starts of what stands inside."""
    day.app.away(when(start), when(end))
    return [f"{entry.session.start.astimezone(day.app.config.zone):%H:%M}" for entry in inside(day)]


def inside(day: Day) -> tuple[Entry, ...]:
    (leave,) = leaves(day.app.config, day.app.store, day.app.leaves(), day.clock.at)
    return leave.sessions


async def test_it_is_silent_and_lists_what_it_silences(day: Day) -> None:
    await day.until("2026-03-02 09:10")
    assert go(day, "2026-03-02 09:10", "2026-03-02 18:00") == ["10:00", "14:00"]
    await day.until("2026-03-02 17:59")
    assert day.rungs() == [("09:00:00", "-60m")]
    assert day.screen.open_notices == {}


async def test_what_stood_inside_is_asked_about_once_when_it_is_over_and_suspected_never(day: Day) -> None:
    go(day, "2026-03-02 08:30", "2026-03-02 18:00")
    await day.until("2026-03-02 18:01")
    assert day.rungs() == [("18:00:00", "question")]
    assert day.notices()[0].title == "2 sessions without a check-in. What happened?"
    assert day.notices()[0].text.startswith("They began at 10:00, 14:00.")
    with day.app.store.read() as tx:
        rows = sessions.open_questions(tx)
    assert [(row.verdict, row.because) for row in rows] == [(Verdict.UNKNOWN, Because.AWAY)] * 2
    assert day.cards() == []


async def test_who_is_back_early_is_reminded_of_what_is_still_to_come(day: Day) -> None:
    go(day, "2026-03-02 08:30", "2026-03-02 18:00")
    await day.until("2026-03-02 13:50")
    day.app.come_back()
    await day.until("2026-03-02 14:01")
    assert day.rungs() == [
        ("13:50:00", "-15m"),
        ("13:50:00", "question"),
        ("13:55:00", "-5m"),
        ("13:59:00", "-1m"),
        ("14:00:00", "0m"),
        ("14:01:00", "+1m"),
    ]
    with pytest.raises(NeedsPerson):
        day.app.come_back()


def test_a_leave_that_never_began_is_forgotten(day: Day) -> None:
    go(day, "2026-03-04 00:00", "2026-03-06 00:00")
    day.app.come_back()
    assert day.app.leaves() == []


async def test_a_session_outside_reminds_as_ever(day: Day) -> None:
    assert go(day, "2026-03-02 12:00", "2026-03-02 18:00") == ["14:00"]
    await day.until("2026-03-02 10:01")
    assert day.rungs()[-2:] == [("10:00:00", "0m"), ("10:01:00", "+1m")]


async def test_who_comes_all_the_same_is_there(day: Day) -> None:
    go(day, "2026-03-02 08:30", "2026-03-02 12:00")
    await day.until("2026-03-02 10:00")
    day.answer(Kind.HERE, session=day.agenda("2026-03-02 00:00", "2026-03-02 12:00")[0].session.id)
    await day.until("2026-03-02 12:01")
    assert day.agenda("2026-03-02 00:00", "2026-03-02 12:00")[0].verdict is Verdict.ON_TIME
    assert day.rungs() == []


async def test_a_restart_and_the_auditor_leave_it_silent(day: Day) -> None:
    go(day, "2026-03-02 08:30", "2026-03-02 18:00")
    await day.until("2026-03-02 09:50")
    await day.restart()
    for at in ("09:56", "10:04", "10:30"):
        await day.until(f"2026-03-02 {at}")
        day.app.audit()
    await day.until("2026-03-02 11:00")
    assert day.rungs() == []


async def test_the_digests_say_that_somebody_is_expected(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-01 17:00", DIGESTS)
    day.put("one", "2026-03-02T10:00:00")
    day.put("two", "2026-03-02T14:00:00")
    day.sync()
    go(day, "2026-03-02 00:00", "2026-03-03 00:00")
    await day.until("2026-03-02 07:31")
    assert [notice.title for notice in day.notices()] == [
        "You are away tomorrow, and 2 sessions stand in the calendar",
        "You are away today, and 2 sessions stand in the calendar",
    ]
    assert "The first at 10:00." in day.notices()[0].text


async def test_of_a_day_that_is_partly_free_the_digest_counts_what_takes_place(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-01 17:00", DIGESTS)
    day.put("one", "2026-03-02T10:00:00")
    day.put("two", "2026-03-02T14:00:00")
    day.sync()
    go(day, "2026-03-02 12:00", "2026-03-03 00:00")
    await day.until("2026-03-01 18:01")
    assert day.notices()[-1].title == "Tomorrow: 1 session, the first at 10:00"


def test_a_rehearsal_leaves_out_what_will_be_silent(day: Day) -> None:
    go(day, "2026-03-02 12:00", "2026-03-02 18:00")
    found = rehearse(
        day.app.config, day.app.store, when("2026-03-02 00:00"), when("2026-03-03 00:00"), day.clock.at
    )
    assert {one.at.astimezone(day.app.config.zone).hour for one in found} == {9, 10}


def test_an_out_of_office_entry_of_the_calendar_silences_too(day: Day) -> None:
    day.put("leave", "2026-03-02T13:00:00", 300)
    day.sync()
    with day.app.store.write() as tx:  # as Google's calendar tells
        tx.connection.exec_driver_sql("UPDATE occurrences SET kind = 'outOfOffice' WHERE uid = 'leave'")
    day.app.replan()
    (absence,) = day.app.leaves()
    assert absence.source is Source.CALENDAR
    assert [entry.session.uid for entry in inside(day)] == ["two"]
    with pytest.raises(NeedsPerson, match="not away"):
        day.app.come_back()


def test_it_lists_what_stands_inside_however_far_ahead_it_lies(day: Day) -> None:
    day.put("later", "2026-04-20T10:00:00")
    day.sync()
    go(day, "2026-04-01 00:00", "2026-05-01 00:00")
    assert [entry.session.uid for entry in inside(day)] == ["later"]
