"""The installed command in a fork of a process that has imported it (`forge.py`): a tenth of what a new one costs."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

_FORGE = Path(__file__).with_name("forge.py")
# What loader and interpreter read before a program's first line, where a fork comes too late: such have a forge each.
_READ_AT_THE_START = ("PYTHON", "LD_", "LC_", "LANG")
_asking = threading.Lock()


def _first_read(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_READ_AT_THE_START)}


def run_forked(
    script: str, args: Sequence[str], env: Mapping[str, str], seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` of a Python script: without input, in the present folder. Raises TimeoutExpired."""
    argv = [script, *args]
    request = json.dumps({"argv": argv, "env": dict(env), "folder": str(Path.cwd())}).encode()
    answer, told = socket.socketpair()
    streams = [os.pipe() for _ in ("stdout", "stderr")]
    try:
        with told, Path(os.devnull).open("rb") as nothing:
            given = [told.fileno(), nothing.fileno(), *(end for _read, end in streams)]
            with _asking:
                socket.send_fds(_forge(frozenset(_first_read(env).items())), [request], given)
        for _read, end in streams:
            os.close(end)
        ends = (*(read for read, _end in streams), answer.fileno())
        stdout, stderr, code = _gathered(ends, argv, seconds)
    finally:
        answer.close()
        for read, _end in streams:
            os.close(read)
    assert code, f"the forge ended: {stderr!r}"
    return subprocess.CompletedProcess(argv, int(code), stdout, stderr)


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
