"""Channels that hang, raise, or are dead for a while: it is theirs alone to suffer for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.core.reminder import KEPT_QUIET
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.pipeline.dispatch import outlets
from kepthour.views.status import status
from tests.fakes.channels import Recorder
from tests.scenario.test_ladder import STANDARD
from tests.support.day import BERLIN, CONFIG, Day

TWO = CONFIG + '[channels.phone]\ntype = "recorder"\n'
LATE_PHONE = CONFIG + '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline of a channel is real time, which a test has no use for."""
    for name in ("SEND_SECONDS", "RECALL_SECONDS"):
        monkeypatch.setattr(outlets, name, 0.001)


def made(tmp_path: Path, config: str = TWO) -> Day:
    day = Day(tmp_path, "2026-03-02 09:40", config)
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    return day


def refuses(channel: Recorder) -> None:
    channel.refuse = True


def hangs(channel: Recorder) -> None:
    channel.hangs = True


def has_a_bug(channel: Recorder) -> None:
    channel.bug = RuntimeError("a word of AB")


TROUBLES = pytest.mark.parametrize("trouble", [refuses, hangs, has_a_bug])


@TROUBLES
async def test_the_other_channel_gets_all_at_their_times(trouble: object, tmp_path: Path) -> None:
    assert callable(trouble)
    day = made(tmp_path)
    trouble(day.screen)
    await day.until("2026-03-02 10:03")
    assert day.rungs("phone")[1:] == STANDARD[1:-3]
    assert day.rungs() == []


@TROUBLES
async def test_the_other_session_is_not_held_up(trouble: object, tmp_path: Path) -> None:
    """Its channel is in trouble while the first one's ladder runs."""
    assert callable(trouble)
    day = made(tmp_path, CONFIG)
    day.put("two", "2026-03-02T10:20:00")
    day.sync()
    await day.until("2026-03-02 09:50")
    trouble(day.screen)
    await day.until("2026-03-02 10:04:50")
    heal(day.screen)
    await day.until("2026-03-02 10:21")
    # they overlap
    second = [(at, notice.rung) for at, notice in day.screen.received if notice.subject == _second(day)]
    assert [f"{at.astimezone(BERLIN):%H:%M:%S} {rung}" for at, rung in second] == [
        "09:40:00 -60m", "10:05:00 -15m", "10:15:00 -5m", "10:19:00 -1m", "10:20:00 0m", "10:21:00 +1m",
    ]  # fmt: skip


def _second(day: Day) -> str:
    return day.agenda("2026-03-02 10:00", "2026-03-02 11:00")[-1].session.id


@TROUBLES
async def test_one_that_is_dead_for_five_minutes_gets_the_newest_when_it_is_back_and_none_after_that(
    trouble: object, tmp_path: Path
) -> None:
    assert callable(trouble)
    day = made(tmp_path, CONFIG)
    await day.until("2026-03-02 09:54:30")
    trouble(day.screen)
    await day.until("2026-03-02 09:59:30")
    heal(day.screen)
    await day.until("2026-03-02 10:01:30")
    rungs = [rung for _at, rung in day.rungs()]
    assert rungs == ["-60m", "-15m", "-1m", "0m", "+1m"]
    back, _rung = day.rungs()[2]
    assert "09:59:30" <= back <= "10:00:00"
    assert ("-5m", "collapsed", "newer_one_due") in day.states()


@TROUBLES
async def test_what_matters_and_was_refused_twice_goes_to_the_other_channel_before_its_turn(
    trouble: object, tmp_path: Path
) -> None:
    assert callable(trouble)
    day = made(tmp_path, LATE_PHONE)
    await day.until("2026-03-02 09:44")
    trouble(day.screen)
    await day.until("2026-03-02 10:02")
    received = day.rungs("phone")
    assert [rung for _at, rung in received] == ["-5m", "-1m", "0m", "+1m", "+2m"]  # not the calm one
    due = {"-5m": "09:55:00", "-1m": "09:59:00", "0m": "10:00:00", "+1m": "10:01:00", "+2m": "10:02:00"}
    assert all(due[rung] <= at <= due[rung][:6] + "10" for at, rung in received)


async def test_a_rung_is_accepted_once_by_each_channel_however_often_it_was_refused(tmp_path: Path) -> None:
    day = made(tmp_path)
    for minute in range(54, 60):
        day.screen.refuse = not day.screen.refuse
        await day.until(f"2026-03-02 09:{minute}:20")
    day.screen.refuse = False
    await day.until("2026-03-02 10:02")
    for name in day.channels:
        rungs = [rung for _at, rung in day.rungs(name)]
        assert len(set(rungs)) == len(rungs), rungs


