"""The way into the store: a private SQLite file, brought up to date, and two kinds of transaction."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Integer,
    bindparam,
    create_engine,
    event,
    select,
)
from sqlalchemy.exc import DatabaseError

from kepthour.core.errors import BrokenPromise, NeedsPerson, TryLater
from kepthour.store.access import BUSY_SECONDS, PLAIN, Access, Unusable
from kepthour.store.tables import metadata, therapists

HEAD = "0013"  # the newest migration; a test holds it to the folder

THERAPIST = bindparam("therapist", type_=Integer)  # `Tx.run` gives it its value

StoreFault = DatabaseError  # what a statement raises inside a transaction; its end translates it


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

    def run(self, statement: Executable, **values: Any) -> CursorResult[Any]:
        """Execute a statement that was built once: with THERAPIST for whose rows, and other parameters for `values`."""
        return self.connection.execute(statement, {"therapist": self.therapist, **values})


class Store:
    """One therapist's store. Safe to use from several threads; each transaction has its own connection.

    Opened at the first use, if nobody did before: so one that cannot be opened yet is a Store, too. `access` says how
    its file is opened.
    """

    def __init__(self, path: Path, access: Access = PLAIN) -> None:
        self.path = path
        self.access = access
        self._engine = _engine(path, access)
        self._therapist = 1
        self._writing = threading.Lock()
        self._opening = threading.Lock()
        self._anchor: _Anchor | None = None  # None: not opened yet

    def open(self) -> None:
        """Create it (folder 0700, file 0600) and migrate it if need be. Raises NeedsPerson, TryLater."""
        with self._opening:
            if self._anchor is None:
                self.access.check(self.path)
                os.close(open_private(self.path))
                try:
                    _bring_up_to_date(self._engine, self.path, self.access)
                    self._anchor = _Anchor(self.path, self.access)
                except (DatabaseError, self.access.faults) as error:
                    raise self._translated(error) from error

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
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise TryLater(f"the store {self.path} is busy")
        try:
            with self._transaction("BEGIN IMMEDIATE") as tx:
                yield tx
        finally:
            self._writing.release()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Tx]:
        self._look_for_it()
        try:
            with self._engine.connect() as connection, connection.begin():
                _begin(connection, begin)
                yield Tx(connection, self._therapist)
        except (DatabaseError, self.access.faults) as error:
            raise self._fault(error) from error

    def _look_for_it(self) -> None:
        """A file that was deleted goes on working for those who have it open: what they write nobody will read."""
        if self._anchor is None:
            self.open()
        elif not self._anchor.holds():
            raise Damaged(self.path)

    def _fault(self, error: Exception) -> Exception:
        fault = self._translated(error)
        # A file cut short, or overwritten from its start, reads as a database without our tables.
        return Damaged(self.path) if isinstance(fault, BrokenPromise) and not self._has_tables() else fault

    def _translated(self, error: Exception) -> Exception:
        """A driver's error as one that says who acts next. Raises Refused: what has another key is not damaged."""
        fault = _translated(error, self.path)
        if isinstance(fault, Damaged):
            self.access.explain(self.path)
        return fault

    def check(self) -> None:
        """Read through the file as it is on the disk, with its indexes. Raises Damaged, TryLater.

        Takes a moment for a large one. What an index lacks is not found by those who look there: a rung, perhaps.
        """
        self._look_for_it()
        try:
            with closing(self.access.connect(self.path)) as fresh:  # it has nothing in its cache
                whole = fresh.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
        except self.access.faults as error:
            raise self._translated(error) from error
        if not whole or not self._has_tables():
            raise Damaged(self.path)

    def shrink_journal(self) -> None:
        """Carry the journal over and cut it to nothing: pages as they were before a deletion stand in it still.

        While others read it stays as it is, and is written over in time. Raises TryLater, NeedsPerson.
        """
        self._look_for_it()
        try:
            with closing(self.access.connect(self.path)) as connection:
                connection.execute("PRAGMA busy_timeout = 0")  # nobody is to wait for this
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except self.access.faults as error:
            raise self._translated(error) from error

    def salvage(self, into: sqlite3.Connection) -> bool:
        """If the file is not in its place any more: copy what it held, while we have it open. False if it is there."""
        anchor = self._anchor
        if anchor is None or anchor.holds():
            return False
        anchor.connection.backup(into)
        return True

    def reopen(self) -> None:
        """Let go of the file, which was moved aside, and go on with the one that stands in its place."""
        self.close()
        self._engine = _engine(self.path, self.access)
        self.open()

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()
        with self._opening:
            anchor, self._anchor = self._anchor, None
            if anchor is not None:
                anchor.close()

    def _has_tables(self) -> bool:
        """Whether the file knows the tables that were there when it was opened."""
        try:
            with closing(self.access.connect(self.path)) as fresh:
                rows = fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                there = {row[0] for row in rows}
        except self.access.faults:
            return True  # it says itself what is wrong
        return there >= set(metadata.tables)


