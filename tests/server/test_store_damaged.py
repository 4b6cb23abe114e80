"""The real daemon on a store that is damaged: kept aside, begun anew, and nothing comes twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.server.test_daemon_on_a_file import put, soon
from tests.server.test_store_in_trouble import LADDER, begun, came, prepared, states, told, until
from tests.support.world import World, eventually


@pytest.fixture
def world(tmp_path: Path) -> World:
    return prepared(World(tmp_path))


def overwritten(store: Path) -> None:
    """The pages of the sessions and of what the calendar holds, and an index that the pump goes by."""
    with closing(sqlite3.connect(store)) as connection:
        query = "SELECT pageno FROM dbstat WHERE name IN ('sessions', 'occurrences', 'ix_reminders_state_not_before')"
        pages = [page for (page,) in connection.execute(query)]
    assert len(pages) >= 3
    with store.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * 4096)
            file.write(b"\xa5" * 4096)


def beheaded(store: Path) -> None:
    with store.open("r+b") as file:
        file.write(b"\xa5" * 100)


def deleted(store: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        store.with_name(store.name + suffix).unlink(missing_ok=True)


@pytest.mark.parametrize("damage", [overwritten, beheaded, deleted], ids=lambda damage: damage.__name__)
def test_a_store_that_is_damaged_while_the_daemon_runs_is_begun_anew_and_nothing_is_repeated(
    world: World, damage: Callable[[Path], None]
) -> None:
    put(world, soon(9))
    with world.daemon() as daemon:
        begun(world)
        world.cli("ack")
        before = came(world)
        checkpointed(world.store_file)
        damage(world.store_file)
        eventually(lambda: "store.begun_anew" in daemon.said(), "the new store")
        until(world, LADDER[-1])
        eventually(lambda: states(world)["+2s"] == "sent", "its record")
    kept = states(world)
    assert came(world) == [*before, "0s", "+2s"]
    assert {kept[rung] for rung in LADDER} == {"sent", "answered", "superseded"}
    (title,) = told(world)
    assert title == ("Kept Hour's store was gone" if damage is deleted else "Kept Hour's store was damaged")


def test_a_store_that_is_cut_short_while_the_daemon_runs_costs_no_reminder_to_come(world: World) -> None:
    put(world, soon(9))
    with world.daemon() as daemon:
        begun(world)
        checkpointed(world.store_file)
        with world.store_file.open("r+b") as file:
            file.truncate(4096)
        eventually(lambda: "store.begun_anew" in daemon.said(), "the new store")
        until(world, LADDER[-1])
        assert world.json("agenda")["sessions"]
    assert {"0s", "+2s"} <= set(came(world))


def test_a_store_that_is_damaged_while_no_daemon_runs_is_begun_anew_and_nothing_is_repeated(
    world: World,
) -> None:
    put(world, soon(9))
    with world.daemon():
        begun(world)
        world.cli("here")
        before = came(world)
    beheaded(world.store_file)
    assert "damaged" in world.cli("agenda", expect=1).stderr
    with world.daemon() as daemon:
        assert "1 answers were saved" in daemon.said()
        eventually(lambda: world.json("agenda")["sessions"], "the session, read anew")
        (session,) = world.json("agenda")["sessions"]
        eventually(lambda: datetime.now(UTC) > datetime.fromisoformat(session["start"]), "the start")
    assert (session["state"], session["verdict"]) == ("in_session", "on_time")
    assert came(world) == before


def checkpointed(store: Path) -> None:
    """All that is in the journal goes into the file: what is damaged there stands nowhere else."""
    with closing(sqlite3.connect(store, timeout=10)) as connection:
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    assert busy == 0
