"""Of a session that is unknown because nobody watched, `explain` tells when that was, and what is known of why."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kepthour.cli.story import tell
from kepthour.core.verdict import Because
from kepthour.runtime.pump import Pump
from kepthour.views.story import Story, story
from tests.support.day import BERLIN, Day, a_morning, when


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


def told(day: Day) -> Story:
    found = story(day.app.config, day.app.store, day.only().session.id, day.clock.at)
    assert found is not None
    return found


def line(day: Day, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that tells of a gap."""
    capsys.readouterr()
    tell(told(day), BERLIN, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    words = ("the computer", "the clock", "Kept Hour ran", "Kept Hour did not", "Kept Hour gave")
    (found,) = [one for one in lines if one[18:].startswith(words) or "from here on" in one]
    return found


def gaps(day: Day, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    tell(told(day), BERLIN, as_json=True)
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["gaps"]
    return found


async def test_a_sleep(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    await day.until("2026-03-02 10:02")
    day.clock.sleep(timedelta(minutes=29))
    day.sync()
    await day.until("2026-03-02 10:40")
    assert told(day).verdicts[-1].because is Because.DAEMON_GAP
    assert line(day, capsys) == "Mon 02 Mar 10:02  the computer slept, until Mon 02 Mar 10:31"
    assert gaps(day, capsys) == [
        {"since": "2026-03-02T10:02:00+01:00", "until": "2026-03-02T10:31:00+01:00", "why": "asleep"}
    ]


async def test_a_sleep_that_begins_in_the_middle_of_a_turn(
    day: Day, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the clocks were compared, and before the sign of life of that turn."""
    await day.until("2026-03-02 10:02")
    beat = Pump.beat

    async def sleep_and_beat(pump: Pump) -> None:
        day.clock.sleep(timedelta(minutes=29))
        await beat(pump)

    with monkeypatch.context() as patched:
        patched.setattr(Pump, "beat", sleep_and_beat)
        day.clock.at += timedelta(seconds=30)
        await day.pump.turn()
    day.sync()
    await day.until("2026-03-02 10:40")
    assert [one["why"] for one in gaps(day, capsys)] == ["asleep"]


async def test_a_stop_and_a_start(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    await day.until("2026-03-02 10:02")
    day.clock.at = when("2026-03-02 10:31")
    await day.restart()
    await day.until("2026-03-02 10:40")
    assert line(day, capsys) == "Mon 02 Mar 10:02  Kept Hour did not run, until Mon 02 Mar 10:31"
    assert [one["why"] for one in gaps(day, capsys)] == ["not_running"]


async def test_a_computer_that_was_off(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    await day.until("2026-03-02 10:02")
    day.clock.at = when("2026-03-02 10:30")
    day.clock.boot()
    day.clock.at = when("2026-03-02 10:31")
    await day.restart()
    await day.until("2026-03-02 10:40")
    expected = "the computer was off, or started anew, and Kept Hour did not run, until Mon 02 Mar 10:31"
    assert line(day, capsys) == f"Mon 02 Mar 10:02  {expected}"


async def test_a_clock_that_was_set_forward(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    await day.until("2026-03-02 10:02")
    day.clock.step(timedelta(minutes=29))
    day.sync()
    await day.until("2026-03-02 10:40")
    assert line(day, capsys) == "Mon 02 Mar 10:02  the clock was set forward, until Mon 02 Mar 10:31"


async def test_a_store_that_could_not_be_written(
    day: Day, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await day.until("2026-03-02 10:02")
    with monkeypatch.context() as patch:
        patch.setattr(Pump, "_give_a_sign", lambda _pump, _now: None)
        patch.setattr(Day, "_keep_watch", lambda _day, _until: None)
        await day.until("2026-03-02 10:08")
    await day.until("2026-03-02 10:40")
    assert told(day).verdicts[-1].because is Because.DAEMON_GAP
    assert "Kept Hour ran, but could not note that it did, until" in line(day, capsys)


async def test_a_daemon_that_is_not_back(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    await day.until("2026-03-02 10:02")
    day.clock.at = when("2026-03-02 10:31")
    assert line(day, capsys) == "Mon 02 Mar 10:02  from here on Kept Hour gave no sign of life"
    assert gaps(day, capsys) == [{"since": "2026-03-02T10:02:00+01:00", "until": None, "why": None}]


async def test_a_first_start_in_the_middle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = Day(tmp_path, "2026-03-02 10:04")
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 10:40")
    expected = "Mon 02 Mar 10:04  Kept Hour ran for the first time: it had not watched before"
    assert line(day, capsys) == expected
    assert gaps(day, capsys) == [{"since": None, "until": "2026-03-02T10:04:00+01:00", "why": None}]


async def test_a_gap_before_the_ladder_and_one_after_the_deadline_are_not_its_business(
    day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    await day.until("2026-03-02 08:40")
    day.clock.sleep(timedelta(minutes=10))
    await day.until("2026-03-02 10:20")
    day.clock.sleep(timedelta(minutes=10))
    await day.until("2026-03-02 10:40")
    assert told(day).verdicts[-1].because is Because.NO_EVIDENCE
    assert gaps(day, capsys) == []


async def test_a_session_to_come_has_no_gap(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    await day.until("2026-03-02 08:40")
    assert gaps(day, capsys) == []
    await day.until("2026-03-02 09:50")
    assert gaps(day, capsys) == []


async def test_what_an_older_store_does_not_know_is_not_made_up(
    day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    await day.until("2026-03-02 10:02")
    day.clock.sleep(timedelta(minutes=29))
    await day.until("2026-03-02 10:40")
    with day.app.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE watches SET pause = NULL")
    expected = "the computer slept, or Kept Hour did not run, until Mon 02 Mar 10:31"
    assert line(day, capsys) == f"Mon 02 Mar 10:02  {expected}"
