"""Sequences of moves, words and corrections around one card."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kepthour.core.causes import Cause
from kepthour.core.privacy import Phi
from kepthour.core.repair import Outcome
from kepthour.core.response import Kind
from kepthour.core.trail import What
from kepthour.core.verdict import Verdict
from kepthour.pipeline import repair
from kepthour.store import cards
from kepthour.views.report import material
from tests.scenario.test_cards_over_days import MONDAY, THURSDAY, missed_again, moved_to_thursday, times
from tests.scenario.test_clock import set_clock
from tests.scenario.test_repair_card import card, mark, said, settle
from tests.support.after_a_miss import ALIASES, after_a_miss, go_to, made_up, session_at, told
from tests.support.after_a_miss import mark as after_mark
from tests.support.calendars import calendar, event
from tests.support.day import CONFIG, Day, a_morning, when
from tests.support.fence import TITLE
from tests.support.named import NAMED

_DAY = timedelta(days=1)
PHONE = CONFIG + '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'


def missed_in(day: Day) -> list[tuple[datetime, datetime | None, datetime | None]]:
    """The misses in the report: start, first contact, and when it was made up for."""
    start, end = "2026-03-01 00:00", "2026-03-12 00:00"
    found = material(day.app.config, day.app.store, when(start), when(end), day.clock.at)
    return sorted((one.start, one.first_contact, one.made_up) for one in found.missed)


@pytest.mark.parametrize("verdict", [Verdict.ON_TIME, Verdict.LATE, Verdict.CLIENT_NO_SHOW])
async def test_what_became_of_the_make_up_may_be_said_twice(tmp_path: Path, verdict: Verdict) -> None:
    day = await moved_to_thursday(tmp_path)
    await day.until("2026-03-05 16:20")
    s = session_at(day, THURSDAY)
    day.app.settle(s, verdict, None)
    one = card(day)
    assert (one.state, one.severity, len(one.steps), one.confirmed_at is not None) == ("open", 2, 9, True)
    day.app.settle(s, verdict, None)
    one = card(day)
    assert (one.state, one.severity, len(one.steps), one.confirmed_at is not None) == ("open", 2, 9, True)


async def put_right(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    mark(day, 1)
    day.clock.at = when("2026-03-02 10:24")
    day.put("one", "2026-03-02T10:30:00")
    day.sync()
    assert day.only().verdict is Verdict.MISSED


async def test_a_miss_that_was_put_right_and_denied_for_a_while_is_one_miss(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await put_right(day)
    await day.until("2026-03-02 10:40")
    settle(day, Verdict.ON_TIME)
    assert card(day).state == "closed"
    settle(day, Verdict.MISSED)
    one = card(day)
    assert one.steps[0].done_at is not None
    assert len(missed_in(day)) == 1


async def test_a_miss_that_was_put_right_may_be_denied_in_two_steps(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await put_right(day)
    await day.until("2026-03-02 10:40")
    settle(day, Verdict.LATE)
    settle(day, Verdict.ON_TIME)
    assert (card(day).state, card(day).confirmed_at) == ("closed", None)


async def test_a_miss_that_was_put_right_and_denied_is_none_in_the_report(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await put_right(day)
    await day.until("2026-03-02 10:40")
    settle(day, Verdict.ON_TIME)
    assert missed_in(day) == []


async def test_a_miss_that_was_put_right_is_no_repeat_of_itself(tmp_path: Path) -> None:
    day = a_morning(tmp_path, ALIASES)
    await put_right(day)
    await day.until("2026-03-02 10:40")
    settle(day, Verdict.LATE)
    assert card(day).severity == 1


async def test_a_make_up_that_was_missed_by_a_slip_of_the_tongue_leaves_the_card_as_it_was(
    tmp_path: Path,
) -> None:
    day = await moved_to_thursday(tmp_path)
    await missed_again(day)
    day.clock.at = when("2026-03-05 16:22")
    day.app.settle(session_at(day, THURSDAY), Verdict.ON_TIME, None)
    one = card(day)
    assert (one.state, one.confirmed_at is not None, one.steps[0].done_at) == (
        "open",
        True,
        when("2026-03-02 10:20"),
    )
    assert missed_in(day) == [(when(MONDAY), when("2026-03-02 10:20"), when(THURSDAY))]


async def test_a_make_up_that_was_missed_has_its_card_after_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = await moved_to_thursday(tmp_path)
    await day.until("2026-03-05 16:20")
    with monkeypatch.context() as m:
        m.setattr(day.app, "_follow_verdicts", lambda *_a: None)
        day.app.settle(session_at(day, THURSDAY), Verdict.MISSED, None)
    day.app.audit()
    await day.until("2026-03-05 18:00")
    assert times(day, "2026-03-05 16:00") != []


async def test_an_audit_begins_no_card_anew_whose_entry_was_put_right(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await put_right(day)
    day.app.audit()
    assert card(day).steps[0].done_at is not None
    await day.until("2026-03-02 18:00")
    assert times(day) == []


async def test_after_a_leave_a_card_speaks_on_one_channel(tmp_path: Path) -> None:
    day = a_morning(tmp_path, PHONE)
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    day.app.away(when("2026-03-02 10:21"), when("2026-03-06 08:00"))
    await day.until("2026-03-06 12:00")
    assert said(day, "2026-03-02 08:00", "phone") == []


async def test_the_cause_of_one_miss_is_not_that_of_the_next(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path)
    with day.app.store.write() as tx:
        cards.name_cause(tx, card(day), Cause.FIRST, None, day.clock.at)
    await missed_again(day)
    assert card(day).cause is None


@pytest.mark.parametrize("verdict", [None, Verdict.LATE])
async def test_a_closed_card_gives_way_to_what_comes_after(tmp_path: Path, verdict: Verdict | None) -> None:
    day = await moved_to_thursday(tmp_path)
    repair.close(day.app.store, "1", Outcome.REPAIRED, day.clock.at)
    await day.until("2026-03-05 16:20")
    if verdict:
        day.app.settle(session_at(day, THURSDAY), verdict, None)
    assert card(day).state == "open"


@pytest.mark.parametrize("verdict", [None, Verdict.LATE])
async def test_a_card_of_no_miss_gives_way_to_what_comes_after(
    tmp_path: Path, verdict: Verdict | None
) -> None:
    """Monday was held after all; Thursday is suspected: the card of a miss that was none weighs nothing."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    mark(day, 1)
    settle(day, Verdict.ON_TIME)
    day.put("one", "2026-03-05T16:00:00")
    day.sync()
    await go_to(day, "2026-03-05 15:00")
    await day.until("2026-03-05 16:20")
    if verdict:
        day.app.settle(session_at(day, THURSDAY), verdict, None)
    assert card(day).state == "open"


