"""Tells the service manager how the daemon is: systemd's notify protocol, in which each message is one datagram.

Without systemd (no NOTIFY_SOCKET) nothing is told, and nothing else differs.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, MutableMapping

from kepthour.logger import log

_SOCKET, _WATCHDOG, _WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"


class Systemd:
    """The service manager of this process. `watchdog_seconds` is how often it wants a sign; None: it wants none."""

    def __init__(self, address: str | None = None, watchdog_seconds: float | None = None) -> None:
        self._address = address
        self.watchdog_seconds = watchdog_seconds

    @classmethod
    def taken_from(cls, environ: MutableMapping[str, str]) -> Systemd:
        """The one that `environ` names. Its variables go from there: children must not speak in our name."""
        address = environ.pop(_SOCKET, None)
        microseconds, pid = environ.pop(_WATCHDOG, ""), environ.pop(_WATCHDOG_PID, "")
        meant_for_us = pid in {"", str(os.getpid())}
        seconds = int(microseconds) / 1e6 if microseconds.isdecimal() and meant_for_us else None
        return cls(address, seconds or None)

    def ready(self, status: str) -> None:
        """The daemon has taken up its work, for the first time or after `reloading`."""
        self._tell("READY=1", f"STATUS={status}")

    def status(self, text: str) -> None:
        """One line for whoever asks how the service is. Anybody on this machine may read it: nothing of a client."""
        self._tell(f"STATUS={text}")

    def reloading(self) -> None:
        """The configuration is being taken up anew; `ready` ends it."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The daemon has begun to end."""
        self._tell("STOPPING=1", "STATUS=Ending.")

    async def feed_watchdog(self, well: Callable[[], bool]) -> None:
        """Give signs of life while `well` says so, until it is cancelled. Without them systemd restarts the daemon."""
        if self.watchdog_seconds is None:
            return
        was_well = False
        while True:
            if is_well := well():
                self._tell("WATCHDOG=1")
            elif was_well:
                log.error("watchdog.withheld")
            was_well = is_well
            await asyncio.sleep(self.watchdog_seconds / 2)

    def _tell(self, *lines: str) -> None:
        if self._address is None:
            return
        # A leading @ stands for the zero byte of an abstract address.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as datagram:
                datagram.settimeout(1)  # a manager that does not read must not hold up reminders
                datagram.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            log.warning("systemd.not_told", problem=error.errno)
