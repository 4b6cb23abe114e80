"""Wakes the sleeping machine in time for a session: a timer in the user's systemd that may wake it from suspend.

The timer's name says its time, so that what stands can be compared with what is wanted, whoever set it: after a crash,
too. A new one is set before the old one goes. `systemd-run` and `systemctl` carry it out: they reach the user's systemd
where the session bus does not.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kepthour.app import App
from kepthour.config import Configuration
from kepthour.core.errors import KeptHourError
from kepthour.core.waking import wake_at
from kepthour.logger import log
from kepthour.store import upcoming

_SECONDS = 5.0
_ATTEMPTS = 5  # a stop of the service ends its children with it, also one that is just being asked for
_REALTIME_ALARM = (
    8  # CLOCK_REALTIME_ALARM, which Python does not name; reading it fails where nothing could wake
)
_TIMER = ("--quiet", "--collect", "--timer-property=WakeSystem=yes", "--timer-property=AccuracySec=1s")
_WHAT = "--description=Wakes this machine for Kept Hour"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the machine cannot be woken. `code` is for logs; `what` and `remedy` are sentences for the therapist."""

    code: str
    what: str
    remedy: str


_NO_SYSTEMD = Obstacle(
    "no-systemd",
    "This machine cannot be woken for a session: your systemd cannot be reached.",
    "Run Kept Hour as a user service of systemd, or set enabled = false under [wake].",
)
_NO_CLOCK = Obstacle(
    "no-clock",
    "This machine cannot be woken for a session: it has no clock with an alarm, as is usual in a container.",
    "Keep it awake around sessions, and set enabled = false under [wake].",
)
_NOT_ALLOWED = Obstacle(
    "not-allowed",
    "This machine cannot be woken for a session: your systemd may not do that (before version 254 it never may).",
    "As root, run: systemctl edit user@.service. Write there the two lines [Service] and "
    "AmbientCapabilities=CAP_WAKE_ALARM; then restart the machine.",
)


class Refused(Exception):
    """systemd did not do what was asked for."""


class Interrupted(Refused):
    """systemd's program was ended before it had done it."""


class WakeTimer:
    """The one timer of a store. Its calls block, for a few seconds at most, and may come from any thread."""

    def __init__(self, store: Path) -> None:
        self._prefix = f"kepthour-wake-{hashlib.sha256(os.fsencode(store)).hexdigest()[:8]}-"
        self._lock = threading.Lock()
        self._over = False

    def set(self, at: datetime | None) -> None:
        """From now on the timer stands at `at` (aware), to the second, and at no other time; None: nowhere.

        Nothing happens any more once it was removed. Raises Refused.
        """
        with self._lock:
            if not self._over:
                self._set(at)

    def remove(self) -> None:
        """Let no timer stand for good: a call of `set` that still waits for its turn comes too late. Raises Refused."""
        self._over = True
        with self._lock:
            for _attempt in range(_ATTEMPTS - 1):
                with suppress(Interrupted):
                    self._set(None)
                    return
            self._set(None)

    def _set(self, at: datetime | None) -> None:
        wanted = None if at is None else f"{self._prefix}{at:%Y%m%dT%H%M%SZ}"
        standing = self._standing()
        if at is not None and f"{wanted}.timer" not in standing:
            _systemd(
                "systemd-run", *_TIMER, _WHAT, f"--unit={wanted}", f"--on-calendar={at:%F %T} UTC", "true"
            )
        outdated = standing - {f"{wanted}.timer"}
        if outdated:
            _systemd("systemctl", "stop", *sorted(outdated))

    def _standing(self) -> frozenset[str]:
        listed = _systemd(
            "systemctl", "list-units", "--plain", "--no-legend", "--full", f"{self._prefix}*.timer"
        )
        return frozenset(line.split()[0] for line in listed.splitlines())


class Waker:
    """Keeps the timer in step with the plan. Nothing raises: a machine that cannot be woken is no less reminded."""

    def __init__(self, store: Path) -> None:
        self._timer = WakeTimer(store)
        self._known = False  # whether `_stands` is what was last asked for and done
        self._stands: datetime | None = None
        self._refused: datetime | None = None

    async def keep(self, app: App, *, anew: bool = False) -> None:
        """Set the timer where `app`'s configuration and plan want it, if it is not there; `anew`: whatever is known."""
        try:
            wanted = await asyncio.to_thread(wanted_at, app)
        except KeptHourError as error:
            log.warning("wake.not_planned", problem=error)
            return
        stands = self._known and wanted == self._stands
        if anew or not (stands or (wanted is not None and wanted == self._refused)):
            await self._set(wanted)

    async def off(self) -> None:
        """Nobody would remind: let the machine sleep, from now on."""
        try:
            await asyncio.to_thread(self._timer.remove)
        except Refused:
            if self._stands is not None:
                log.warning("wake.not_removed")

    async def _set(self, at: datetime | None) -> None:
        self._known = False
        try:
            await asyncio.to_thread(self._timer.set, at)
        except Refused:
            if at is not None and self._refused is None:
                log.warning("wake.refused")
            self._refused, self._known = at, at is None  # where no systemd is, no timer stands
            return
        if at != self._stands:
            log.info("wake.set", at=at and at.isoformat())
        self._refused, self._known, self._stands = None, True, at


def wanted_at(app: App) -> datetime | None:
    if app.config.wake_before is None:
        return None
    now = app.clock.now()
    with app.store.read() as tx:
        rung = upcoming.next_rung(tx, now)
    return None if rung is None else wake_at(rung, app.config.wake_before, now)


def examine(config: Configuration) -> list[tuple[str, str]]:
    """What stands in the way of waking the machine, each with its remedy; nothing if it is not wanted. Blocks."""
    obstacle = ability() if config.wake_before is not None else None
    return [] if obstacle is None else [(obstacle.what, obstacle.remedy)]


def ability() -> Obstacle | None:
    """Why this machine cannot be woken from suspend by this user, found by trying; None: it can. Blocks."""
    try:
        _systemd("systemctl", "show", "--property=Version")
    except Refused:
        return _NO_SYSTEMD
    try:
        time.clock_gettime(_REALTIME_ALARM)
    except OSError:
        return _NO_CLOCK
    trial = f"kepthour-wake-trial-{os.getpid()}"
    try:
        _systemd("systemd-run", *_TIMER, _WHAT, f"--unit={trial}", "--on-active=1d", "true")
    except Refused:
        return _NOT_ALLOWED
    _systemd("systemctl", "stop", f"{trial}.timer")
    return None


def _systemd(program: str, *arguments: str) -> str:
    """What one of systemd's programs prints. Raises Refused."""
    command: Sequence[str] = (program, "--user", *arguments)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, stdin=subprocess.DEVNULL, check=True
        )
    except subprocess.CalledProcessError as error:
        raise (Interrupted if error.returncode == -signal.SIGTERM else Refused)(program) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused(program) from error
    return done.stdout
