"""The store: private, migrated, transactional, honest about what is wrong with it."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from kepthour.core.errors import BrokenPromise, NeedsPerson, TryLater
from kepthour.core.ladder import Urgency
from kepthour.core.reminder import Change, State, Why
from kepthour.runtime.lock import Held, StoreLock
from kepthour.store import access, engine, outbox, planning, reminders, watches
from kepthour.store.access import PLAIN
from kepthour.store.engine import HEAD, Store, open_store
from kepthour.store.tables import metadata
from tests.support.sealed import KEY, connect, store_at

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MIGRATIONS = Path(engine.__file__).parent / "migrations"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "kepthour.db"


@pytest.fixture(params=[PLAIN, KEY], ids=["plain", "encrypted"])
def store(request: pytest.FixtureRequest, path: Path) -> Store:
    return open_store(path, request.param)


def test_the_file_is_0600_in_a_0700_folder(store: Store, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


def test_the_migrations_make_the_tables_that_the_program_declares(store: Store, path: Path) -> None:
    made = create_engine("sqlite://", module=store.access.driver, creator=lambda: store.access.connect(path))
    with made.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_table_belongs_to_a_therapist() -> None:
    without = {name for name, table in metadata.tables.items() if "therapist_id" not in table.columns}
    assert without == {"therapists"}


def test_two_processes_may_open_a_new_store_at_once(path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.map(_open, [path] * 4)
    assert open_store(path)


def _open(path: Path) -> None:
    open_store(path).close()


def test_an_error_rolls_everything_back(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as tx:
        watches.beat(tx, NOW, 1, "v", timedelta())
        raise RuntimeError
    with store.read() as tx:
        assert watches.latest(tx) is None


def test_a_newer_store_is_refused_and_left_alone(store: Store, path: Path) -> None:
    with store.write() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(NeedsPerson, match="newer Kept Hour"):
        store_at(path).open()


def test_a_store_that_somebody_writes_to_is_busy_not_broken(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "BUSY_SECONDS", 0.1)
    impatient = store_at(path)
    other = connect(path)
    other.isolation_level = None
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TryLater), impatient.write():
        pass
    other.execute("ROLLBACK")
    with impatient.write():
        pass
    other.close()


def test_a_statement_that_the_tables_do_not_know_is_a_bug_and_no_full_disk(store: Store) -> None:
    with pytest.raises(BrokenPromise), store.read() as tx:
        tx.connection.execute(text("SELECT disk_is_full FROM calendars"))


def test_a_store_that_may_not_be_written_is_named(store: Store) -> None:
    with pytest.raises(NeedsPerson, match="cannot be written"), store.write() as tx:
        tx.connection.execute(text("PRAGMA query_only = ON"))
        watches.beat(tx, NOW, 1, "v", timedelta())


def test_a_full_disk_is_named_and_nothing_is_lost(store: Store) -> None:
    with store.write() as tx:
        pages = tx.connection.execute(text("PRAGMA page_count")).scalar()
        tx.connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(NeedsPerson, match="disk is full"), store.write() as tx:
        tx.connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        for number in range(1000):
            planning.announce(
                tx, f"day:{number}", None, 1, "x", ["a"], Urgency.PASSIVE, NOW, NOW + timedelta(hours=1)
            )
    with store.read() as tx:
        assert reminders.everything(tx) == []


def test_a_file_that_is_no_database_is_called_damaged(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"nonsense " * 999)
    with pytest.raises(NeedsPerson, match="damaged"):
        open_store(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NeedsPerson, match="cannot be opened"):
        open_store(tmp_path / "file" / "kepthour.db")


def test_only_allowed_moves_are_made(store: Store) -> None:
    with store.write() as tx:
        planning.announce(
            tx, "day:x", None, 1, "digest-evening", ["screen"], Urgency.PASSIVE, NOW, NOW + timedelta(hours=1)
        )
        (one,) = reminders.everything(tx)
        outbox.change(tx, [Change(one.id, State.EXPIRED, Why.TOO_LATE)], NOW)
    with pytest.raises(BrokenPromise), store.write() as tx:
        outbox.change(tx, [Change(one.id, State.SENT, Why.ACCEPTED)], NOW)


def test_an_announcement_is_made_once(store: Store) -> None:
    for _time in range(3):
        with store.write() as tx:
            planning.announce(
                tx,
                "day:x",
                None,
                1,
                "digest-evening",
                ["a", "b"],
                Urgency.PASSIVE,
                NOW,
                NOW + timedelta(hours=1),
            )
    with store.read() as tx:
        assert [one.channel for one in reminders.everything(tx)] == ["a", "b"]


def test_a_watch_goes_on_until_a_gap_or_another_process(store: Store) -> None:
    minute = timedelta(minutes=1)
    with store.write() as tx:
        watches.beat(tx, NOW, 1, "v", minute)
        watches.beat(tx, NOW + timedelta(seconds=50), 1, "v", minute)
        watches.beat(tx, NOW + timedelta(seconds=90), 2, "v", minute)
        watches.beat(tx, NOW + timedelta(minutes=9), 2, "v", minute)
        found = watches.around(tx, NOW, NOW + timedelta(hours=1))
        assert [(w.until - w.since).total_seconds() for w in found] == [50, 0, 0]
        assert watches.first_ever(tx) == NOW


def test_the_lock_is_held_by_one_and_freed_when_its_holder_lets_go(store: Store) -> None:
    first, second = StoreLock(store.path), StoreLock(store.path)
    first.acquire()
    with pytest.raises(Held) as caught:
        second.acquire()
    assert caught.value.pid == second.holder()
    first.release()
    assert second.holder() is None
    second.acquire()
    second.release()
