"""Exports that give all appointments of a client one UID: each is a session of its own."""

from __future__ import annotations

from pathlib import Path

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.calendars import calendar, event
from tests.support.day import Day
from tests.support.fence import TITLE
from tests.support.named import NAMED, stands


def shared(*entries: tuple[str, int]) -> str:
    """Appointments of one client under one UID: (start, SEQUENCE)."""
    return calendar(
        *(
            event("client-7", f"AB {TITLE}", at, f"{at[:9]}{int(at[9:11]):02d}5000", f"SEQUENCE:{seq}")
            for at, seq in entries
        )
    )


async def test_one_uid_for_all_and_one_of_them_was_edited(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("other", "2026-03-23T10:00:00")
    day.calendar.put("c.ics", shared(("20260302T100000", 0), ("20260302T140000", 0), ("20260304T100000", 0)))
    day.sync()
    await day.until("2026-03-02 08:40")
    day.calendar.put("c.ics", shared(("20260302T100000", 0), ("20260302T140000", 0), ("20260304T110000", 1)))
    day.sync()
    await day.until("2026-03-02 10:01")
    assert ("10:00:00", "0m") in day.rungs()


async def test_a_check_in_holds_while_the_next_is_booked_and_cancelled(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("other", "2026-03-23T10:00:00")
    day.put("other2", "2026-03-24T10:00:00")
    one = shared(("20260302T100000", 0))
    two = shared(("20260302T100000", 0), ("20260304T100000", 0))
    day.calendar.put("c.ics", one)
    day.sync()
    await day.until("2026-03-02 08:40")
    day.calendar.put("c.ics", two)
    await day.until("2026-03-02 08:50")
    day.calendar.put("c.ics", one)
    await day.until("2026-03-02 09:56")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:03")
    day.calendar.put("c.ics", two)
    await day.until("2026-03-02 10:06")
    day.calendar.put("c.ics", one)
    await day.until("2026-03-02 10:30")
    assert day.rungs() == [("09:00:00", "-60m"), ("09:45:00", "-15m"), ("09:55:00", "-5m")]
    assert [(a, b) for a, b, _c in stands(day)] == [("09:00", Verdict.ON_TIME)]


async def test_one_that_is_moved_by_two_days_has_not_vanished(tmp_path: Path) -> None:
    """A move is a move: nobody is asked whether the session vanished."""
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("other", "2026-03-23T10:00:00")
    day.calendar.put("c.ics", shared(("20260302T140000", 0), ("20260309T140000", 0)))
    day.sync()
    await day.until("2026-03-02 08:40")
    day.calendar.put("c.ics", shared(("20260304T140000", 0), ("20260309T140000", 0)))
    day.sync()
    await day.until("2026-03-02 09:00")
    assert "question" not in [rung for _at, rung in day.rungs()]


async def test_a_check_in_holds_while_the_feed_of_one_uid_rolls_on(tmp_path: Path) -> None:
    """Only what is to come, one UID: alone on Monday, and on Wednesday the next is booked in the session."""
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("other", "2026-03-23T10:00:00")
    day.put("other2", "2026-03-24T10:00:00")
    day.calendar.put("c.ics", shared(("20260302T100000", 0)))
    day.sync()
    for here, nxt in (("02", "04"), ("04", "06"), ("06", "09")):
        await day.until(f"2026-03-{here} 09:58")
        day.answer(Kind.HERE)
        await day.until(f"2026-03-{here} 10:03")
        day.calendar.put("c.ics", shared((f"202603{here}T100000", 0), (f"202603{nxt}T100000", 0)))
        await day.until(f"2026-03-{here} 12:00")
        day.calendar.put("c.ics", shared((f"202603{nxt}T100000", 0)))
        await day.until(f"2026-03-{here} 13:00")
    assert "question" not in [rung for _at, rung in day.rungs()]
    assert [e.verdict for e in day.agenda("2026-03-02 00:00", "2026-03-07 00:00")] == [Verdict.ON_TIME] * 3
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m", "-5m"] * 3


async def test_what_was_said_beforehand_holds_though_the_next_is_booked(
    tmp_path: Path,
) -> None:
    """The client cancels, and makes the next appointment at once."""
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("other", "2026-03-23T10:00:00")
    day.calendar.put("c.ics", shared(("20260302T100000", 0)))
    day.sync()
    await day.until("2026-03-02 08:40")
    day.app.settle(day.only().session.id, Verdict.CLIENT_CANCELLED, None)
    await day.until("2026-03-02 08:45")
    day.calendar.put("c.ics", shared(("20260302T100000", 0), ("20260309T100000", 0)))
    await day.until("2026-03-02 10:30")
    assert day.cards() == []
    assert [(at, verdict) for at, verdict, _s in stands(day)] == [("09:00", Verdict.CLIENT_CANCELLED)]
