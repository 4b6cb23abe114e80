"""The way into the store: a private SQLite file, brought up to date, and two kinds of transaction."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.exc import DatabaseError

from kepthour.core.errors import BrokenPromise, NeedsPerson, TryLater
from kepthour.store.tables import therapists

HEAD = "0002"  # the newest migration; a test holds it to the folder
_BUSY_SECONDS = 5


class Unusable(NeedsPerson):
    """The store cannot be written, or not even read. Catch it to go on without it."""


class Damaged(Unusable):
    """The file is no whole SQLite database any more. Catch it to move it aside and begin anew."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The store {path} is damaged.",
            "Nothing was overwritten. Start the daemon, which keeps the file aside and reads the calendars anew.",
        )


@dataclass(frozen=True, slots=True)
class Tx:
    """A transaction on behalf of one therapist."""

    connection: Connection
    therapist: int


class Store:
    """One therapist's store. Safe to use from several threads; each transaction has its own connection."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self.path = path
        self._therapist = 1
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A consistent view. Raises TryLater or NeedsPerson."""
        with self._transaction("BEGIN") as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """All or nothing: commits at the end of the block, rolls back on any error. Raises TryLater or NeedsPerson."""
        # Writers of one process wait for each other here. SQLite would let them nap, for 100 ms at a time, and whoever
        # wakes while another has begun naps again.
        if not self._writing.acquire(timeout=_BUSY_SECONDS):
            raise TryLater(f"the store {self.path} is busy")
        try:
            with self._transaction("BEGIN IMMEDIATE") as tx:
                yield tx
        finally:
            self._writing.release()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Tx]:
        try:
            connect = self._engine.connect().execution_options(kepthour_begin=begin)
            with connect as connection, connection.begin():
                yield Tx(connection, self._therapist)
        except DatabaseError as error:
            raise _translated(error, self.path) from error

    def check(self) -> None:
        """Read through the file's structure. Takes a moment on a large one. Raises Damaged."""
        with self.read() as tx:
            if tx.connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
                raise Damaged(self.path)

    def reopen(self) -> None:
        """Let go of the file, which was moved aside, and go on with the one that stands in its place."""
        self._engine.dispose()
        self._engine = _engine(self.path)

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def open_store(path: Path) -> Store:
    """The store at `path`, created (folder 0700, file 0600) and migrated if need be. Raises NeedsPerson, TryLater."""
    os.close(open_private(path))
    engine = _engine(path)
    try:
        _bring_up_to_date(engine, path)
    except DatabaseError as error:
        raise _translated(error, path) from error
    return Store(engine, path)


def open_private(path: Path) -> int:
    """A file descriptor of `path`, which is made with mode 0600 in a folder of mode 0700. Raises NeedsPerson."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unusable(
            f"The store {path} cannot be opened ({error.strerror}).",
            "Make the folder writable for you, or name another place under [store] url.",
        ) from error


def _engine(path: Path) -> Engine:
    # hide_parameters: an error's text would otherwise hold titles and names.
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own way begins too late
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL: what was committed survives a power cut. A lost check-in would nag somebody who is there.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("kepthour_begin", "BEGIN IMMEDIATE"))


def _bring_up_to_date(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        tables = {
            row[0]
            for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        version = (
            connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            if "alembic_version" in tables
            else None
        )
    if version == HEAD:
        return
    if version is not None and version > HEAD:
        raise NeedsPerson(
            f"The store {path} was written by a newer Kept Hour.",
            "Install that version again; nothing was changed.",
        )
    from kepthour.store.migrate import upgrade  # slow to import, and needed after an update only

    with engine.begin() as connection:
        upgrade(connection)
        if connection.execute(select(therapists.c.id)).first() is None:
            connection.execute(therapists.insert().values(id=1, name="default"))


_WRITABLE = "Make the file and its folder writable for you."
_REMEDIES = {
    "SQLITE_FULL": ("The disk is full, so {path} cannot grow.", "Free some space."),
    "SQLITE_READONLY": ("The store {path} cannot be written.", _WRITABLE),
    "SQLITE_CANTOPEN": ("The store {path} cannot be opened.", _WRITABLE),
    "SQLITE_IOERR": ("The store {path} could not be read or written.", "Look at the disk."),
}


def _translated(error: DatabaseError, path: Path) -> Exception:
    """A driver's error, by SQLite's own code for it, as one that says who acts next."""
    name = str(getattr(error.orig, "sqlite_errorname", ""))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return TryLater(f"the store {path} is busy")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Damaged(path)
    for start, (what, remedy) in _REMEDIES.items():
        if name.startswith(start):
            return Unusable(what.format(path=path), remedy)
    return BrokenPromise(f"the store refused a statement ({name or type(error).__name__})")
