"""A session bus of its own, and what went over it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support.stacked import Stacked
from tests.support.world import eventually

PROGRAMS = ("dbus-daemon", "busctl")
_BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
_CONFIG = """<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>
<servicedir>{services}</servicedir><policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"""


def end(process: subprocess.Popen[Any]) -> None:
    """With SIGTERM, and with SIGKILL if that does not help."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


class SessionBus(Stacked):
    """Use as a context manager. `env` is for what it starts itself; its address comes into it."""

    def __init__(self, folder: Path, env: Mapping[str, str] = os.environ) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.env = dict(env)
        self.address = ""
        self._file = self.folder / "monitor.jsonl"
        self._file.touch()
        self._marks = 0
        self._starts = 0
        self._services = self.folder / "services"
        self._services.mkdir()
        self._stack = ExitStack()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> SessionBus:
        with ExitStack() as stack:
            stack.callback(self._stack.close)
            self.start()
            stack.pop_all()
        return self

    def start(self, *, same: bool = False) -> None:
        """At an address of its own, or at the `same` as before; with nothing that it could start by itself."""
        self._starts += not same
        config, address = self.folder / "bus.conf", f"unix:path={self.folder}/bus-{self._starts}"
        config.write_text(_CONFIG.format(address=address, services=self._services), encoding="utf-8")
        self._process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._stack.callback(end, self._process)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self.address
        self._start_monitor()

    def _start_monitor(self) -> None:
        with self._file.open("a") as output:
            monitor = subprocess.Popen(
                ["busctl", f"--address={self.address}", "--json=short", "monitor"],
                stdout=output,
                stderr=subprocess.DEVNULL,
            )
        self._stack.callback(end, monitor)
        # It listens once it shows the first message, which asking for a name that nobody has makes.
        size = self._file.stat().st_size
        eventually(lambda: (self.owned("a.b"), self._file.stat().st_size > size)[1], "the bus monitor")

    def kill(self) -> None:
        """The bus dies."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def owned(self, name: str) -> bool:
        """Whether somebody has this name."""
        done = self.busctl("call", *_BUS, "NameHasOwner", "s", name)
        return done.returncode == 0 and bool(json.loads(done.stdout)["data"][0])

    def start_on_demand(self, name: str, command: list[str]) -> None:
        """From now on the bus starts this when `name` is wanted."""
        service = f"[D-BUS Service]\nName={name}\nExec={' '.join(command)}\n"
        (self._services / f"{name}.service").write_text(service, encoding="utf-8")
        self.busctl("call", *_BUS, "ReloadConfig")

    def busctl(self, *args: str) -> subprocess.CompletedProcess[str]:
        call = ["busctl", f"--address={self.address}", "--json=short", *args]
        return subprocess.run(call, capture_output=True, text=True, env=self.env, timeout=60, check=False)

    def messages(self) -> Iterator[dict[str, Any]]:
        """All that went over it so far."""
        self._marks += 1
        mark = f"kepthour.test.Mark{self._marks}x"
        if self.busctl("call", *_BUS, "NameHasOwner", "s", mark).returncode == 0:
            eventually(lambda: mark.encode() in self._file.read_bytes(), "the bus monitor")
        # The last line may be half written, and end within a letter.
        for line in self._file.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield json.loads(line)
