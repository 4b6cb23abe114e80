"""One session in two calendars, of which one is behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.calendars import calendar, event
from tests.support.day import Day
from tests.support.fence import TITLE
from tests.support.named import NAMED, SECOND, stands

WEEKLY = "RRULE:FREQ=WEEKLY"


def a_series(*moved_to: str) -> str:
    more = [
        event(
            "s",
            f"AB {TITLE}",
            f"20260302T{at}00",
            f"20260302T{at[:2]}5000",
            "RECURRENCE-ID;TZID=Europe/Berlin:20260302T140000",
        )
        for at in moved_to
    ]
    return calendar(
        event("s", f"AB {TITLE}", "20260223T140000", "20260223T145000", "RRULE:FREQ=WEEKLY"), *more
    )


def two_with_a_series(tmp_path: Path) -> Day:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED + SECOND)
    for name in ("practice", "second"):
        day.plugins.memory.calendar(name).put("s.ics", a_series())
    day.sync()
    return day


async def test_an_instance_is_reminded_of_where_only_the_second_calendar_heard_of_its_move(
    tmp_path: Path,
) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED + SECOND)

    def series(*more: str) -> str:
        return calendar(
            event("s", f"AB {TITLE}", "20260223T140000", "20260223T145000", "RRULE:FREQ=WEEKLY"), *more
        )

    day.calendar.put("s.ics", series())
    day.plugins.memory.calendar("second").put("s.ics", series())
    day.sync()
    await day.until("2026-03-02 08:40")
    day.plugins.memory.calendar("second").put(
        "s.ics",
        series(
            event(
                "s",
                f"AB {TITLE}",
                "20260302T100000",
                "20260302T105000",
                "RECURRENCE-ID;TZID=Europe/Berlin:20260302T140000",
            )
        ),
    )
    day.sync()
    await day.until("2026-03-02 10:05")
    assert ("10:00:00", "0m") in day.rungs()


async def test_only_the_first_calendar_heard_of_the_move_of_an_instance(tmp_path: Path) -> None:
    day = two_with_a_series(tmp_path)
    await day.until("2026-03-02 08:40")
    day.calendar.put("s.ics", a_series("1000"))
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 14:30")
    assert [(a, b) for a, b, c in stands(day)] == [("09:00", Verdict.ON_TIME)]


async def test_a_check_in_holds_when_the_first_calendar_hears_of_the_move_of_an_instance(
    tmp_path: Path,
) -> None:
    day = two_with_a_series(tmp_path)
    await day.until("2026-03-02 08:40")
    day.plugins.memory.calendar("second").put("s.ics", a_series("1000"))
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:05")
    day.calendar.put("s.ics", a_series("1000"))
    day.sync()
    await day.until("2026-03-02 10:30")
    assert [(a, b) for a, b, c in stands(day)] == [("09:00", Verdict.ON_TIME)]


async def test_a_check_in_holds_when_the_first_calendar_catches_up(tmp_path: Path) -> None:
    """The same event, moved to the morning: the first calendar hears of it when the therapist sits with the client."""
    day = Day(tmp_path, "2026-03-02 08:30", NAMED + SECOND)
    day.put("one", "2026-03-02T14:00:00")
    day.put("other", "2026-03-23T10:00:00")
    second = day.plugins.memory.calendar("second")
    for name in ("one", "other"):
        second.put(f"{name}.ics", day.calendar.text(f"{name}.ics"))
    day.sync()
    await day.until("2026-03-02 08:40")
    text = calendar(event("one", f"AB {TITLE}", "20260302T100000", "20260302T105000"))
    second.put("one.ics", text)
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:05")
    day.calendar.put("one.ics", text)
    day.sync()
    await day.until("2026-03-02 10:30")
    assert [(a, b) for a, b, c in stands(day)] == [("09:00", Verdict.ON_TIME)]


async def test_what_was_held_stays_when_the_first_calendar_catches_up_after_it(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED + SECOND)
    day.put("one", "2026-03-02T08:40:00", 30)
    day.put("other", "2026-03-23T10:00:00")
    second = day.plugins.memory.calendar("second")
    second.put("other.ics", day.calendar.text("other.ics"))
    second.put("one.ics", calendar(event("one", f"AB {TITLE}", "20260302T100000", "20260302T103000")))
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 11:00")
    day.calendar.put("one.ics", second.text("one.ics"))
    day.sync()
    await day.until("2026-03-02 11:10")
    assert ("09:00", Verdict.ON_TIME) in [(at, verdict) for at, verdict, _state in stands(day)]


async def test_who_is_in_a_session_is_not_asked_about_it_because_one_calendar_cancels_it(
    tmp_path: Path,
) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED + SECOND)
    day.put("one", "2026-03-02T10:00:00")
    day.put("other", "2026-03-23T10:00:00")
    for uid, date in (("export-1", "20260302"), ("export-2", "20260323")):
        text = calendar(event(uid, f"AB {TITLE}", f"{date}T100000", f"{date}T105000"))
        day.plugins.memory.calendar("second").put(f"{uid}.ics", text)
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:02")
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")
    day.sync()
    await day.until("2026-03-02 10:25")
    assert not [e for e in day.agenda("2026-03-02 00:00", "2026-03-03 00:00") if e.verdict is Verdict.UNKNOWN]


def one_of_another_client(folder: Path) -> Day:
    """Ten o'clock stands in two calendars, in the first of them by a wrong name."""
    day = Day(folder, "2026-03-02 08:30", NAMED + SECOND)
    day.put("one", "2026-03-02T10:00:00", title=f"XY {TITLE}")
    day.put("other", "2026-03-23T10:00:00")
    for uid, date in (("export-1", "20260302"), ("export-2", "20260323")):
        text = calendar(event(uid, f"AB {TITLE}", f"{date}T100000", f"{date}T105000"))
        day.plugins.memory.calendar("second").put(f"{uid}.ics", text)
    day.sync()
    return day


