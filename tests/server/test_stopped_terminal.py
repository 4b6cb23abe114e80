"""A terminal that takes no text at present: what is printed there has to wait, and nothing else may."""

from __future__ import annotations

import os
import pty
import subprocess
import termios
from contextlib import suppress
from pathlib import Path

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


def _drained(terminal: int) -> bool:
    with suppress(BlockingIOError):
        os.read(terminal, 65536)
    return True
