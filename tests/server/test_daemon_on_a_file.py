"""The real daemon as a process, on a calendar file: ladder, answers, restarts, reload."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.calendars import calendar, event
from tests.support.world import Daemon, World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
poll = "1s"
sessions = "all"
{rungs}
[verdict]
late_after = "2s"
missed_after = "4s"
[digests]
enabled = false
[sweep]
enabled = false
[channels.script]
type = "command"
argv = @SCRIPT@
"""
OFFSETS = ("-4s", "-3s", "-2s", "-1s", "0s", "+1s", "+2s", "+3s")


def rungs(*offsets: str) -> str:
    return "".join(f'[[reminders.rungs]]\nat = "{offset}"\n' for offset in offsets)


def put(world: World, start: datetime, title: str = "AB") -> None:
    stamp = "%Y%m%dT%H%M%SZ"
    end = start + timedelta(minutes=50)
    _write(world, event("one", title, f"{start:{stamp}}", f"{end:{stamp}}", zone=None))


def _write(world: World, *events: str) -> None:
    text = calendar(*events)
    file = world.home / "practice.ics"
    file.with_suffix(".new").write_text(text, encoding="utf-8", newline="")
    file.with_suffix(".new").rename(file)


def soon(seconds: float) -> datetime:
    """A whole second, at least so far from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds + 1)).replace(microsecond=0)


@contextmanager
def reminding(world: World, seconds: float, title: str = "AB") -> Iterator[Daemon]:
    """The daemon, and a session that begins so many seconds after it is there.

    On a busy machine its start takes longer than a rung may be late before the next one is sent in its place.
    """
    _write(world)
    with world.daemon() as daemon:
        put(world, soon(seconds), title)
        yield daemon


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.configure(CONFIG.format(rungs=rungs(*OFFSETS)))
    return made


def verdict(world: World) -> str | None:
    (session,) = world.json("agenda")["sessions"]
    found: str | None = session["verdict"]
    return found


def test_nobody_answers_each_rung_comes_once_in_order_then_the_question_and_a_card(world: World) -> None:
    config = CONFIG.replace('missed_after = "4s"', 'missed_after = "7s"')
    offsets = ("-6s", "-4s", "-2s", "0s", "+2s", "+4s", "+6s")  # on a busy machine, too, each before the next
    world.configure(config.format(rungs=rungs(*offsets)))
    with reminding(world, 11):
        eventually(lambda: "question" in world.rungs(), "the question")
    assert world.rungs() == [*offsets, "question"]
    assert verdict(world) == "suspected_miss"
    (card,) = world.json("repair")["cards"]
    assert (card["severity"], card["state"], len(card["steps"])) == (2, "open", 9)
    came = world.json("log")["deliveries"][: len(offsets)]
    due, sent = ([datetime.fromisoformat(one[name]) for one in came] for name in ("due_at", "sent_at"))
    # None before its time, and each before the next one's.
    assert all(before <= then for before, then in zip(due, sent, strict=True))
    assert all(then < following for then, following in zip(sent, due[1:], strict=False))


def test_checking_in_on_the_command_line_ends_the_ladder_at_once(world: World) -> None:
    world.configure(CONFIG.format(rungs=rungs("-30s", "0s", "+1s")))  # half a minute for a busy machine
    with reminding(world, 31):
        eventually(lambda: "-30s" in world.rungs(), "the first rung")
        answered = world.json("here")
        assert (answered["verdict"], answered["state"]) == ("on_time", "in_session")
        assert world.rungs() == ["-30s"]
        states = {one["rung"]: one["state"] for one in world.json("log")["deliveries"]}
        assert states["+1s"] == "superseded"
    assert verdict(world) == "on_time"


def test_acknowledging_silences_the_rungs_before_the_start_and_not_the_one_at_it(world: World) -> None:
    world.configure(CONFIG.format(rungs=rungs("-10s", "-2s", "-1s", "0s", "+3s")))
    with reminding(world, 11):
        eventually(lambda: "-10s" in world.rungs(), "the first rung")
        world.cli("ack")  # within eight seconds
        eventually(lambda: "+3s" in world.rungs(), "the rung after the start")
    assert world.rungs()[:3] == ["-10s", "0s", "+3s"]


@pytest.mark.parametrize("how", ["TERM", "KILL"])
def test_the_daemon_ended_between_two_rungs_and_started_again_loses_and_repeats_none(
    world: World, how: str
) -> None:
    world.configure(CONFIG.format(rungs=rungs("-12s", "-8s", "-3s", "0s")))
    with reminding(world, 14) as first:
        eventually(lambda: "-8s" in world.rungs(), "the second rung")
        eventually(lambda: _states(world)["-8s"] == "sent", "its record")
        first.kill() if how == "KILL" else first.end()
    with world.daemon():
        eventually(lambda: "0s" in world.rungs(), "the rung at the start")
    assert world.rungs() == ["-12s", "-8s", "-3s", "0s"]


def _states(world: World) -> dict[str, str]:
    return {one["rung"]: one["state"] for one in world.json("log")["deliveries"]}


def test_a_moved_session_moves_its_reminders_at_the_next_poll(world: World) -> None:
    world.configure(CONFIG.format(rungs=rungs("-8s", "-4s", "0s")))
    put(world, soon(3600))
    with world.daemon():
        eventually(lambda: world.json("log")["deliveries"], "the plan")
        put(world, soon(9))
        eventually(lambda: "0s" in world.rungs(), "the rung at the new start")
    assert world.rungs()[:3] == ["-8s", "-4s", "0s"]


@pytest.mark.usefixtures("turnable_clock")
@pytest.mark.parametrize("step", [timedelta(hours=2), -timedelta(hours=1)], ids=["forward", "back"])
def test_a_stepped_clock_is_noticed_within_twenty_seconds(world: World, step: timedelta) -> None:
    """agronholm/apscheduler#351: a timer that was set by the old time sleeps through a clock that is set back.

    agronholm/apscheduler#794 and omacom/omarchy#10679: it is not woken by a clock set forward, nor after a suspend,
    which is the same to it: its own clock stood still, and the reminder is late by the sleep.
    """
    now = datetime.now(UTC)
    world.shift_clock(now)
    put(world, (now + step + timedelta(seconds=60)).replace(microsecond=0))
    config = CONFIG.format(rungs='[[reminders.rungs]]\nat = "-50s"\n').replace('"4s"', '"10m"')
    world.configure(config.replace('poll = "1s"', 'poll = "1h"'))  # else each poll would wake the timer
    with world.daemon():
        eventually(lambda: world.json("agenda", "--from", "2000-01-01")["sessions"], "the first poll")
        world.shift_clock(now + step + timedelta(seconds=12))
        eventually(lambda: world.rungs() == ["-50s"], "the rung")


def test_a_second_daemon_is_told_who_holds_the_store(world: World) -> None:
    put(world, soon(3600))
    with world.daemon() as first:
        refused = world.cli("run", expect=1)
        assert str(first.process.pid) in refused.stderr
        assert world.json("status")["daemon"]["running"] is True
    assert world.json("status")["daemon"]["running"] is False


def test_a_reload_takes_up_the_new_configuration(world: World) -> None:
    put(world, soon(3600))
    with world.daemon() as daemon:
        eventually(lambda: len(world.json("log")["deliveries"]) == len(OFFSETS), "the first plan")
        world.configure(CONFIG.format(rungs=rungs("-7s", "0s")))
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: set(_states(world)) == {"-7s", "0s"}, "the new plan")


def test_a_reload_of_a_broken_configuration_keeps_the_old_one_and_says_so(world: World) -> None:
    world.configure(CONFIG.format(rungs=rungs("0s")))  # none that could come in its place
    with reminding(world, 5) as daemon:
        world.config_file.write_text("nonsense", encoding="utf-8")
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: "configuration.refused" in daemon.said(), "the complaint")
        eventually(lambda: "0s" in world.rungs(), "the rung at the start")


def test_the_store_and_what_lies_beside_it_are_private(world: World) -> None:
    put(world, soon(3600))
    with world.daemon():
        modes = {path.name: oct(path.stat().st_mode & 0o777) for path in world.store_file.parent.iterdir()}
        assert set(modes.values()) == {"0o600"}, modes
        assert oct(world.store_file.parent.stat().st_mode & 0o777) == "0o700"


def test_a_damaged_store_is_kept_aside_and_the_calendars_are_read_anew(world: World) -> None:
    put(world, soon(3600))
    world.cli("sync")
    damaged = b"this was a database once " * 400
    world.store_file.write_bytes(damaged)
    assert str(world.store_file) in world.cli("agenda", expect=1).stderr
    with world.daemon() as daemon:
        eventually(lambda: world.json("agenda")["sessions"], "the session, read anew")
        assert "damaged" in daemon.said()
    (aside,) = world.store_file.parent.glob("kepthour.db.damaged-*")
    assert aside.read_bytes() == damaged


def test_no_word_of_a_client_is_logged_or_handed_to_a_channel(world: World) -> None:
    world.configure(CONFIG.format(rungs=rungs("0s")))
    with reminding(world, 4, "Marker-Name") as daemon:
        eventually(lambda: "0s" in world.rungs(), "the rung at the start")
        everything = daemon.said() + world.received_file.read_text(encoding="utf-8")
    assert "Marker" not in everything


def test_a_script_gets_the_promised_document(world: World) -> None:
    _write(world)
    with world.daemon():
        start = soon(7)
        put(world, start)
        document = eventually(world.received, "a delivery")[0]
    assert set(document) == {"session", "rung", "urgency", "title", "text", "start", "end", "actions"}
    assert datetime.fromisoformat(document["start"]) == start
    assert document["start"].endswith(("+01:00", "+02:00"))
    assert {action["key"] for action in document["actions"]} >= {"here", "ack", "snooze"}
    assert document["session"] == world.json("agenda")["sessions"][0]["id"]


def test_the_daemon_answers_a_signal_while_nothing_is_due(world: World) -> None:
    put(world, soon(3600))
    with world.daemon() as daemon:
        os.kill(daemon.process.pid, signal.SIGINT)
        assert daemon.process.wait(timeout=60) == 0