@pytest.mark.parametrize("verdict", [Verdict.ON_TIME, Verdict.LATE, Verdict.CLIENT_NO_SHOW])
async def test_what_became_of_the_make_up_may_be_said_twice_at_once(tmp_path: Path, verdict: Verdict) -> None:
    day = await moved_to_thursday(tmp_path)
    await day.until("2026-03-05 16:06")
    s = session_at(day, THURSDAY)
    for _ in range(2):
        day.app.settle(s, verdict, None)
        one = card(day)
        assert (one.state, one.severity, len(one.steps), one.confirmed_at is not None) == ("open", 2, 9, True)


async def test_that_the_make_up_is_cancelled_may_be_said_twice(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path)
    s = session_at(day, THURSDAY)
    for _ in range(2):
        day.app.settle(s, Verdict.CLIENT_CANCELLED, None)
        one = card(day)
        assert (one.state, one.severity, len(one.steps), one.confirmed_at is not None) == ("open", 2, 9, True)


async def test_a_late_start_that_was_told_takes_no_card_of_a_suspicion(tmp_path: Path) -> None:
    """Monday is only suspected; on Thursday the client is told ten minutes, and it begins after nine."""
    day = await moved_to_thursday(tmp_path, None)
    with day.app.store.write() as tx:
        tx.connection.exec_driver_sql("update card_steps set done_at = null, done_by = null")
    await day.until("2026-03-05 15:57")
    day.answer(Kind.LATE, timedelta(minutes=10))
    await day.until("2026-03-05 16:08")
    day.answer(Kind.HERE)
    await day.until("2026-03-05 16:10")
    assert day.only().verdict is Verdict.LATE
    one = card(day)
    assert (one.severity, len(one.steps)) == (2, 9)


