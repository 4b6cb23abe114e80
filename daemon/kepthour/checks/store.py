"""Whether the store can be used, is whole, and has room to grow."""

from __future__ import annotations

import shutil
import stat
import tempfile
from pathlib import Path

from kepthour.checks.record import Check, failed, ok, problem
from kepthour.core.errors import KeptHourError, NeedsPerson, TryLater
from kepthour.store.access import Access
from kepthour.store.engine import Store, open_store

NAME = "store"
_MEGABYTE = 1_000_000
_LITTLE = 100 * _MEGABYTE  # SQLite needs some for its journal, and others fill a disk quickly


def examine(path: Path, access: Access) -> tuple[Store | None, list[Check]]:
    """The store if it can be read, and what there is to say. One that is not there yet is made."""
    try:
        store = open_store(path, access)
        store.check()
    except KeptHourError as error:
        return None, [failed(NAME, None, error)]
    try:
        with store.write():
            pass
    except TryLater as error:  # another holds it: a daemon that stands still, as can be read in it
        return store, [failed(NAME, None, error)]
    except NeedsPerson as error:
        return None, [failed(NAME, None, error)]
    how = "encrypted" if access.encrypted else "not encrypted"
    room = shutil.disk_usage(path.parent).free
    troubles = [one for one in (folder(path), disk(path, room), privacy(path)) if one is not None]
    return store, troubles or [
        ok(NAME, None, f"{path} is whole, {how}, and can be written; {_size(room)} are free.")
    ]


def folder(path: Path) -> Check | None:
    """Whether files can be made beside the database at `path`: SQLite's journals, the lock, the bell."""
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return None
    except OSError as error:
        what = f"No file can be made beside {path} ({error.strerror})."
        return problem(NAME, None, what, f"Make {path.parent} writable for you.", critical=True)


def privacy(path: Path) -> Check | None:
    """Whether others may read the database at `path`: it is for its owner's eyes only."""
    others = stat.S_IRWXG | stat.S_IRWXO
    closed = not path.parent.stat().st_mode & others  # whoever cannot enter the folder reads no file in it
    if closed or not path.stat().st_mode & others:
        return None
    return problem(NAME, None, f"Others may read {path}.", f"Run: chmod 600 {path}*", critical=False)


def disk(path: Path, room: int) -> Check | None:
    """Whether `room` bytes, which are free, will do."""
    if room >= _LITTLE:
        return None
    what = f"The disk of {path} is nearly full: {_size(room)} are free."
    return problem(NAME, None, what, "Free some space.", critical=True)


def _size(room: int) -> str:
    megabytes = room / _MEGABYTE
    return f"{megabytes / 1000:.0f} GB" if megabytes >= 10_000 else f"{megabytes:.0f} MB"
