"""A CalDAV server as a process of its own, with a practice's calendar that it has read already.

What a server needs to begin with is made once for each calendar, so once a week, in build/bench/seeds: Radicale reads
5,000 files for half a minute before its first answer. Each run gets a copy.
"""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.asking import Asker
from bench.calendar_of_a_practice import changed, monday, part_near_now, resources
from bench.measuring import ROOT, Failed, Setting
from tests.support.dav import DavServer

CALENDAR = "practice"
SERVERS = ("Radicale", "Xandikos")


class Practice:
    """The calendar on a running server, and the client that changes it."""

    def __init__(self, server: DavServer, whole: int) -> None:
        self.server, self._whole, self._changes = server, whole, 0

    @property
    def url(self) -> str:
        """The calendar's."""
        return self.server.calendar_url(CALENDAR)

    def change_one(self) -> tuple[str, str]:
        """One of the coming days gets another title, in the server's folder. Its name, and the title.

        Xandikos would look through all there is before it took a first one from a client: minutes, with 50,000.
        """
        self._changes += 1
        number = self._whole // 2 + self._changes
        name, title = f"{number:05}.ics", f"moved online {self._changes}"
        self.server.write(CALENDAR, name, changed(number, self._whole, title))
        return name, title


@contextmanager
def serving(
    kind: str, events: int, folder: Path, setting: Setting, whole: int | None = None
) -> Iterator[Practice]:
    """A server of this kind that has the practice's calendar and has read it, at work in `folder`.

    With `whole`, it has the `events` around now of a calendar of so many.
    """
    texts = resources(events) if whole is None else part_near_now(events, whole)
    shutil.copytree(_seed(kind, texts, setting), folder, dirs_exist_ok=True)
    with _process(kind, folder) as server:
        _warm(server)
        yield Practice(server, whole or events)


def _seed(kind: str, texts: dict[str, str], setting: Setting) -> Path:
    events = len(texts)
    seeds, digest = setting.build / "seeds", hashlib.sha256("".join(texts.values()).encode()).hexdigest()
    seed = seeds / f"{monday()}-{kind}-{events}-{digest[:12]}"
    if seed.exists():
        return seed
    for old in seeds.glob(f"*-{kind}-*"):
        if not old.name.startswith(f"{monday()}-"):
            shutil.rmtree(old)
    setting.tell(f"{kind} reads {events:,} events for the first time")
    making = seed.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    _server(kind, making, 0).fill(CALENDAR, texts)
    with _process(kind, making) as server:
        _warm(server)
    making.rename(seed)
    return seed


def _warm(server: DavServer) -> None:
    asker = Asker(server.calendar_url(CALENDAR))
    asker.ask()
    asker.close()


@contextmanager
def _process(kind: str, folder: Path) -> Iterator[DavServer]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bench.serving", kind, str(folder), str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if process.stdout.readline() != b"ready\n":
            raise Failed(f"{kind} did not start")
        yield _server(kind, folder, port)
    finally:
        process.stdin.close()
        process.wait(timeout=60)


def _server(kind: str, folder: Path, port: int) -> DavServer:
    if kind == "Radicale":
        from tests.support.radicale import RadicaleServer

        return RadicaleServer(folder, port)
    from tests.support.xandikos import XandikosServer

    return XandikosServer(folder, port)


def main(kind: str, folder: str, port: str) -> None:
    """Serves until its standard input ends."""
    server = _server(kind, Path(folder), int(port))
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
