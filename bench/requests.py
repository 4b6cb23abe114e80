"""Prints what a poll of a big CalDAV calendar costs, on Radicale and on Xandikos.

Run it from the repository's root: `.venv/bin/python -m bench.requests`. What is counted: see tests/support/traffic.py;
what must hold: tests/server/test_request_budget.py. Seconds are of this machine, the server's own work included.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.alone import alone
from bench.measuring import Row, Setting, seconds
from tests.support.dav import DavServer
from tests.support.metered import EVENTS, WEEKLY, Metered, metered
from tests.support.radicale import RadicaleServer
from tests.support.traffic import Traffic
from tests.support.xandikos import XandikosServer

SERVERS: dict[str, Callable[[Path], DavServer]] = {"Radicale": RadicaleServer, "Xandikos": XandikosServer}


def measure(setting: Setting) -> Iterator[Row]:
    setting.tell(f"{EVENTS} events, {WEEKLY} of them weekly; no sign-in named, so the first poll holds a 401")
    for name, make in SERVERS.items():
        with tempfile.TemporaryDirectory() as folder:
            server = make(Path(folder))
            server.start()
            try:
                with metered(server, Path(folder)) as calendar:
                    yield from _poll(f"first poll, {name}", calendar)
                    yield from _poll(f"poll without news, {name}", calendar)
                    calendar.change_one()
                    yield from _poll(f"poll of one change, {name}", calendar)
            finally:
                server.stop()


def _poll(work: str, calendar: Metered) -> Iterator[Row]:
    """A poll, made now."""
    traffic: list[Traffic] = []
    took = seconds(lambda: traffic.append(calendar.poll()[1]))
    yield Row(work, "s", [took])
    yield Row(f"{work}: requests", "", [traffic[0].requests])
    yield Row(f"{work}: on the wire", "kB", [traffic[0].bytes / 1000])


if __name__ == "__main__":
    alone("requests", __doc__)
