"""An entry that is put right: who was in the session stays so, and what was said of it stays said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.support.calendars import calendar, event
from tests.support.day import Day, a_morning
from tests.support.fence import TITLE
from tests.support.named import NAMED, stands

WEEKLY = "RRULE:FREQ=WEEKLY"


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path, NAMED)


async def test_who_is_in_a_session_stays_so_if_it_is_put_right_under_another_uid(day: Day) -> None:
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:04")
    day.calendar.delete("one.ics")
    day.put("one-1005", "2026-03-02T10:05:00")
    day.sync()
    await day.until("2026-03-02 10:25")
    assert day.cards() == []
    assert day.only().verdict is Verdict.ON_TIME


async def test_who_is_in_a_session_stays_so_if_its_whole_series_is_put_right(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("one", "2026-02-23T10:00:00", 50, "RRULE:FREQ=WEEKLY")
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:04")
    day.put("one", "2026-02-23T10:10:00", 50, "RRULE:FREQ=WEEKLY")
    day.sync()
    await day.until("2026-03-02 10:35")
    assert day.cards() == []
    assert day.only().verdict is Verdict.ON_TIME


async def test_what_was_settled_holds_if_it_is_put_right_under_another_uid(day: Day) -> None:
    await day.until("2026-03-02 10:12")
    day.app.settle(day.only().session.id, Verdict.CLIENT_NO_SHOW, None)
    day.calendar.delete("one.ics")
    day.put("one-1005", "2026-03-02T10:05:00")
    day.sync()
    await day.until("2026-03-02 10:25")
    assert day.only().verdict is Verdict.CLIENT_NO_SHOW


async def test_what_was_settled_holds_if_the_session_goes_and_comes_back(day: Day) -> None:
    await day.until("2026-03-02 10:08")
    day.app.settle(day.only().session.id, Verdict.CLIENT_NO_SHOW, None)
    text = day.calendar.text("one.ics")
    day.calendar.delete("one.ics")
    day.sync()
    await day.until("2026-03-02 10:09")
    day.calendar.put("one.ics", text)
    day.sync()
    await day.until("2026-03-02 10:25")
    assert day.only().verdict is Verdict.CLIENT_NO_SHOW


async def test_what_was_settled_holds_through_a_slip_in_the_rules(day: Day) -> None:
    await day.until("2026-03-02 10:08")
    day.app.settle(day.only().session.id, Verdict.CLIENT_NO_SHOW, None)
    right = day.config
    day.config = right.replace("[A-Z]{2}", "[A-Z]{3}")
    await day.restart()
    await day.until("2026-03-02 10:09")
    day.config = right
    await day.restart()
    await day.until("2026-03-02 10:25")
    assert day.only().verdict is Verdict.CLIENT_NO_SHOW


async def test_what_was_settled_beforehand_holds_through_a_slip_in_the_rules(day: Day) -> None:
    await day.until("2026-03-02 09:08")
    day.app.settle(day.only().session.id, Verdict.CLIENT_CANCELLED, None)
    right = day.config
    day.config = right.replace("[A-Z]{2}", "[A-Z]{3}")
    await day.restart()
    await day.until("2026-03-02 09:09")
    day.config = right
    await day.restart()
    await day.until("2026-03-02 10:25")
    assert day.only().verdict is Verdict.CLIENT_CANCELLED


async def test_who_checked_in_is_not_suspected_because_it_was_moved_by_minutes(tmp_path: Path) -> None:
    """She sits there, the client writes that he is five minutes late, and she moves the entry: a minute before ten."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 09:59")
    day.put("one", "2026-03-02T10:05:00")
    day.sync()
    await day.until("2026-03-02 10:25")
    assert ("10:05:00", "0m") in day.rungs()
    assert day.only().verdict is Verdict.UNKNOWN
    assert day.cards() == []


def all_moved(day: Day) -> None:
    """Every instance of the series, in the program of the calendar."""
    day.calendar.put(
        "s.ics", calendar(event("s", f"CD {TITLE}", "20260223T150000", "20260223T155000", WEEKLY))
    )


