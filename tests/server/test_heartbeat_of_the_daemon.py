"""The real daemon and a service that watches it: who hears when, and what is said of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.scripted_http import Answer, ScriptedServer
from tests.support.calendars import calendar
from tests.support.world import World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
sessions = "all"
[channels.script]
type = "command"
argv = @SCRIPT@
"""
HEARTBEAT = '[heartbeat]\nurl = { env = "BEAT" }\n'


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda request: Answer(404 if "gone" in request.path else 200)) as made:
        yield made


@pytest.fixture
def world(tmp_path: Path, server: ScriptedServer) -> World:
    made = World(tmp_path)
    (made.home / "practice.ics").write_text(calendar(), encoding="utf-8", newline="")
    made.env["BEAT"] = f"{server.url}canary-one"
    made.env["OTHER"] = f"{server.url}canary-two"
    made.env["GONE"] = f"{server.url}canary-gone"
    made.configure(CONFIG + HEARTBEAT)
    return made


def paths(server: ScriptedServer) -> list[str]:
    return [request.path for request in server.log]


def test_a_running_daemon_is_heard_and_says_so_and_names_the_address_nowhere(
    world: World, server: ScriptedServer
) -> None:
    before = datetime.now(UTC)
    with world.daemon("-vv") as daemon:
        eventually(lambda: world.json("status")["heartbeat"]["last_success"], "the record of the heartbeat")
        found = world.json("status")["heartbeat"]
        assert before <= datetime.fromisoformat(found["last_success"]) <= datetime.now(UTC)
        assert found["problem"] is None
        said = world.cli("status", "-vv")
        assert "Heartbeat: last accepted" in said.stdout
    everything = daemon.said() + said.stdout + said.stderr
    held = b"".join(path.read_bytes() for path in world.store_file.parent.iterdir() if path.is_file())
    assert "canary" not in everything
    assert b"canary" not in held
    assert paths(server) == ["/canary-one"]


def test_without_a_daemon_no_command_is_heard_in_its_place(world: World, server: ScriptedServer) -> None:
    for command in ("sync", "status", "agenda"):
        world.cli(command)
    assert server.log == []
    assert world.json("status")["heartbeat"] == {"last_success": None, "problem": None}


def test_a_reload_takes_up_another_address_and_the_end_of_it(world: World, server: ScriptedServer) -> None:
    with world.daemon() as daemon:
        eventually(lambda: paths(server) == ["/canary-one"], "the first heartbeat")
        world.configure(CONFIG + HEARTBEAT.replace("BEAT", "OTHER"))
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: paths(server) == ["/canary-one", "/canary-two"], "the one to the new address")
        world.configure(CONFIG)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: daemon.said().count("configuration.reloaded") == 2, "the second reload")
    assert world.json("status")["heartbeat"] is None
    assert len(server.log) == 2


def test_what_the_service_does_not_accept_is_told_with_a_remedy(world: World) -> None:
    world.configure(CONFIG + HEARTBEAT.replace("BEAT", "GONE"))
    with world.daemon() as daemon:
        problem = eventually(lambda: world.json("status")["heartbeat"]["problem"], "the problem")
        assert problem.startswith("The service does not accept the address.")
        assert "event='heartbeat.failed' problem='unknown_there'" in daemon.said()
    assert "does not accept the address" in world.cli("status").stdout


@pytest.mark.usefixtures("turnable_clock")
def test_after_a_sleep_the_service_hears_at_once_that_all_is_well(
    world: World, server: ScriptedServer
) -> None:
    world.shift_clock(datetime.now(UTC))
    with world.daemon():
        eventually(lambda: len(server.log) == 1, "the first heartbeat")
        world.shift_clock(datetime.now(UTC) + timedelta(hours=9))
        eventually(lambda: len(server.log) == 2, "the one after the sleep", within=60)
