"""Prints what a poll of a big CalDAV calendar costs, on Radicale and on Xandikos.

Run it from the repository's root: `.venv/bin/python -m bench.requests`. What is counted: see tests/support/traffic.py;
what must hold: tests/server/test_request_budget.py. Seconds are of this machine, the server's own work included.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.dav import DavServer
from tests.support.metered import EVENTS, WEEKLY, Metered, metered
from tests.support.radicale import RadicaleServer
from tests.support.xandikos import XandikosServer

SERVERS: dict[str, Callable[[Path], DavServer]] = {"Radicale": RadicaleServer, "Xandikos": XandikosServer}
HEAD = f"{'server':<10} {'poll':<16} {'requests':>8} {'sent':>9} {'received':>10} {'seconds':>8}"


def line(server: str, poll: str, calendar: Metered) -> str:
    """One row of the table: a poll, made now. Sizes in bytes."""
    begun = time.perf_counter()
    _, traffic = calendar.poll()
    took = time.perf_counter() - begun
    return f"{server:<10} {poll:<16} {traffic.requests:>8} {traffic.sent:>9,} {traffic.received:>10,} {took:>8.2f}"


def measure(name: str, folder: Path) -> None:
    server = SERVERS[name](folder)
    server.start()
    try:
        with metered(server, folder) as calendar:
            print(line(name, "first", calendar))
            print(line(name, "nothing changed", calendar))
            calendar.change_one()
            print(line(name, "one changed", calendar))
    finally:
        server.stop()


def main() -> None:
    print(
        f"{EVENTS} events, {WEEKLY} of them weekly series; no sign-in named, so the first poll holds a 401\n"
    )
    print(HEAD)
    for name in SERVERS:
        with tempfile.TemporaryDirectory() as folder:
            measure(name, Path(folder))


if __name__ == "__main__":
    main()
