"""A store in which nothing stands yet, made once a process: to migrate one takes as long as many a test."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from kepthour.store.engine import Store, open_store


def opened(path: Path) -> Store:
    """The store at `path`. Where there is none, a new one, as `open_store` makes it."""
    if not path.exists():
        shutil.copy(Path(_new().name) / "kepthour.db", path)
    return open_store(path)


@cache
def _new() -> TemporaryDirectory[str]:
    """The folder it lies in, up to the end of the process."""
    folder = TemporaryDirectory(prefix="kepthour-new-store-")
    open_store(Path(folder.name) / "kepthour.db").close()
    return folder
