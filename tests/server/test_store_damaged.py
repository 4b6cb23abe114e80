"""The real daemon on a store that is damaged: kept aside, begun anew, and nothing comes twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.server.test_daemon_on_a_file import reminding
from tests.server.test_store_in_trouble import (
    CAN_AGAIN,
    CANNOT,
    begun,
    came,
    prepared,
    states,
    told,
)
from tests.support.plays import in_a_world, played
from tests.support.sealed import connect
from tests.support.world import World, eventually

# The store is damaged between the first rungs and the last, with time to begin anew, on a busy machine, too: a rung
# that is late by another is not sent any more.
LADDER = ("-16s", "-14s", "-12s", "+4s", "+6s")


def overwritten(store: Path) -> None:
    """The pages of the sessions and of what the calendar holds, and an index that the pump goes by."""
    with closing(connect(store)) as connection:
        names = "'sessions', 'occurrences', 'ix_reminders_state_not_before'"
        query = f"SELECT rootpage FROM sqlite_master WHERE name IN ({names})"
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


@in_a_world
def torn_under_the_daemon(world: World) -> None:
    assert damaged_under_the_daemon(world, overwritten) == "Kept Hour's store was damaged"


@in_a_world
def beheaded_under_the_daemon(world: World) -> None:
    assert damaged_under_the_daemon(world, beheaded) == "Kept Hour's store was damaged"


@in_a_world
def deleted_under_the_daemon(world: World) -> None:
    assert damaged_under_the_daemon(world, deleted) == "Kept Hour's store was gone"


def damaged_under_the_daemon(world: World, damage: Callable[[Path], None]) -> str:
    """Nothing that went out or was answered before comes again, and all that is to come comes; what is said of it."""
    prepared(world, LADDER)
    with reminding(world, 24) as daemon:
        begun(world)
        world.cli("ack")
        before = came(world)
        checkpointed(world.store_file)
        damage(world.store_file)
        eventually(lambda: "store.begun_anew" in daemon.said(), "the new store")
        eventually(lambda: LADDER[-1] in came(world), "the last rung")
        eventually(lambda: states(world)[LADDER[-1]] == "sent", "its record")
    kept = states(world)
    *earlier, last_but_one, last = came(world)
    assert (last_but_one, last) == LADDER[-2:]
    # one was on its way when it was answered, perhaps
    assert len(set(earlier)) == len(earlier) <= len(before) + 1
    # On a slow machine the first is late by another, and nothing is left to be superseded.
    what = {kept[rung] for rung in LADDER}
    assert {"sent", "answered"} <= what <= {"sent", "answered", "collapsed", "superseded"}
    # If it took more than a moment, that nothing could be stored was told, too.
    (title,) = set(told(world)) - {CANNOT, CAN_AGAIN}
    return title


@in_a_world
def cut_short_under_the_daemon(world: World) -> None:
    """All is lost: what is to come comes by what the calendar holds."""
    prepared(world, LADDER)
    with reminding(world, 24) as daemon:
        begun(world)
        checkpointed(world.store_file)
        with world.store_file.open("r+b") as file:
            file.truncate(4096)
        eventually(lambda: "store.begun_anew" in daemon.said(), "the new store")
        eventually(lambda: LADDER[-1] in came(world), "the last rung")
        assert world.json("agenda")["sessions"]
    assert set(LADDER[-2:]) <= set(came(world))


@in_a_world
def damaged_while_no_daemon_runs(world: World) -> None:
    beheaded_between_two_daemons(world)


def beheaded_between_two_daemons(world: World) -> None:
    prepared(world, LADDER)
    with reminding(world, 24):
        begun(world)
        said = world.json("here")["verdict"]  # a busy machine may come to it when the session has begun
    before = came(world)  # with what was on its way when it was answered
    beheaded(world.store_file)
    assert "damaged" in world.cli("agenda", expect=1).stderr
    with world.daemon() as daemon:
        assert "1 answers were saved" in daemon.said()
        eventually(lambda: world.json("agenda")["sessions"], "the session, read anew")
        (session,) = world.json("agenda")["sessions"]
        eventually(lambda: datetime.now(UTC) > datetime.fromisoformat(session["start"]), "the start")
    assert (session["state"], session["verdict"]) == ("in_session", said)
    assert came(world) == before


def checkpointed(store: Path) -> None:
    """All that is in the journal goes into the file: what is damaged there stands nowhere else."""
    with closing(connect(store)) as connection:
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    assert busy == 0


@in_a_world
def torn_under_the_daemon_and_encrypted(world: World) -> None:
    world.seal()
    assert damaged_under_the_daemon(world, overwritten) == "Kept Hour's store was damaged"


@in_a_world
def damaged_while_no_daemon_runs_and_encrypted(world: World) -> None:
    world.seal()
    beheaded_between_two_daemons(world)


PLAYS = (
    torn_under_the_daemon,
    beheaded_under_the_daemon,
    deleted_under_the_daemon,
    cut_short_under_the_daemon,
    damaged_while_no_daemon_runs,
    torn_under_the_daemon_and_encrypted,
    damaged_while_no_daemon_runs_and_encrypted,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    with played(PLAYS, tmp_path_factory) as begun:
        yield begun


@pytest.mark.parametrize("what", [play.__name__ for play in PLAYS])
def test_a_damaged_store_is_begun_anew_and_nothing_comes_twice(
    what: str, results: dict[str, Future[None]]
) -> None:
    results[what].result()