@TROUBLES
async def test_a_notice_that_cannot_be_taken_back_holds_nothing_up(trouble: object, tmp_path: Path) -> None:
    assert callable(trouble)
    day = made(tmp_path)
    await day.until("2026-03-02 09:56")
    trouble(day.screen)
    day.answer(Kind.ACK)
    await day.until("2026-03-02 10:01")
    assert day.rungs("phone")[-2:] == [("10:00:00", "0m"), ("10:01:00", "+1m")]
    heal(day.screen)
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:02")
    assert list(day.screen.open_notices) == []
    assert day.only().verdict is Verdict.ON_TIME


@TROUBLES
async def test_a_channel_in_trouble_is_opened_and_closed_as_well_as_it_can_be(
    trouble: object, tmp_path: Path
) -> None:
    assert callable(trouble)
    day = made(tmp_path)
    trouble(day.screen)
    await day.pump.dispatcher.open(lambda _answer: None)
    assert day.channels["phone"].answered is not None
    await day.pump.close()
    assert day.channels["phone"].answered is None


def heal(channel: Recorder) -> None:
    channel.refuse, channel.hangs, channel.bug = False, False, None


async def test_a_channel_that_was_taken_out_of_the_configuration_and_is_back_goes_on(tmp_path: Path) -> None:
    day = made(tmp_path, CONFIG)
    await day.until("2026-03-02 09:46")
    for name in ("phone", "screen"):
        day.config = CONFIG.replace("[channels.screen]", f"[channels.{name}]")
        await day.restart()
    await day.until("2026-03-02 10:01")
    assert day.rungs_since("09:50") == [
        ("09:55:00", "-5m"),
        ("09:59:00", "-1m"),
        ("10:00:00", "0m"),
        ("10:01:00", "+1m"),
    ]


@TROUBLES
async def test_who_was_not_reached_by_the_last_rung_is_not_suspected(trouble: object, tmp_path: Path) -> None:
    """It is still being tried when the deadline comes: that it never came is as true as of one that was given up."""
    assert callable(trouble)
    day = made(tmp_path, CONFIG)
    await day.until("2026-03-02 10:04:30")
    trouble(day.screen)
    await day.until("2026-03-02 10:16")
    assert day.only().verdict is Verdict.UNKNOWN


async def test_a_rung_whose_name_is_taken_elsewhere_goes_to_the_other_channel_all_the_same(
    tmp_path: Path,
) -> None:
    """Running late by three minutes: the announced start is a "+3m" of the phone, and the ladder's own one moves on."""
    day = Day(tmp_path, "2026-03-02 09:30", CONFIG + '[channels.phone]\ntype = "recorder"\njoins = "+9m"\n')
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:50")
    day.screen.refuse = True
    await day.until("2026-03-02 09:58")
    day.answer(Kind.LATE, timedelta(minutes=3))
    await day.until("2026-03-02 10:09")
    assert {at for at, _rung in day.rungs("phone") if at >= "10:03"} >= {
        "10:03:02",
        "10:04:02",
        "10:05:02",
        "10:06:02",
    }


def refused(day: Day, channel: str) -> int:
    """How many of the last day's reminders `status` says that this channel refused."""
    found = status(day.app.config, day.app.store, None, day.clock.at).channels
    return next(one.failed for one in found if one.name == channel)


async def test_status_counts_what_was_refused_and_then_given_up_for_a_day(tmp_path: Path) -> None:
    day = made(tmp_path)
    day.put("far", "2026-03-09T10:00:00")  # so that the calendar is not empty the day after
    day.sync()
    await day.until("2026-03-02 09:50")
    day.screen.refuse = True
    await day.until("2026-03-02 09:56")
    assert refused(day, "screen") == 1
    day.screen.refuse = False
    day.answer(Kind.HERE)
    assert refused(day, "screen") == 1
    day.clock.at += timedelta(hours=23)
    assert refused(day, "screen") == 1
    day.clock.at += timedelta(hours=2)
    assert refused(day, "screen") == 0


async def test_a_bell_that_is_silent_in_a_call_has_refused_nothing(tmp_path: Path) -> None:
    day = made(tmp_path)
    day.screen.refuse, day.screen.code = True, KEPT_QUIET
    await day.until("2026-03-02 09:56")
    assert refused(day, "screen") == 0
    day.answer(Kind.HERE)
    assert refused(day, "screen") == 0


async def test_status_counts_each_rung_that_gave_way_to_a_newer_one_and_none_that_came_in_the_end(
    tmp_path: Path,
) -> None:
    day = made(tmp_path)
    await day.until("2026-03-02 09:50")
    day.screen.refuse = True
    await day.until("2026-03-02 09:59:30")
    day.screen.refuse = False
    await day.until("2026-03-02 10:01")
    assert ("-5m", "collapsed", "newer_one_due") in day.states()
    assert refused(day, "screen") == 1  # the one of a minute before came at a later attempt
    assert refused(day, "phone") == 0
