"""A damaged store is kept aside, a new one is begun, and what can still be read of the old one is saved.

Calendars are read anew from their sources. What only the store knew is copied row by row: sessions, answers, verdicts,
cards, what was sent. A row that cannot be read, or whose owner is lost, stays behind in the old file.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from kepthour.store.engine import Unusable, open_store

log = structlog.get_logger()

_SAVED = (
    "therapists",
    "sessions",
    "reminders",
    "responses",
    "evidence",
    "verdicts",
    "cards",
    "card_steps",
    "watches",
)

_BESIDE = ("-wal", "-shm")

_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rescued:
    """Where the damaged store is now, and how many answers were saved from it."""

    aside: Path
    answers: int


def begin_anew(path: Path, now: datetime) -> Rescued:
    """Put the store at `path` aside and a new one in its place. `now` (aware) names the old one.

    Raises Unusable or TryLater if there can be no new one: the old one stands as it was, and this may be tried again.
    """
    new = path.with_name(path.name + ".new")
    try:
        _remove(new)
        open_store(new).close()
        saved = _save(path, new)
        aside = _exchange(path, new, now)
    except OSError as error:
        raise Unusable(
            f"No new store could be made in {path.parent} ({error.strerror}).", "Free some space there."
        ) from error
    log.warning("store.begun_anew", **saved)
    return Rescued(aside, saved.get("responses", 0))


def _remove(store: Path) -> None:
    for suffix in ("", *_BESIDE):
        store.with_name(store.name + suffix).unlink(missing_ok=True)


def _exchange(path: Path, new: Path, now: datetime) -> Path:
    """`new` takes the place of `path`, which goes aside with what lies beside it. At no moment is there none."""
    aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%S}")
    while aside.exists():
        aside = aside.with_name(aside.name + "x")
    for suffix in _BESIDE:  # first: they must never lie beside the new one
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    aside.hardlink_to(path)
    new.replace(path)
    return aside


def _save(old: Path, new: Path) -> dict[str, int]:
    """Copy what can be read; returns how many rows of each table are in the new store."""
    with tempfile.TemporaryDirectory(dir=new.parent) as folder:
        # Reading may change a file that has a journal, and the old one is to stay as it is.
        copy = Path(folder) / old.name
        for suffix in ("", "-wal"):
            file = old.with_name(old.name + suffix)
            if file.exists():
                shutil.copyfile(file, copy.with_name(copy.name + suffix))
        with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(new)) as target:
            source.row_factory = sqlite3.Row
            return _copy(source, target)


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> dict[str, int]:
    with target:  # one transaction; foreign keys are off on this connection, and looked at when all is there
        for table in _SAVED:
            known = {row[1] for row in target.execute(f"PRAGMA table_info({table})")}
            for row in _readable(source, table):
                _insert(target, table, {key: value for key, value in row.items() if key in known})
        _drop_orphans(target)
        return {name: target.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in _SAVED}


def _insert(target: sqlite3.Connection, table: str, row: _Row) -> None:
    columns, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    with suppress(sqlite3.IntegrityError):  # it lacks what a newer version wants: it stays behind
        target.execute(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})", list(row.values()))


def _readable(source: sqlite3.Connection, table: str) -> Iterator[_Row]:
    """Rows from the first on until one cannot be read, then from the last back until one cannot be read."""
    seen = set()
    for direction in ("ASC", "DESC"):
        try:
            for row in source.execute(f"SELECT rowid AS _rowid, * FROM {table} ORDER BY rowid {direction}"):
                values = dict(row)
                if values.pop("_rowid") in seen:
                    break
                seen.add(row["_rowid"])
                yield values
        except sqlite3.DatabaseError as error:
            log.warning("rescue.unreadable", table=table, problem=type(error).__name__)


def _drop_orphans(target: sqlite3.Connection) -> None:
    while orphans := target.execute("PRAGMA foreign_key_check").fetchall():
        for table, rowid, *_rest in orphans:
            target.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
