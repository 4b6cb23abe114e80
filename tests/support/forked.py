"""The installed command in a fork of a process that has imported it (`forge.py`): a tenth of what a new one costs."""

from __future__ import annotations

import atexit
import json
import os
import resource
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

_FORGE = Path(__file__).with_name("forge.py")
# What loader and interpreter read before a program's first line, where a fork comes too late: such have a forge each.
_READ_AT_THE_START = ("PYTHON", "LD_", "LC_", "LANG")
_asking = threading.Lock()


def _first_read(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_READ_AT_THE_START)}


class Forked:
    """A process that was begun so, with what `subprocess.Popen` would have of it. Ends with this object's user."""

    def __init__(self, argv: Sequence[str], answer: socket.socket) -> None:
        self.args = list(argv)
        self.answer = answer
        self.pid = int(self._told())
        self.returncode: int | None = None

    def send_signal(self, number: int) -> None:
        """Nothing, if it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        """Its return code, if it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its return code. Raises TimeoutExpired."""
        if self.returncode is None:
            self.answer.settimeout(timeout)
            try:
                self.returncode = int(self._told())
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            self.answer.close()
        return self.returncode

    def _told(self) -> bytes:
        told = self.answer.recv(100)
        assert told, "the forge has ended"
        return told


def begin_forked(
    script: str,
    args: Sequence[str],
    env: Mapping[str, str],
    stdout: int,
    stderr: int,
    *,
    session: bool = False,
) -> Forked:
    """As `subprocess.Popen` of a Python script: without input, in the present folder; in a `session` of its own."""
    argv = [script, *args]
    wanted = {"argv": argv, "env": dict(env), "folder": str(Path.cwd()), "session": session}
    # A message is what was sent at once: the process and its end are not told in one.
    answer, told = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # In a file: two words as long as a system takes them are more than a message may hold.
    with told, Path(os.devnull).open("rb") as nothing, os.fdopen(os.memfd_create("request"), "wb") as request:
        request.write(json.dumps(wanted).encode())
        request.flush()
        given = [request.fileno(), told.fileno(), nothing.fileno(), stdout, stderr]
        with _asking:
            forge = _forge(frozenset(_first_read(env).items()))
            socket.send_fds(forge, [b"request"], given)
    return Forked(argv, answer)


def run_forked(
    script: str,
    args: Sequence[str],
    env: Mapping[str, str],
    seconds: float = 60,
    limits: Mapping[int, int] | None = None,
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` of a Python script: without input, in the present folder. Raises TimeoutExpired.

    `limits` are of its resources (`resource.RLIMIT_CPU`); what it does before they stand is its start.
    """
    streams = [os.pipe() for _ in ("stdout", "stderr")]
    try:
        try:
            process = begin_forked(script, args, env, *(end for _read, end in streams))
        finally:
            for _read, end in streams:
                os.close(end)
        for kind, most in (limits or {}).items():
            with suppress(ProcessLookupError):  # it has ended
                resource.prlimit(process.pid, kind, (most, most))
        with process.answer:
            ends = (*(read for read, _end in streams), process.answer.fileno())
            stdout, stderr, code = _gathered(ends, process.args, seconds)
    finally:
        for read, _end in streams:
            os.close(read)
    assert code, f"the forge has ended: {stderr!r}"
    return subprocess.CompletedProcess(process.args, int(code), stdout, stderr)


def _gathered(fds: Sequence[int], argv: Sequence[str], seconds: float) -> list[str]:
    """What comes of each up to its end. Raises TimeoutExpired."""
    found = dict.fromkeys(fds, b"")
    last = time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting:
        for fd in fds:
            waiting.register(fd, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(max(0.0, last - time.monotonic()))
            if not ready:
                raise subprocess.TimeoutExpired(argv, seconds, found[fds[0]])
            for key, _events in ready:
                more = os.read(key.fd, 1 << 16)
                found[key.fd] += more
                if not more:
                    waiting.unregister(key.fd)
    return [found[fd].decode().replace("\r\n", "\n").replace("\r", "\n") for fd in fds]


@cache
def _forge(env: frozenset[tuple[str, str]]) -> socket.socket:
    """Where it is asked. It lives as long as this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        forge = subprocess.Popen(
            [sys.executable, str(_FORGE), str(theirs.fileno())],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        forge.wait()

    atexit.register(end)
    return ours
