"""What systemd is told, on a real notify socket."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kepthour.runtime.systemd import Systemd


class _Manager:
    """The service manager's end. `address` is what it would put into NOTIFY_SOCKET."""

    def __init__(self, folder: Path, abstract: bool) -> None:
        name = f"kepthour-test-{os.getpid()}-{time.monotonic_ns()}"
        self.address = f"@{name}" if abstract else str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{name}" if abstract else self.address)
        self.socket.settimeout(10)

    def heard(self) -> list[str]:
        """The lines of the next datagram."""
        return self.socket.recv(4096).decode().splitlines()


@pytest.fixture(params=[False, True], ids=["a path", "an abstract address"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[_Manager]:
    made = _Manager(tmp_path, request.param)
    with closing(made.socket):
        yield made


def test_each_message_is_one_datagram(manager: _Manager) -> None:
    systemd = Systemd.taken_from({"NOTIFY_SOCKET": manager.address})
    systemd.ready("Watching 2 calendars.")
    assert manager.heard() == ["READY=1", "STATUS=Watching 2 calendars."]
    systemd.status("Well.")
    assert manager.heard() == ["STATUS=Well."]
    systemd.stopping()
    assert manager.heard() == ["STOPPING=1", "STATUS=Ending."]


def test_a_reload_says_when_it_began(manager: _Manager) -> None:
    before = time.monotonic_ns() // 1000
    Systemd.taken_from({"NOTIFY_SOCKET": manager.address}).reloading()
    first, second = manager.heard()
    assert first == "RELOADING=1"
    assert before <= int(second.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000


def test_children_inherit_nothing_of_it() -> None:
    environ = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/home/anna"}
    Systemd.taken_from(environ)
    assert environ == {"HOME": "/home/anna"}


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),  # meant for another process
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "often"}, None),
    ],
)
def test_the_watchdog_is_the_one_that_is_meant_for_us(
    variables: dict[str, str], seconds: float | None
) -> None:
    assert Systemd.taken_from(variables).watchdog_seconds == seconds


async def test_a_sign_is_given_only_while_all_is_well(manager: _Manager) -> None:
    answers = [False, True, False, True]
    done = asyncio.Event()

    def well() -> bool:
        if not answers:
            done.set()
            return False
        return answers.pop(0)

    systemd = Systemd(manager.address, watchdog_seconds=0.01)
    feeding = asyncio.create_task(systemd.feed_watchdog(well))
    async with asyncio.timeout(10):
        await done.wait()
    feeding.cancel()
    manager.socket.setblocking(False)
    assert [manager.heard(), manager.heard()] == [["WATCHDOG=1"], ["WATCHDOG=1"]]
    with pytest.raises(BlockingIOError):
        manager.heard()


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all"}])
def test_without_systemd_nothing_is_told_and_nothing_fails(environ: dict[str, str]) -> None:
    Systemd.taken_from(environ).ready("Watching 1 calendar.")
