"""Puts a text on the desktop's clipboard, with whichever of its tools is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from kepthour.core.privacy import Phi
from kepthour.logger import log

_SECONDS = 5.0
_WAYLAND: tuple[tuple[str, ...], ...] = (("wl-copy",),)
_X11: tuple[tuple[str, ...], ...] = (("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input"))


def copy(text: Phi) -> str | None:
    """The tool that took `text`; None: there is none, or none could. Never raises.

    A tool stays behind, holds the text until something else is copied, and closes what it was given: so what it says
    goes nowhere, and only its start is waited for.
    """
    for argv in _tools():
        try:
            done = subprocess.run(
                argv,
                input=text.reveal().encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("clipboard.failed", tool=argv[0], problem=type(error).__name__)
            continue
        if done.returncode == 0:
            log.info("clipboard.filled", tool=argv[0])
            return argv[0]
        log.warning("clipboard.failed", tool=argv[0], problem=f"exit {done.returncode}")
    return None


def wanted() -> str:
    """What would help, for a person."""
    if not (os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")):
        return "There is no desktop in this terminal."
    package = "wl-clipboard" if os.environ.get("WAYLAND_DISPLAY") else "xclip or xsel"
    return f"Install {package}, or try again."


def _tools() -> Iterator[Sequence[str]]:
    """Those that are installed, for the display that there is."""
    found = [*_WAYLAND] if os.environ.get("WAYLAND_DISPLAY") else []
    found += [*_X11] if os.environ.get("DISPLAY") else []
    return (argv for argv in found if shutil.which(argv[0]))
