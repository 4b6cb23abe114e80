"""A machine of its own for tests: a real systemd as the first process of namespaces, with its system bus and logind.

Its files are this machine's, under a layer in memory: nothing of what it writes is left. It takes root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from dbus_fast import Message, MessageType, unpack_variants
from dbus_fast.aio import MessageBus

from tests.support.stacked import Stacked
from tests.support.user_manager import FORGET, MANAGER, kill, missing_for_systemd
from tests.support.world import eventually

_NAMESPACES = ("--mount", "--pid", "--cgroup", "--uts", "--ipc")
_BOOT = """
mount --make-rprivate / && mount -t tmpfs tmpfs "$1" && cd "$1" && mkdir upper work root
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" root && cd root
mount -t proc proc proc && mount -t tmpfs tmpfs run && mount -t tmpfs tmpfs tmp && mkdir -p run/systemd/system mnt
mount -t sysfs sysfs sys -o ro && mount -t cgroup2 none sys/fs/cgroup
mkdir "sys/fs/cgroup/$2" && echo $$ >"sys/fs/cgroup/$2/cgroup.procs"
for share in "${{@:3}}"; do mkdir -p "opt/${{share%%=*}}" && mount --bind "${{share#*=}}" "opt/${{share%%=*}}"; done
mount --bind /dev dev && pivot_root . mnt && umount -l /mnt && mount --make-rshared /
exec {manager} --system --unit=basic.target --log-target=null --show-status=no
"""
_LOGIND, _PATH = "org.freedesktop.login1", "/org/freedesktop/login1"


def missing_for_machine() -> list[str]:
    """What this one lacks for another."""
    wanted = {
        "/lib/systemd/systemd-logind": "systemd",
        "/lib/systemd/system/dbus.socket": "dbus",
    }
    missing = missing_for_systemd() + [package for file, package in wanted.items() if not Path(file).exists()]
    missing += [program for program in ("dbus-daemon", "loginctl") if shutil.which(program) is None]
    if missing:
        return missing
    with tempfile.TemporaryDirectory() as folder:
        layers = (
            "mount -t tmpfs tmpfs . && mkdir u w r && mount -t overlay o -o lowerdir=/,upperdir=u,workdir=w r"
        )
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", layers], cwd=folder, capture_output=True, check=False
        )
    return [] if done.returncode == 0 else ["the right to mount overlays"]


class Machine(Stacked):
    """As a context manager. `address` is that of its system bus, for this process.

    `shares` are folders of this machine, by the name under /opt at which they are to be found there.
    """

    def __init__(self, shares: Mapping[str, Path] | None = None) -> None:
        self._shares = [f"{name}={folder}" for name, folder in (shares or {}).items()]
        self._name = f"kepthour-test-{os.getpid()}-{time.monotonic_ns()}"
        self._stack = ExitStack()
        self._init = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._stack.close)
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="kepthour-"))
            self._stack.callback(
                subprocess.run, ["unshare", "--mount", "--cgroup", "bash", "-c", FORGET, "-", self._name]
            )
            command = [
                "unshare",
                *_NAMESPACES,
                "--fork",
                "--kill-child",
                "bash",
                "-ec",
                _BOOT.format(manager=MANAGER),
            ]
            outer = subprocess.Popen(
                [*command, "-", folder, self._name, *self._shares], stdin=subprocess.DEVNULL
            )
            self._stack.callback(kill, outer)
            children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
            self._init = int(eventually(lambda: children.read_text().split()[:1], "the namespaces")[0])
            eventually(self._is_up, "the system")
            self.run("systemctl", "start", "dbus.socket", "systemd-logind.service")
            stack.pop_all()
        return self

    def _is_up(self) -> bool:
        return self._run("systemctl", "is-system-running").stdout.strip() in {"running", "degraded"}

    @property
    def address(self) -> str:
        return f"unix:path=/proc/{self._init}/root/run/dbus/system_bus_socket"

    def run(self, *command: str) -> str:
        """What this prints there, as root; it must succeed."""
        done = self._run(*command)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "--target", str(self._init), *_NAMESPACES]
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}  # nothing of this one's buses
        return subprocess.run(
            [*enter, *command], env=env, capture_output=True, text=True, timeout=60, check=False
        )

    def write(self, path: str, text: str, mode: int) -> None:
        """A file of root's there."""
        file = Path(f"/proc/{self._init}/root{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def leader(self) -> int:
        """The number there of a process that a session can be of; it ends with the machine."""
        enter = ["nsenter", "--target", str(self._init), *_NAMESPACES]
        process = subprocess.Popen(
            [*enter, "sh", "-c", "echo $$; exec sleep infinity"], stdout=subprocess.PIPE, text=True
        )
        self._stack.callback(kill, process)
        assert process.stdout is not None
        return int(process.stdout.readline())


class Login:
    """A session of this user on a Machine, as a display manager begins one; it lasts until `end`."""

    def __init__(self, bus: MessageBus, path: str, fifo: int) -> None:
        self._bus = bus
        self.path = path
        self._fifo: int | None = fifo

    @classmethod
    async def begin(cls, machine: Machine, kind: str = "wayland") -> Login:
        bus = await MessageBus(bus_address=machine.address, negotiate_unix_fd=True).connect()
        details = [os.getuid(), machine.leader(), "test", kind, "user", "", "", 0, "", "", False, "", "", []]
        made = await _call(bus, _PATH, "Manager", "CreateSession", "uusssssussbssa(sv)", details)
        _id, path, _runtime, fifo, *_rest = made.body
        return cls(bus, path, made.unix_fds[fifo])

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]

    async def tell(self, hint: str, holds: bool) -> None:
        """As a locker ("Locked") or a desktop ("Idle") tells logind."""
        await _call(self._bus, self.path, "Session", f"Set{hint}Hint", "b", [holds])

    async def get(self, name: str) -> object:
        """A property of the session."""
        found = await _call(self._bus, self.path, "", "Get", "ss", [f"{_LOGIND}.Session", name])
        return unpack_variants(found.body)[0]

    def end(self) -> None:
        """The display manager lets go of it; what still runs in it goes on."""
        if self._fifo is not None:
            os.close(self._fifo)
        self._fifo = None

    def close(self, machine: Machine) -> None:
        """All of it ends."""
        self.end()
        self._bus.disconnect()
        machine.run("loginctl", "kill-session", "--signal=KILL", self.id)
        eventually(lambda: self.id not in machine.run("loginctl", "list-sessions").split(), "its end")


async def _call(
    bus: MessageBus, path: str, part: str, member: str, signature: str, body: list[object]
) -> Message:
    interface = f"{_LOGIND}.{part}" if part else "org.freedesktop.DBus.Properties"
    reply = await bus.call(Message(_LOGIND, path, interface, member, signature=signature, body=body))
    assert reply is not None and reply.message_type is MessageType.METHOD_RETURN, reply and reply.body
    return reply
