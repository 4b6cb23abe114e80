"""A card over days and weeks: what was said is corrected, the event moves and is missed again, leaves and weekends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest

from kepthour.cli.repair import work
from kepthour.cli.repair.chosen import Chosen
from kepthour.core.causes import Cause
from kepthour.core.errors import NeedsPerson
from kepthour.core.privacy import Phi
from kepthour.core.repair import Outcome
from kepthour.core.response import Kind
from kepthour.core.trail import What
from kepthour.core.verdict import Verdict
from kepthour.pipeline import repair
from kepthour.views.cards import record
from kepthour.views.causes import look
from kepthour.views.drafts import occasion
from kepthour.views.report import material
from tests.scenario import test_rules_looked_at as looked_at
from tests.scenario.test_repair_card import card, mark, said, settle
from tests.support.after_a_miss import ALIASES, after_a_miss, go_to, made_up, session_at, step
from tests.support.day import Day, a_morning, when

_DAY = timedelta(days=1)
MONDAY, THURSDAY = "2026-03-02 10:00", "2026-03-05 16:00"


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


def times(day: Day, since: str = "2026-03-02 08:00") -> list[str]:
    """When the card spoke."""
    return [at for at, _title, _text in said(day, since)]


# What was said is corrected.


@pytest.mark.parametrize("before", [Verdict.LATE, Verdict.NEAR_MISS, Verdict.UNKNOWN])
async def test_a_miss_speaks_up_whatever_was_said_first(day: Day, before: Verdict) -> None:
    await day.until("2026-03-02 10:20")
    settle(day, before)
    await day.until("2026-03-02 10:30")
    settle(day, Verdict.MISSED)
    await day.until("2026-03-02 12:00")
    assert times(day) == ["02 10:45", "02 11:00", "02 11:30"]
    assert card(day).steps[0].due_at == when("2026-03-02 10:45")


async def test_what_only_began_late_after_all_never_speaks(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    await day.until("2026-03-02 10:36")
    settle(day, Verdict.LATE)
    assert times(day) == ["02 10:35"]
    mark(day, 1)
    mark(day, 1, What.STEP_UNDONE)
    await day.until("2026-03-05 12:00", every=_DAY)
    assert times(day) == ["02 10:35"]
    assert [one for one in day.screen.open_notices.values() if one.rung.startswith("card")] == []


async def test_a_miss_that_was_late_for_a_while_speaks_up_anew(day: Day) -> None:
    for at, verdict in (("10:20", Verdict.MISSED), ("10:25", Verdict.LATE), ("10:30", Verdict.MISSED)):
        await day.until(f"2026-03-02 {at}")
        settle(day, verdict)
    await day.until("2026-03-02 12:00")
    assert times(day) == ["02 10:45", "02 11:00", "02 11:30"]


@pytest.mark.parametrize("first, then, steps", [("late", "missed", 9), ("missed", "late", 4)])
async def test_a_late_start_that_weighs_as_much_as_a_miss_has_its_own_steps(
    tmp_path: Path, first: str, then: str, steps: int
) -> None:
    """The client was kept waiting a week before, too."""
    day = Day(tmp_path, "2026-02-23 08:30", ALIASES)
    day.put("weekly", "2026-02-23T10:00:00", 50, "RRULE:FREQ=WEEKLY")
    day.sync()
    day.clock.at = when("2026-02-23 10:20")
    day.app.settle(session_at(day, "2026-02-23 10:00"), Verdict.LATE, None)
    day.clock.at = when("2026-03-02 10:20")
    day.app.refresh()
    day.sync()
    session = session_at(day, MONDAY)
    for verdict in (first, then):
        day.app.settle(session, Verdict(verdict), None)
    (it,) = [one for one in day.cards() if one.session_id == session]
    assert (it.severity, len(it.steps)) == (2, steps)


@pytest.mark.parametrize("done", [range(1, 10), (1, 3, 6, 7)], ids=["all", "those of a late start"])
async def test_a_card_on_which_nothing_is_left_is_closed(day: Day, done: list[int]) -> None:
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    for n in done:
        mark(day, n)
    settle(day, Verdict.LATE)
    it = card(day)
    assert (it.state, it.open_steps, it.closed_at is not None) == ("closed", [], True)


async def test_a_step_that_is_gone_meanwhile_is_passed_over(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the steps are gone through, it is said elsewhere that the session only began late."""
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    pressed: list[str] = []

    def press(*_args: Any, **_kept: Any) -> str:
        if not pressed:
            settle(day, Verdict.LATE)
        pressed.append("d")
        return "d"

    monkeypatch.setattr(work, "_choice", press)
    monkeypatch.setattr(work, "_show", lambda *_args: None)
    assert work._go_through(click.Context(work.work), day.app, Chosen("1", as_json=False))
    assert [one.n for one in card(day).steps if one.done_at] == [1, 3, 6, 7]


