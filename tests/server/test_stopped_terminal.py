"""A terminal that takes no text at present: what is printed there has to wait, and nothing else may."""

from __future__ import annotations

import os
import pty
import subprocess
import termios
import threading
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from kepthour.output import write_now
from tests.server.test_daemon_on_a_file import CONFIG, OFFSETS, put, rungs, soon
from tests.support.world import World, eventually


def test_reminders_go_out_though_the_terminal_that_shows_the_log_is_stopped(tmp_path: Path) -> None:
    """Somebody pressed Ctrl+S, or scrolls back in a program that stops what it shows meanwhile."""
    world = World(tmp_path)
    world.configure(CONFIG.format(rungs=rungs(*OFFSETS)))
    put(world, soon(8))
    seen, shown = pty.openpty()
    process = subprocess.Popen(
        [*world.program, "run"], env=world.env, stdin=subprocess.DEVNULL, stdout=shown, stderr=shown
    )
    try:
        text = b""
        while b"daemon.started" not in text:
            text += os.read(seen, 4096)
        termios.tcflow(shown, termios.TCOOFF)
        eventually(lambda: "0s" in world.rungs(), "the rung at the start", within=20)
    finally:
        termios.tcflow(shown, termios.TCOON)
        process.terminate()
        os.set_blocking(seen, False)
        eventually(lambda: _drained(seen) and process.poll() is not None, "its end")
        for one in (seen, shown):
            os.close(one)
    assert process.returncode == 0


def test_a_terminal_that_nobody_reads_holds_nothing_up() -> None:
    """It takes more until it is full, in the middle of a line: tmux that is scrolled back, a connection that hangs."""
    seen, shown = pty.openpty()
    with os.fdopen(shown, "w", encoding="utf-8", buffering=1) as terminal:
        writing = threading.Thread(target=_fill, args=(terminal,), daemon=True)
        writing.start()
        writing.join(timeout=10)
        stuck = writing.is_alive()
        termios.tcflush(shown, termios.TCIOFLUSH)
        os.close(seen)  # who is stuck gets an error, so that the test can end
    assert not stuck


def _fill(terminal: TextIO) -> None:
    with suppress(OSError):
        while write_now(terminal, "a line of the log" * 10 + "\n"):
            pass


def _drained(terminal: int) -> bool:
    with suppress(BlockingIOError):
        os.read(terminal, 65536)
    return True
