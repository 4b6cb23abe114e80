"""An update of the program brings its store along: whole, at once, and with a copy of what was there before."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event

from kepthour.core.errors import NeedsPerson
from kepthour.store import backups, engine
from kepthour.store.access import PLAIN
from kepthour.store.engine import HEAD, Unusable, open_store
from kepthour.store.tables import metadata
from tests.support.day import Day
from tests.support.earlier import REVISIONS, content, lived_in, set_version, version, written_at
from tests.support.killed import gets_through

EARLIER = REVISIONS[:-1]
_MOST_STEPS = 2000


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return lived_in(tmp_path_factory.mktemp("lived"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kepthour.db"


def copy_at(path: Path) -> Path:
    return path.with_name(f"{path.name}.before-{HEAD}")


@pytest.mark.parametrize("revision", EARLIER)
def test_nothing_is_lost_on_the_way_from(revision: str, lived: Day, path: Path) -> None:
    written_at(revision, lived.store_path, path)
    before, beside = content(path), path.with_name("before.db")
    written_at(revision, lived.store_path, beside)
    open_store(path).close()
    after = {**content(path, like=beside), "alembic_version": [(revision,)]}
    assert after == before
    assert version(path) == HEAD
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    with closing(sqlite3.connect(path)) as checked:
        assert checked.execute("PRAGMA foreign_key_check").fetchall() == []
        assert checked.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("revision", EARLIER)
def test_the_program_goes_on_with_a_store_of(revision: str, lived: Day, tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 10:20", lived.config)
    day.app.store.close()
    for one in tmp_path.glob("kepthour.db*"):
        one.unlink()
    written_at(revision, lived.store_path, day.store_path)
    day.start()
    assert [one.id for one in day.cards()] == [1]
    assert len(day.agenda("2026-03-02 00:00", "2026-03-03 00:00")) == 1
    day.app.forget_old()


@pytest.mark.parametrize("revision", EARLIER)
def test_the_store_as_it_was_is_kept_for_its_owner_alone(revision: str, lived: Day, path: Path) -> None:
    written_at(revision, lived.store_path, path)
    before = content(path)
    open_store(path).close()
    assert content(copy_at(path)) == before
    assert copy_at(path).stat().st_mode & 0o777 == 0o600


def test_a_new_store_and_one_of_today_are_not_copied(path: Path) -> None:
    for _ in range(2):
        open_store(path).close()
    assert backups.all_of(path) == []


def test_of_two_updates_the_copy_of_the_later_one_stays(lived: Day, path: Path) -> None:
    path.with_name(path.name + ".before-0003").touch()
    written_at("0004", lived.store_path, path)
    open_store(path).close()
    assert backups.all_of(path) == [copy_at(path)]


# Each statement and commit, and each thing that is done to a file: between two of them nothing can be half done that
# SQLite does not mend, and tests/store/test_power_cut.py cuts its journal.
_DONE_TO_FILES = ("open", "os.rename", "os.remove", "sqlite3.connect")


@pytest.mark.parametrize("revision", ["0001", EARLIER[-1]])
def test_killed_at_any_step_the_store_is_that_of_before_or_after(
    revision: str, lived: Day, path: Path
) -> None:
    written_at(revision, lived.store_path, path)
    original, before = path.read_bytes(), content(path)
    open_store(path).close()
    after = content(path)
    seen = []
    for step in range(1, _MOST_STEPS):
        _as_it_was(path, original)
        finished = _upgrade_and_die_at(path, step)
        found = content(path)
        assert found in (before, after), f"killed at step {step}"
        seen.append(found == after)
        if found == after:
            assert content(copy_at(path)) == before, f"no copy, killed at step {step}"
        open_store(path).close()
        assert content(path) == after, f"not finished after step {step}"
        assert content(copy_at(path)) == before, f"not the store of before, after step {step}"
        assert [one.name for one in backups.all_of(path)] == [copy_at(path).name], f"step {step}"
        if finished:
            break
    assert len(seen) > 15
    assert seen == sorted(seen)  # before, up to one step; after, from there on
    assert not seen[0] and seen[-1]


def _as_it_was(path: Path, original: bytes) -> None:
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()
    path.write_bytes(original)


def _upgrade_and_die_at(path: Path, step: int) -> bool:
    """In a process of its own; whether it got through."""

    def upgrade(one_step: Callable[..., None]) -> None:
        def look(name: str, args: tuple[Any, ...]) -> None:
            if name in _DONE_TO_FILES and any(str(path) in str(one) for one in args):
                one_step()

        event.listen(Engine, "before_cursor_execute", one_step)
        event.listen(Engine, "commit", one_step)
        sys.addaudithook(look)
        open_store(path)

    return gets_through(step, upgrade)


def test_without_room_for_a_copy_nothing_is_changed(
    lived: Day, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_at("0001", lived.store_path, path)
    before = content(path)

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backups, "make", full)
        with pytest.raises(Unusable, match=r"no copy .* Free some space"):
            open_store(path)
    assert content(path) == before
    open_store(path).close()
    assert version(path) == HEAD


def test_a_copy_that_could_not_be_whole_is_not_left(lived: Day, path: Path) -> None:
    written_at("0001", lived.store_path, path)
    with path.open("r+b") as file:
        file.write(b"no store" * 512)
    with pytest.raises(sqlite3.Error):
        backups.make(path, PLAIN, HEAD)
    assert backups.all_of(path) == []


def test_without_room_for_the_new_tables_nothing_is_changed(
    lived: Day, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_at("0001", lived.store_path, path)
    before, connect = content(path), engine._on_connect

    def without_room(connection: sqlite3.Connection, record: Any) -> None:
        connect(connection, record)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "_on_connect", without_room)
        with pytest.raises(Unusable, match="disk is full"):
            open_store(path)
    assert content(path) == before
    open_store(path).close()
    assert version(path) == HEAD


def test_a_newer_store_is_refused_and_not_a_byte_is_changed(lived: Day, path: Path) -> None:
    written_at(HEAD, lived.store_path, path)
    set_version(path, "9999")
    before = path.read_bytes()
    with pytest.raises(NeedsPerson, match="was written by a newer Kept Hour"):
        open_store(path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_copy_goes_when_it_is_a_month_old(path: Path, tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    copy = copy_at(day.store_path)
    copy.touch()
    made = day.clock.now()
    os.utime(copy, (made.timestamp(), made.timestamp()))
    assert backups.forget(day.store_path, made) == 0
    assert copy.exists()
    assert backups.forget(day.store_path, made + timedelta(seconds=1)) == 1
    assert not copy.exists()
