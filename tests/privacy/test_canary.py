"""Marker words in every field of an event: they may stand in the store and in the agenda, and nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.calendars import calendar, event
from tests.support.world import World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
{source}
poll = "1s"
sessions = "rules"
[[sessions.rules]]
title = '^(?P<client>Canary-\\w+)'
is = "session"
[[reminders.rungs]]
at = "-2s"
[[reminders.rungs]]
at = "0s"
[verdict]
late_after = "1s"
missed_after = "3s"
[channels.script]
type = "command"
argv = @SCRIPT@
{privacy}
"""
MARKS = (
    "Canary-Title",
    "canary-place",
    "canary-description",
    "canary-link",
    "canary-attendee",
    "canary-uid",
    "canary-vendor",
)


def canaries() -> str:
    start = (datetime.now(UTC) + timedelta(seconds=4)).replace(microsecond=0)
    stamp = "%Y%m%dT%H%M%SZ"
    return calendar(
        event(
            "canary-uid", "Canary-Title", f"{start:{stamp}}", f"{start + timedelta(minutes=50):{stamp}}",
            "LOCATION:canary-place", "DESCRIPTION:canary-description https://zoom.us/j/canary-link",
            "ATTENDEE;CN=canary-attendee:mailto:canary-attendee@example.org",
            "EXDATE;TZID=/canary-vendor/Europe/Berlin:20200101T100000", zone=None,
        )
    )  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    (made.home / "practice.ics").write_text(canaries(), encoding="utf-8", newline="")
    made.configure(CONFIG.format(source='path = "~/practice.ics"', privacy=""))
    return made


def test_no_marker_leaves_the_store_but_for_the_therapists_own_agenda(world: World) -> None:
    with world.daemon("-vv") as daemon:
        eventually(lambda: "question" in world.rungs(), "the question")
        said = daemon.said() + world.received_file.read_text(encoding="utf-8")
    for args in (
        ["sync"],
        ["status"],
        ["log"],
        ["repair"],
        ["rehearse"],
        ["status", "--json"],
        ["log", "--json"],
    ):
        done = world.cli(*args, "-vv")
        said += done.stdout + done.stderr
    said += world.cli("agenda", "-vv").stderr + world.cli("explain", "", "-vv").stderr
    assert [mark for mark in MARKS if mark.lower() in said.lower()] == []
    assert "Canary-Title" in world.cli("agenda").stdout


def test_what_is_not_needed_is_not_even_in_the_store(world: World) -> None:
    world.cli("sync")
    held = b"".join(path.read_bytes() for path in world.store_file.parent.iterdir() if path.is_file())
    assert b"Canary-Title" in held
    assert b"canary-description" not in held
    assert b"canary-attendee" not in held


def test_the_alias_is_shown_only_to_who_asked_for_it(world: World) -> None:
    world.configure(CONFIG.format(source='path = "~/practice.ics"', privacy='[privacy]\nnotice = "alias"'))
    with world.daemon():
        eventually(world.rungs, "a notice")  # which one depends on how long the daemon took to start
    assert "Canary-Title" in world.received()[0]["title"]


def test_a_feeds_address_is_said_nowhere(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.env["FEED"] = "http://127.0.0.1:9/canary-secret"
    world.configure(CONFIG.format(source='url = { env = "FEED" }', privacy=""))
    said = ""
    for args in (["sync"], ["check"], ["status"], ["status", "--json"], ["agenda"]):
        done = world.cli(*args, "-vv", expect=1 if args[0] in {"sync", "check"} else 0)
        said += done.stdout + done.stderr
    assert "canary" not in said
    assert b"canary" not in world.store_file.read_bytes()


def test_in_the_folder_of_an_encrypted_store_no_marker_stands_at_all(world: World) -> None:
    """While the daemon and commands are at work, and after; nor where a copy of it may lie in memory."""
    world.seal()
    world.configure(CONFIG.format(source='path = "~/practice.ics"', privacy=""))
    memory = world.folder / "memory"
    memory.mkdir()
    world.env["XDG_RUNTIME_DIR"] = str(memory)
    kept = world.store_file.parent
    found: set[str] = set()
    seen: set[str] = set()

    def look() -> bool:
        for file in [*kept.rglob("*"), *memory.rglob("*")]:
            try:
                content = file.read_bytes() if file.is_file() else b""
            except FileNotFoundError:
                continue
            if content:
                seen.add(file.name)
            # What a rule of the configuration looks for stands in its copy, as in the configuration itself.
            allowed = (b"Canary-\\w",) if file.name.startswith("taken-up-") else ()
            for word in allowed:
                content = content.replace(word, b"")
            found.update(
                f"{mark} in {file.name}" for mark in MARKS if mark.lower().encode() in content.lower()
            )
        return "question" in world.rungs()

    with world.daemon("-vv"):
        eventually(look, "the question")
        for args in (
            ["sync"],
            ["agenda"],
            ["status"],
            ["log"],
            ["repair"],
            ["rehearse"],
            ["report"],
            ["explain", ""],
        ):
            assert world.cli(*args).returncode == 0
            look()
        assert "Canary-Title" in world.cli("agenda").stdout
        assert "Canary-Title" in world.cli("export").stdout
        look()
    assert {"kepthour.db", "kepthour.db-wal", "kepthour.db-shm"} <= seen
    with world.store_file.open("r+b") as file:  # a damaged one is copied to be read, and kept aside
        file.write(b"x" * 4096)
    with world.daemon() as daemon:
        look()
        assert "The store was damaged" in daemon.said()
    look()
    assert any("damaged-" in name for name in seen)
    assert found == set()
