"""The file that a run's store is, in memory; kept from run to run, since making one takes longer than a run may."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from kepthour.store.engine import Store, open_store

_FAST = Path("/dev/shm")


class Disk:
    """One store file, and how the daemon and the commands get at it: each with connections of its own."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(
            prefix="kepthour-model-", dir=_FAST if _FAST.is_dir() else None
        )
        self.path = Path(self._folder.name) / "kepthour.db"
        self.daemon = open_store(self.path)
        self.commands = open_store(self.path)
        self.step: Callable[[], None] = _nothing  # called before each of the daemon's statements and commits
        dialect: Any = self.daemon._engine.dialect
        for name in ("do_execute", "do_executemany", "do_commit"):
            setattr(dialect, name, self._stepping(getattr(dialect, name)))

    def begin(self, content: bytes) -> None:
        """Another run: nothing of the one before is left."""
        self.step = _nothing
        for store in (self.daemon, self.commands):
            store.close()
        for leftover in self.path.parent.glob(f"{self.path.name}-*"):
            leftover.unlink()
        self.path.write_bytes(content)

    def content(self) -> bytes:
        """The whole file, with all that was committed."""
        for store in (self.daemon, self.commands):
            store.close()
        return self.path.read_bytes()

    def _stepping(self, do: Callable[..., None]) -> Callable[..., None]:
        """An engine that has listeners calls them all for each statement, which costs a twelfth of a run."""

        def done(*args: Any) -> None:
            self.step()
            do(*args)

        return done


def _nothing() -> None:
    return


@cache
def disk() -> Disk:
    """This process's."""
    return Disk()


__all__ = ["Disk", "Store", "disk"]