async def test_a_suspicion_outlives_that_of_the_make_up(tmp_path: Path) -> None:
    """Monday and Thursday are suspected; Thursday was held."""
    day = await moved_to_thursday(tmp_path, None)
    await day.until("2026-03-05 16:20")
    day.app.settle(session_at(day, THURSDAY), Verdict.ON_TIME, None)
    assert card(day).state == "open"


async def test_a_card_that_was_begun_anew_for_nothing_goes_on_where_it_was(tmp_path: Path) -> None:
    """Missed is said by mistake on Thursday: the card of Monday goes on where it was."""
    day = await moved_to_thursday(tmp_path)
    before = card(day)
    await missed_again(day)
    await day.until("2026-03-05 16:36")
    assert times(day, "2026-03-05 16:00") == ["05 16:35"]
    day.app.settle(session_at(day, THURSDAY), Verdict.LATE, None)
    day.app.settle(session_at(day, THURSDAY), Verdict.ON_TIME, None)
    await day.until("2026-03-05 16:37")
    assert [n for n in day.screen.open_notices.values() if n.rung == "card"] == []
    now = card(day)
    assert (now.opened_at, now.confirmed_at, now.severity, now.state) == (
        before.opened_at,
        before.confirmed_at,
        before.severity,
        before.state,
    )
    assert [(s.n, s.done_at, s.done_by) for s in now.steps if s.n not in (6, 8)] == [
        (s.n, s.done_at, s.done_by) for s in before.steps if s.n not in (6, 8)
    ]
    await go_to(day, "2026-03-17 12:00")
    assert times(day, "2026-03-05 17:00") == ["06 16:50", "09 10:20", "16 10:20"]
    assert missed_in(day) == [(when(MONDAY), when("2026-03-02 10:20"), when(THURSDAY))]


async def test_a_make_up_that_was_missed_after_all_is_a_miss(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path)
    await missed_again(day)
    s = session_at(day, THURSDAY)
    day.app.settle(s, Verdict.ON_TIME, None)
    await day.until("2026-03-05 16:25")
    day.app.settle(s, Verdict.MISSED, None)
    await day.until("2026-03-05 18:00")
    assert times(day, "2026-03-05 16:00") == ["05 16:40", "05 16:55", "05 17:25"]
    assert missed_in(day) == [(when(MONDAY), when("2026-03-02 10:20"), None), (when(THURSDAY), None, None)]


async def test_three_misses_of_one_event(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path)
    await missed_again(day)
    await day.until("2026-03-05 17:00")
    day.put("one", "2026-03-06T16:00:00")
    day.sync()
    await go_to(day, "2026-03-06 16:20")
    s = session_at(day, "2026-03-06 16:00")
    day.app.settle(s, Verdict.MISSED, None)
    assert [one[0] for one in missed_in(day)] == [when(MONDAY), when(THURSDAY), when("2026-03-06 16:00")]
    day.app.settle(s, Verdict.ON_TIME, None)
    assert [one[0] for one in missed_in(day)] == [when(MONDAY), when(THURSDAY)]
    assert card(day).opened_at.day == 5


def under_another_uid(day: Day, start: str) -> None:
    day.calendar.delete("one.ics")
    day.put("fresh", start)
    day.sync()


