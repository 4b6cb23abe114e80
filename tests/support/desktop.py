"""A real desktop for tests: Xvfb, a session bus and dunst, each of its own, and gone afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.world import eventually

NAME = "org.freedesktop.Notifications"
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
_BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
# dunst's context menu hands over lines such as "#I'm here (Kept Hour) [12,here]"; the picker takes the wanted one.
_PICKER = """\
#!/bin/sh
exec grep -F "$(cat {choice})" | head -n 1
"""


def missing_programs() -> list[str]:
    """Which parts of the desktop this machine lacks."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class Desktop:
    """`env` is for processes that are to run on it. Use as a context manager.

    After `start_bus` the address in `env` is another one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.env = dict(os.environ)
        self._monitor_file = self.folder / "monitor.jsonl"
        self._monitor_file.touch()
        self._marks = 0
        self._services = self.folder / "services"
        self._services.mkdir()
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
        """A session bus, with nothing that it could start by itself (see `let_the_bus_start_dunst`)."""
        config = self.folder / "bus.conf"
        config.write_text(
            "<busconfig><type>session</type>"
            f"<listen>unix:dir={self.folder}</listen><auth>EXTERNAL</auth>"
            f"<servicedir>{self._services}</servicedir>"
            '<policy context="default"><allow send_destination="*" eavesdrop="true"/>'
            '<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>',
            encoding="utf-8",
        )
        self._bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
            env=self.env,  # what the bus starts is to find the screen
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
        with (self.folder / "dunst.log").open("ab") as log:
            self._dunst = subprocess.Popen(self._dunst_command(), env=self.env, stdout=log, stderr=log)
        self._stack.callback(_end, self._dunst)
        eventually(self._has_server, "dunst on the bus")

    def _dunst_command(self) -> list[str]:
        picker, choice = self.folder / "picker", self.folder / "choice"
        picker.write_text(_PICKER.format(choice=choice), encoding="utf-8")
        picker.chmod(0o755)
        config = self.folder / "dunstrc"
        config.write_text(_DUNSTRC.format(picker=picker), encoding="utf-8")
        return ["dunst", "-config", str(config)]

    def kill_dunst(self) -> None:
        """The notification daemon dies."""
        assert self._dunst is not None
        self._dunst.kill()
        self._dunst.wait()
        eventually(lambda: not self._has_server(), "dunst off the bus")

    @contextmanager
    def frozen_dunst(self) -> Iterator[None]:
        """The notification daemon hangs until the end of the block; what it is asked for it does afterwards."""
        assert self._dunst is not None
        self._dunst.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._dunst.send_signal(signal.SIGCONT)

    def let_the_bus_start_dunst(self) -> None:
        """From now on the bus starts a notification daemon when one is wanted, as on most desktops."""
        command = shutil.which("dunst"), *self._dunst_command()[1:]
        service = f"[D-BUS Service]\nName={NAME}\nExec={' '.join(map(str, command))}\n"
        (self._services / f"{NAME}.service").write_text(service, encoding="utf-8")
        self._busctl("call", *_BUS, "ReloadConfig")

    def _has_server(self) -> bool:
        done = self._busctl("call", *_BUS, "NameHasOwner", "s", NAME)
        return done.returncode == 0 and bool(json.loads(done.stdout)["data"][0])

    def _busctl(self, *args: str) -> subprocess.CompletedProcess[str]:
        call = ["busctl", f"--address={self.address}", "--json=short", *args]
        return subprocess.run(call, capture_output=True, text=True, env=self.env, timeout=10, check=False)

    def emit(self, member: str, *args: str) -> None:
        """A program that is no notification daemon sends out a signal that looks like one's."""
        path = "/org/freedesktop/Notifications"
        assert self._busctl("emit", path, NAME, member, *args).returncode == 0

    def notify(self, title: str, actions: tuple[str, ...] = ()) -> None:
        """Another program shows a notice with these actions; it stays."""
        words = [word for key in actions for word in (key, key)]
        done = self._busctl(
            "call", NAME, "/org/freedesktop/Notifications", NAME, "Notify", "susssasa{sv}i",
            "other", "0", "", title, "", str(len(words)), *words, "0", "0",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def _messages(self) -> Iterator[dict[str, Any]]:
        """All that went over the bus so far."""
        self._marks += 1
        mark = f"kepthour.test.Mark{self._marks}x"
        if self._busctl("call", *_BUS, "NameHasOwner", "s", mark).returncode == 0:
            eventually(lambda: mark in self._monitor_file.read_text(encoding="utf-8"), "the bus monitor")
        for line in self._monitor_file.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)

    def asked(self) -> list[str]:
        """The titles that anybody asked the notification daemon to show, whether it did or not."""
        return [one["summary"] for one in self.notified()]

    def shown(self) -> list[str]:
        """The titles of the notices on the screen, oldest first."""
        titles: list[str] = []

        def agreed() -> bool:  # dunst tells how many it shows, only the bus knows which
            titles[:] = self._on_screen()
            return self.count() == len(titles)

        eventually(agreed, "dunst and the bus to agree about what is shown")
        return titles

    def _on_screen(self) -> list[str]:
        asked: dict[tuple[str, int], str] = {}
        titles: dict[int, str] = {}
        for message in self._messages():
            match message:
                case {
                    "member": "Notify",
                    "type": "method_call",
                    "payload": {"data": [_, _, _, str(title), *_]},
                }:
                    asked[message["sender"], message["cookie"]] = title
                case {"type": "method_return", "reply_cookie": cookie, "destination": to, "payload": payload}:
                    if (to, cookie) in asked:
                        titles[payload["data"][0]] = asked.pop((to, cookie))
                case {"member": "NotificationClosed", "payload": {"data": [shown, _]}}:
                    titles.pop(shown, None)
                case {"member": "NameOwnerChanged", "payload": {"data": [owned, *_]}} if owned == NAME:
                    titles.clear()
        return list(titles.values())

    def drawn(self) -> list[str]:
        """The markup that dunst made of each notice that has left the screen, newest first."""
        (history,) = json.loads(self._dunstctl("history"))["data"]
        return [one["message"]["data"] for one in history]

    def notified(self) -> list[dict[str, Any]]:
        """Every Notify call so far, as a monitor on the bus saw it: summary, body, replaces, actions, expires."""
        found = []
        for message in self._messages():
            if message.get("member") == "Notify" and message.get("type") == "method_call":
                _app, replaces, _icon, summary, body, actions, hints, expires = message["payload"]["data"]
                found.append(
                    {
                        "summary": summary,
                        "body": body,
                        "replaces": replaces,
                        "actions": actions[::2],
                        "urgency": hints["urgency"]["data"] if "urgency" in hints else None,
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
