"""With a client: what waits, what comes all the same, and what is said at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import SessionState, Verdict
from kepthour.ports import Key
from tests.support.day import CONFIG, Day

CUES = CONFIG.replace("end_cues = []", 'end_cues = ["10m", "5m"]')


def made(tmp_path: Path, *starts: str, config: str = CUES, minutes: int = 50) -> Day:
    """Sessions at these times, and the therapist is with the first client."""
    day = Day(tmp_path, "2026-03-02 09:40", config)
    for count, start in enumerate(starts):
        day.put(f"s{count}", f"2026-03-02T{start}:00", minutes)
    day.sync()
    return day


async def check_in_to_the_first(day: Day, at: str) -> None:
    await day.until(f"2026-03-02 {at}")
    day.answer(Kind.HERE, session=session(day, 0))


def session(day: Day, number: int) -> str:
    return day.agenda("2026-03-02 00:00", "2026-03-03 00:00")[number].session.id


async def test_what_was_held_back_comes_at_check_out_and_only_the_newest(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00", "11:00")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:46")
    assert day.rungs_since("10:00") == [("10:40:00", "end-cue-10m"), ("10:45:00", "end-cue")]
    day.answer(Kind.OUT)
    await day.until("2026-03-02 10:47")
    assert day.rungs_since("10:46") == [("10:46:00", "-15m")]


async def test_what_was_held_back_comes_at_the_end_of_the_session_if_nobody_checks_out(
    tmp_path: Path,
) -> None:
    day = made(tmp_path, "10:00", "11:00")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:56")
    assert day.rungs_since("10:46") == [("10:50:00", "-15m"), ("10:55:00", "-5m")]


async def test_presence_that_is_not_proven_holds_nothing_back(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00", "11:00")
    await day.until("2026-03-02 10:46")
    assert ("10:45:00", "-15m") in day.rungs()
    assert not any(rung.startswith("end-cue") for _at, rung in day.rungs())


async def test_back_to_back_the_next_joins_the_end_cue_and_one_answer_starts_it(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00", "10:50")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:46")
    assert day.rungs_since("10:00") == [("10:40:00", "end-cue-10m"), ("10:45:00", "-5m")]
    joint = day.notices()[-1]
    assert joint.title == "Session ends at 10:50, the next begins at 10:50"
    assert joint.urgency.value == "normal"
    day.screen.press(Key.HERE)
    first, second = day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
    assert (first.state, second.state) == (SessionState.ENDED, SessionState.IN_SESSION)
    await day.until("2026-03-02 10:54")
    assert day.rungs_since("10:46") == []
    first, second = day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
    assert (first.verdict, second.verdict) == (Verdict.ON_TIME, Verdict.ON_TIME)


async def test_an_end_cue_names_the_next_session_up_to_ten_minutes_after_the_end(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00", "11:00")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:41")
    assert "11:00" in day.notices()[-1].text


async def test_back_to_back_without_an_answer_the_ladder_goes_on_at_the_start(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00", "10:50")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:52")
    assert day.rungs_since("10:46") == [("10:50:00", "0m"), ("10:51:00", "+1m"), ("10:52:00", "+2m")]


async def test_who_stays_away_from_the_second_of_two_is_asked_as_ever(tmp_path: Path) -> None:
    """That its rungs had to wait takes nothing from what silence means: the others came."""
    day = made(tmp_path, "10:00", "10:50")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 11:06")
    assert day.agenda("2026-03-02 00:00", "2026-03-03 00:00")[1].verdict is Verdict.SUSPECTED_MISS


async def test_a_client_who_waits_is_never_kept_waiting_by_the_quiet(tmp_path: Path) -> None:
    """Two sessions overlap: who is in the first has to know of the second."""
    day = made(tmp_path, "10:00", "10:30")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:31")
    assert day.rungs_since("10:00") == [
        ("10:25:00", "-5m"),
        ("10:29:00", "-1m"),
        ("10:30:00", "0m"),
        ("10:31:00", "+1m"),
    ]
    assert all(notice.discreet for notice in day.notices()[-4:])  # no window covers the screen of the first
    assert not any(notice.discreet for notice in day.notices()[:-4])


async def test_a_client_who_does_not_come_brings_the_next_ladder_back(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00", "10:50")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:36")
    assert day.rungs_since("10:00") == []
    day.app.settle(session(day, 0), Verdict.CLIENT_NO_SHOW, None)
    await day.until("2026-03-02 10:50")
    assert day.rungs_since("10:36") == [
        ("10:36:00", "-15m"),
        ("10:45:00", "-5m"),
        ("10:49:00", "-1m"),
        ("10:50:00", "0m"),
    ]
    assert (day.notices()[-4].urgency.value, day.notices()[-4].stays) == ("high", True)


async def test_the_first_rung_speaks_up_only_while_the_therapist_would_have_been_with_the_client(
    tmp_path: Path,
) -> None:
    day = made(tmp_path, "10:00", "11:30")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:20")
    day.app.settle(session(day, 0), Verdict.CLIENT_NO_SHOW, None)
    await day.until("2026-03-02 11:16")
    assert day.rungs_since("10:20") == [("11:15:00", "-15m")]
    assert day.notices()[-1].urgency.value == "normal"


async def test_a_question_that_was_held_back_is_not_put_any_more_when_it_is_answered(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00", "10:10")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:26")
    assert day.agenda("2026-03-02 00:00", "2026-03-03 00:00")[1].verdict is Verdict.SUSPECTED_MISS
    day.answer(Kind.HERE, session=session(day, 1))
    day.answer(Kind.OUT, session=session(day, 1))
    await day.until("2026-03-02 10:51")
    assert "question" not in [rung for _at, rung in day.rungs()]


async def test_the_auditor_leaves_the_quiet_alone(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00", "11:00")
    await check_in_to_the_first(day, "09:59:30")
    for at in ("10:46:30", "10:47:30"):
        await day.until(f"2026-03-02 {at}")
        day.app.audit()
    await day.until("2026-03-02 10:51")
    assert day.rungs_since("10:46") == [("10:50:00", "-15m")]


async def test_a_check_out_ends_the_cues(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:41")
    day.answer(Kind.OUT)
    await day.until("2026-03-02 10:55")
    assert day.rungs_since("10:00") == [("10:40:00", "end-cue-10m")]
    assert day.screen.open_notices == {}


async def test_the_cues_follow_the_end_of_the_session(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00")
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:20")
    day.put("s0", "2026-03-02T10:00:00", 80)
    day.sync()
    await day.until("2026-03-02 11:25")
    assert day.rungs_since("10:20") == [("11:10:00", "end-cue-10m"), ("11:15:00", "end-cue")]


@pytest.mark.parametrize("at", ["10:20", "10:42"])
async def test_a_restart_keeps_the_quiet(tmp_path: Path, at: str) -> None:
    day = made(tmp_path, "10:00", "11:00")
    await check_in_to_the_first(day, "09:59:30")
    await day.until(f"2026-03-02 {at}")
    await day.restart()
    await day.until("2026-03-02 10:51")
    assert [one for one in day.rungs_since("10:43") if one[1] != "end-cue-10m"] == [
        ("10:45:00", "end-cue"),
        ("10:50:00", "-15m"),
    ]


async def test_a_cue_names_nobody_and_says_what_comes_next(tmp_path: Path) -> None:
    day = made(tmp_path, "10:00", "10:58", config=CUES + '[privacy]\nnotice = "alias"\n')
    await check_in_to_the_first(day, "09:59:30")
    await day.until("2026-03-02 10:46")
    ten, five = day.notices()[-2:]
    assert (ten.title, five.title) == ("10 min to the end", "5 min to the end")
    assert five.text == "Session ends at 10:50. The next begins at 10:58."
    assert [action.key for action in five.actions] == [Key.OUT]