async def test_thursday_put_right_under_another_uid(tmp_path: Path) -> None:
    """Monday was missed. Thursday's entry is made anew, ten minutes later, while she is in the session."""
    day = await moved_to_thursday(tmp_path, config=NAMED)
    await day.until("2026-03-05 15:58")
    day.answer(Kind.HERE)
    await day.until("2026-03-05 16:05")
    under_another_uid(day, "2026-03-05T16:10:00")
    await day.until("2026-03-05 16:40")
    assert day.only().verdict is Verdict.ON_TIME
    one = card(day)
    assert (one.state, one.confirmed_at is not None) == ("open", True)
    day.app.settle(session_at(day, "2026-03-05 16:10"), Verdict.ON_TIME, None)
    day.app.settle(session_at(day, "2026-03-05 16:10"), Verdict.ON_TIME, None)
    one = card(day)
    assert (one.state, one.confirmed_at is not None) == ("open", True)
    assert [one[:2] for one in missed_in(day)] == [(when(MONDAY), when("2026-03-02 10:20"))]


async def test_begun_anew_put_right_under_another_uid(tmp_path: Path) -> None:
    """Both were missed; then Thursday's entry is put right under another UID."""
    day = await moved_to_thursday(tmp_path, config=NAMED)
    await missed_again(day)
    mark(day, 1)
    day.clock.at = when("2026-03-05 16:24")
    under_another_uid(day, "2026-03-05T16:30:00")
    await day.until("2026-03-05 16:35")
    assert [one[0] for one in missed_in(day)] == [when(MONDAY), when("2026-03-05 16:30")]
    day.app.settle(session_at(day, "2026-03-05 16:30"), Verdict.ON_TIME, None)
    assert [one[0] for one in missed_in(day)] == [when(MONDAY)]
    assert card(day).state == "open"


async def test_missed_put_right_under_another_uid(tmp_path: Path) -> None:
    day = a_morning(tmp_path, NAMED)
    await day.until("2026-03-02 10:20")
    settle(day, Verdict.MISSED)
    mark(day, 1)
    day.clock.at = when("2026-03-02 10:24")
    under_another_uid(day, "2026-03-02T10:30:00")
    await day.until("2026-03-02 10:35")
    assert day.only().verdict is Verdict.MISSED
    assert card(day).steps[0].done_at is not None
    settle(day, Verdict.ON_TIME)
    assert (card(day).state, card(day).confirmed_at) == ("closed", None)
    assert missed_in(day) == []
    settle(day, Verdict.MISSED)
    assert card(day).steps[0].done_at is not None
    assert len(missed_in(day)) == 1


@pytest.mark.parametrize("first", [Verdict.LATE, Verdict.MISSED])
async def test_what_is_done_after_a_late_start_stays_done(tmp_path: Path, first: Verdict) -> None:
    day = await moved_to_thursday(tmp_path)
    repair.close(day.app.store, "1", Outcome.REPAIRED, day.clock.at)
    await day.until("2026-03-05 16:20")
    s = session_at(day, THURSDAY)
    day.app.settle(s, first, None)
    mark(day, 1)
    day.app.settle(s, Verdict.LATE, None)
    one = card(day)
    assert (one.severity, len(one.steps), one.steps[0].done_at is not None) == (1, 4, True)
    day.app.settle(s, Verdict.ON_TIME, None)
    one = card(day)
    assert (one.state, one.outcome, len(one.steps)) == ("closed", "repaired", 9)


async def test_audits_change_nothing(tmp_path: Path) -> None:
    for n, (close, verdict) in enumerate(
        (c, v) for c in (False, True) for v in (Verdict.LATE, Verdict.MISSED, Verdict.ON_TIME, None)
    ):
        folder = tmp_path / str(n)
        folder.mkdir()
        day = await moved_to_thursday(folder)
        if close:
            repair.close(day.app.store, "1", Outcome.REPAIRED, day.clock.at)
        await day.until("2026-03-05 16:20")
        if verdict:
            day.app.settle(session_at(day, THURSDAY), verdict, None)
        before, trail = card(day), told(day)
        for _ in range(3):
            day.clock.at += timedelta(minutes=1)
            day.app.audit()
        assert card(day) == before
        assert told(day) == trail


