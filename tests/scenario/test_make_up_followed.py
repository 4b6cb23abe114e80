"""A make-up session that is known: what the calendar takes back, and what the therapist says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.errors import NeedsPerson, NotFound
from kepthour.core.repair import Outcome
from kepthour.core.trail import What, Who
from kepthour.core.verdict import Verdict
from kepthour.pipeline import repair
from tests.support.after_a_miss import (
    CUE,
    PLAIN,
    after_a_miss,
    card,
    cues,
    go_to,
    landings,
    made_up,
    mark,
    session_at,
    step,
    told,
)
from tests.support.day import when
from tests.support.fence import TITLE


@pytest.mark.parametrize("how", ["cancelled", "deleted"])
async def test_a_make_up_that_is_gone_is_none_and_step_6_is_open_again(tmp_path: Path, how: str) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    if how == "cancelled":
        day.put("extra", "2026-03-05T16:00:00", 50, "STATUS:CANCELLED")
    else:
        day.calendar.delete("extra.ics")
    day.sync()
    assert (made_up(day), step(day, 6)) == (None, "open")
    await go_to(day, "2026-03-09 10:01")
    assert cues(day) == [("09 09:30", CUE)]


async def test_what_the_therapist_ticked_off_stays_so_when_the_make_up_is_gone(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    mark(day, 6)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    day.calendar.delete("extra.ics")
    day.sync()
    assert (made_up(day), step(day, 6)) == (None, "done by therapist")


async def test_a_step_that_the_therapist_opens_again_stays_open(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    mark(day, 6, What.STEP_UNDONE)
    day.app.replan()
    assert (made_up(day), step(day, 6)) == (("05 16:00", "calendar", "one_off"), "open")


async def test_the_calendar_never_closes_a_card(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    for n in (1, 2, 3, 4, 5, 7, 8, 9):
        mark(day, n)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    assert (made_up(day), step(day, 6)) == (("05 16:00", "calendar", "one_off"), "open")
    assert mark(day, 6).state == "closed"


async def test_a_make_up_that_moves_takes_its_cue_along(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-03-05 09:00")
    day.put("extra", "2026-03-06T11:00:00")
    day.sync()
    assert made_up(day) == ("06 11:00", "calendar", "one_off")
    await go_to(day, "2026-03-06 11:01")
    assert cues(day) == [("06 10:30", CUE)]


@pytest.mark.parametrize("verdict", [Verdict.MISSED, Verdict.CLIENT_NO_SHOW, Verdict.CLIENT_CANCELLED])
async def test_a_make_up_that_came_to_nothing_is_not_asked_about(tmp_path: Path, verdict: Verdict) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-03-05 16:10")
    day.app.settle(session_at(day, "2026-03-05 16:00"), verdict, None)
    assert (made_up(day), step(day, 6)) == (None, "open")
    await go_to(day, "2026-03-08 20:00")
    assert landings(day) == []


async def test_another_make_up_takes_the_place_of_one_that_came_to_nothing(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-03-05 16:10")
    day.app.settle(session_at(day, "2026-03-05 16:00"), Verdict.CLIENT_NO_SHOW, None)
    day.put("again", "2026-03-06T11:00:00")
    day.sync()
    assert (made_up(day), step(day, 6)) == (("06 11:00", "calendar", "one_off"), "done by calendar")


async def test_while_a_calendar_cannot_be_read_what_was_known_stays(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-26T16:00:00")
    day.sync()
    await day.restart()
    day.clock.at = when("2026-06-25 10:00")  # what is stored does not reach eight days farther
    day.app.replan()
    assert made_up(day) == ("26 16:00", "calendar", "one_off")


async def test_the_therapist_says_which_one_it_is(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, PLAIN, single=True)
    day.put("extra", "2026-03-05T16:00:00")
    day.put("far", "2026-03-27T16:00:00")
    day.sync()
    for _time in range(2):
        day.app.say_make_up(1, session_at(day, "2026-03-05 16:00"))
    assert made_up(day) == ("05 16:00", "therapist", "said")
    assert step(day, 6) == "done by daemon"
    day.app.say_make_up(1, session_at(day, "2026-03-27 16:00"))
    assert made_up(day) == ("27 16:00", "therapist", "said"), "also one that is not watched yet"
    noted = [one.about for one in told(day) if one.what is What.MAKE_UP]
    assert len(noted) == 2
    await go_to(day, "2026-03-27 16:01")
    assert cues(day) == [("27 15:30", CUE)]


async def test_none_is_none_until_another_is_named(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    for _time in range(2):
        day.app.say_make_up(1, None)
    assert (made_up(day), step(day, 6), card(day).is_without) == (None, "open", True)
    assert [one.by for one in told(day) if one.what is What.MAKE_UP_GONE] == [Who.THERAPIST]
    day.put("more", "2026-03-06T11:00:00")
    day.sync()
    assert made_up(day) is None
    day.app.say_make_up(1, session_at(day, "2026-03-06 11:00"))
    assert made_up(day) == ("06 11:00", "therapist", "said")


async def test_what_the_therapist_named_is_given_up_when_it_is_gone(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, PLAIN, single=True)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    day.app.say_make_up(1, session_at(day, "2026-03-05 16:00"))
    day.calendar.delete("extra.ics")
    day.sync()
    assert (made_up(day), step(day, 6), card(day).is_without) == (None, "open", False)


async def test_what_cannot_be_a_make_up_session_is_refused(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    with pytest.raises(NotFound):
        day.app.say_make_up(1, "0000000000")
    with pytest.raises(NeedsPerson, match="after the missed one"):
        day.app.say_make_up(1, session_at(day, "2026-03-02 10:00"))
    repair.close(day.app.store, "1", Outcome.ENDED, day.clock.at)
    with pytest.raises(NeedsPerson, match="closed"):
        day.app.say_make_up(1, session_at(day, "2026-03-09 10:00"))


async def test_another_client_s_session_cannot_be_named(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00", title=f"CD {TITLE}")
    day.sync()
    with pytest.raises(NeedsPerson, match="with another client"):
        day.app.say_make_up(1, session_at(day, "2026-03-05 16:00"))
    assert (made_up(day), step(day, 6)) == (None, "open")
