"""One daemon a store: a lock that the kernel lets go of when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from kepthour.core.errors import NeedsPerson
from kepthour.store.engine import open_private


class Held(NeedsPerson):
    """Another daemon runs on the same store. `pid` is its process id, None if it could not be read."""

    def __init__(self, pid: int | None) -> None:
        who = f" (process {pid})" if pid else ""
        super().__init__(f"Kept Hour is already running{who}.", "Stop it first, or use another store.")
        self.pid = pid


class StoreLock:
    """The lock beside a store's file."""

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(store.name + ".lock")
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock, and write this process's id into it, if there is room for it. Raises Held, NeedsPerson."""
        handle = self._opened()
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Held(self._pid()) from None
        self._handle = handle
        self._note(f"{os.getpid()}\n")

    def _opened(self) -> int:
        try:
            return open_private(self._path)
        except NeedsPerson:
            with suppress(OSError):  # a disk that turned read-only: the lock needs no writing
                return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            raise

    def _note(self, text: str) -> None:
        with suppress(OSError):  # it is for people to read; the lock does without
            os.ftruncate(self._handle or -1, 0)
            os.write(self._handle or -1, text.encode())

    def release(self) -> None:
        """Let go of it. May be called twice."""
        if self._handle is not None:
            self._note("")
            os.close(self._handle)
            self._handle = None

    def holder(self) -> int | None:
        """The process that holds the lock; None if nobody does."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._pid() or -1
        finally:
            os.close(handle)
        return None

    def _pid(self) -> int | None:
        try:
            return int(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
