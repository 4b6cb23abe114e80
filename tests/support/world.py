"""A therapist's machine for one test: a home of its own, the real command, the real daemon as a process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.fence import fenced
from tests.support.forked import Forked, begin_forked, run_forked
from tests.support.sealed import DIGITS

KEPTHOUR = Path(sysconfig.get_path("scripts")) / "kepthour"
_SHIMS = Path(__file__).parent / "shim"
_STEP_SECONDS = 0.02


def eventually(holds: Callable[[], Any], what: str, within: float = 60.0) -> Any:
    """Wait until `holds` gives something true, and return that; fails with `what` after `within` seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(_STEP_SECONDS)
    raise AssertionError(f"not within {within:g} s: {what}")


class World:
    """One machine. `env` is what its processes get: add a display or a bus there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.received_file = folder / "received.jsonl"
        self.received_file.touch()
        self.env = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        self._shift: Path | None = None
        self._ahead = timedelta()  # of this machine's wall clock
        self._slept = timedelta()
        self.enter: tuple[
            str, ...
        ] = ()  # what its processes are started through, if they have a machine of their own
        self.program: tuple[str, ...] = (str(KEPTHOUR),)
        self._sealed = ""  # what its configuration says of a key

    @property
    def config_file(self) -> Path:
        return self.home / ".config" / "kepthour" / "config.toml"

    @property
    def store_file(self) -> Path:
        return self.home / ".local" / "state" / "kepthour" / "kepthour.db"

    def configure(self, text: str) -> None:
        """Write the configuration. `@SCRIPT@` is a command channel's argv that keeps what it is handed."""
        # One write a document: two that end at the same moment must not run into each other.
        line = 'document=$(cat); printf "%s\n" "$document" >>"$0"'
        script = ["/bin/sh", "-c", line, str(self.received_file)]
        self.config_file.parent.mkdir(parents=True, exist_ok=True)
        whole = text.replace("@SCRIPT@", json.dumps(script)) + self._sealed
        self.config_file.write_text(whole, encoding="utf-8")

    def seal(self) -> None:
        """From the next `configure` on its store is encrypted."""
        key = self.home / "key"
        key.touch(mode=0o600)
        key.write_text(DIGITS, encoding="ascii")
        self._sealed = f'\n[store]\nkey = {{ file = "{key}" }}\n'

    def received(self) -> list[dict[str, Any]]:
        """What the command channel was handed so far."""
        lines = fenced(self.received_file.read_text(encoding="utf-8")).splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def rungs(self) -> list[str]:
        """The rungs that the command channel was handed so far."""
        return [document["rung"] for document in self.received()]

    def cli(self, *args: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the command as its user would; no traceback may ever be seen."""
        done = self.run(args)
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        fenced(done.stderr)
        assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def run(self, args: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """In a fork: a new interpreter would import for most of a second."""
        if self.enter or self.program != (str(KEPTHOUR),):
            return self.run_alone(args)
        return run_forked(*self.program, args, self.env)

    def run_alone(self, args: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """In an interpreter of its own."""
        return subprocess.run(
            [*self.enter, *self.program, *args],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def json(self, *args: str, expect: int = 0) -> Any:
        """Run a command with --json; its standard output is one document."""
        return json.loads(self.cli(*args, "--json", expect=expect).stdout)

    @contextmanager
    def daemon(self, *options: str) -> Iterator[Daemon]:
        """`kepthour run` until the end of the block, when it is ended with SIGTERM and must end cleanly."""
        running = Daemon(self, *options).started()
        try:
            yield running
        finally:
            running.end()

    def now(self) -> datetime:
        """What this machine's wall clock says."""
        return datetime.now(UTC) + self._ahead

    def shift_clock(self, to: datetime) -> None:
        """From now on this machine's wall clock says `to` (and goes on from there)."""
        self._ahead = to - datetime.now(UTC)
        self._write_shift()

    def sleep(self, daemon: Daemon, until: datetime) -> None:
        """Suspend the machine until its wall clock says `until`; the monotonic clock stands still meanwhile."""
        with daemon.stopped():
            self._slept += until - self.now()
            self.shift_clock(until)

    def _write_shift(self) -> None:
        content = struct.pack("qq", _nanoseconds(self._ahead), _nanoseconds(self._slept))
        if self._shift is None:
            self._shift = self.folder / "clock-shift"
            self._shift.write_bytes(content)
            self.env["LD_PRELOAD"] = str(shim("shift"))
            self.env["CLOCK_SHIFT"] = str(self._shift)
        with self._shift.open("r+b") as file:
            file.write(content)


class Daemon:
    """A daemon that was just started. What it says on standard error is kept in `log`."""

    def __init__(self, world: World, *options: str, forked: bool = False) -> None:
        """With `forked`, in a fork (`forge.py`): what is started hundreds of times is not to import each time."""
        self.log = world.folder / f"daemon-{time.monotonic_ns()}.log"
        self.process: subprocess.Popen[bytes] | Forked
        with self.log.open("w") as stderr, Path(os.devnull).open("w") as nothing:
            if forked:
                self.process = begin_forked(
                    world.program[0],
                    ["run", *options],
                    world.env,
                    nothing.fileno(),
                    stderr.fileno(),
                    session=True,
                )
                return
            self.process = subprocess.Popen(
                [*world.enter, *world.program, "run", *options],
                env=world.env,
                stdout=nothing,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def started(self) -> Daemon:
        """Wait until it says so; it must not have ended."""
        eventually(
            lambda: "daemon.started" in self.said() or self.process.poll() is not None, "the daemon's start"
        )
        assert self.process.poll() is None, self.said()
        return self

    def said(self) -> str:
        return fenced(self.log.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """As a crash or a power cut would; nothing, if it has ended."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It does nothing at all until the end of the block."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """SIGTERM, and it must end cleanly."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=60) == 0, self.said()
        assert "Traceback" not in self.said(), self.said()


def _nanoseconds(span: timedelta) -> int:
    return round(span / timedelta(microseconds=1)) * 1000


def shim(name: str) -> Path:
    """A library to preload, built once per machine and version of its source."""
    source = _SHIMS / f"{name}.c"
    folder = Path(sys.prefix) / "lib" / "kepthour-tests"
    target = folder / f"{name}-{source.stat().st_mtime_ns}.so"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        compiler = shutil.which("cc") or shutil.which("gcc")
        assert compiler is not None, "tools/system-packages installs a C compiler"
        made = target.with_suffix(f".{os.getpid()}")  # another worker may be building the same
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
        made.rename(target)
    return target
