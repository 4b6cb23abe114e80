"""The files that Kept Hour keeps, as far as they are its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from kepthour.config import Configuration
from kepthour.runtime.start import store_path
from kepthour.runtime.taken_up import copy_of

_OF_ONE = re.compile(r"[0-9a-f]{12}")  # the folder of a calendar or a channel: App._folder


def belongings(config: Configuration) -> list[Path]:
    """What lies there: the store and all that stands beside it, what channels and calendars keep, sign-ins included."""
    store = store_path(config)
    return sorted(
        one for one in {*_around(store), *_folders(store.parent), copy_of(config.file)} if one.exists()
    )


def remove(found: list[Path]) -> None:
    """Delete these. Raises OSError."""
    for one in found:
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()
    for folder in {one.parent for one in found}:
        if not any(folder.iterdir()):
            folder.rmdir()


def _around(store: Path) -> Iterator[Path]:
    """The file, its journal, what was kept aside, the lock, the bell: all begin with its name."""
    if store.parent.is_dir():
        yield from (
            one for one in store.parent.iterdir() if re.match(rf"{re.escape(store.name)}(?:$|[-.])", one.name)
        )


def _folders(parent: Path) -> Iterator[Path]:
    for kind in ("calendars", "channels"):
        folder = parent / kind
        if folder.is_dir():
            yield from (one for one in folder.iterdir() if one.is_dir() and _OF_ONE.fullmatch(one.name))
