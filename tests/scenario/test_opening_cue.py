"""How to begin: the opening cue of the sessions at which they meet after a miss."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.repair import Outcome
from kepthour.core.response import Kind
from kepthour.core.trail import What
from kepthour.core.verdict import Verdict
from kepthour.pipeline import repair
from kepthour.pipeline.plan import meetings
from kepthour.views.rehearse import rehearse
from kepthour.views.story import story
from tests.support.after_a_miss import (
    ALIASES,
    CUE,
    MISSED,
    a_series,
    after_a_miss,
    cues,
    go_to,
    held,
    landings,
    made_up,
    mark,
    others,
    session_at,
)
from tests.support.day import Day, when
from tests.support.fence import TITLE


async def test_the_cue_is_a_rung_like_any_other_and_one_more(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, "2026-03-09 10:00:30")
    came = [notice.rung for notice in day.notices()[-6:]]
    assert came == ["-60m", "opening-cue", "-15m", "-5m", "-1m", "0m"]
    texts = [notice.title + notice.text for notice in day.notices()[-6:]]
    assert len(set(texts)) == 6
    assert day.notices()[-5].title == "Session at 10:00 starts in 30 min"


async def test_where_a_rung_stands_half_an_hour_before_the_cue_comes_beside_it(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, ALIASES + '[reminders]\nprofile = "persistent"\n')
    await go_to(day, "2026-03-09 10:01")
    assert [at for at, _text in cues(day)] == ["09 09:35"]


@pytest.mark.parametrize("kind", [Kind.ACK, Kind.HERE])
async def test_an_answer_silences_the_cue(tmp_path: Path, kind: Kind) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, "2026-03-09 09:25")
    day.clock.at = when("2026-03-09 09:30")  # due, and not out yet
    day.answer(kind, session=session_at(day, "2026-03-09 10:00"))
    await go_to(day, "2026-03-09 09:40")
    assert cues(day) == []


async def test_an_answer_from_before_the_cue_was_planned_silences_it_too(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES)
    others(day)
    a_series(day, "weekly", MISSED)
    day.sync()
    await day.until("2026-03-02 10:20")
    await go_to(day, "2026-03-09 09:10")
    day.answer(Kind.ACK, session=session_at(day, "2026-03-09 10:00"))
    day.app.settle(session_at(day, "2026-03-02 10:00"), Verdict.MISSED, None)
    await go_to(day, "2026-03-09 09:40")
    assert cues(day) == []


async def test_a_ladder_that_has_begun_gets_the_cue_all_the_same(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES)
    others(day)
    a_series(day, "weekly", MISSED)
    day.sync()
    await day.until("2026-03-02 10:20")
    await go_to(day, "2026-03-09 09:10")
    day.app.settle(session_at(day, "2026-03-02 10:00"), Verdict.MISSED, None)
    await go_to(day, "2026-03-09 10:00:30")
    rungs = [notice.rung for notice in day.notices() if not notice.rung.startswith("card")]
    assert rungs[-6:] == ["-60m", "opening-cue", "-15m", "-5m", "-1m", "0m"]


async def test_a_cue_that_comes_too_late_is_left_out_and_no_rung_with_it(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, single=True)
    await go_to(day, "2026-03-05 15:50")
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-03-05 16:01")
    assert [rung for _at, rung in day.rungs_since("15:50")][-5:] == ["-15m", "-5m", "-1m", "0m", "+1m"]


async def test_a_card_that_is_closed_gives_no_cue(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    repair.close(day.app.store, "1", Outcome.CONTINUES, day.clock.at)
    await go_to(day, "2026-03-09 10:01")
    assert cues(day) == []
    repair.mark_step(day.app.store, "1", 8, day.clock.at, What.STEP_UNDONE)


async def test_a_cue_that_is_due_just_after_the_card_was_closed_does_not_come(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, "2026-03-09 09:29")
    repair.close(day.app.store, "1", Outcome.CONTINUES, day.clock.at)
    await day.until("2026-03-09 09:31")
    assert cues(day) == []


async def test_a_card_of_months_ago_is_not_followed(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path, single=True)
    day.clock.at = when("2026-07-02 09:00")
    day.app.refresh()
    day.put("weekly", "2026-07-03T16:00:00")
    day.sync()
    day.app.replan()
    assert made_up(day) is None


async def test_the_cue_is_no_beginning_of_the_ladder(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("before", "2026-03-09T08:50:00", title=f"CD {TITLE}")  # so that the next has no early rung
    day.sync()
    await go_to(day, "2026-03-09 09:31")
    day.config = ALIASES + '[reminders]\nprofile = "gentle"\n'
    await day.restart()
    await day.until("2026-03-09 10:03")
    mine = [notice.rung for at, notice in day.screen.received if at > when("2026-03-09 09:32")]
    assert mine == ["-15m", "-5m", "0m", "+2m"]


async def test_a_card_that_is_open_again_gives_its_cue(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    repair.close(day.app.store, "1", Outcome.CONTINUES, day.clock.at)
    day.app.follow_cards()
    mark(day, 8, What.STEP_UNDONE)
    await go_to(day, "2026-03-09 10:01")
    assert cues(day) == [("09 09:30", CUE)]


async def test_a_restart_in_between_changes_nothing(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await day.restart()
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-03-05 15:47")
    await day.restart()
    await held(day, "2026-03-05 16:00")
    await day.restart()
    await go_to(day, "2026-03-07 12:00")
    assert (cues(day), landings(day)) == (
        [("05 15:30", CUE)],
        [("06 16:50", "How did the session of Thu 16:00 land?")],
    )


async def test_the_cue_and_the_question_are_rehearsed_and_explained(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    coming = rehearse(
        day.app.config, day.app.store, when("2026-03-09 00:00"), when("2026-03-13 00:00"), day.clock.at
    )
    mine = [
        (f"{one.at.astimezone(day.app.config.zone):%d %H:%M}", one.rung, one.text)
        for one in coming
        if one.rung in {"opening-cue", "card-landing"}
    ]
    assert mine == [
        ("09 09:30", "opening-cue", f"Session at 10:00 starts in 30 min. {CUE}"),
        (
            "10 10:50",
            "card-landing",
            "How did the session of Mon 10:00 land? Ask once how it was, and leave it at that. "
            "Then: kepthour repair 1 step 8 done",
        ),
    ]
    it = story(day.app.config, day.app.store, session_at(day, "2026-03-09 10:00"), day.clock.at)
    assert it is not None
    assert [(one.rung, one.cards) for one in it.rungs if one.rung == "opening-cue"] == [("opening-cue", (1,))]


async def test_with_a_client_the_cue_waits_like_other_calm_rungs(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("before", "2026-03-09T08:50:00", title=f"CD {TITLE}")
    day.sync()
    await held(day, "2026-03-09 08:50")
    await go_to(day, "2026-03-09 09:31")
    assert cues(day) == []
    await go_to(day, "2026-03-09 09:41")
    assert [at for at, _text in cues(day)] == ["09 09:40"]


async def test_a_fault_in_following_cards_costs_no_reminder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    day = after_a_miss(tmp_path)
    monkeypatch.setattr(meetings, "_follow_all", broken)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-03-05 16:00:30")
    rungs = [notice.rung for notice in day.notices() if not notice.rung.startswith("card")]
    assert rungs[-5:] == ["-60m", "-15m", "-5m", "-1m", "0m"]
