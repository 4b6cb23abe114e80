"""A damaged store is kept aside, a new one is begun, and what can still be read of the old one is saved.

Calendars are read anew from their sources. What only the store knew is copied row by row: sessions, answers, verdicts,
cards, what was sent. A row that cannot be read, or not be understood, stays behind in the old file.

1  a new store is made beside the old one, and filled        salvage.py
2  it is complete and on the disk: from here on it counts     `.ready`
3  the old one goes aside, the new one takes its place        a crash in between is made good at the next start
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from kepthour.store.engine import Store, Unusable, open_store
from kepthour.store.salvage import Saved, copy_of, save

log = structlog.get_logger()

_BESIDE = ("-wal", "-shm")
_MEMORY = (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm")

Salvage = Callable[[sqlite3.Connection], bool]


@dataclass(frozen=True, slots=True)
class Rescued:
    """Where the damaged store is now (None: it was gone), and how many answers were saved from it."""

    aside: Path | None
    answers: int


def begin_anew(path: Path, now: datetime, salvage: Salvage = lambda _into: False) -> Rescued:
    """Put the store at `path` aside and a new one in its place. `now` (aware) names the old one.

    `salvage` copies what is known of a store whose file is gone, if it is. Raises Unusable or TryLater if there can be
    no new one: the old one stands as it was, and this may be tried again.
    """
    new, ready = _beside(path, ".new"), _beside(path, ".ready")
    try:
        _remove(ready)
        saved = _make(new, path, salvage)
        _to_disk(new)
        new.rename(ready)
        aside = _exchange(path, ready, now)
    except (OSError, sqlite3.Error) as error:
        raise Unusable(f"No new store could be made in {path.parent}.", "Free some space there.") from error
    log.warning("store.begun_anew", torn=saved.torn, **saved.rows)
    return Rescued(aside, saved.rows["responses"])


def finish(path: Path, now: datetime) -> None:
    """Make good what a crash interrupted: a new store that was complete takes its place. Raises Unusable."""
    ready = _beside(path, ".ready")
    try:
        if ready.exists():
            _exchange(path, ready, now)
    except OSError as error:
        raise Unusable(f"The store {path} cannot be written.", "Look at the disk.") from error


@contextmanager
def in_memory(path: Path) -> Iterator[Store]:
    """What can be read of the store at `path`, as a store in memory: its own place cannot be used.

    Raises Unusable if there is no memory to be had.
    """
    place = next((one for one in _MEMORY if one and os.access(one, os.W_OK)), None)
    if place is None:
        raise Unusable("There is no file system in memory.", "Set XDG_RUNTIME_DIR to one.")
    try:
        with tempfile.TemporaryDirectory(prefix="kepthour-", dir=place) as folder:
            copy = Path(folder) / path.name
            _make(copy, path, lambda _into: False)
            store = open_store(copy)
            try:
                yield store
            finally:
                store.close()
    except (OSError, sqlite3.Error) as error:
        raise Unusable(f"The store {path} cannot be read.", "Look at the disk.") from error


def _make(new: Path, old: Path, salvage: Salvage) -> Saved:
    """A new store at `new` with what can be saved of `old`."""
    _remove(new)
    open_store(new).close()
    with tempfile.TemporaryDirectory(prefix=f"{old.name}.rescue-", dir=new.parent) as folder:
        copy = Path(folder) / old.name
        with closing(sqlite3.connect(copy)) as lost:
            gone = salvage(lost)
        if not gone:
            copy_of(old, copy, new)
        return save(copy, new)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _remove(store: Path) -> None:
    for suffix in ("", *_BESIDE):
        _beside(store, suffix).unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    """What a rename promises holds only for what was on the disk before it."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(path: Path, ready: Path, now: datetime) -> Path | None:
    """`ready` takes the place of `path`, which goes aside with what lies beside it."""
    aside = _beside(path, f".damaged-{now:%Y%m%dT%H%M%S}")
    while aside.exists():
        aside = _beside(aside, "x")
    _to_disk(path.parent)  # `ready` has its name
    there = path.exists()
    if there:
        _set_aside(path, aside)
    for suffix in _BESIDE:  # they must never lie beside the new one
        if _beside(path, suffix).exists():
            _beside(path, suffix).rename(_beside(aside, suffix))
    ready.replace(path)
    _to_disk(path.parent)
    return aside if there else None


def _set_aside(path: Path, aside: Path) -> None:
    try:
        aside.hardlink_to(path)  # so that at no moment there is none
    except OSError:  # a file system without links
        path.rename(aside)
