"""A calendar in trouble: the others go on, what is stored stays, and `status` says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.calendars import calendar, event
from tests.support.radicale import PASSWORD, PASSWORD_OF, RadicaleServer, calendar_table
from tests.support.world import World

CONFIG = """
[[calendars]]
name = "file"
type = "ics"
path = "~/file.ics"
sessions = "all"
[channels.script]
type = "command"
argv = @SCRIPT@
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RadicaleServer]:
    with RadicaleServer(tmp_path) as made:
        made.write("practice", "a.ics", one_event("a"))
        yield made


@pytest.fixture
def world(tmp_path: Path, server: RadicaleServer) -> World:
    """Both calendars are in sync; then the test breaks one."""
    made = World(tmp_path)
    made.env[PASSWORD_OF] = PASSWORD
    table = calendar_table(server, "server", 'sessions = "all"')
    made.configure(f'timezone = "Europe/Berlin"\n{table}{CONFIG}')
    (made.home / "file.ics").write_text(one_event("b"), newline="")
    made.cli("sync")
    return made


def one_event(uid: str) -> str:
    start = datetime.now(UTC) + timedelta(days=1)
    stamp = "%Y%m%dT%H%M%SZ"
    return calendar(
        event(uid, "AB", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}", zone=None)
    )


def state(world: World, name: str) -> dict[str, Any]:
    (found,) = [one for one in world.json("status")["calendars"] if one["name"] == name]
    assert isinstance(found, dict)
    return found


def both_sessions_are_there(world: World) -> bool:
    return {one["calendar"] for one in world.json("agenda", "--to", "+3d")["sessions"]} == {"server", "file"}


def test_a_wrong_password_asks_for_a_new_sign_in(world: World) -> None:
    world.env[PASSWORD_OF] = "wrong"
    server, file = world.json("sync", expect=1)["calendars"]
    assert server["problem"] and file["problem"] is None
    assert state(world, "server")["state"] == "sign_in_needed"
    assert state(world, "file")["state"] == "fresh"
    assert both_sessions_are_there(world)
    assert "sign in needed" in world.cli("agenda").stdout


def test_a_missing_secret_names_where_it_should_be(world: World) -> None:
    del world.env[PASSWORD_OF]
    world.cli("sync", expect=1)
    assert state(world, "server")["state"] == "sign_in_needed"
    assert PASSWORD_OF in state(world, "server")["problem"]


def test_an_unreachable_server_leaves_the_rest_working_and_heals(
    world: World, server: RadicaleServer
) -> None:
    server.stop()
    world.cli("sync", expect=1)
    assert state(world, "server")["problem"]
    assert both_sessions_are_there(world)
    server.start()
    world.cli("sync")
    assert state(world, "server")["problem"] is None


def test_a_broken_file_leaves_the_rest_working_and_heals(world: World) -> None:
    (world.home / "file.ics").write_text("<html>please sign in</html>")
    world.cli("sync", expect=1)
    assert state(world, "file")["problem"]
    assert "please" not in state(world, "file")["problem"]
    assert both_sessions_are_there(world)
    (world.home / "file.ics").write_text(one_event("b"), newline="")
    world.cli("sync")
    assert state(world, "file")["problem"] is None


def test_a_missing_file_is_named_with_a_remedy(world: World) -> None:
    (world.home / "file.ics").unlink()
    world.cli("sync", expect=1)
    assert "file.ics" in state(world, "file")["problem"]
    assert both_sessions_are_there(world)


def test_a_bad_item_is_counted_by_reason_and_the_others_are_there(
    world: World, server: RadicaleServer
) -> None:
    server.put("practice", "bad.ics", calendar(event("bad", "Marker", "20260302T100000", "20260302T105000",
                                                     "RRULE:FREQ=SECONDLY")))  # fmt: skip
    found = world.json("sync")["calendars"][0]
    assert (found["quarantined"], found["problem"]) == (1, None)
    assert state(world, "server")["quarantined"] == {"rrule-too-frequent": 1}
    assert "Marker" not in world.cli("status").stdout
    assert both_sessions_are_there(world)


def test_hostile_items_are_set_aside_one_by_one_and_the_others_are_right(world: World) -> None:
    when = ("20260302T100000", "20260302T105000")
    hostile = [
        event("h1", "Marker", *when, "RRULE:FREQ=SECONDLY"),
        event("h2", "Marker", *when, "RRULE:FREQ=DAILY;INTERVAL=0"),
        event(None, "Marker"),
        event("h4", "Marker", "20260231T100000", "20260231T105000"),
    ]
    good = one_event("b").partition("BEGIN:VEVENT")[2].rpartition("END:VCALENDAR")[0]
    (world.home / "file.ics").write_text(calendar(*hostile, "BEGIN:VEVENT" + good), newline="")
    found = world.json("sync")["calendars"][1]
    assert (found["quarantined"], found["problem"]) == (4, None)
    assert sum(state(world, "file")["quarantined"].values()) == 4
    assert "Marker" not in world.cli("status").stdout
    assert both_sessions_are_there(world)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[[calendars]\n", ""),
        ("", "calendars"),
        ('[[calendars]]\nname = "a"\ntype = "ics"\npath = "~/a"\npol = "1m"\n', "calendars[0].pol"),
        ('[[calendars]]\nname = "a"\ntype = "caldav"\nurl = "http://example.org/"\n', "calendars[0].url"),
        ('[[calendars]]\nname = "a"\ntype = "ics"\nurl = "https://example.org/x"\n', "calendars[0].url"),
    ],
)
@pytest.mark.parametrize("command", ["agenda", "run", "sync", "status", "here"])
def test_a_broken_configuration_gives_exit_2_and_the_path_in_every_command(
    world: World, command: str, text: str, path: str
) -> None:
    world.configure(text)
    done = world.cli(command, expect=2)
    assert f"  {path}" in done.stderr
    assert done.stdout == ""