def split_today(day: Day) -> None:
    """This one and all that follow: another UID, the past stays."""
    before = event(
        "s", f"CD {TITLE}", "20260223T090000", "20260223T095000", f"{WEEKLY};UNTIL=20260301T000000Z"
    )
    day.calendar.put("s.ics", calendar(before))
    day.calendar.put(
        "s2.ics", calendar(event("s2", f"CD {TITLE}", "20260302T150000", "20260302T155000", WEEKLY))
    )


@pytest.mark.parametrize("move", [all_moved, split_today])
async def test_who_moves_the_series_in_the_session_is_not_suspected_for_its_new_time_today(
    tmp_path: Path, move: Callable[[Day], None]
) -> None:
    day = Day(tmp_path, "2026-03-02 07:30", NAMED)
    day.put("one", "2026-03-23T10:00:00")
    day.calendar.put(
        "s.ics", calendar(event("s", f"CD {TITLE}", "20260223T090000", "20260223T095000", WEEKLY))
    )
    day.sync()
    await day.until("2026-03-02 08:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 09:45")
    move(day)
    day.sync()
    await day.until("2026-03-02 15:30")
    assert ("15:00:00", "0m") in day.rungs()
    assert day.cards() == []


@pytest.mark.parametrize("move", [all_moved, split_today])
async def test_a_series_that_moves_today_does_not_undo_this_morning(
    tmp_path: Path, move: Callable[[Day], None]
) -> None:
    """It was held at nine, and is agreed to be at three from next week on; the entry on the screen was today's."""
    day = Day(tmp_path, "2026-03-02 07:30", NAMED)
    day.put("one", "2026-03-23T10:00:00")
    day.calendar.put(
        "s.ics", calendar(event("s", f"CD {TITLE}", "20260223T090000", "20260223T095000", WEEKLY))
    )
    day.sync()
    await day.until("2026-03-02 08:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 09:55")
    move(day)
    day.sync()
    await day.until("2026-03-02 15:30")
    assert ("15:00:00", "0m") in day.rungs()
    assert [verdict for _at, verdict, _state in stands(day)] == [Verdict.ON_TIME, Verdict.UNKNOWN]
    assert day.cards() == []


async def test_what_was_said_beforehand_does_not_hold_for_one_that_moved_away_and_back(
    tmp_path: Path,
) -> None:
    """A feed with the time in its UIDs: cancelled at ten, agreed for noon, and then for ten after all."""
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("other", "2026-03-23T10:00:00")
    day.put("other2", "2026-03-24T10:00:00")
    day.put("at10", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 08:40")
    day.app.settle(day.only().session.id, Verdict.CLIENT_CANCELLED, None)
    await day.until("2026-03-02 08:45")
    day.calendar.delete("at10.ics")
    day.put("at12", "2026-03-02T12:00:00")
    await day.until("2026-03-02 08:50")
    day.calendar.delete("at12.ics")
    day.put("at10", "2026-03-02T10:00:00")
    await day.until("2026-03-02 10:01")
    assert ("10:00:00", "0m") in day.rungs()


async def test_who_checked_in_is_not_suspected_because_it_was_moved_by_a_quarter_of_an_hour(
    tmp_path: Path,
) -> None:
    """Calendars are dragged by quarters: a check-in that early counts for a session that always stood there."""
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("one", "2026-03-02T10:00:00")
    day.put("other", "2026-03-23T10:00:00")
    day.put("other2", "2026-03-24T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 09:59")
    day.put("one", "2026-03-02T10:15:00")
    day.sync()
    await day.until("2026-03-02 10:40")
    assert day.cards() == []


async def test_one_miss_is_one_card_if_its_entry_is_put_right_under_another_uid(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", NAMED)
    day.put("one", "2026-03-02T10:00:00")
    day.put("other", "2026-03-23T10:00:00")
    day.put("other2", "2026-03-24T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:17")
    day.calendar.delete("one.ics")
    day.put("one-1005", "2026-03-02T10:05:00")
    day.sync()
    await day.until("2026-03-02 10:40")
    day.app.settle(day.only().session.id, Verdict.ON_TIME, None)
    assert [card.state.value for card in day.cards() if card.state.value != "closed"] == []
