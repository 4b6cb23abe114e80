"""A plain store becomes an encrypted one, or the other way round: whole, or not at all.

1  nobody else may read or write the old one any more; its journal is carried over
2  a new one is made beside it and filled with the same rows, and both are compared
3  the new one is on the disk, and takes the place of the old one: one rename
4  the plain file is overwritten: whoever waited for it finds no store there, and the disk less to read
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

from kepthour.core.errors import BrokenPromise, TryLater
from kepthour.store.access import Access, Connection, Unusable
from kepthour.store.engine import open_store
from kepthour.store.rescue import beside, finish, removed, to_disk
from kepthour.store.tables import metadata

_AT_ONCE = 1 << 20  # bytes
_TABLES = {  # in the order in which they refer to each other
    table.name: ", ".join(column.name for column in table.primary_key) for table in metadata.sorted_tables
}


def convert(path: Path, old: Access, new: Access, now: datetime) -> None:
    """The store at `path`, which `old` opens, is one that `new` opens. The caller holds its lock. `now` is aware UTC.

    Raises NeedsPerson (Damaged, Refused, Unusable), TryLater; the old one is there then, as it was.
    """
    finish(path, now)
    made = beside(path, ".new")
    try:
        _bring_in_order(path, old)
        _forget_halves(path)
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            with _alone(path, old) as source:
                try:
                    _fill(made, new, source)
                    to_disk(made)
                    made.replace(path)
                except BaseException:
                    removed(made, wipe)  # it may be the plain one
                    raise
                to_disk(path.parent)
                if not old.encrypted:
                    _overwrite(handle)
        finally:
            # not sooner: the kernel lets go of all of this process's locks on the file with it
            os.close(handle)
    except (OSError, old.faults, new.faults) as error:
        raise Unusable(
            f"The store {path} could not be written anew; it is as it was.", "Look at the disk."
        ) from error


def _bring_in_order(path: Path, access: Access) -> None:
    """Up to date, whole, and without the journal that a crash left."""
    store = open_store(path, access)
    with _journal_overwritten(path, access):
        try:
            store.check()
        finally:
            store.close()


def wipe(path: Path) -> None:
    """Overwrite a file as far as the disk lets one, and delete it. Raises OSError."""
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a full disk may take none, not even in the place of others
            _overwrite(handle)
        path.unlink()
    finally:
        os.close(handle)


@contextmanager
def _alone(path: Path, access: Access) -> Iterator[Connection]:
    """The only one that has the store, which is its one file then. Raises TryLater."""
    with closing(access.connect(path)) as connection:
        connection.isolation_level = None
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # opens the journal
            with _journal_overwritten(path, access):
                if connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                    raise TryLater(f"The store {path} is busy. Try again in a moment.")
            connection.execute("BEGIN EXCLUSIVE")
        except access.driver.OperationalError as error:
            raise TryLater(f"Somebody else has the store {path} open. Try again in a moment.") from error
        yield connection


@contextmanager
def _journal_overwritten(path: Path, access: Access) -> Iterator[None]:
    """Once SQLite has carried over and deleted the journal of a plain store within, nothing is left to read of it."""
    handle = None
    if not access.encrypted:
        with suppress(FileNotFoundError):
            handle = os.open(beside(path, "-wal"), os.O_RDWR | os.O_CLOEXEC)
    try:
        yield
        if handle is not None and os.fstat(handle).st_nlink == 0:
            _overwrite(handle)
    finally:
        if handle is not None:
            os.close(handle)


def _fill(made: Path, access: Access, source: Connection) -> None:
    """A new store, as one file, with the rows of another."""
    open_store(made, access).close()
    with closing(access.connect(made)) as target:
        target.isolation_level = None
        target.execute("BEGIN IMMEDIATE")
        for table in reversed(list(_TABLES)):
            target.execute(f"DELETE FROM {table}")
        for table in _TABLES:
            rows = source.execute(f"SELECT * FROM {table}")
            names = ", ".join(f'"{column[0]}"' for column in rows.description)
            marks = ", ".join("?" * len(rows.description))
            target.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        target.execute("COMMIT")
        for table, keys in _TABLES.items():
            everything = f"SELECT * FROM {table} ORDER BY {keys}"
            if any(a != b for a, b in zip_longest(source.execute(everything), target.execute(everything))):
                raise BrokenPromise(f"the new store is not the same in {table}")
        target.execute("PRAGMA journal_mode = DELETE")
        if target.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            raise BrokenPromise("the new store is not whole")


def _forget_halves(path: Path) -> None:
    """What a crash left of a copy: nothing is in it that is not in the store."""
    removed(beside(path, ".new"), wipe)
    for folder in path.parent.glob(f"{path.name}.rescue-*"):
        for file in folder.iterdir():
            wipe(file)
        shutil.rmtree(folder)


def _overwrite(handle: int) -> None:
    """With bytes at random, on the disk: no store for whoever has it open, and none for who searches a plain disk."""
    left = os.fstat(handle).st_size
    os.lseek(handle, 0, os.SEEK_SET)
    while left > 0:
        left -= os.write(handle, secrets.token_bytes(min(left, _AT_ONCE)))
    os.fsync(handle)
