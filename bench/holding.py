"""How long the daemon's event loop is held up while a calendar is polled: what is due then waits for so long.

python -m bench.holding CONFIG     a daemon. To each line of its input, start or reload, it answers how long the loop
                                   was held at most until its calendar was heard and what follows was done, in ms
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from bench.clients import KeptHour
from bench.inside import opened
from bench.measuring import Row, Setting, workshop
from bench.serving import serving
from bench.worker import worker
from kepthour import collecting
from kepthour.app import load
from kepthour.runtime.daemon import Daemon
from kepthour.store import calendars
from kepthour.store.engine import Store

HELD = 50.0  # ms
_LOOK = 0.001  # seconds
_WHILE = 0.2  # seconds between two looks at the store
_AFTER = 2.0  # seconds: what follows from a poll, a plan and a turn
_MS = 1000.0


def measure(setting: Setting) -> Iterator[Row]:
    with (
        workshop(setting) as name,
        serving("Xandikos", setting.events, Path(name) / "server", setting) as practice,
    ):
        ours = KeptHour.of_server(Path(name) / "kepthour", practice.url, poll="1h")
        firsts, changes = list[float](), list[float]()
        for number in range(setting.rounds):
            ours.forget()
            with worker(ours, "bench.holding") as daemon:
                firsts.append(daemon.told("start"))
                practice.change_one()
                changes.append(daemon.told("reload"))
            setting.tell(f"the event loop: round {number + 1}")
    yield Row(f"event loop held at most, first poll of {setting.events:,} events", "ms", firsts, at_most=HELD)
    yield Row("event loop held at most, reload and poll of one change", "ms", changes, at_most=HELD)


class _Watch:
    """`most`: by how much the loop was late at most, in seconds, since it was set to 0."""

    def __init__(self) -> None:
        self.most = 0.0

    async def look(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LOOK
            await asyncio.sleep(_LOOK)
            self.most = max(self.most, loop.time() - due)


@asynccontextmanager
async def _watched() -> AsyncIterator[_Watch]:
    watch = _Watch()
    task = asyncio.create_task(watch.look())
    yield watch
    task.cancel()


async def _live(file: str) -> None:
    app = opened(file)
    load()
    collecting.usually()
    daemon = Daemon(app, lambda: opened(file))
    async with _watched() as watch:
        running = asyncio.create_task(daemon.run())
        heard: datetime | None = None
        while work := (await asyncio.to_thread(sys.stdin.readline)).strip():
            if work == "reload":
                watch.most = 0.0
                await daemon.reload()
            heard = await asyncio.to_thread(_heard_after, app.store, heard)
            await asyncio.sleep(_AFTER)
            print(_MS * watch.most, flush=True)
        daemon.stop()
        await running


def _heard_after(store: Store, before: datetime | None) -> datetime:
    """When the calendar was heard for the first time after `before`. Waits for it."""
    while True:
        with store.read() as tx:
            calendar = calendars.get(tx, "practice")
        if calendar is not None and calendar.last_good_at not in {None, before}:
            return calendar.last_good_at
        time.sleep(_WHILE)


if __name__ == "__main__":
    asyncio.run(_live(sys.argv[1]))
