"""How a command tells a running daemon that something was stored: a byte through a pipe with a name.

Costs nothing while nothing happens, and a command never waits: without a daemon nobody listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path

from kepthour.logger import log


def _path(store: Path) -> Path:
    return store.with_name(store.name + ".bell")


def ring(store: Path) -> None:
    """Wake the daemon on this store, if there is one."""
    try:
        handle = os.open(_path(store), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ENXIO, errno.ENOENT}:  # nobody listens
            return
        raise
    try:
        with contextlib.suppress(BlockingIOError):  # full: it has been rung often enough
            os.write(handle, b"!")
    finally:
        os.close(handle)


class Bell:
    """The daemon's end."""

    def __init__(self, store: Path) -> None:
        self._path = _path(store)
        self._handle: int | None = None

    def listen(self, rung: Callable[[], None]) -> None:
        """Call `rung` on the running event loop whenever a command rings; does nothing if it does so already.

        Where no pipe can be made nobody is heard: the pump finds what was stored a few seconds later.
        """
        if self._handle is not None:
            return
        try:
            self._path.unlink(missing_ok=True)
            os.mkfifo(self._path, 0o600)
            # Opened for writing too: else the pipe would be at its end whenever no command holds it open.
            self._handle = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            log.warning("bell.not_heard", problem=error)
            return
        asyncio.get_running_loop().add_reader(self._handle, self._heard, rung)

    def _heard(self, rung: Callable[[], None]) -> None:
        assert self._handle is not None
        with contextlib.suppress(BlockingIOError):
            os.read(self._handle, 4096)
        rung()

    def close(self) -> None:
        """Stop listening. May be called twice."""
        if self._handle is not None:
            asyncio.get_running_loop().remove_reader(self._handle)
            os.close(self._handle)
            self._handle = None
            with contextlib.suppress(OSError):  # a pipe without a listener does no harm
                self._path.unlink()
