"""Sessions with a source of evidence: presence in the room is proof, and its absence is nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.presence import Presence, Seen, Stay
from kepthour.core.response import Kind
from kepthour.core.verdict import Because, SessionState, Verdict
from kepthour.store import sessions
from tests.fakes.evidence import Room
from tests.support.day import BERLIN, CONFIG, Day, when
from tests.support.logs import capture_logs

WATCHED = CONFIG.replace('type = "memory"', 'type = "memory"\nevidence = "room"')
LINK = "LOCATION:https://meet.google.com/abc-mnop-xyz"
ASKED = ["10:02:00", "10:04:30", "10:07:00", "10:09:30", "10:12:00", "10:14:30"]


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 09:40", WATCHED)
    made.put("one", "2026-03-02T10:00:00", 50, LINK)
    made.sync()
    return made


@pytest.fixture
def room(day: Day) -> Room:
    return day.plugins.room


def stay(since: str, until: str | None = None) -> Stay:
    return Stay(when(f"2026-03-02 {since}"), when(f"2026-03-02 {until}") if until else None)


def verdict(day: Day) -> tuple[Verdict | None, Because | None]:
    with day.app.store.read() as tx:
        row = sessions.get(tx, day.only().session.id)
        assert row is not None
        return row.verdict, row.because


async def asked_at(day: Day, room: Room, end: str) -> list[str]:
    """When the room was asked, minute by minute and half by half up to `end`."""
    found: list[str] = []
    while day.clock.at < when(end):
        before = len(room.asked)
        step = day.clock.at + timedelta(seconds=30)
        await day.until(f"{step.astimezone(BERLIN):%Y-%m-%d %H:%M:%S}")
        found += [f"{day.clock.at.astimezone(BERLIN):%H:%M:%S}"] * (len(room.asked) - before)
    return found


async def test_who_is_in_the_room_by_the_start_is_on_time_and_left_alone(day: Day, room: Room) -> None:
    room.joined(stay("09:58"))
    await day.until("2026-03-02 10:40")
    assert verdict(day) == (Verdict.ON_TIME, Because.IN_THE_ROOM)
    assert day.only().state is SessionState.IN_SESSION
    assert [rung for _at, rung in day.rungs()][-2:] == ["+1m", "+2m"]
    assert not day.screen.open_notices
    assert len(room.asked) == 1
    assert day.cards() == []


async def test_what_is_still_to_come_is_superseded_and_what_is_out_withdrawn(day: Day, room: Room) -> None:
    room.joined(stay("09:58"))
    await day.until("2026-03-02 10:03")
    states = {rung: (state, why) for rung, state, why in day.states()}
    assert states["+1m"] == ("withdrawn", "in_the_room")
    assert states["+3m"] == ("superseded", "in_the_room")


async def test_who_comes_later_is_late(day: Day, room: Room) -> None:
    await day.until("2026-03-02 10:05")
    room.joined(stay("10:06"))
    await day.until("2026-03-02 11:30")
    assert verdict(day) == (Verdict.LATE, Because.IN_THE_ROOM)
    assert day.cards() == []


async def test_who_left_again_was_there(day: Day, room: Room) -> None:
    room.joined(stay("09:58", "10:01"))
    await day.until("2026-03-02 11:30")
    assert verdict(day) == (Verdict.ON_TIME, Because.IN_THE_ROOM)


async def test_a_stay_that_ended_before_the_start_proves_nothing(day: Day, room: Room) -> None:
    room.joined(stay("09:46", "09:52"))  # the session before, in the same room
    await day.until("2026-03-02 11:30")
    assert verdict(day) == (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)


async def test_who_comes_just_before_the_deadline_is_not_suspected(day: Day, room: Room) -> None:
    await day.until("2026-03-02 10:14")
    room.joined(stay("10:14:10"))
    await day.until("2026-03-02 11:30")
    assert verdict(day) == (Verdict.LATE, Because.IN_THE_ROOM)
    assert "question" not in [rung for _at, rung in day.rungs()]


async def test_not_seen_proves_nothing_and_the_miss_is_suspected_as_before(day: Day, room: Room) -> None:
    await day.until("2026-03-02 11:30")
    assert verdict(day) == (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)
    assert day.rungs()[-1] == ("10:15:00", "question")


@pytest.mark.parametrize("answer", [Presence(Seen.UNKNOWN, problem="scope_missing"), RuntimeError("a bug")])
async def test_what_is_unknown_proves_nothing_either(
    day: Day, room: Room, answer: Presence | Exception
) -> None:
    room.answer = answer
    await day.until("2026-03-02 11:30")
    assert verdict(day) == (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)
    assert day.rungs()[-1] == ("10:15:00", "question")


async def test_a_source_that_never_answers_holds_up_neither_rungs_nor_the_verdict(
    day: Day, room: Room
) -> None:
    room.silent, day.pump.asker.seconds = True, 0.01
    try:
        await day.until("2026-03-02 11:30")
        assert verdict(day) == (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)
        assert day.rungs()[-1] == ("10:15:00", "question")
        assert len(room.asked) == 1  # its thread is not back, and no second one is begun
    finally:
        room.released.set()


async def test_it_is_asked_from_two_minutes_after_the_start_until_just_before_the_deadline(
    day: Day, room: Room
) -> None:
    assert await asked_at(day, room, "2026-03-02 10:20") == ASKED


async def test_a_miss_is_not_said_before_the_source_was_asked_for_the_last_time(day: Day, room: Room) -> None:
    await day.until("2026-03-02 10:14:27")
    day.clock.at = when("2026-03-02 10:15:05")
    day.app.look(day.clock.at)  # before the daemon's turn
    assert verdict(day) == (None, None)
    await day.until("2026-03-02 10:15:06")
    assert verdict(day) == (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)


async def test_a_running_late_moves_the_last_question_too(day: Day, room: Room) -> None:
    await day.until("2026-03-02 10:01")
    day.answer(Kind.LATE, timedelta(minutes=10))
    assert (await asked_at(day, room, "2026-03-02 10:40"))[-1] == "10:25:30"


async def test_a_session_slept_through_is_asked_about_once_and_may_turn_out_held(
    day: Day, room: Room
) -> None:
    room.joined(stay("10:00", "10:50"))
    await day.until("2026-03-02 09:41")
    day.sleep_until("2026-03-02 13:00")
    await day.until("2026-03-02 13:01")
    assert verdict(day) == (Verdict.ON_TIME, Because.IN_THE_ROOM)
    assert len(room.asked) == 1


async def test_who_checked_in_is_not_looked_for(day: Day, room: Room) -> None:
    await day.until("2026-03-02 10:01")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 11:30")
    assert (verdict(day), room.asked) == ((Verdict.ON_TIME, Because.CHECKED_IN), [])


@pytest.mark.parametrize("more", [(), ("LOCATION:https://zoom.us/j/1",)])
async def test_a_session_outside_the_room_is_not_asked_about(tmp_path: Path, more: tuple[str, ...]) -> None:
    day = Day(tmp_path, "2026-03-02 09:40", WATCHED)
    day.put("one", "2026-03-02T10:00:00", 50, *more)
    day.sync()
    await day.until("2026-03-02 11:30")
    assert (verdict(day)[0], day.plugins.room.asked) == (Verdict.SUSPECTED_MISS, [])


async def test_nothing_is_asked_of_a_calendar_that_did_not_opt_in(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:40")
    day.put("one", "2026-03-02T10:00:00", 50, LINK)
    day.sync()
    await day.until("2026-03-02 11:30")
    assert (verdict(day)[0], day.plugins.room.asked) == (Verdict.SUSPECTED_MISS, [])


async def test_a_kind_of_evidence_that_is_not_installed_costs_nothing_else(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:40", WATCHED.replace('"room"', '"no-such"'))
    day.put("one", "2026-03-02T10:00:00", 50, LINK)
    day.sync()
    await day.until("2026-03-02 11:30")
    assert verdict(day)[0] is Verdict.SUSPECTED_MISS


async def test_a_moved_session_begins_without_the_old_evidence(day: Day, room: Room) -> None:
    room.joined(stay("09:58", "10:03"))
    await day.until("2026-03-02 10:03")
    room.answer = Presence(Seen.NOT_SEEN)
    day.put("one", "2026-03-02T12:00:00", 50, LINK)
    day.sync()
    await day.until("2026-03-02 12:30")
    assert verdict(day) == (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)


async def test_an_answer_that_did_not_come_is_in_the_log_with_its_code_and_without_the_link(
    day: Day, room: Room
) -> None:
    room.answer = Presence(Seen.UNKNOWN, problem="scope_missing")
    with capture_logs() as lines:
        await day.until("2026-03-02 10:03")
    (asked,) = [line for line in lines if line["event"] == "evidence.asked"]
    told = {
        "session": day.only().session.id,
        "source": "room",
        "state": "unknown",
        "problem": "scope_missing",
    }
    assert asked == {"event": "evidence.asked", "log_level": "warning", **told}
    assert "abc-mnop" not in str(lines)
