"""The repair card: when it opens, how serious it is, when it speaks up, and when it is silent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.drafts import Wish, choose
from kepthour.core.errors import NeedsPerson
from kepthour.core.privacy import Phi
from kepthour.core.repair import Outcome
from kepthour.core.response import Kind
from kepthour.core.trail import What
from kepthour.core.verdict import Verdict
from kepthour.pipeline import repair
from kepthour.store.cards import Card
from kepthour.views.drafts import occasion
from kepthour.views.rehearse import rehearse
from tests.support.day import CONFIG, Day, a_morning, when
from tests.support.fence import TITLE

_DAY = timedelta(days=1)  # between two polls: what is due comes in its time all the same
RULES = """
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})'
is = "session"
"""
PHONE = CONFIG + '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


def settle(day: Day, verdict: Verdict, session: str | None = None) -> None:
    day.app.settle(session or day.only().session.id, verdict, None)


def card(day: Day) -> Card:
    (one,) = day.cards()
    return one


def mark(day: Day, n: int, what: What = What.STEP_DONE, reason: Phi | None = None) -> Card:
    return repair.mark_step(day.app.store, str(card(day).id), n, day.clock.at, what, reason)


def said(day: Day, since: str, channel: str = "screen") -> list[tuple[str, str, str]]:
    """What a card said from the local time `since` on: (when, title, text)."""
    return [
        (f"{at.astimezone(day.app.config.zone):%d %H:%M}", notice.title, notice.text)
        for at, notice in day.channels[channel].received
        if notice.rung.startswith("card") and at >= when(since)
    ]


async def missed_at_ten(day: Day) -> None:
    """The session at ten comes to nothing, and at 10:20 the therapist says that it was missed."""
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)


async def test_a_suspected_miss_has_a_card_that_says_nothing(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    await day.until("2026-03-02 20:00", every=_DAY)
    assert (card(day).severity, card(day).confirmed_at) == (2, None)
    assert said(day, "2026-03-02 08:00") == []


async def test_a_therapist_who_ignores_the_card_is_reminded_and_then_left_alone(day: Day) -> None:
    await missed_at_ten(day)
    await day.until("2026-03-22 10:00", every=_DAY)
    assert said(day, "2026-03-02 08:00") == [
        (
            "02 10:35",
            "Has the client of 10:00 heard from you?",
            "A call is best; say first what happened. What helps: kepthour repair 1",
        ),
        (
            "02 10:50",
            "The client of 10:00 may still be waiting for a word",
            "Two sentences are enough for now: kepthour repair 1 draft",
        ),
        (
            "02 11:20",
            "Is there a word to the client of 10:00 yet?",
            "If so: kepthour repair 1 step 1 done. If it cannot be: kepthour repair 1 step 1 skip",
        ),
        (
            "03 10:20",
            "Repair after Mon 10:00: 5 steps are due",
            "The client should hear from you. See: kepthour repair 1",
        ),
        (
            "04 10:20",
            "Repair after Mon 10:00: 6 steps are due",
            "The client should hear from you. See: kepthour repair 1",
        ),
        (
            "09 10:20",
            "Repair after 2026-03-02 10:00: 7 steps are due",
            "The client should hear from you. See: kepthour repair 1",
        ),
        (
            "16 10:20",
            "Repair after 2026-03-02 10:00: 9 steps are due",
            "The client should hear from you. See: kepthour repair 1",
        ),
    ]
    assert (card(day).state, len(card(day).open_steps)) == ("open", 9)


async def test_what_is_done_or_skipped_is_not_spoken_of_again(day: Day) -> None:
    await missed_at_ten(day)
    await day.until("2026-03-02 10:40")
    mark(day, 1)
    await day.until("2026-03-02 10:41")
    assert not [one for one in day.screen.open_notices.values() if one.rung.startswith("card")]
    for n in (2, 3, 5):
        mark(day, n)
    mark(day, 4, What.STEP_SKIPPED, Phi(f"they know {TITLE}"))
    await day.until("2026-03-05 12:00", every=_DAY)
    assert [(at, title) for at, title, _text in said(day, "2026-03-02 10:41")] == [
        ("04 10:20", "Repair after Mon 10:00: 1 step is due")
    ]


async def test_a_card_waits_when_only_what_follows_the_make_up_is_open(day: Day) -> None:
    await missed_at_ten(day)
    states = [mark(day, n).state for n in range(1, 8)]
    assert states == ["open"] * 6 + ["waiting"]
    mark(day, 8)
    done = mark(day, 9, What.STEP_SKIPPED)
    assert (done.state, done.open_steps) == ("closed", [])
    assert mark(day, 9, What.STEP_UNDONE).state == "waiting"


async def test_a_card_that_is_closed_with_an_outcome_is_silent(day: Day) -> None:
    await missed_at_ten(day)
    repair.close(day.app.store, "1", Outcome.ENDED, day.clock.at)
    await day.until("2026-03-03 12:00", every=_DAY)
    assert said(day, "2026-03-02 08:00") == []
    assert (card(day).state, card(day).outcome) == ("closed", "ended")


async def test_one_that_was_not_missed_after_all_is_silent_and_speaks_up_if_it_was(day: Day) -> None:
    await missed_at_ten(day)
    settle(day, Verdict.COVERED)
    await day.until("2026-03-02 10:40")
    assert said(day, "2026-03-02 08:00") == []
    settle(day, Verdict.MISSED)
    await day.until("2026-03-02 11:00")
    assert [at for at, _title, _text in said(day, "2026-03-02 08:00")] == ["02 10:55"]


async def test_an_hour_of_silence_is_told_everywhere(tmp_path: Path) -> None:
    day = a_morning(tmp_path, PHONE)
    await missed_at_ten(day)
    await day.until("2026-03-02 12:00")
    assert [at for at, _title, _text in said(day, "2026-03-02 08:00", "phone")] == ["02 11:20"]


async def test_a_card_is_silent_while_the_therapist_is_with_a_client(day: Day) -> None:
    day.put("next", "2026-03-02T10:30:00")
    day.sync()
    await day.until("2026-03-02 10:20")
    settle(
        day,
        Verdict.MISSED,
        next(one.session.id for one in day.agenda("2026-03-02 10:00", "2026-03-02 10:10")),
    )
    await day.until("2026-03-02 10:30")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 11:15")
    assert said(day, "2026-03-02 08:00") == []
    await day.until("2026-03-02 11:25")
    assert [at for at, _title, _text in said(day, "2026-03-02 08:00")] == ["02 11:20"]


async def test_after_a_restart_the_card_goes_on(day: Day) -> None:
    await missed_at_ten(day)
    await day.until("2026-03-02 10:36")
    await day.restart()
    await day.until("2026-03-02 10:51")
    assert [at for at, _title, _text in said(day, "2026-03-02 10:37")] == ["02 10:50"]


async def test_what_a_card_will_say_is_rehearsed(day: Day) -> None:
    await missed_at_ten(day)
    mark(day, 1)
    coming = rehearse(
        day.app.config, day.app.store, when("2026-03-02 10:20"), when("2026-03-05 00:00"), day.clock.at
    )
    assert [(f"{one.at:%d %H:%M}", one.rung) for one in coming if one.rung.startswith("card")] == [
        ("03 09:20", "card-1d"),
        ("04 09:20", "card-2d"),
    ]


async def test_a_short_card_for_a_session_begun_late(day: Day) -> None:
    await day.until("2026-03-02 10:06")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:07")
    assert (card(day).severity, [step.n for step in card(day).steps]) == (1, [1, 3, 6, 7])
    await day.until("2026-03-20 10:00", every=_DAY)
    assert said(day, "2026-03-02 08:00") == []


async def test_three_minutes_late_need_no_card(day: Day) -> None:
    await day.until("2026-03-02 10:03")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:07")
    assert (day.only().verdict, day.cards()) == (Verdict.LATE, [])


async def test_who_comes_as_announced_needs_no_card(day: Day) -> None:
    await day.until("2026-03-02 10:01")
    day.answer(Kind.LATE, timedelta(minutes=10))
    await day.until("2026-03-02 10:12")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:13")
    assert (day.only().verdict, day.cards()) == (Verdict.LATE, [])


async def test_what_was_late_and_turns_out_missed_has_all_steps(day: Day) -> None:
    await day.until("2026-03-02 10:06")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:10")
    mark(day, 1)
    settle(day, Verdict.MISSED)
    assert (card(day).severity, len(card(day).steps), len(card(day).open_steps)) == (2, 9, 8)
    settle(day, Verdict.LATE)
    assert (card(day).severity, [step.n for step in card(day).steps]) == (1, [1, 3, 6, 7])


ALIASES = CONFIG.replace('sessions = "all"', 'sessions = "rules"') + RULES


def missed(day: Day, at: str, title: str) -> int:
    """A session begins at the local time `at`, and was missed, the therapist says: how serious is that?"""
    start = when(at)
    day.put(at[:10], at.replace(" ", "T"), title=f"{title} {TITLE}")
    day.clock.at = start - timedelta(hours=1)
    day.app.refresh()
    day.sync()
    day.clock.at = start + timedelta(minutes=20)
    (session,) = [one.session for one in day.agenda(at, f"{at[:10]} 23:00") if one.session.start == start]
    day.app.settle(session.id, Verdict.MISSED, None)
    return next(one.severity for one in day.cards() if one.session_id == session.id)


async def test_a_step_that_is_not_done_after_all_is_spoken_of_again(day: Day) -> None:
    await missed_at_ten(day)
    await day.until("2026-03-02 10:36")
    mark(day, 1)
    await day.until("2026-03-02 10:40")
    mark(day, 1, What.STEP_UNDONE)
    await day.until("2026-03-02 11:30")
    assert [at for at, _title, _text in said(day, "2026-03-02 10:37")] == ["02 10:50", "02 11:20"]


async def test_a_card_that_was_closed_and_is_open_again_has_no_outcome_and_speaks(day: Day) -> None:
    await missed_at_ten(day)
    repair.close(day.app.store, "1", Outcome.REPAIRED, day.clock.at)
    mark(day, 1, What.STEP_UNDONE)
    assert (card(day).state, card(day).outcome) == ("open", None)
    await day.until("2026-03-02 10:36")
    assert [at for at, _title, _text in said(day, "2026-03-02 10:00")] == ["02 10:35"]


async def test_the_day_is_named_if_it_is_another_one(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    await day.until("2026-03-03 09:00", every=_DAY)
    settle(day, Verdict.MISSED)
    await day.until("2026-03-03 09:20", every=_DAY)
    assert [title for _at, title, _text in said(day, "2026-03-03 09:00")] == [
        "Has the client of Mon 10:00 heard from you?"
    ]


async def test_the_time_that_was_missed_is_named_when_the_event_is_moved_to_make_up_for_it(day: Day) -> None:
    await missed_at_ten(day)
    day.put("one", "2026-03-05T16:00:00")
    day.sync()
    await day.until("2026-03-02 10:36")
    assert [title for _at, title, _text in said(day, "2026-03-02 10:21")] == [
        "Has the client of 10:00 heard from you?"
    ]


async def test_a_slip_that_was_taken_back_is_no_first_time(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES)
    assert missed(day, "2026-03-02 10:00", "AB") == 2
    settle(day, Verdict.COVERED, day.cards()[0].session_id)
    assert missed(day, "2026-03-09 10:00", "AB") == 2


async def test_a_repeat_weighs_more_for_ninety_days(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES)
    assert missed(day, "2026-03-02 10:00", "AB") == 2
    assert missed(day, "2026-03-09 10:00", "CD") == 2, "somebody else"
    assert missed(day, "2026-05-30 10:00", "AB") == 3
    assert missed(day, "2026-09-30 10:00", "AB") == 2


async def test_a_new_client_weighs_more_where_it_can_be_told_who_is_new(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES)
    assert missed(day, "2026-03-02 10:00", "AB") == 2, "all are new on the first day"
    assert missed(day, "2026-06-08 10:00", "EF") == 3


async def test_a_card_of_a_clock_that_was_ahead_says_nothing_when_the_next_has_its_number(day: Day) -> None:
    await missed_at_ten(day)
    day.clock.at = when("2026-03-02 09:30")
    day.app.catch_up()
    assert day.cards() == []
    await day.until("2026-03-02 10:19")
    settle(day, Verdict.MISSED)
    assert len(day.cards()) == 1
    pending = [rung for rung, state, _why in day.states() if rung.startswith("card") and state == "pending"]
    assert len(pending) == len(set(pending)) == 7
    await day.until("2026-03-02 11:30")
    assert [at for at, _title, _text in said(day, "2026-03-02 08:00")] == ["02 10:34", "02 10:49", "02 11:19"]


async def test_a_miss_of_a_client_in_high_need_weighs_more_and_the_draft_knows(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", ALIASES + '[repair]\nhigh_need = ["CD"]\n')
    assert missed(day, "2026-03-02 10:00", "AB") == 2
    assert missed(day, "2026-03-09 10:00", "CD") == 3
    newest = day.cards()[0]
    told = occasion(day.app.store, newest, day.app.config.zone, day.app.config.repair.high_need)
    assert choose(told, Wish(repeat=False)).severity == 3
    assert "CD" not in repr(day.app.config.repair)


@pytest.mark.parametrize("between", [Verdict.ON_TIME, Verdict.UNKNOWN])
@pytest.mark.parametrize("later", ["2026-03-02 10:20", "2026-03-02 10:26"], ids=["in a minute", "later"])
async def test_a_miss_that_is_said_once_more_speaks_up_once(day: Day, between: Verdict, later: str) -> None:
    await missed_at_ten(day)
    settle(day, between)
    await day.until(later)
    settle(day, Verdict.MISSED)
    mark(day, 1)
    mark(day, 1, What.STEP_UNDONE)
    await day.until("2026-03-02 11:00")
    first = when(later) + timedelta(minutes=15)
    assert [at for at, _title, _text in said(day, "2026-03-02 08:00")] == [
        f"{at.astimezone(day.app.config.zone):%d %H:%M}" for at in (first, first + timedelta(minutes=15))
    ]


async def test_a_card_with_an_outcome_is_open_again_if_it_was_missed_after_all(day: Day) -> None:
    await missed_at_ten(day)
    settle(day, Verdict.ON_TIME)
    repair.close(day.app.store, "1", Outcome.REPAIRED, day.clock.at)
    settle(day, Verdict.MISSED)
    assert (card(day).state.value, card(day).outcome) == ("open", None)
    await day.until("2026-03-02 10:36")
    assert len(said(day, "2026-03-02 08:00")) == 1


@pytest.mark.parametrize("what", [What.STEP_UNDONE, What.STEP_DONE])
async def test_a_card_of_a_session_that_was_held_cannot_be_worked_on(day: Day, what: What) -> None:
    await missed_at_ten(day)
    settle(day, Verdict.ON_TIME)
    with pytest.raises(NeedsPerson, match="There is nothing to repair: this session is settled as on time"):
        mark(day, 5, what)
    await day.until("2026-03-04 10:00", every=_DAY)
    assert said(day, "2026-03-02 08:00") == []
