"""Sessions on a machine that is watched: a call is weighed at the deadline, and silences nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.spells import Sign, Spell
from kepthour.core.verdict import Because, Verdict
from kepthour.runtime.health import Health
from kepthour.runtime.jobs import Jobs
from kepthour.runtime.scheduler import Scheduler
from kepthour.store import sessions, spells
from kepthour.views.story import story
from tests.fakes.observer import Seen
from tests.support.day import CONFIG, Day, when
from tests.support.logs import capture_logs

WATCHED = CONFIG + '[[evidence]]\ntype = "seen"\n'
LINK = "LOCATION:https://meet.google.com/abc-mnop-xyz"
SUSPECTED = (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 09:25", WATCHED)
    made.put("one", "2026-03-02T10:00:00", 50, LINK)
    made.sync()
    return made


@pytest.fixture
def machine(day: Day) -> Seen:
    return day.plugins.seen


def verdict(day: Day, uid: str = "one") -> tuple[Verdict | None, Because | None]:
    with day.app.store.read() as tx:
        around = sessions.between(tx, when("2026-03-01 00:00"), when("2026-03-04 00:00"))
        (row,) = (row for row in around if row.known.uid == uid)
        return row.verdict, row.because


def kept(day: Day) -> list[Spell]:
    with day.app.store.read() as tx:
        return spells.between(tx, when("2026-03-01 00:00"), when("2027-03-01 00:00"))


async def lived(day: Day, machine: Seen, *changes: tuple[str, tuple[Sign, ...]]) -> None:
    """The machine shows `signs` from each of the times on; and then the morning passes."""
    for at, signs in changes:
        await day.until(f"2026-03-02 {at}")
        machine.sees(*signs)
    await day.until("2026-03-02 11:30")


IN_A_CALL, NOTHING = (Sign.IN_A_CALL,), ()


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ([], SUSPECTED),
        ([("09:58", IN_A_CALL)], (Verdict.ON_TIME, Because.IN_A_CALL)),
        ([("09:58", IN_A_CALL), ("10:05", NOTHING)], (Verdict.ON_TIME, Because.IN_A_CALL)),
        ([("10:07", IN_A_CALL)], (Verdict.LATE, Because.IN_A_CALL)),
        ([("10:13", IN_A_CALL)], (Verdict.LATE, Because.IN_A_CALL)),
        ([("10:20", IN_A_CALL)], SUSPECTED),
        ([("09:50", IN_A_CALL), ("09:55", NOTHING)], SUSPECTED),
        ([("09:30", IN_A_CALL)], (Verdict.UNKNOWN, Because.IN_SOME_CALL)),
        ([("09:30", IN_A_CALL), ("10:04", NOTHING)], (Verdict.UNKNOWN, Because.IN_SOME_CALL)),
        ([("09:00", IN_A_CALL), ("09:50", NOTHING)], SUSPECTED),
        ([("09:00", IN_A_CALL), ("09:50", NOTHING), ("09:58", IN_A_CALL)], (Verdict.ON_TIME, Because.IN_A_CALL)),
        ([("09:40", (Sign.LOCKED, Sign.IDLE))], SUSPECTED),
    ],
    ids=[
        "nothing", "joined", "joined and left", "late", "very late", "after the deadline", "over before the start",
        "went on over the start", "and ended after it", "the session before", "that and this", "locked and idle",
    ],
)  # fmt: skip
async def test_what_a_call_says_of_a_session(
    day: Day,
    machine: Seen,
    changes: list[tuple[str, tuple[Sign, ...]]],
    finding: tuple[Verdict, Because],
) -> None:
    await lived(day, machine, *changes)
    assert verdict(day) == finding


async def test_a_call_leaves_every_rung_of_the_ladder_as_it_is(
    day: Day, machine: Seen, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Day(tmp_path / "other", "2026-03-02 09:25")
    other.put("one", "2026-03-02T10:00:00", 50, LINK)
    other.sync()
    await other.until("2026-03-02 10:14")
    await day.until("2026-03-02 09:55")
    machine.sees(Sign.IN_A_CALL)
    await day.until("2026-03-02 10:14")
    assert day.rungs() == other.rungs()
    assert list(day.states()) == list(other.states())
    await day.until("2026-03-02 10:16")
    assert verdict(day) == (Verdict.ON_TIME, Because.IN_A_CALL)
    assert "question" not in [rung for _at, rung in day.rungs()]
    assert not {why for _rung, _state, why in day.states()} & {"flagged", "in_the_room"}


async def test_the_last_notice_stays_until_the_session_is_over(day: Day, machine: Seen) -> None:
    await day.until("2026-03-02 09:55")
    machine.sees(Sign.IN_A_CALL)
    await day.until("2026-03-02 10:49")
    assert verdict(day) == (Verdict.ON_TIME, Because.IN_A_CALL)
    assert [notice.rung for notice in day.screen.open_notices.values()] == ["+5m"]
    await day.until("2026-03-02 10:52")
    assert not day.screen.open_notices
    assert ("+5m", "withdrawn", "session_over") in day.states()


async def test_who_was_in_a_call_is_not_quiet_for_the_next_session(day: Day, machine: Seen) -> None:
    day.put("two", "2026-03-02T10:50:00", 50)
    day.sync()
    await lived(day, machine, ("09:58", IN_A_CALL))
    assert verdict(day) == (Verdict.ON_TIME, Because.IN_A_CALL)
    assert [rung for rung, _state, why in day.states() if why == "in_another_session"] == []
    assert "-5m" in [rung for _at, rung in day.rungs_since("10:20")]


async def test_a_call_that_may_be_another_s_is_asked_about_once(day: Day, machine: Seen) -> None:
    await lived(day, machine, ("09:30", IN_A_CALL))
    assert [at for at, rung in day.rungs() if rung == "question"] == ["10:15:00"]
    assert day.cards() == []


async def test_a_call_that_was_seen_to_begin_in_the_session_before_is_asked_about(
    day: Day, machine: Seen
) -> None:
    day.put("before", "2026-03-02T09:10:00", 50, LINK)
    day.sync()
    await lived(day, machine, ("09:52", IN_A_CALL))
    assert verdict(day) == (Verdict.UNKNOWN, Because.IN_SOME_CALL)


async def test_a_session_without_a_link_has_no_call(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:30", WATCHED)
    day.put("one", "2026-03-02T10:00:00", 50)
    day.sync()
    await lived(day, day.plugins.seen, ("09:58", IN_A_CALL))
    assert verdict(day) == SUSPECTED


async def test_an_announced_delay_moves_the_last_look(day: Day, machine: Seen) -> None:
    await day.until("2026-03-02 10:01")
    day.answer(Kind.LATE, timedelta(minutes=10))
    await lived(day, machine, ("10:18", IN_A_CALL))
    assert verdict(day) == (Verdict.LATE, Because.IN_A_CALL)


@pytest.mark.parametrize("seen", [None, RuntimeError("a bug"), OSError("no bus")])
async def test_a_source_that_fails_or_cannot_tell_changes_nothing(
    day: Day, machine: Seen, seen: Exception | None
) -> None:
    machine.signs = seen
    with capture_logs() as lines:
        await day.until("2026-03-02 11:30")
    assert verdict(day) == SUSPECTED
    assert machine.looks > 20
    assert [line["source"] for line in lines if line["event"] == "evidence.not_observed"] == ["seen"]
    assert kept(day) == []
    assert day.pump.sound


async def test_a_source_that_crashes_in_the_middle_is_neutral_from_then_on(day: Day, machine: Seen) -> None:
    await day.until("2026-03-02 09:58")
    machine.sees(Sign.IN_A_CALL)
    await day.until("2026-03-02 10:03")
    machine.signs = RuntimeError("a bug")
    await day.until("2026-03-02 11:30")
    assert verdict(day) == (Verdict.ON_TIME, Because.IN_A_CALL)


async def test_a_source_that_never_answers_holds_up_neither_rungs_nor_the_verdict(
    day: Day, machine: Seen
) -> None:
    machine.silent, day.pump.lookout.seconds = True, 0.001
    await day.until("2026-03-02 11:30")
    assert verdict(day) == SUSPECTED
    assert day.rungs()[-1] == ("10:15:00", "question")


async def test_a_call_goes_on_over_a_restart(day: Day, machine: Seen) -> None:
    await day.until("2026-03-02 09:58")
    machine.sees(Sign.IN_A_CALL)
    await day.until("2026-03-02 10:03")
    await day.restart()
    await day.until("2026-03-02 11:30")
    assert verdict(day) == (Verdict.ON_TIME, Because.IN_A_CALL)
    assert len(kept(day)) == 1


async def test_it_is_looked_around_sessions_that_are_open_and_at_no_other_time(
    day: Day, machine: Seen
) -> None:
    await day.until("2026-03-02 09:44")
    assert machine.looks == 0
    await day.until("2026-03-02 10:01")
    looks = machine.looks
    assert looks >= 15
    day.answer(Kind.HERE)
    await day.until("2026-03-02 11:30")
    assert machine.looks == looks


async def test_nothing_is_looked_at_unless_it_was_asked_for(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:30")
    day.put("one", "2026-03-02T10:00:00", 50, LINK)
    day.sync()
    await lived(day, day.plugins.seen, ("09:58", IN_A_CALL))
    assert (verdict(day), day.plugins.seen.looks) == (SUSPECTED, 0)


async def test_what_was_seen_in_a_time_that_has_not_come_is_forgotten(day: Day, machine: Seen) -> None:
    await day.until("2026-03-02 09:58")
    machine.sees(Sign.IN_A_CALL)
    await day.until("2026-03-02 10:03")
    assert kept(day)
    machine.sees()
    day.clock.step(timedelta(hours=-2))
    await day.until("2026-03-02 08:01")
    assert kept(day) == []
    await day.until("2026-03-02 11:30")
    assert verdict(day) == SUSPECTED


async def test_a_locked_desktop_is_told_by_the_story_of_its_session(day: Day, machine: Seen) -> None:
    await lived(day, machine, ("09:50", (Sign.LOCKED,)), ("10:04", NOTHING))
    told = story(day.app.config, day.app.store, day.only().session.id, day.clock.at)
    assert told is not None
    (spell,) = told.seen
    assert (spell.sign, spell.since, spell.until) == (
        Sign.LOCKED,
        when("2026-03-02 09:51"),
        when("2026-03-02 10:04"),
    )


def answered(day: Day) -> int:
    """How many answers of sources about a session's room are kept."""
    with day.app.store.read() as tx:
        return len(tx.connection.exec_driver_sql("SELECT id FROM evidence").all())


