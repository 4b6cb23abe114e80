"""A real desktop for tests: Xvfb, a session bus and a notification daemon, each of its own, and gone afterwards."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.support.screen import Screen
from tests.support.servers import Dunst, Server, is_there
from tests.support.session_bus import PROGRAMS as BUS_PROGRAMS
from tests.support.session_bus import SessionBus, end
from tests.support.stacked import Stacked
from tests.support.world import eventually

NAME = "org.freedesktop.Notifications"
PROGRAMS = ("Xvfb", *BUS_PROGRAMS)


def missing_programs(server: type[Server] = Dunst) -> list[str]:
    """Which parts of the desktop this machine lacks."""
    return [name for name in (*PROGRAMS, *server.needs) if not is_there(name)]


class Desktop(Stacked):
    """`env` is for processes that are to run on it. Use as a context manager.

    After `start_bus` the address in `env` may be another one.
    """

    def __init__(self, folder: Path, server: type[Server] = Dunst, *, plain: bool = False) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._kind = server
        self._plain = plain
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Desktop:
        with ExitStack() as stack:
            stack.callback(self._stack.close)
            self.screen = Screen(self.folder / "screen")
            self._stack.callback(end, self.screen.process)
            self.bus = SessionBus(self.folder / "bus")
            self.bus.env["DISPLAY"] = self.screen.name  # what the bus starts is to find the screen
            self._stack.enter_context(self.bus)
            self.start_server()
            stack.pop_all()
        return self

    @property
    def env(self) -> dict[str, str]:
        return self.bus.env

    @property
    def address(self) -> str:
        """The session bus's."""
        return self.bus.address

    def start_bus(self, *, same: bool = False) -> None:
        """A session bus, at another address than before or at the `same`."""
        self.bus.start(same=same)

    def kill_bus(self) -> None:
        """The session bus dies, and everything on it."""
        self.bus.kill()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def start_server(self, kind: type[Server] | None = None) -> None:
        """The notification daemon (or one of another kind), ready when it owns its name."""
        self._kind = kind or self._kind
        self.server = self._kind(self.folder, self.screen, self.bus, plain=self._plain)
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self.server.command(), env=self.env, stdout=log, stderr=log)
        self._stack.callback(end, self._process)
        eventually(lambda: self.bus.owned(NAME), f"{self.server.name} on the bus")

    def kill_server(self) -> None:
        """The notification daemon dies."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        eventually(lambda: not self.bus.owned(NAME), f"{self.server.name} off the bus")

    @contextmanager
    def frozen_server(self) -> Iterator[None]:
        """The notification daemon hangs until the end of the block; what it is asked for it does afterwards."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def let_the_bus_start_the_server(self) -> None:
        """From now on the bus starts a notification daemon when one is wanted, as on most desktops."""
        self.bus.start_on_demand(NAME, self.server.command())

    def emit(self, member: str, *args: str) -> None:
        """A program that is no notification daemon sends out a signal that looks like one's."""
        path = "/org/freedesktop/Notifications"
        assert self.bus.busctl("emit", path, NAME, member, *args).returncode == 0

    def notify(self, title: str, actions: tuple[str, ...] = ()) -> None:
        """Another program shows a notice with these actions; it stays."""
        words = [word for key in actions for word in (key, key)]
        done = self.bus.busctl(
            "call", NAME, "/org/freedesktop/Notifications", NAME, "Notify", "susssasa{sv}i",
            "other", "0", "", title, "", str(len(words)), *words, "0", "0",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def asked(self) -> list[str]:
        """The titles that anybody asked the notification daemon to show, whether it did or not."""
        return [one["summary"] for one in self.notified()]

    def shown(self) -> list[str]:
        """The titles of the notices on the screen, oldest first."""
        titles: list[str] = []

        def agreed() -> bool:  # the server tells how many it shows, only the bus knows which
            titles[:] = self._on_screen()
            return self.count() == len(titles)

        eventually(agreed, f"{self.server.name} and the bus to agree about what is shown")
        return titles

    def _on_screen(self) -> list[str]:
        asked: dict[tuple[str, int], str] = {}
        titles: dict[int, str] = {}
        for message in self.bus.messages():
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

    def closed(self) -> list[int]:
        """Why each notice that left the screen left it: 1 expired, 2 dismissed, 3 taken back, 4 not said."""
        found = (one for one in self.bus.messages() if one.get("member") == "NotificationClosed")
        return [one["payload"]["data"][1] for one in found]

    def notified(self) -> list[dict[str, Any]]:
        """Every Notify call so far, as a monitor on the bus saw it: summary, body, replaces, actions, expires."""
        found = []
        for message in self.bus.messages():
            if message.get("member") == "Notify" and message.get("type") == "method_call":
                _app, replaces, _icon, summary, body, actions, hints, expires = message["payload"]["data"]
                found.append(
                    {
                        "summary": summary,
                        "body": body,
                        "replaces": replaces,
                        "actions": actions[::2],
                        "urgency": hints["urgency"]["data"] if "urgency" in hints else None,
                        "silent": "suppress-sound" in hints,
                        "expires": expires,
                    }
                )
        return found

    def count(self) -> int:
        """How many notices are on the screen."""
        return self.server.count()

    def press(self, key: str) -> None:
        """Choose the action `key` of the only notice on the screen, as its user would."""
        self.server.press(key, self.notified()[-1]["actions"].index(key))

    def dismiss(self) -> None:
        """Close what is there, as a person would."""
        self.server.dismiss()
