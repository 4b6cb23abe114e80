"""Where a window could appear: the environment that says so."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Mapping
from contextlib import suppress

_SHOW_IT = ("WAYLAND_DISPLAY", "DISPLAY")
_TAKEN_OVER = (*_SHOW_IT, "XAUTHORITY", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP")
_SECONDS = 2.0


async def surroundings() -> dict[str, str] | None:
    """The environment for a process with windows; None if there is no display.

    A user service may be older than the desktop: then its own environment names no display, and the service manager's,
    into which desktops put it, does.
    """
    own = dict(os.environ)
    if _names_a_display(own):
        return own
    told = await _told_by_systemd()
    return {**own, **told} if _names_a_display(told) else None


def _names_a_display(environment: Mapping[str, str]) -> bool:
    return any(environment.get(name) for name in _SHOW_IT)


async def _told_by_systemd() -> dict[str, str]:
    """What the user's service manager knows of the desktop; nothing if it cannot be asked."""
    try:
        process = await asyncio.create_subprocess_exec(
            "systemctl", "--user", "show-environment",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return {}
    said = b""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            await process.wait()
    return read_environment(said.decode(errors="replace"))


def read_environment(text: str) -> dict[str, str]:
    """What `systemctl show-environment` printed, of what a window needs."""
    found = {}
    for one in text.splitlines():
        name, _, value = one.partition("=")
        if name in _TAKEN_OVER:
            with suppress(ValueError):  # a quote that does not end
                found[name] = "".join(shlex.split(value.removeprefix("$")))
    return found
