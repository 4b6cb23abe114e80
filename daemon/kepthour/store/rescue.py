"""A damaged store is kept aside, a new one is begun, and what can still be read of the old one is saved.

Calendars are read anew from their sources. What only the store knew is copied row by row: sessions, answers, verdicts,
cards, what was sent. A row that cannot be read, or not be understood, stays behind in the old file.

1  a new store is made beside the old one, and filled        salvage.py
2  it is complete and on the disk: from here on it counts     `.ready`
3  the old one goes aside, the new one takes its place        a crash in between is made good at the next start
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kepthour.logger import log
from kepthour.store.access import Unusable
from kepthour.store.engine import Store, open_store
from kepthour.store.salvage import Saved, copy_of, save

BESIDE = ("-wal", "-shm")
_MEMORY = (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm")


@dataclass(frozen=True, slots=True)
class Rescued:
    """Where the damaged store is now (None: it was gone), and how many answers were saved from it."""

    aside: Path | None
    answers: int


def begin_anew(store: Store, now: datetime) -> Rescued:
    """Put a store aside and a new one in its place. `now` (aware) names the old one.

    Raises Unusable or TryLater if there can be no new one: the old one stands as it was, and this may be tried again.
    Refused, if it is not damaged: it has another key than the configuration names.
    """
    path = store.path
    store.access.explain(path)
    new, ready = beside(path, ".new"), beside(path, ".ready")
    try:
        removed(ready)
        saved = _make(new, store)
        to_disk(new)
        new.rename(ready)
        aside = _exchange(path, ready, now)
    except (OSError, store.access.faults) as error:
        raise Unusable(f"No new store could be made in {path.parent}.", "Free some space there.") from error
    log.warning("store.begun_anew", torn=saved.torn, **saved.rows)
    return Rescued(aside, saved.rows["responses"])


def finish(path: Path, now: datetime) -> None:
    """Make good what a crash interrupted: a new store that was complete takes its place. Raises Unusable."""
    ready = beside(path, ".ready")
    try:
        if ready.exists():
            _exchange(path, ready, now)
    except OSError as error:
        raise Unusable(f"The store {path} cannot be written.", "Look at the disk.") from error


@contextmanager
def in_memory(store: Store) -> Iterator[Store]:
    """What can be read of a store, as one in memory: its own place cannot be used. An encrypted one stays encrypted.

    Raises Unusable if there is no memory to be had, or no key; Refused, if it has another key.
    """
    store.access.explain(store.path)
    place = next((one for one in _MEMORY if one and os.access(one, os.W_OK)), None)
    if place is None:
        raise Unusable("There is no file system in memory.", "Set XDG_RUNTIME_DIR to one.")
    try:
        with tempfile.TemporaryDirectory(prefix="kepthour-", dir=place) as folder:
            place_of_copy = Path(folder) / store.path.name
            _make(place_of_copy, store)
            copy = open_store(place_of_copy, store.access)
            try:
                yield copy
            finally:
                copy.close()
    except (OSError, store.access.faults) as error:
        raise Unusable(f"The store {store.path} cannot be read.", "Look at the disk.") from error


def _make(new: Path, old: Store) -> Saved:
    """A new store at `new` with what can be saved of `old`; from what is still open, if its file is gone."""
    removed(new)
    open_store(new, old.access).close()
    with tempfile.TemporaryDirectory(prefix=f"{old.path.name}.rescue-", dir=new.parent) as folder:
        copy = Path(folder) / old.path.name
        with closing(old.access.connect(copy, make=True)) as lost:
            gone = old.salvage(lost)
        if not gone:
            copy_of(old.path, copy, new, old.access)
        return save(copy, new, old.access)


def kept_aside(path: Path) -> list[Path]:
    """Damaged stores that stand beside this one, with their journals."""
    return sorted(path.parent.glob(f"{path.name}.damaged-*"))


def beside(path: Path, suffix: str) -> Path:
    """What stands beside a store under its name with `suffix`."""
    return path.with_name(path.name + suffix)


def removed(store: Path, away: Callable[[Path], None] = Path.unlink) -> None:
    """A store is gone, with what stands beside it, if it was there. `away` takes one file away. Raises OSError."""
    for suffix in ("", *BESIDE):
        if beside(store, suffix).exists():
            away(beside(store, suffix))


def to_disk(path: Path) -> None:
    """Wait until it is there. What a rename promises holds only for what was on the disk before it."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(path: Path, ready: Path, now: datetime) -> Path | None:
    """`ready` takes the place of `path`, which goes aside with what lies beside it."""
    aside = beside(path, f".damaged-{now:%Y%m%dT%H%M%S}")
    while aside.exists():
        aside = beside(aside, "x")
    to_disk(path.parent)  # `ready` has its name
    there = path.exists()
    if there:
        _set_aside(path, aside)
    for suffix in BESIDE:  # they must never lie beside the new one
        if beside(path, suffix).exists():
            beside(path, suffix).rename(beside(aside, suffix))
    ready.replace(path)
    to_disk(path.parent)
    return aside if there else None


def _set_aside(path: Path, aside: Path) -> None:
    try:
        aside.hardlink_to(path)  # so that at no moment there is none
    except OSError:  # a file system without links
        path.rename(aside)
