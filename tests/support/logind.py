"""A system bus of its own, and on it a program that announces sleep as logind does.

As a program (`python -m tests.support.logind ADDRESS`) it owns logind's name and announces each word that it reads:
"true" before a sleep, "false" after it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from dbus_fast import Message, NameFlag, RequestNameReply
from dbus_fast.aio import MessageBus

from tests.support.stacked import Stacked
from tests.support.world import eventually

NAME = "org.freedesktop.login1"
PYTHON, MOCK = "/usr/bin/python3", Path("/usr/lib/python3/dist-packages/dbusmock")  # Debian's
_MANAGER, _MOCK = "/org/freedesktop/login1", "org.freedesktop.DBus.Mock"
_BUS = """<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_type="signal"/><allow receive_type="error"/>
<allow receive_type="method_call"/><allow receive_type="method_return"/><allow own="*"/></policy></busconfig>"""


class Logind(Stacked):
    """Use as a context manager; the bus is there from its beginning to its end, at an address known before."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="kepthour-")))
        self.address = f"unix:path={self._folder}/system-bus"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._stack.close)
            config = self._folder / "bus.conf"
            config.write_text(_BUS.format(path=self._folder / "system-bus"), encoding="utf-8")
            self._run("dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1")
            self._own_the_name()
            stack.pop_all()
        return self

    def _own_the_name(self) -> None:
        self._program = self._run(sys.executable, "-m", "tests.support.logind", self.address)

    def announce(self, going: bool) -> None:
        """The machine is about to sleep (`going`), or is back."""
        assert self._program.stdin is not None
        self._program.stdin.write(f"{going}\n".lower())
        self._program.stdin.flush()

    def _run(self, *command: str) -> subprocess.Popen[str]:
        """Start it, and wait for its first line."""
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._stack.callback(_end, process)
        assert process.stdout is not None
        assert process.stdout.readline(), f"{command[0]} has ended"
        return process


class Desktops(Logind):
    """A logind that knows of sessions: python-dbusmock's, with desktops that a test locks and leaves idle."""

    def _own_the_name(self) -> None:
        env = os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": self.address}
        command = [PYTHON, "-m", "dbusmock", "--system", "--template", "logind"]
        self._stack.callback(_end, subprocess.Popen(command, env=env, text=True))
        eventually(lambda: self._call(_MANAGER, f"{NAME}.Manager", "ListSessions"), "dbusmock's logind")

    def log_in(self, session: str, kind: str = "wayland", uid: int | None = None) -> None:
        """A session begins: of this user, with a desktop, if it is not said otherwise."""
        who = str(os.getuid() if uid is None else uid)
        assert self._call(_MANAGER, _MOCK, "AddSession", "ssusb", session, "seat0", who, "anna", "true")
        self._set(session, "Type", "s", kind)

    def lock(self, session: str, locked: bool = True) -> None:
        """As a screen locker tells logind."""
        self._set(session, "LockedHint", "b", str(locked).lower())

    def leave_idle(self, session: str, idle: bool = True) -> None:
        """As a desktop tells logind when nobody touches it."""
        self._set(session, "IdleHint", "b", str(idle).lower())

    def _set(self, session: str, name: str, kind: str, value: str) -> None:
        path, properties = f"{_MANAGER}/session/{session}", ("1", name, kind, value)
        assert self._call(path, _MOCK, "UpdateProperties", "sa{sv}", f"{NAME}.Session", *properties)

    def _call(self, path: str, interface: str, member: str, *args: str) -> bool:
        call = ["busctl", f"--address={self.address}", "call", NAME, path, interface, member, *args]
        return subprocess.run(call, capture_output=True, timeout=60, check=False).returncode == 0


def missing_for_desktops() -> list[str]:
    """What this machine lacks for `Desktops`."""
    missing = [name for name in ("dbus-daemon", "busctl") if shutil.which(name) is None]
    return missing if MOCK.exists() else [*missing, "python3-dbusmock"]


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


async def _announce_all(address: str) -> None:
    bus = await MessageBus(bus_address=address).connect()
    assert await bus.request_name(NAME, NameFlag.DO_NOT_QUEUE) is RequestNameReply.PRIMARY_OWNER
    print("ready", flush=True)
    while word := (await asyncio.to_thread(sys.stdin.readline)).strip():
        path, interface = "/org/freedesktop/login1", f"{NAME}.Manager"
        await bus.send(
            Message.new_signal(path, interface, "PrepareForSleep", signature="b", body=[word == "true"])
        )


if __name__ == "__main__":
    asyncio.run(_announce_all(sys.argv[1]))