async def test_a_check_in_holds_when_an_edit_shows_that_two_are_one(tmp_path: Path) -> None:
    day = one_of_another_client(tmp_path)
    await day.until("2026-03-02 09:58")
    entries = day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
    (named,) = [one.session.id for one in entries if one.session.calendar == "second"]
    day.answer(Kind.HERE, session=named)
    await day.until("2026-03-02 10:02")
    day.put("one", "2026-03-02T10:00:00", title=f"AB {TITLE}")
    day.sync()
    await day.until("2026-03-02 10:30")
    assert not day.rungs_since("10:03")
    assert day.only().verdict is Verdict.ON_TIME


async def test_a_check_in_holds_when_an_edit_of_the_second_shows_that_two_are_one(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED + SECOND)
    day.put("one", "2026-03-02T10:00:00")
    day.put("other", "2026-03-23T10:00:00")
    second = day.plugins.memory.calendar("second")

    def export(name: str) -> str:
        return calendar(event("export-1", f"{name} {TITLE}", "20260302T100000", "20260302T105000"))

    second.put("export-1.ics", export("XY"))
    second.put("e2.ics", calendar(event("e2", f"AB {TITLE}", "20260323T100000", "20260323T105000")))
    day.sync()
    await day.until("2026-03-02 09:58")
    entries = day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
    (named,) = [one.session.id for one in entries if one.session.calendar == "second"]
    day.answer(Kind.HERE, session=named)
    await day.until("2026-03-02 10:02")
    second.put("export-1.ics", export("AB"))
    day.sync()
    await day.until("2026-03-02 10:30")
    assert day.only().verdict is Verdict.ON_TIME


@pytest.mark.parametrize("again", ["1100", None])
async def test_nothing_reminds_of_a_start_that_the_first_calendar_had_and_left(
    again: str | None, tmp_path: Path
) -> None:
    day = Day(tmp_path, "2026-03-02 07:30", NAMED + SECOND)
    second = day.plugins.memory.calendar("second")
    day.calendar.put("s.ics", a_series())
    second.put("s.ics", a_series())
    day.sync()
    await day.until("2026-03-02 07:40")
    day.calendar.put("s.ics", a_series("1000"))
    second.put("s.ics", a_series("1000"))
    await day.until("2026-03-02 08:00")
    day.calendar.put("s.ics", a_series(again) if again else a_series())
    await day.until("2026-03-02 10:40")
    assert [
        (at, rung)
        for at, rung in day.rungs_since("09:30")
        if at <= "10:40" and rung in ("0m", "question", "+1m") and at < "10:55"
    ] == []
    assert len(stands(day)) == 1


async def test_who_is_in_a_session_that_the_second_calendar_had_first_is_not_asked_about_it(
    tmp_path: Path,
) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED + SECOND)
    second = day.plugins.memory.calendar("second")
    day.put("other", "2026-03-23T10:00:00")
    for uid, date in (("export-1", "20260302"), ("export-2", "20260323")):
        second.put(f"{uid}.ics", calendar(event(uid, f"AB {TITLE}", f"{date}T100000", f"{date}T105000")))
    day.sync()
    await day.until("2026-03-02 08:40")
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:02")
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")
    day.sync()
    await day.until("2026-03-02 10:25")
    assert not day.rungs_since("10:03")


async def test_what_was_said_beforehand_holds_when_the_first_calendar_catches_up(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED + SECOND)
    day.put("one", "2026-03-02T14:00:00")
    day.put("other", "2026-03-23T10:00:00")
    second = day.plugins.memory.calendar("second")
    text = calendar(event("one", f"AB {TITLE}", "20260302T100000", "20260302T105000"))
    second.put("one.ics", text)
    second.put("other.ics", day.calendar.text("other.ics"))
    day.sync()
    await day.until("2026-03-02 08:40")
    (first, _later) = day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
    day.app.settle(first.session.id, Verdict.CLIENT_CANCELLED, None)
    await day.until("2026-03-02 09:30")
    day.calendar.put("one.ics", text)
    await day.until("2026-03-02 10:30")
    assert [(at, verdict) for at, verdict, _s in stands(day)] == [("09:00", Verdict.CLIENT_CANCELLED)]
