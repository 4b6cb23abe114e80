"""The real daemon while its store cannot be used: whatever the trouble is, the reminders come."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from kepthour.store.engine import HEAD
from tests.server.test_daemon_on_a_file import CONFIG, put, reminding, rungs, soon
from tests.support.disk import Disk
from tests.support.earlier import content, version, written_at
from tests.support.plays import in_a_world, on_a_disk, played
from tests.support.world import KEPTHOUR, World, eventually

SUPPORT = Path(__file__).parents[1] / "support"
# Long enough for any trouble: nobody waits for its end. So far apart that on a busy machine none is late by another.
LADDER = tuple(f"+{seconds}s" for seconds in range(0, 120, 5))
CANNOT, CAN_AGAIN = "Kept Hour cannot store anything", "Kept Hour can store again"
EXCLUSIVE = "BEGIN EXCLUSIVE"  # others may read, and not write
ALONE = "PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE", "COMMIT"  # others may not even read


def prepared(world: World, ladder: Sequence[str] = LADDER) -> World:
    """It tells of trouble after a second; nobody is asked about the session before the test is over."""
    world.program = (str(KEPTHOUR.with_name("python")), str(SUPPORT / "hasty.py"))
    calm = CONFIG.replace('missed_after = "4s"', 'missed_after = "10m"')
    calm = calm.replace('poll = "1s"', 'poll = "1s"\nstale_after = "1h"')
    world.configure(calm.format(rungs=rungs(*ladder)))
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


def others(world: World, count: int = 2) -> None:
    """So many more rungs come: of one alone nobody can tell whether every one does."""
    wanted = len(came(world)) + count
    eventually(lambda: len(came(world)) >= wanted, f"{count} more rungs")


def begun(world: World) -> None:
    """A rung came, and it is recorded."""
    eventually(lambda: came(world), "a rung")
    recorded(world)


def recorded(world: World) -> list[str]:
    """All that came is recorded as sent; what it is."""
    rungs = came(world)
    eventually(lambda: {*map(states(world).get, rungs)} == {"sent"}, "the record")
    return rungs


def assert_unbroken(rungs: list[str]) -> None:
    """From the first that came: the start of a daemon may take longer than it is until the session."""
    first = LADDER.index(rungs[0])
    assert rungs == list(LADDER[first : first + len(rungs)])


def none_is_lost(world: World) -> None:
    """All is recorded; each came once, in order, and none before its time."""
    assert_unbroken(recorded(world))
    for one in world.json("log")["deliveries"]:
        if one["state"] == "sent":
            assert datetime.fromisoformat(one["due_at"]) <= datetime.fromisoformat(one["sent_at"])


@in_a_world
def a_store_that_another_program_locks_costs_no_reminder(world: World) -> None:
    prepared(world)
    with reminding(world, 4):
        begun(world)
        with held(world.store_file, EXCLUSIVE):
            refused = world.cli("here", expect=1).stderr
            assert refused.count("\n") == 1 and "busy" in refused
            others(world)
            eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        eventually(lambda: told(world) == [CANNOT, CAN_AGAIN], "the word that all is well")
        none_is_lost(world)


@in_a_world
def a_store_that_is_locked_for_a_moment_is_not_worth_a_word(world: World) -> None:
    prepared(world)
    world.program = (str(KEPTHOUR),)
    with reminding(world, 4) as daemon:
        begun(world)
        with held(world.store_file, EXCLUSIVE):
            eventually(lambda: "store.unusable" in daemon.said(), "the trouble")
        eventually(lambda: "store.usable_again" in daemon.said(), "its end")
        others(world, 1)
        none_is_lost(world)
    assert told(world) == []


@in_a_world
def a_daemon_that_starts_on_a_store_that_another_program_has_for_itself_reminds(world: World) -> None:
    prepared(world)
    put(world, soon(8))
    world.cli("sync")
    with held(world.store_file, *ALONE), world.daemon() as daemon:
        others(world)
        assert "busy" in daemon.said()
        eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        daemon.kill()
    assert_unbroken(came(world))


@on_a_disk
def a_disk_that_fills_up_costs_no_reminder(disk: Disk) -> None:
    world = prepared(disk.world)
    with reminding(world, 4):
        begun(world)
        disk.fill()
        refused = world.cli("here", expect=1).stderr
        assert refused.count("\n") == 1 and "disk is full" in refused
        others(world)
        eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        disk.free()
        eventually(lambda: told(world) == [CANNOT, CAN_AGAIN], "the word that all is well")
        none_is_lost(world)


@on_a_disk
def a_daemon_that_starts_on_a_full_disk_reminds_and_stores_as_soon_as_there_is_room(disk: Disk) -> None:
    world = prepared(disk.world)
    put(world, soon(8))
    world.cli("sync")
    disk.fill()
    with world.daemon():
        others(world)
        eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        disk.free()
        others(world, 1)
        eventually(lambda: told(world) == [CANNOT, CAN_AGAIN], "the word that all is well")
        none_is_lost(world)


def brought(file: Path) -> Path:
    """A copy that SQLite finds: it does not see the disk by its name out here."""
    there = Path(tempfile.mkdtemp()) / file.name
    shutil.copyfile(file, there)
    return there


@on_a_disk
def an_update_on_a_full_disk_reminds_and_is_made_up_for_as_soon_as_there_is_room(disk: Disk) -> None:
    world = prepared(disk.world)
    put(world, soon(8))
    world.cli("sync")
    earlier, place = world.folder / "earlier.db", disk.folder / "kepthour.db"
    written_at("0009", brought(place), earlier)
    shutil.copyfile(earlier, place)
    disk.fill()
    refused = world.cli("here", expect=1).stderr
    assert refused.count("\n") == 1 and str(world.store_file) in refused
    with world.daemon():
        others(world)
        eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        assert version(brought(place)) == "0009"
        disk.free()
        others(world, 1)
        eventually(lambda: told(world) == [CANNOT, CAN_AGAIN], "the word that all is well")
        none_is_lost(world)
    assert content(brought(place.with_name(f"kepthour.db.before-{HEAD}"))) == content(earlier)


@on_a_disk
def a_disk_that_turns_read_only_costs_no_reminder_nor_does_a_start_on_it(disk: Disk) -> None:
    world = prepared(disk.world)
    with reminding(world, 4) as daemon:
        begun(world)
        disk.fail()
        refused = world.cli("here", expect=1).stderr
        assert refused.count("\n") == 1 and str(world.store_file) in refused
        others(world)
        eventually(lambda: told(world) == [CANNOT], "the word to the therapist")
        daemon.kill()
    with world.daemon():
        others(world)
    repeated = [rung for rung in LADDER if came(world).count(rung) > 1]
    assert len(repeated) <= 1, came(world)  # what went out could be recorded nowhere
    assert_unbroken(list(dict.fromkeys(came(world))))


@on_a_disk
def a_first_start_on_a_disk_that_is_full_or_cannot_be_written_says_why(disk: Disk) -> None:
    """Nothing is known then that could be reminded of: better to be refused than to be taken for a guard."""
    world = prepared(disk.world)
    put(world, soon(3600))
    disk.fill()
    refused = world.cli("run", expect=1).stderr
    assert refused.count("\n") == 1 and "full" in refused
    disk.free()
    disk.fail()
    refused = world.cli("run", expect=1).stderr
    assert refused.count("\n") == 1 and str(world.store_file) in refused


PLAYS = (
    a_store_that_another_program_locks_costs_no_reminder,
    a_store_that_is_locked_for_a_moment_is_not_worth_a_word,
    a_daemon_that_starts_on_a_store_that_another_program_has_for_itself_reminds,
    a_disk_that_fills_up_costs_no_reminder,
    a_daemon_that_starts_on_a_full_disk_reminds_and_stores_as_soon_as_there_is_room,
    an_update_on_a_full_disk_reminds_and_is_made_up_for_as_soon_as_there_is_room,
    a_disk_that_turns_read_only_costs_no_reminder_nor_does_a_start_on_it,
    a_first_start_on_a_disk_that_is_full_or_cannot_be_written_says_why,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    with played(PLAYS, tmp_path_factory) as begun:
        yield begun


@pytest.mark.parametrize("what", [play.__name__ for play in PLAYS])
def test_whatever_the_store_s_trouble_is_the_reminders_come(
    what: str, results: dict[str, Future[None]]
) -> None:
    results[what].result()
