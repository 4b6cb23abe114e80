"""A real `systemd --user` for tests, in namespaces of its own: nothing of it is left behind, and no other is touched.

It takes root: a manager wants a control group and a /run of its own. What it runs sees this machine's files, and its
own processes only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support.stacked import Stacked
from tests.support.world import World, eventually, shim

MANAGER = Path("/lib/systemd/systemd")
_PROGRAMS = ("unshare", "nsenter", "setpriv", "systemctl", "systemd-run")
_NAMESPACES = ("--mount", "--pid", "--cgroup")
# systemd as the first process of its namespaces would take itself for the machine's.
_START = """
mount --make-rshared / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system
mount -t cgroup2 none /sys/fs/cgroup && mkdir "/sys/fs/cgroup/$1" && echo $$ >"/sys/fs/cgroup/$1/cgroup.procs"
setpriv --bounding-set="$2" {manager} --user & wait
"""
# The kernel may still be counting out the manager's processes: hence more than one try.
FORGET = """
mount -t cgroup2 none /sys/fs/cgroup
for try in $(seq 50); do
    find "/sys/fs/cgroup/$1" -depth -type d -exec rmdir {} + 2>/dev/null && exit 0
    sleep 0.1
done
find "/sys/fs/cgroup/$1" -depth -type d -exec rmdir {} +
"""


def missing_for_systemd() -> list[str]:
    """What this machine lacks for a manager of its own."""
    programs = [name for name in _PROGRAMS if not shutil.which(name)]
    manager = [] if MANAGER.exists() else [str(MANAGER)]
    if programs or manager:
        return programs + manager
    if os.geteuid() != 0:
        return ["root (for a systemd of its own)"]
    trial = ["unshare", "--mount", "--cgroup", "mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"]
    done = subprocess.run(trial, capture_output=True, check=False)
    return [] if done.returncode == 0 else ["the right to mount control groups"]


class UserManager(Stacked):
    """The manager of one World's user, as a context manager.

    `alarm_clock`: its machine has one. `may_wake`: the manager may set it, as a user's manager may from systemd 254 on.
    """

    def __init__(self, world: World, alarm_clock: bool = True, may_wake: bool = True) -> None:
        self.world = world
        self._alarm_clock = alarm_clock
        self._allowed = "+all" if may_wake else "-wake_alarm"
        self._name = f"kepthour-test-{os.getpid()}-{time.monotonic_ns()}"
        self._stack = ExitStack()
        self._init = 0

    def __enter__(self) -> UserManager:
        with ExitStack() as stack:
            stack.callback(self._stack.close)
            runtime = tempfile.mkdtemp(prefix="kepthour-")  # a path to a socket must not be long
            self._stack.callback(shutil.rmtree, runtime, ignore_errors=True)
            self.world.env["XDG_RUNTIME_DIR"] = runtime
            self.world.env["LD_PRELOAD"] = str(shim("alarm"))
            self.world.env["ALARM_CLOCK"] = "here" if self._alarm_clock else "none"
            self._start()
            stack.pop_all()
        return self

    def _start(self) -> None:
        script = _START.format(manager=MANAGER)
        with (self.world.folder / "manager.log").open("wb") as log:
            enter = ["unshare", *_NAMESPACES, "--fork", "--mount-proc", "--kill-child"]
            outer = subprocess.Popen(
                [*enter, "bash", "-c", script, "-", self._name, self._allowed],
                env=self.world.env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self._stack.callback(
            subprocess.run, ["unshare", *_NAMESPACES[::2], "bash", "-c", FORGET, "-", self._name]
        )
        self._stack.callback(kill, outer)
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
        self._init = int(eventually(lambda: children.read_text().split()[:1], "the namespaces")[0])
        eventually(self._is_up, "the user manager")

    def _is_up(self) -> bool:
        return self.run("systemctl", "--user", "is-system-running").stdout.strip() in {"running", "degraded"}

    @property
    def enter(self) -> tuple[str, ...]:
        """What a command is started through to be beside its services."""
        return ("nsenter", "--target", str(self._init), *_NAMESPACES)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run this beside the manager's services, as its user."""
        return subprocess.run(
            [*self.enter, *command],
            env=self.world.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def systemctl(self, *args: str) -> str:
        """What it prints; it must succeed."""
        done = self.run("systemctl", "--user", *args)
        assert done.returncode == 0, f"{args}: {done.stderr}"
        return done.stdout

    def show(self, unit: str, key: str) -> str:
        """One property of a unit."""
        return self.systemctl("show", unit, f"--property={key}", "--value").strip()

    def timers(self) -> dict[str, str]:
        """The timers that stand, each with when it elapses, as systemd writes it."""
        listed = self.systemctl("list-units", "--type=timer", "--plain", "--no-legend", "--full")
        names = [line.split()[0] for line in listed.splitlines()]
        return {name: self.show(name, "NextElapseUSecRealtime") for name in names}

    def install(self, name: str, text: str) -> None:
        """Write a unit as its user would."""
        folder = self.world.home / ".config" / "systemd" / "user"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        self.systemctl("daemon-reload")


def kill(process: subprocess.Popen[Any]) -> None:
    """End it at once."""
    process.kill()  # --kill-child: the namespaces' first process goes with it, and with that one all the others
    process.wait()
