"""A practice's calendar on a real server, polled through a counting proxy: what each poll costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kepthour_connectors.base import Batch, Connector, Known, Surroundings
from kepthour_connectors.caldav import Options, connect
from kepthour_connectors.secrets import Secret
from tests.support.calendars import calendar, event, single
from tests.support.dav import PASSWORD, USER, DavServer
from tests.support.traffic import CountingProxy, Traffic

EVENTS, WEEKLY = 2000, 200
CALENDAR = "practice"
_FIRST = datetime(2026, 1, 5, 8)


def practice() -> dict[str, str]:
    """2,000 resources (name -> text), each with the zone's definition; 200 of them are weekly series."""
    return {f"session-{number:04}.ics": _session(number) for number in range(EVENTS)}


def _session(number: int) -> str:
    start = _FIRST + timedelta(days=number // 8, hours=number % 8)
    every = ("RRULE:FREQ=WEEKLY;COUNT=40",) if number < WEEKLY else ()
    end = start + timedelta(minutes=50)
    return calendar(
        event(f"session-{number:04}", "AB", f"{start:%Y%m%dT%H%M%S}", f"{end:%Y%m%dT%H%M%S}", *every)
    )


class Metered:
    """A connector behind the proxy, and a caller that keeps what it got."""

    def __init__(self, server: DavServer, proxy: CountingProxy, connector: Connector) -> None:
        self.server, self.proxy, self.connector = server, proxy, connector
        self.cursor: str | None = None
        self.etags: dict[str, str] = {}

    def poll(self) -> tuple[Batch, Traffic]:
        self.proxy.take()
        batch = self.connector.poll(Known(self.cursor, dict(self.etags)))
        traffic = self.proxy.take()
        self.cursor = batch.cursor
        self.etags.update({each.href: each.etag for each in batch.changed})
        return batch, traffic

    def change_one(self) -> None:
        """As a client of the therapist's does: one session of the 2,000 gets another title."""
        self.server.put(CALENDAR, "session-1234.ics", single("session-1234", "CD"))


@contextmanager
def metered(server: DavServer, folder: Path, **options: Any) -> Iterator[Metered]:
    """The practice's calendar on `server` (running, empty), never asked before. `folder` is for the password."""
    server.fill(CALENDAR, practice())
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    with CountingProxy(server.port) as proxy:
        url = proxy.through(server.calendar_url(CALENDAR))
        given = Options(url=url, username=USER, password=Secret(file=secret), **options)
        connector = connect(given, Surroundings(CALENDAR, folder))
        yield Metered(server, proxy, connector)
        connector.close()
