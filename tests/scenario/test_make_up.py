"""After a confirmed miss: which session makes up for it, as the calendar tells it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from kepthour.core.verdict import Verdict
from kepthour.pipeline import repair
from tests.support.after_a_miss import (
    ALIASES,
    CUE,
    MISSED,
    PLAIN,
    a_series,
    after_a_miss,
    card,
    cues,
    go_to,
    held,
    landings,
    made_up,
    missed,
    others,
    session_at,
    step,
)
from tests.support.day import Day, when
from tests.support.fence import TITLE


async def test_a_new_single_session_with_the_same_alias_makes_up_for_the_missed_one(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    assert made_up(day) == ("05 16:00", "calendar", "one_off")
    assert step(day, 6) == "done by calendar"
    await go_to(day, "2026-03-05 16:01")
    assert cues(day) == [("05 15:30", CUE)]


async def test_what_the_calendar_held_before_the_miss_is_no_make_up(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES)
    others(day)
    a_series(day, "weekly", MISSED)
    day.put("agreed-before", "2026-03-05T16:00:00")
    day.put("far", "2026-03-19T16:00:00")
    missed(day)
    await go_to(day, "2026-03-17 10:00")
    assert (made_up(day), step(day, 6)) == (None, "open")


async def test_one_weeks_ahead_is_found_when_it_appears(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-26T16:00:00")
    day.sync()
    assert made_up(day) == ("26 16:00", "calendar", "one_off")
    day.calendar.delete("extra.ics")
    day.sync()
    assert (made_up(day), step(day, 6)) == (None, "open")


async def test_the_regular_next_session_is_no_make_up_but_they_meet_there_first(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, "2026-03-16 10:30")
    assert (made_up(day), step(day, 6)) == (None, "open")
    assert cues(day) == [("09 09:30", CUE), ("16 09:30", CUE)], "nobody knows of the 9th whether they met"


async def test_the_cue_comes_once_if_they_met(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await held(day, "2026-03-09 10:00")
    await go_to(day, "2026-03-16 10:30")
    assert cues(day) == [("09 09:30", CUE)]


async def test_of_a_feed_of_single_events_those_at_the_usual_time_are_regular(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES)
    others(day)
    for start in ("02-02", "02-09", "02-16", "02-23", "03-02"):
        day.put(f"ehr-{start}", f"2026-{start}T10:00:00")
    day.put("lately-elsewhere", "2026-02-26T15:00:00")
    missed(day)
    day.put("ehr-03-09", "2026-03-09T10:00:00")
    day.sync()
    assert made_up(day) is None
    day.put("ehr-03-12", "2026-03-12T15:00:00")
    day.sync()
    assert made_up(day) == ("12 15:00", "calendar", "one_off")
    await go_to(day, "2026-03-12 15:01")
    assert cues(day) == [("09 09:30", CUE), ("12 14:30", CUE)], (
        "where they meet first, and the make-up session"
    )


async def test_several_new_ones_at_one_time_of_the_week_are_a_new_usual_time(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, single=True)
    for start in ("03-05", "03-12", "03-19"):
        day.put(f"new-{start}", f"2026-{start}T16:00:00")
    day.sync()
    assert (made_up(day), step(day, 6)) == (None, "open")


async def test_a_regular_one_that_was_put_elsewhere_is_no_make_up(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES)
    others(day)
    day.put("ehr-02", MISSED)
    day.put("ehr-09", "2026-03-09T10:00:00")
    missed(day)
    day.calendar.delete("ehr-09.ics")  # this feed puts the date into the UID
    day.put("ehr-05", "2026-03-05T16:00:00")
    day.sync()
    assert made_up(day) is None
    await go_to(day, "2026-03-05 16:01")
    assert cues(day) == [("05 15:30", CUE)]


async def test_another_client_makes_up_for_nothing(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00", title=f"CD {TITLE}")
    day.sync()
    assert made_up(day) is None
    await go_to(day, "2026-03-05 16:01")
    assert cues(day) == []


async def test_the_missed_event_that_is_moved_makes_up_for_itself(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, PLAIN, single=True)
    day.put("weekly", "2026-03-05T16:00:00")
    day.sync()
    assert made_up(day) == ("05 16:00", "calendar", "moved")
    assert step(day, 6) == "done by calendar"
    await go_to(day, "2026-03-05 16:01")
    assert cues(day) == [("05 15:30", CUE)]


async def test_a_feed_that_gives_what_moves_another_uid_tells_the_same(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, single=True)
    day.calendar.delete("weekly.ics")
    day.put("ehr-0304", "2026-03-04T10:00:00")
    day.sync()
    assert made_up(day) == ("04 10:00", "calendar", "moved")


async def test_an_imported_hold_makes_up_even_without_an_alias(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, PLAIN, single=True)
    start = when("2026-03-05 16:00")
    repair.note_hold(day.app.store, card(day), "5f6c", start, start + timedelta(minutes=50), day.clock.at)
    day.sync()
    assert made_up(day) is None
    day.put("5f6c", "2026-03-05T16:00:00", title="Hold")
    day.sync()
    assert made_up(day) == ("05 16:00", "calendar", "hold")
    await go_to(day, "2026-03-05 16:01")
    assert cues(day) == [("05 15:30", CUE)]


async def test_as_long_as_several_holds_stand_nothing_is_agreed(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, PLAIN, single=True)
    for uid, at in (("h1", "2026-03-05T16:00:00"), ("h2", "2026-03-06T16:00:00")):
        start = when(at)
        repair.note_hold(day.app.store, card(day), uid, start, start + timedelta(minutes=50), day.clock.at)
        day.put(uid, at, title="Hold")
    day.sync()
    assert (made_up(day), step(day, 6)) == (None, "open")
    day.calendar.delete("h1.ics")
    day.sync()
    assert made_up(day) == ("06 16:00", "calendar", "hold")


async def test_without_an_alias_nothing_is_guessed(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, PLAIN, single=True)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    assert (made_up(day), card(day).meeting) == (None, None)
    await go_to(day, "2026-03-05 16:01")
    assert cues(day) == []


async def test_without_an_alias_the_series_tells_where_they_meet(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, PLAIN)
    await go_to(day, "2026-03-09 10:01")
    assert (made_up(day), cues(day)) == (None, [("09 09:30", CUE)])


async def test_one_session_makes_up_for_one_of_two_misses(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, "2026-03-09 10:20")
    day.app.settle(session_at(day, "2026-03-09 10:00"), Verdict.MISSED, None)
    day.put("extra", "2026-03-11T16:00:00")
    day.sync()
    assert (made_up(day, 1), made_up(day, 2)) == (("11 16:00", "calendar", "one_off"), None)
    assert (step(day, 6, 1), step(day, 6, 2)) == ("done by calendar", "open")
    await held(day, "2026-03-11 16:00")
    await go_to(day, "2026-03-13 12:00")
    assert cues(day) == [("09 09:30", CUE), ("11 15:30", CUE)]
    assert landings(day) == [("12 16:50", "How did the session of Wed 16:00 land?")], (
        "asked once, not for each card"
    )


async def test_a_second_one_makes_up_for_the_second_miss(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, "2026-03-09 10:20")
    day.app.settle(session_at(day, "2026-03-09 10:00"), Verdict.MISSED, None)
    day.put("extra", "2026-03-11T16:00:00")
    day.put("more", "2026-03-13T09:00:00")
    day.sync()
    assert (made_up(day, 1), made_up(day, 2)) == (
        ("11 16:00", "calendar", "one_off"),
        ("13 09:00", "calendar", "one_off"),
    )


async def test_only_a_miss_that_the_therapist_confirmed_is_followed(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES)
    others(day)
    a_series(day, "weekly", MISSED)
    day.sync()
    await day.until("2026-03-02 10:20")
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    assert (card(day).confirmed_at, made_up(day)) == (None, None)
    await go_to(day, "2026-03-04 10:00")
    day.app.settle(session_at(day, "2026-03-02 10:00"), Verdict.MISSED, None)
    assert made_up(day) == ("05 16:00", "calendar", "one_off"), "it came after the card was opened"
