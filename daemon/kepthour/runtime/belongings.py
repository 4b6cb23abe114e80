"""The files that Kept Hour made and keeps; the configuration is not one of them, but copies of it are."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kepthour.config import Configuration
from kepthour.runtime.start import store_path
from kepthour.runtime.taken_up import copies, copy_of
from kepthour.store.sealing import Form, form

_BEFORE = re.compile(r"\.before-\d{8}T\d{6}Z(?:-\d+)?")
_HASH = re.compile(r"[0-9a-f]{12}")
# What stands beside a store's file: SQLite's own, what a rescue and an update make, the lock, the bell, the heartbeat.
_BESIDE = re.compile(
    r"(?:\.(?:new|ready|rescue-\w+|damaged-\d{8}T\d{6}x*|before-\d{4}(?:-new)?))?(?:-(?:wal|shm|journal))?|\.(?:lock|bell|heartbeat(?:-new)?)"
)


def belongings(config: Configuration, folders: list[Path]) -> list[Path]:
    """What lies there: the store, all that stands beside it, and those of `folders` (of calendars, channels)."""
    store = store_path(config)
    here = copies() if config.store is None else [copy_of(config.file)]
    found = {*_around(store), *folders, *here, *_before(config.file)}
    return sorted(one for one in found if one.exists())


def all_folders(config: Configuration) -> list[Path]:
    """Those of calendars and channels beside the store, of whichever configuration."""
    here = store_path(config).parent
    return [
        one
        for kind in ("calendars", "channels")
        for one in here.glob(f"{kind}/*")
        if _HASH.fullmatch(one.name)
    ]


def has_neighbour(config: Configuration) -> bool:
    """Whether another database lies beside the store: what nobody names there may be of that one. Raises OSError."""
    store = store_path(config)
    own = {store, *_around(store)}
    return store.parent.is_dir() and any(
        form(one) in {Form.PLAIN, Form.ENCRYPTED} for one in store.parent.iterdir() if one not in own
    )


def _before(file: Path) -> Iterator[Path]:
    """The configuration as it was before the program changed it: aliases may stand in it."""
    target = file.resolve()
    for one in target.parent.glob("*"):
        if one.name.startswith(target.name) and _BEFORE.fullmatch(one.name.removeprefix(target.name)):
            yield one


def remove(found: list[Path]) -> None:
    """Delete these, and the folders that are empty then. Raises OSError."""
    for one in found:
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)  # SQLite takes away its own when the last one closes
    for folder in sorted(
        {parent for one in found for parent in (one.parent, one.parent.parent)}, reverse=True
    ):
        if folder.name in {"calendars", "channels", "kepthour"}:
            with suppress(OSError):  # something else lies in it, or it is a link
                folder.rmdir()


def _around(store: Path) -> Iterator[Path]:
    if store.parent.is_dir():
        for one in store.parent.iterdir():
            if one.name.startswith(store.name) and _BESIDE.fullmatch(one.name.removeprefix(store.name)):
                yield one
