"""A copy of the store as it was before its tables were changed: for whoever goes back to the version before.

It lies beside the store, `kepthour.db.before-0011`, named by the tables' new number. There is one at most.
"""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from kepthour.store.access import Access

KIND = "before-"


def make(path: Path, access: Access, head: str) -> None:
    """Copy what others read of the store at `path`, whole or not at all. Raises OSError, `access.faults`."""
    # Under one name in between, so that the next time takes away what a crash left.
    new = path.with_name(f"{path.name}.{KIND}{head}-new")
    handle = os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with closing(access.connect(path)) as old, closing(access.connect(new)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")  # a crash leaves a file that nobody asks for
            old.backup(copy)
        os.fsync(handle)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    new.replace(path.with_name(f"{path.name}.{KIND}{head}"))


def all_of(path: Path) -> list[Path]:
    """The copies of the store at `path`, those that a crash left half, too."""
    return sorted(path.parent.glob(f"{path.name}.{KIND}*"))


def forget(path: Path, before: datetime | None = None, but: str | None = None) -> int:
    """Delete those made `before` (aware; None: all), but the one of the tables `but`. How many. Raises OSError."""
    found = [
        one
        for one in all_of(path)
        if (but is None or one.name != f"{path.name}.{KIND}{but}")
        and (before is None or datetime.fromtimestamp(one.stat().st_mtime, UTC) < before)
    ]
    for one in found:
        one.unlink()
    return len(found)
