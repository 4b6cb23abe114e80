"""A real desktop for tests: Xvfb, a session bus and dunst, each of its own, and gone afterwards."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.world import eventually

PROGRAMS = ("Xvfb", "dbus-daemon", "dunst", "dunstctl", "busctl")

_DUNSTRC = """\
[global]
    monitor = 0
    follow = none
    notification_limit = 20
    idle_threshold = 0
    show_age_threshold = -1
    stack_duplicates = false
    history_length = 100
    dmenu = {picker}
    browser = /bin/true
    markup = full
    force_xwayland = false
"""
# dunst's context menu hands over lines such as "#I'm here (Kept Hour) [12,here]"; the picker takes the wanted one.
_PICKER = """\
#!/bin/sh
exec grep -F "$(cat {choice})" | head -n 1
"""


def missing_programs() -> list[str]:
    """Which parts of the desktop this machine lacks."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class Desktop:
    """`env` is for processes that are to run on it. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.env = dict(os.environ)
        self._monitor_file = self.folder / "monitor.jsonl"
        self._monitor_file.touch()
        self._stack = ExitStack()
        self._bus: subprocess.Popen[str] | None = None
        self._dunst: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Desktop:
        with ExitStack() as stack:
            stack.callback(self._stack.close)
            self._start_screen()
            self.start_bus()
            self.start_dunst()
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def address(self) -> str:
        """The session bus's."""
        return self.env["DBUS_SESSION_BUS_ADDRESS"]

    def _start_screen(self) -> None:
        read, write = os.pipe()
        screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
            pass_fds=(write,),
            stderr=subprocess.DEVNULL,
        )
        self._stack.callback(_end, screen)
        os.close(write)
        with os.fdopen(read) as display:
            self.env["DISPLAY"] = f":{display.readline().strip()}"

    def start_bus(self) -> None:
        """A session bus, with nothing that could be activated on it."""
        config = self.folder / "bus.conf"
        config.write_text(
            "<busconfig><type>session</type>"
            f"<listen>unix:dir={self.folder}</listen><auth>EXTERNAL</auth>"
            '<policy context="default"><allow send_destination="*" eavesdrop="true"/>'
            '<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>',
            encoding="utf-8",
        )
        self._bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._stack.callback(_end, self._bus)
        assert self._bus.stdout is not None
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self._bus.stdout.readline().strip()
        self._start_monitor()

    def _start_monitor(self) -> None:
        with self._monitor_file.open("a") as output:
            monitor = subprocess.Popen(
                ["busctl", f"--address={self.address}", "--json=short", "monitor"],
                stdout=output,
                stderr=subprocess.DEVNULL,
            )
        self._stack.callback(_end, monitor)
        # It listens once it shows the first message, which asking for a name that nobody has makes.
        size = self._monitor_file.stat().st_size
        eventually(
            lambda: (self._has_server(), self._monitor_file.stat().st_size > size)[1], "the bus monitor"
        )

    def kill_bus(self) -> None:
        """The session bus dies, and everything on it."""
        assert self._bus is not None
        self._bus.kill()
        self._bus.wait()

    def start_dunst(self) -> None:
        """The notification daemon, ready when it owns its name."""
        picker, choice = self.folder / "picker", self.folder / "choice"
        picker.write_text(_PICKER.format(choice=choice), encoding="utf-8")
        picker.chmod(0o755)
        config = self.folder / "dunstrc"
        config.write_text(_DUNSTRC.format(picker=picker), encoding="utf-8")
        self._dunst = subprocess.Popen(
            ["dunst", "-config", str(config)],
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._stack.callback(_end, self._dunst)
        eventually(self._has_server, "dunst on the bus")

    def kill_dunst(self) -> None:
        """The notification daemon dies."""
        assert self._dunst is not None
        self._dunst.kill()
        self._dunst.wait()
        eventually(lambda: not self._has_server(), "dunst off the bus")

    def _has_server(self) -> bool:
        call = ["busctl", f"--address={self.address}", "--json=short", "list"]
        done = subprocess.run(call, capture_output=True, text=True, env=self.env, check=False)
        return done.returncode == 0 and "org.freedesktop.Notifications" in done.stdout

    def notified(self) -> list[dict[str, Any]]:
        """Every Notify call so far, as a monitor on the bus saw it: summary, body, replaces, actions, expires."""
        found = []
        for line in self._monitor_file.read_text(encoding="utf-8").splitlines():
            message = json.loads(line)
            if message.get("member") == "Notify" and message.get("type") == "method_call":
                _app, replaces, _icon, summary, body, actions, hints, expires = message["payload"]["data"]
                found.append(
                    {
                        "summary": summary,
                        "body": body,
                        "replaces": replaces,
                        "actions": actions[::2],
                        "urgency": hints["urgency"]["data"],
                        "expires": expires,
                    }
                )
        return found

    def count(self) -> int:
        """How many notices are on the screen."""
        return int(self._dunstctl("count", "displayed")) + int(self._dunstctl("count", "waiting"))

    def press(self, key: str) -> None:
        """Choose the action `key` of a notice, through dunst's context menu."""
        (self.folder / "choice").write_text(f",{key}]", encoding="utf-8")
        self._dunstctl("context")

    def dismiss(self) -> None:
        """Close everything, as a person would."""
        self._dunstctl("close-all")

    def _dunstctl(self, *args: str) -> str:
        done = subprocess.run(
            ["dunstctl", *args], env=self.env, capture_output=True, text=True, timeout=10, check=True
        )
        return done.stdout.strip()


def _end(process: subprocess.Popen[Any]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