class _Anchor:
    """Holds a store's file open, to tell whether it still lies where it was, and to read it if it does not."""

    def __init__(self, path: Path, access: Access) -> None:
        self._path = path
        self.connection = access.connect(path)
        self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # opens the journal, too
        self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def holds(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except FileNotFoundError:
            return False
        except OSError:  # the disk will tell whoever reads
            return True

    def close(self) -> None:
        self.connection.close()
        os.close(self._handle)


def open_store(path: Path, access: Access = PLAIN) -> Store:
    """The store at `path`, created (folder 0700, file 0600) and migrated if need be. Raises NeedsPerson, TryLater."""
    store = Store(path, access)
    try:
        store.open()
    except BaseException:
        store.close()  # SQLite takes away what it laid beside the file
        raise
    return store


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


def _engine(path: Path, access: Access) -> Engine:
    # hide_parameters: an error's text would otherwise hold titles and names.
    engine = create_engine(
        f"sqlite:///{path}",
        hide_parameters=True,
        module=access.driver,
        creator=lambda: access.connect(path),
    )
    event.listen(engine, "connect", _on_connect)
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


def _begin(connection: Connection, statement: str) -> None:
    """Straight to the driver: through SQLAlchemy this would take longer than many a transaction does."""
    driver: Any = connection.connection.driver_connection
    driver.execute(statement)


def _bring_up_to_date(engine: Engine, path: Path, access: Access) -> None:
    """All or nothing, in one transaction; a store that held something is copied before. Raises NeedsPerson."""
    with engine.connect() as connection:
        if _version(connection, path) == HEAD:
            return
    from kepthour.store import backups
    from kepthour.store.migrate import upgrade  # slow to import, and needed after an update only

    with engine.begin() as connection:
        _begin(connection, "BEGIN IMMEDIATE")
        version = _version(connection, path)  # another process may have been at it
        if version == HEAD:
            return
        if version is not None:
            _keep_copy(path, access)
        upgrade(connection)
        if connection.execute(select(therapists.c.id)).first() is None:
            connection.execute(therapists.insert().values(id=1, name="default"))
    with suppress(OSError):
        backups.forget(path, but=HEAD)  # those of earlier updates


def _version(connection: Connection, path: Path) -> str | None:
    """Of the tables; None: there are none yet. Raises NeedsPerson for one that is not known here."""
    tables = {
        row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    if "alembic_version" not in tables:
        return None
    version: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version is not None and version > HEAD:
        raise NeedsPerson(
            f"The store {path} was written by a newer Kept Hour.",
            "Install that version again; nothing was changed.",
        )
    return version


def _keep_copy(path: Path, access: Access) -> None:
    """What others read now: as it was before the transaction that is open. Raises Unusable."""
    from kepthour.store import backups

    try:
        backups.make(path, access, HEAD)
    except (OSError, access.faults) as error:
        if isinstance(error, access.faults) and isinstance(fault := _translated(error, path), Damaged):
            raise fault from error
        raise Unusable(
            f"The store {path} is to be brought up to date, and no copy of it could be made before.",
            "Free some space in its folder. Nothing was changed.",
        ) from error


_WRITABLE = "Make the file and its folder writable for you."
_REMEDIES = {
    "SQLITE_FULL": ("The disk is full, so {path} cannot grow.", "Free some space."),
    "SQLITE_READONLY": ("The store {path} cannot be written.", _WRITABLE),
    "SQLITE_CANTOPEN": ("The store {path} cannot be opened.", _WRITABLE),
    "SQLITE_IOERR": ("The store {path} could not be read or written.", "Look at the disk."),
}


def _translated(error: Exception, path: Path) -> Exception:
    """A driver's error, by SQLite's own code for it, as one that says who acts next."""
    name = str(getattr(getattr(error, "orig", error), "sqlite_errorname", ""))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")):
        return TryLater(f"The store {path} is busy. Try again in a moment.")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Damaged(path)
    for start, (what, remedy) in _REMEDIES.items():
        if name.startswith(start):
            return Unusable(what.format(path=path), remedy)
    return BrokenPromise(f"the store refused a statement ({name or type(error).__name__})")
