"""The real daemon while its store cannot be used: whatever the trouble is, the reminders come."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.server.test_daemon_on_a_file import CONFIG, put, rungs, soon
from tests.support.disk import Disk
from tests.support.world import KEPTHOUR, World, eventually

SUPPORT = Path(__file__).parents[1] / "support"
LADDER = ("-10s", "-8s", "-6s", "-4s", "-2s", "0s", "+2s")
CANNOT, CAN_AGAIN = "Kept Hour cannot store anything", "Kept Hour can store again"
EXCLUSIVE = "BEGIN EXCLUSIVE"  # others may read, and not write
ALONE = "PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE", "COMMIT"  # others may not even read


@pytest.fixture
def world(tmp_path: Path) -> World:
    return prepared(World(tmp_path))


def prepared(world: World) -> World:
    """It tells of trouble after a second; nobody is asked about the session before the test is over."""
    world.program = (str(KEPTHOUR.with_name("python")), str(SUPPORT / "hasty.py"))
    calm = CONFIG.replace('missed_after = "4s"', 'missed_after = "10m"')
    world.configure(calm.format(rungs=rungs(*LADDER)))
    return world


@contextmanager
def held(store: Path, *statements: str) -> Iterator[None]:
    """Another process holds the store until the end of the block."""
    command = [sys.executable, str(SUPPORT / "locker.py"), str(store), *statements]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            holder.stdin.close()


def came(world: World) -> list[str]:
    """The rungs of the ladder that came, in order."""
    return [rung for rung in world.rungs() if rung != "store"]


def told(world: World) -> list[str]:
    return [document["title"] for document in world.received() if document["rung"] == "store"]


def states(world: World) -> dict[str, str]:
    return {one["rung"]: one["state"] for one in world.json("log")["deliveries"]}


def until(world: World, rung: str) -> None:
    eventually(lambda: rung in came(world), f"the rung {rung}", within=40)


def begun(world: World) -> None:
    """The first rung came, and it is recorded."""
    until(world, LADDER[0])
    eventually(lambda: states(world).get(LADDER[0]) == "sent", "its record")


def all_recorded(world: World) -> None:
    eventually(lambda: set(states(world).values()) == {"sent"}, "the record of all that went out")
    assert came(world) == list(LADDER)
    for one in world.json("log")["deliveries"]:
        late = datetime.fromisoformat(one["sent_at"]) - datetime.fromisoformat(one["due_at"])
        assert timedelta() <= late < timedelta(seconds=5), one


def test_a_store_that_another_program_locks_costs_no_reminder(world: World) -> None:
    put(world, soon(14))
    with world.daemon():
        begun(world)
        with held(world.store_file, EXCLUSIVE):
            refused = world.cli("here", expect=1).stderr
            assert refused.count("\n") == 1 and "busy" in refused
            until(world, LADDER[-1])
            eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        eventually(lambda: told(world) == [CANNOT, CAN_AGAIN], "the word that all is well")
        all_recorded(world)
    assert told(world) == [CANNOT, CAN_AGAIN]


def test_a_store_that_is_locked_for_a_moment_is_not_worth_a_word(tmp_path: Path) -> None:
    world = prepared(World(tmp_path))
    world.program = (str(KEPTHOUR),)
    put(world, soon(14))
    with world.daemon() as daemon:
        begun(world)
        with held(world.store_file, EXCLUSIVE):
            eventually(lambda: "store.unusable" in daemon.said(), "the trouble", within=40)
        eventually(lambda: "store.usable_again" in daemon.said(), "its end")
        until(world, LADDER[-1])
        all_recorded(world)
    assert told(world) == []


def test_a_daemon_that_starts_on_a_store_that_another_program_has_for_itself_reminds(world: World) -> None:
    put(world, soon(22))
    world.cli("sync")
    with held(world.store_file, *ALONE), world.daemon() as daemon:
        until(world, LADDER[0])
        until(world, LADDER[2])
        assert "busy" in daemon.said()
        eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        daemon.kill()


def test_a_disk_that_fills_up_costs_no_reminder(disk: Disk) -> None:
    world = prepared(disk.world)
    put(world, soon(14))
    with world.daemon():
        begun(world)
        disk.fill()
        refused = world.cli("here", expect=1).stderr
        assert refused.count("\n") == 1 and "disk is full" in refused
        until(world, LADDER[-1])
        eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        disk.free()
        eventually(lambda: told(world) == [CANNOT, CAN_AGAIN], "the word that all is well")
        all_recorded(world)


def test_a_daemon_that_starts_on_a_full_disk_reminds_and_stores_as_soon_as_there_is_room(disk: Disk) -> None:
    world = prepared(disk.world)
    put(world, soon(18))
    world.cli("sync")
    disk.fill()
    with world.daemon():
        until(world, LADDER[2])
        eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        disk.free()
        until(world, LADDER[-1])
        all_recorded(world)
    assert told(world) == [CANNOT, CAN_AGAIN]


def test_a_disk_that_turns_read_only_costs_no_reminder_nor_does_a_start_on_it(disk: Disk) -> None:
    world = prepared(disk.world)
    put(world, soon(16))
    with world.daemon() as daemon:
        begun(world)
        disk.fail()
        refused = world.cli("here", expect=1).stderr
        assert refused.count("\n") == 1 and str(world.store_file) in refused
        until(world, LADDER[3])
        eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        daemon.kill()
    with world.daemon():
        until(world, LADDER[-1])
    repeated = [rung for rung in LADDER if came(world).count(rung) > 1]
    assert len(repeated) <= 1, came(world)  # what went out could be recorded nowhere
    assert list(dict.fromkeys(came(world))) == list(LADDER)


def test_a_first_start_on_a_disk_that_cannot_be_written_says_why(disk: Disk) -> None:
    world = prepared(disk.world)
    put(world, soon(3600))
    disk.fail()
    refused = world.cli("run", expect=1).stderr
    assert refused.count("\n") == 1 and str(world.store_file) in refused


def test_a_first_start_on_a_full_disk_says_why(disk: Disk) -> None:
    world = prepared(disk.world)
    put(world, soon(3600))
    disk.fill()
    refused = world.cli("run", expect=1).stderr
    assert refused.count("\n") == 1 and "full" in refused
    disk.free()
    world.cli("sync")


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
    put(world, soon(14))
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


@pytest.mark.parametrize("left", [4096, 0])
def test_a_store_that_is_cut_short_while_the_daemon_runs_costs_what_was_cut_off_and_no_reminder_to_come(
    world: World, left: int
) -> None:
    put(world, soon(12))
    with world.daemon() as daemon:
        begun(world)
        checkpointed(world.store_file)
        with world.store_file.open("r+b") as file:
            file.truncate(left)
        eventually(lambda: "store.begun_anew" in daemon.said(), "the new store")
        until(world, LADDER[-1])
        assert world.json("agenda")["sessions"]
    assert set(LADDER[4:]) <= set(came(world))


def checkpointed(store: Path) -> None:
    """All that is in the journal goes into the file: what is damaged there stands nowhere else."""
    with closing(sqlite3.connect(store, timeout=10)) as connection:
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    assert busy == 0