async def test_the_daemon_s_housekeeping_deletes_old_evidence_of_both_kinds(tmp_path: Path) -> None:
    asking = WATCHED.replace('type = "memory"', 'type = "memory"\nevidence = "room"')
    day = Day(tmp_path, "2026-03-02 09:25", asking + '[retention]\nevidence = "2d"\n')
    day.put("one", "2026-03-02T10:00:00", 50, LINK)
    day.sync()
    await lived(day, day.plugins.seen, ("09:58", IN_A_CALL))
    jobs = Jobs(day.app, Scheduler(), Health(), wake=lambda: None, damaged=lambda: None)
    await jobs.keep_house()
    assert (len(kept(day)), answered(day)) == (1, 1)
    day.clock.at = when("2026-03-04 10:20")
    with capture_logs() as lines:
        await jobs.keep_house()
    assert (len(kept(day)), answered(day)) == (0, 0)
    purged = [line for line in lines if line["event"] == "evidence.purged"]
    assert purged == [{"event": "evidence.purged", "log_level": "info", "count": 2}]


async def test_evidence_goes_after_thirty_days(day: Day, machine: Seen) -> None:
    await lived(day, machine, ("09:58", IN_A_CALL))
    assert kept(day)
    day.clock.at = when("2026-04-01 11:00")
    day.app.forget_old()
    assert kept(day)
    day.clock.at = when("2026-04-01 11:20")
    with capture_logs() as lines:
        day.app.forget_old()
        day.app.forget_old()
    assert kept(day) == []
    assert lines == [{"event": "evidence.purged", "log_level": "info", "count": 1}]
    assert verdict(day) == (Verdict.ON_TIME, Because.IN_A_CALL)
