"""A real X server with two monitors, a keyboard and a mouse, of a test's own: Xvfb, xrandr, xdotool."""

from __future__ import annotations

import ctypes
import importlib.util
import itertools
import os
import shutil
import struct
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.support.stacked import Stacked

PROGRAMS = ("Xvfb", "xrandr", "xdotool")
# Of those that Qt takes from the system, the ones that a machine may lack: without a screen, and with one.
_QT_LIBRARIES = ("libGL.so.1", "libEGL.so.1", "libfontconfig.so.1", "libdbus-1.so.3")
_LIBRARIES = ("libxcb-cursor.so.0", "libxcb-icccm.so.4", "libxcb-keysyms.so.1")
BACKGROUND = (0x16, 0x21, 0x1F)  # of the window, as its style says
# Seconds. A window takes no key in its first half second, counted from before it is said to be shown.
LOOKED = 0.7
_COUNT = itertools.count()
_HEIGHT = 768
_WIDTH = 1024  # of each monitor
_TITLE = "Kept Hour"


def missing_for_monitors() -> list[str]:
    """Which parts this machine lacks."""
    programs = [name for name in PROGRAMS if shutil.which(name) is None]
    return [*programs, *missing_for_qt(), *(name for name in _LIBRARIES if not _loads(name))]


def missing_for_qt() -> list[str]:
    """Qt itself, if it is not installed, and the libraries without which it does not load."""
    qt = [] if importlib.util.find_spec("PySide6") else ["PySide6"]
    return [*qt, *(name for name in _QT_LIBRARIES if not _loads(name))]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Monitor:
    """A part of the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int


LEFT, RIGHT = Monitor(0, 0, _WIDTH, _HEIGHT), Monitor(_WIDTH, 0, _WIDTH, _HEIGHT)


class Monitors(Stacked):
    """`env` is for processes that are to run there. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir()
        self.env = {
            key: one for key, one in os.environ.items() if key not in {"WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
        }
        self._stack = ExitStack()
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Monitors:
        with ExitStack() as stack:
            stack.callback(self._stack.close)
            self._start()
            for name, at, output in (("left", LEFT, "screen"), ("right", RIGHT, "none")):
                size = f"{at.width}/270x{at.height}/200+{at.x}+{at.y}"
                self._run("xrandr", "--setmonitor", name, size, output)
            stack.pop_all()
        return self

    def _start(self) -> None:
        read, write = os.pipe()
        size = f"{LEFT.width + RIGHT.width}x{_HEIGHT}x24"
        # The frame buffer is a file, so that a test sees what is drawn.
        options = ["-screen", "0", size, "-nolisten", "tcp", "-noreset", "-fbdir", str(self._folder)]
        # Not the lowest free number: where this server has ended, another test's would soon have it.
        number = 1_000 + 10 * (os.getpid() % 5_000) + next(_COUNT) % 10
        command = ["Xvfb", f":{number}", "-displayfd", str(write), *options]
        self._server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
        self._stack.callback(self.end)
        os.close(write)
        with os.fdopen(read) as display:
            self.env["DISPLAY"] = f":{display.readline().strip()}"

    def end(self) -> None:
        """The X server ends, as at a log-out."""
        assert self._server is not None
        self._server.terminate()
        self._server.wait(timeout=60)

    def windows(self) -> list[Monitor]:
        """Where our windows are, from left to right: those that are mapped."""
        found = []
        for window in self._xdotool("search", "--onlyvisible", "--name", f"^{_TITLE}$").split():
            said = self._xdotool("getwindowgeometry", "--shell", window)
            at = dict(line.split("=") for line in said.split())
            if at:
                found.append(Monitor(int(at["X"]), int(at["Y"]), int(at["WIDTH"]), int(at["HEIGHT"])))
        return sorted(found, key=lambda one: one.x)

    def ids(self) -> list[str]:
        """The ids of our windows that are mapped."""
        return sorted(self._xdotool("search", "--onlyvisible", "--name", f"^{_TITLE}$").split())

    def shown(self) -> bool:
        """Whether both monitors are covered, and something is written on each."""
        return self.windows() == [LEFT, RIGHT] and all(self.letters(one) > 500 for one in (LEFT, RIGHT))

    def gone(self) -> bool:
        """Whether nothing of ours is on any monitor."""
        return not self.windows()

    def covered(self) -> bool:
        """Whether the corner of any monitor is ours: looked at without starting a program, so within microseconds."""
        with (self._folder / "Xvfb_screen0").open("rb") as file:
            return any(self._corner(file.fileno(), one) == bytes(BACKGROUND) for one in (LEFT, RIGHT))

    def _corner(self, file: int, monitor: Monitor) -> bytes:
        header = struct.unpack(">25I", os.pread(file, 100, 0))
        at = header[0] + header[19] * 12 + monitor.y * header[12] + monitor.x * 4
        return os.pread(file, 3, at)[::-1]

    def letters(self, monitor: Monitor) -> int:
        """How many pixels of `monitor` are bright, if it is ours: else none."""
        pixels = self.pixels(monitor)
        ours = pixels[:3] == bytes(BACKGROUND)
        return sum(value > 200 for value in pixels[1::3]) if ours else 0  # green is enough

    def pixels(self, monitor: Monitor) -> bytes:
        """Red, green and blue of each pixel, line by line."""
        with (self._folder / "Xvfb_screen0").open("rb") as file:
            dump = file.read()
        header = struct.unpack(">25I", dump[:100])
        begin, stride = header[0] + header[19] * 12, header[12]
        lines = []
        for y in range(monitor.y, monitor.y + monitor.height):
            at = begin + y * stride + monitor.x * 4
            line, made = dump[at : at + monitor.width * 4], bytearray(monitor.width * 3)
            made[0::3], made[1::3], made[2::3] = line[2::4], line[1::4], line[0::4]
            lines.append(bytes(made))
        return b"".join(lines)

    def press(self, *keys: str) -> None:
        """Keys, as xdotool names them: "Tab", "Return", "alt+i"."""
        self._xdotool("key", "--delay", "30", *keys)

    def click(self, x: int, y: int) -> None:
        """The left button of the mouse."""
        self._xdotool("mousemove", str(x), str(y), "click", "1")

    def _xdotool(self, *args: str) -> str:
        # It exits with 1 where nothing was found, and where a window went meanwhile.
        return subprocess.run(
            ["xdotool", *args], env=self.env, capture_output=True, text=True, timeout=60, check=False
        ).stdout

    def _run(self, *command: str) -> None:
        subprocess.run(command, env=self.env, capture_output=True, timeout=60, check=True)