async def test_what_was_skipped_or_undone_is_so_again(tmp_path: Path) -> None:
    day = await moved_to_thursday(tmp_path)
    mark(day, 4, What.STEP_SKIPPED, Phi("no"))
    mark(day, 7)
    mark(day, 7, What.STEP_UNDONE)
    before = card(day)
    await missed_again(day)
    day.app.settle(session_at(day, THURSDAY), Verdict.ON_TIME, None)
    now = card(day)
    assert [(s.n, s.done_at, s.skipped_at) for s in now.steps if s.n not in (6, 8)] == [
        (s.n, s.done_at, s.skipped_at) for s in before.steps if s.n not in (6, 8)
    ]


async def test_what_made_up_for_a_miss_that_was_none_may_make_up_for_another(tmp_path: Path) -> None:
    day = after_a_miss(tmp_path)
    await go_to(day, "2026-03-09 10:20")
    day.app.settle(session_at(day, "2026-03-09 10:00"), Verdict.MISSED, None)
    day.put("extra", "2026-03-11T16:00:00")
    day.sync()
    assert (made_up(day, 1), made_up(day, 2)) == (("11 16:00", "calendar", "one_off"), None)
    repair.close(day.app.store, "1", Outcome.REPAIRED, day.clock.at)
    day.app.settle(day.cards()[1].session_id, Verdict.ON_TIME, "I was there")
    day.app.follow_cards()
    assert made_up(day, 2) is not None


async def test_an_instance_is_moved_twice_and_what_is_said_of_it_is_corrected_twice(tmp_path: Path) -> None:
    """Monday's instance is missed; it is moved to Wednesday, then to Friday, and held there."""
    day = after_a_miss(tmp_path)
    after_mark(day, 1)

    def to(start: str) -> None:
        day.calendar.put(
            "weekly.ics",
            calendar(
                event("weekly", f"AB {TITLE}", "20260302T100000", "20260302T105000", "RRULE:FREQ=WEEKLY"),
                event(
                    "weekly",
                    f"AB {TITLE}",
                    start,
                    start[:9] + "165000",
                    "RECURRENCE-ID;TZID=Europe/Berlin:20260302T100000",
                ),
            ),
        )
        day.sync()

    day.clock.at = when("2026-03-02 12:00")
    to("20260304T160000")
    await go_to(day, "2026-03-03 12:00")
    to("20260306T160000")
    await go_to(day, "2026-03-06 15:58")
    assert session_at(day, "2026-03-06 16:00") == day.cards()[0].session_id
    day.answer(Kind.HERE, session=session_at(day, "2026-03-06 16:00"))
    await go_to(day, "2026-03-06 17:10")
    assert (card(day).state, made_up(day)) == ("open", ("06 16:00", "calendar", "moved"))
    assert missed_in(day) == [(when(MONDAY), when("2026-03-02 10:20"), when("2026-03-06 16:00"))]
    for verdict in (Verdict.MISSED, Verdict.LATE, Verdict.ON_TIME):
        day.app.settle(session_at(day, "2026-03-06 16:00"), verdict, None)
    assert (card(day).state, card(day).steps[0].done_at, made_up(day)) == (
        "open",
        when("2026-03-02 10:20"),
        ("06 16:00", "calendar", "moved"),
    )


async def test_a_clock_that_was_ahead_leaves_the_suspicion_of_before(tmp_path: Path) -> None:
    """Monday is only suspected, and moved to Thursday. The clock leaps to Thursday, and back."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:20")
    assert len(day.cards()) == 1
    day.put("one", "2026-03-05T16:00:00")
    day.sync()
    await day.until("2026-03-02 10:30")
    set_clock(day, when("2026-03-05 14:00") - day.clock.at)
    day.sync()
    await day.until("2026-03-05 16:20")
    assert card(day).opened_at == when("2026-03-05 16:15")
    set_clock(day, when("2026-03-02 11:00") - day.clock.at)
    day.sync()
    await day.until("2026-03-02 11:05")
    assert [one.opened_at for one in day.cards()] == [when("2026-03-02 10:15")]
