"""How did it land? It is asked once, a day after they met."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.repair import Outcome
from kepthour.core.trail import What
from kepthour.core.verdict import Verdict
from kepthour.pipeline import repair
from kepthour.pipeline.plan import meetings
from tests.support.after_a_miss import (
    after_a_miss,
    card,
    cues,
    go_to,
    held,
    landings,
    mark,
    session_at,
)
from tests.support.day import when


async def test_it_is_asked_a_day_later_how_it_landed(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    for n in (1, 2, 3, 4, 5, 7):
        mark(day, n)
    day.put("extra", "2026-03-05T16:00:00")
    day.sync()
    assert card(day).state == "waiting"
    await held(day, "2026-03-05 16:00")
    due = {one.n: one.due_at for one in card(day).steps}
    assert due[8] == when("2026-03-08 16:50")
    await go_to(day, "2026-03-20 12:00")
    assert landings(day) == [("06 16:50", "How did the session of Thu 16:00 land?")]
    nudged = [notice.title for _at, notice in day.screen.received if notice.rung == "card-14d"]
    assert nudged == ["Repair after 2026-03-02 10:00: 1 step is due"], "step 9: step 8 had its own"
    assert card(day).state == "waiting"
    repair.close(day.app.store, "1", Outcome.REPAIRED, day.clock.at)
    assert card(day).state == "closed"


async def test_after_a_late_session_it_is_asked_in_the_morning(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T20:00:00")
    day.sync()
    await held(day, "2026-03-05 20:00")
    await go_to(day, "2026-03-09 12:00")
    assert [at for at, _title in landings(day)] == ["07 08:30"]


async def test_after_the_first_meeting_it_is_asked_if_there_is_no_make_up(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await held(day, "2026-03-09 10:00")
    await go_to(day, "2026-03-16 09:00")
    assert landings(day) == [("10 10:50", "How did the session of Mon 10:00 land?")]


@pytest.mark.parametrize("what", [What.STEP_DONE, What.STEP_SKIPPED])
async def test_it_is_not_asked_if_that_is_done(tmp_path: Path, what: What) -> None:
    day = after_a_miss(tmp_path)
    await held(day, "2026-03-09 10:00")
    mark(day, 8, what)
    await go_to(day, "2026-03-13 09:00")
    assert landings(day) == []


async def test_it_is_asked_if_it_is_not_done_after_all(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await held(day, "2026-03-09 10:00")
    mark(day, 8)
    mark(day, 8, What.STEP_UNDONE)
    await go_to(day, "2026-03-13 09:00")
    assert [at for at, _title in landings(day)] == ["10 10:50"]


async def test_a_meeting_of_which_the_client_stayed_away_is_none(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await held(day, "2026-03-09 10:00")
    day.app.settle(session_at(day, "2026-03-09 10:00"), Verdict.CLIENT_NO_SHOW, None)
    await held(day, "2026-03-16 10:00")
    await go_to(day, "2026-03-18 09:00")
    assert [at for at, _title in landings(day)] == ["17 10:50"]
    assert [at for at, _text in cues(day)] == ["09 09:30", "16 09:30"]


async def test_a_meeting_that_came_to_nothing_is_not_asked_about_though_cards_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = after_a_miss(tmp_path)
    await held(day, "2026-03-09 10:00")
    monkeypatch.setattr(meetings, "_follow_all", lambda *_args: None)
    day.app.settle(session_at(day, "2026-03-09 10:00"), Verdict.CLIENT_NO_SHOW, None)
    await go_to(day, "2026-03-12 12:00")
    assert landings(day) == []