async def test_what_is_ticked_off_twice_was_done_the_first_time(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    mark(day, 1)
    mark(day, 4, What.STEP_SKIPPED, Phi("they did not ask"))
    await day.until("2026-03-02 10:40")
    mark(day, 1)
    it = mark(day, 4, What.STEP_SKIPPED)
    assert (it.steps[0].done_at, it.steps[3].skipped_at) == (when("2026-03-02 10:20"),) * 2
    assert it.steps[3].reason == Phi("they did not ask")
    assert mark(day, 4, What.STEP_SKIPPED, Phi("other")).steps[3].reason == Phi("other")


@pytest.mark.parametrize("between", [Verdict.ON_TIME, Verdict.LATE])
async def test_how_it_landed_is_asked_though_the_miss_was_denied_for_a_while(
    tmp_path: Path, between: Verdict
) -> None:
    day = after_a_miss(tmp_path)
    session = session_at(day, MONDAY)
    day.app.replan()
    for at, verdict in (("10:30", between), ("10:40", Verdict.MISSED)):
        await day.until(f"2026-03-02 {at}")
        day.app.settle(session, verdict, None)
    await go_to(day, "2026-03-09 10:00")
    day.answer(Kind.HERE, session=session_at(day, "2026-03-09 10:00"))
    await go_to(day, "2026-03-11 12:00")
    assert [title for _at, title, _text in said(day, "2026-03-09 11:00") if "land" in title]


# Leaves and weekends.


async def test_a_card_speaks_after_a_leave(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    day.app.away(when("2026-03-02 10:21"), when("2026-03-06 08:00"))
    await day.until("2026-03-06 12:00")
    assert [(at, title) for at, title, _text in said(day, "2026-03-02 08:00")] == [
        ("06 08:00", "Repair after Mon 10:00: 6 steps are due")
    ]


async def test_a_card_speaks_after_a_weekend_without_the_machine(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-06 16:00")
    day.put("one", "2026-03-06T17:00:00")
    day.put("other", "2026-03-23T10:00:00")
    day.sync()
    await day.until("2026-03-06 17:20")
    settle(day, Verdict.MISSED)
    day.sleep_until("2026-03-09 08:00")
    await day.until("2026-03-09 12:00")
    assert [title for _at, title, _text in said(day, "2026-03-06 08:00")] == [
        "Repair after Fri 17:00: 6 steps are due"
    ]


async def test_what_a_card_has_said_it_does_not_say_again_the_next_morning(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    await day.until("2026-03-04 10:21", every=_DAY)
    spoken = times(day)
    assert spoken[-1:] == ["04 10:20"]
    await day.until("2026-03-05 09:00", every=_DAY)
    await day.restart()
    await day.until("2026-03-05 09:05")
    assert times(day) == spoken


async def test_how_it_landed_is_asked_after_a_leave(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    day.put("makeup", "2026-03-06T15:00:00")
    await go_to(day, "2026-03-06 15:00")
    day.answer(Kind.HERE, session=session_at(day, "2026-03-06 15:00"))
    day.app.away(when("2026-03-06 18:00"), when("2026-03-14 00:00"))
    await go_to(day, "2026-03-20 12:00")
    assert [title for _at, title, _text in said(day, "2026-03-06 15:30") if "land" in title]


async def test_whether_a_rule_helped_is_told_after_a_leave(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", looked_at.ALIASES)
    await looked_at.prevented(day)
    day.clock.at = when("2026-03-30 09:00")
    day.app.away(when("2026-03-30 09:00"), when("2026-04-07 08:00"))
    assert await looked_at.audited(day, "2026-04-01 11:51") == []
    day.clock.at = when("2026-04-05 10:00")
    await day.until("2026-04-05 10:02")
    day.clock.at = when("2026-04-07 08:10")
    await day.until("2026-04-07 08:15")
    assert len(looked_at.said(day)) == 1


# The event is moved to where what was missed is to be made up for.


async def moved_to_thursday(folder: Path, first: Verdict | None = Verdict.MISSED, **day_of: str) -> Day:
    """Monday's session was missed, and the therapist says so (`first`); its event stands on Thursday now."""
    day = a_morning(folder, **day_of)
    await day.until("2026-03-02 10:20")
    if first is not None:
        settle(day, first)
        mark(day, 1)
    day.put("one", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-03-05 15:00")
    return day


async def missed_again(day: Day) -> None:
    await day.until("2026-03-05 16:20")
    day.app.settle(session_at(day, THURSDAY), Verdict.MISSED, None)


@pytest.mark.parametrize("is_closed", [False, True], ids=["with an open card", "with a closed card"])
async def test_a_make_up_that_is_missed_too_is_a_miss_of_its_own(tmp_path: Path, is_closed: bool) -> None:
    day = await moved_to_thursday(tmp_path)
    if is_closed:
        repair.close(day.app.store, "1", Outcome.REPAIRED, day.clock.at)
    await missed_again(day)
    await day.until("2026-03-05 18:00")
    assert times(day, "2026-03-05 16:00") == ["05 16:35", "05 16:50", "05 17:20"]
    it = card(day)
    assert (it.state, it.outcome, [n for n, _due in it.open_steps]) == ("open", None, list(range(1, 10)))
    assert occasion(day.app.store, it, day.app.config.zone).start == when(THURSDAY)


async def test_two_misses_of_one_event_are_two_in_the_report(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path)
    await missed_again(day)
    start, end = when("2026-03-01 00:00"), when("2026-03-06 00:00")
    found = material(day.app.config, day.app.store, start, end, day.clock.at)
    after = sorted((one.start, one.first_contact) for one in found.missed)
    assert after == [(when(MONDAY), when("2026-03-02 10:20")), (when(THURSDAY), None)]
    assert [one.start for one in found.sessions if one.is_missed] == [when(MONDAY), when(THURSDAY)]


async def test_to_miss_the_make_up_too_is_a_repeat(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path, config=ALIASES)
    await missed_again(day)
    assert card(day).severity == 3
    assert occasion(day.app.store, card(day), day.app.config.zone).earlier == when(MONDAY)


async def test_a_make_up_that_began_late_leaves_the_card_of_the_miss_as_it_is(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path)
    await day.until("2026-03-05 16:06")
    day.answer(Kind.HERE)
    await day.until("2026-03-05 16:07")
    it = card(day)
    assert (it.severity, it.state, len(it.steps), it.confirmed_at is not None) == (2, "open", 9, True)


async def test_a_make_up_that_was_only_suspected_leaves_the_card_of_the_miss_as_it_is(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path)
    await day.until("2026-03-05 16:20")
    assert len(card(day).steps) == 9
    day.app.settle(session_at(day, THURSDAY), Verdict.ON_TIME, None)
    it = card(day)
    assert (it.severity, it.state, it.confirmed_at is not None) == (2, "open", True)


async def test_what_an_earlier_start_was_is_not_to_be_said_of_the_new_one(tmp_path: Path) -> None:
    """It was only suspected, and the event is moved before that was answered."""
    day = await moved_to_thursday(tmp_path, None)
    with pytest.raises(NeedsPerson) as told:
        day.app.say_make_up(1, None)
    assert "settle" not in str(told.value)
    assert not occasion(day.app.store, card(day), day.app.config.zone).is_present


async def test_a_card_s_export_names_the_start_that_was_missed(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path)
    assert record(day.app.store, card(day)).start == when(MONDAY)


# The make-up session, and the cause.


async def test_a_suspicion_takes_back_nothing_that_the_therapist_said_of_the_make_up(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, "2026-03-08 10:00")
    regular = session_at(day, "2026-03-09 10:00")
    day.app.say_make_up(1, regular)
    await go_to(day, "2026-03-09 09:00")
    await day.until("2026-03-09 10:20")
    assert made_up(day) == ("09 10:00", "therapist", "said")
    day.app.settle(regular, Verdict.ON_TIME, None)
    assert (made_up(day), step(day, 6)) == (("09 10:00", "therapist", "said"), "done by daemon")
    day.app.settle(regular, Verdict.CLIENT_NO_SHOW, None)
    assert made_up(day) is None


async def test_what_made_up_for_a_miss_that_is_closed_makes_up_for_no_other(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, "2026-03-09 10:20")
    day.app.settle(session_at(day, "2026-03-09 10:00"), Verdict.MISSED, None)
    day.put("extra", "2026-03-11T16:00:00")
    day.sync()
    assert (made_up(day, 1), made_up(day, 2)) == (("11 16:00", "calendar", "one_off"), None)
    repair.close(day.app.store, "1", Outcome.REPAIRED, day.clock.at)
    day.app.follow_cards()
    assert (made_up(day, 2), step(day, 6, 2)) == (None, "open")


async def test_what_was_called_off_beforehand_is_no_session_before_it(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 07:00")
    for hour in ("08", "09", "10"):
        day.put(hour, f"2026-03-02T{hour}:00:00")
    day.sync()
    for hour in ("08", "09"):
        day.app.settle(session_at(day, f"2026-03-02 {hour}:00"), Verdict.CLIENT_CANCELLED, None)
    await day.until("2026-03-02 10:20")
    day.app.settle(session_at(day, MONDAY), Verdict.MISSED, None)
    found = look(day.app.config, day.app.store, card(day), day.clock.at).causes
    assert Cause.FIRST in found
    assert Cause.IN_A_ROW not in found
