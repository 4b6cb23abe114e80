"""A calendar, or a client, is called otherwise days after a miss: what the card calls for comes all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.verdict import Verdict
from kepthour_connectors.base import Transient
from tests.support.after_a_miss import (
    CUE,
    MISSED,
    a_series,
    after_a_miss,
    card,
    cues,
    go_to,
    landings,
    made_up,
    session_at,
    step,
)
from tests.support.day import Day
from tests.support.fence import TITLE

WEDNESDAY = "2026-03-04 12:00"  # the missed session is out of the days that are watched


async def rename(day: Day, *, offline: bool = False) -> None:
    day.config = day.config.replace('name = "practice"', 'name = "office"')
    office = day.plugins.memory.made["office"] = day.calendar
    office.broken = Transient("It is down.", "Wait.") if offline else None
    await day.restart()


async def test_they_meet_with_the_cue(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, WEDNESDAY)
    await rename(day)
    await go_to(day, "2026-03-09 10:01")
    assert cues(day) == [("09 09:30", CUE)]


@pytest.mark.parametrize("offline", [False, True])
async def test_a_make_up_session_stays_the_one(tmp_path: Path, *, offline: bool) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, WEDNESDAY)
    await rename(day, offline=offline)
    await go_to(day, "2026-03-05 12:00")
    day.calendar.broken = None
    await go_to(day, "2026-03-07 12:00")
    assert (made_up(day), step(day, 6)) == (("05 16:00", "calendar", "one_off"), "done by calendar")
    assert cues(day)[0] == ("05 15:30", CUE)
    assert [at for at, _title in landings(day)] == ["06 16:50"]


async def test_one_that_is_not_watched_yet_stays_so_too_as_the_therapist_said(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.app.say_make_up(1, session_at(day, "2026-03-23 10:00"))
    await go_to(day, WEDNESDAY)
    await rename(day)
    assert made_up(day) == ("23 10:00", "therapist", "said")


async def test_one_that_is_entered_then_is_found(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, WEDNESDAY)
    await rename(day)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    assert made_up(day) == ("05 16:00", "calendar", "one_off")


async def test_it_is_so_however_long_ago_the_miss_is(tmp_path: Path) -> None:
    """The calendar's own past is kept for five weeks only."""
    day = after_a_miss(tmp_path)
    await go_to(day, WEDNESDAY)
    await rename(day)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-04-20 12:00")
    assert made_up(day) == ("05 16:00", "calendar", "one_off")


async def test_a_second_miss_of_the_client_is_one(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, WEDNESDAY)
    await rename(day)
    await go_to(day, "2026-03-09 10:30")
    day.app.settle(session_at(day, "2026-03-09 10:00"), Verdict.MISSED, None)
    assert (card(day).severity, card(day, 2).severity) == (2, 3)


@pytest.mark.parametrize("at", ["2026-03-02 12:00", WEDNESDAY])
async def test_clients_whose_aliases_are_written_otherwise_are_the_same(tmp_path: Path, at: str) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, at)
    day.config = day.config.replace("[A-Z]{2})", "[A-Z])")
    await day.restart()
    await go_to(day, "2026-03-07 12:00")
    assert (made_up(day), step(day, 6)) == (("05 16:00", "calendar", "one_off"), "done by calendar")
    assert [at for at, _title in landings(day)] == ["06 16:50"]
    await go_to(day, "2026-04-20 12:00")
    assert made_up(day) == ("05 16:00", "calendar", "one_off")


@pytest.mark.parametrize("is_before", [False, True])
async def test_a_series_that_is_given_to_another_client_with_its_past_takes_no_card_with_it(
    tmp_path: Path, *, is_before: bool
) -> None:
    """The calendar was told “all events”."""
    day = after_a_miss(tmp_path)
    if is_before:
        day.put("extra", "2026-03-05T16:00:00")
        day.sync()
    await go_to(day, WEDNESDAY)
    a_series(day, "weekly", MISSED, title=f"CD {TITLE}")
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-03-07 12:00")
    assert (made_up(day), step(day, 6)) == (("05 16:00", "calendar", "one_off"), "done by calendar")
    assert [at for at, _title in landings(day)] == ["06 16:50"]
