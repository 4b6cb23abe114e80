"""The channel: which notice is on the screen under which id, on which server, and what to do when that one dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from kepthour.channels.desktop.bus import Bus, connect
from kepthour.channels.desktop.notices import SIGNATURE, arguments
from kepthour.ports import Answer, ChannelFailed, Key, Notice


@dataclass(frozen=True, slots=True)
class _Reference:
    """What `send` hands out: which bus, which server, which id, and which delivery was shown under it."""

    guid: str
    server: str
    shown: int
    delivery: str

    def __str__(self) -> str:
        return f"{self.guid} {self.server} {self.shown} {self.delivery}"

    @classmethod
    def read(cls, text: str) -> _Reference | None:
        """What an earlier process handed out; None if it is not ours."""
        parts = text.split(" ")
        if len(parts) != 4 or not parts[2].isdigit():
            return None
        return cls(parts[0], parts[1], int(parts[2]), parts[3])


class Desktop:
    """Satisfies `ports.Channel` and `Recallable`. Reconnects by itself at the next `send`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._answered: Callable[[Answer], None] | None = None
        self._bus: Bus | None = None
        self._server: str | None = None
        self._capabilities: frozenset[str] = frozenset()
        self._open: dict[int, Notice] = {}  # on the present server
        self._orphans: list[Notice] = []  # were on a server that died
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Listen for answers. The bus may come later: `send` joins it."""
        self._answered = answered
        with suppress(ChannelFailed):  # told by `send`, to whom it matters
            await self._join()

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Show `notice`, in the place of what stood there for its subject. Raises ChannelFailed."""
        bus, server = await self._ready()
        self._orphans = [orphan for orphan in self._orphans if orphan.subject != notice.subject]
        earlier = self._earlier(bus, server, notice.subject, replaces)
        if earlier in self._open:
            self._open[earlier] = notice  # from now on a recall of the earlier one must not touch it
        shown = await bus.notify(SIGNATURE, arguments(notice, self._capabilities, earlier))
        if shown != earlier:  # some servers give a new id where they do not know the old one
            self._open.pop(earlier, None)
        self._open[shown] = notice
        return str(_Reference(bus.guid, server, shown, notice.delivery))

    async def recall(self, reference: str) -> None:
        """Close the notice, unless a newer one has taken its place."""
        wanted = _Reference.read(reference)
        if wanted is None or self._bus is None or not self._bus.alive:
            return
        self._orphans = [orphan for orphan in self._orphans if orphan.delivery != wanted.delivery]
        shown = next((key for key, notice in self._open.items() if notice.delivery == wanted.delivery), None)
        from_before = wanted.shown not in self._open and (wanted.guid, wanted.server) == (
            self._bus.guid,
            self._server,
        )
        if shown is None and from_before:
            shown = wanted.shown
        if shown is not None:
            self._open.pop(shown, None)
            with suppress(ChannelFailed):  # it is gone, which is what was wanted
                await self._bus.close_notification(shown)

    async def close(self) -> None:
        """Leave the bus; what is open stays on the screen."""
        self._answered = None
        for task in list(self._tasks):
            task.cancel()
        if self._bus is not None:
            self._bus.disconnect()
            self._bus = None
        self._server = None

    async def _ready(self) -> tuple[Bus, str]:
        """The bus and its present notification server. Raises ChannelFailed."""
        async with self._lock:
            bus = await self._join()
            if self._server is None:
                server = await bus.server()
                self._capabilities = await bus.capabilities()
                self._server = server
            return bus, self._server

    async def _join(self) -> Bus:
        if self._bus is None or not self._bus.alive:
            self._lose_server()
            self._bus = await connect(self._acted, self._closed, self._owner_changed)
        return self._bus

    def _earlier(self, bus: Bus, server: str, subject: str, replaces: str | None) -> int:
        """The id to replace: what is open for this subject, or what a process before us left on this very server."""
        for shown, notice in self._open.items():
            if notice.subject == subject:
                return shown
        left = _Reference.read(replaces) if replaces else None
        return left.shown if left and (left.guid, left.server) == (bus.guid, server) else 0

    def _acted(self, shown: int, key: str) -> None:
        notice = self._open.get(shown)
        if notice is None or key not in {action.key.value for action in notice.actions}:
            return  # another program's notice
        if self._answered is not None:
            self._answered(Answer(notice.delivery, notice.subject, Key(key), self._name))

    def _closed(self, shown: int) -> None:
        """It is off the screen. Whether somebody dismissed it or it expired: that is no answer."""
        self._open.pop(shown, None)

    def _owner_changed(self, owner: str | None) -> None:
        """The server died or another took its place: its ids mean nothing any more."""
        if owner is not None and owner == self._server:
            return
        self._lose_server()
        if owner is not None and self._orphans and self._answered is not None:
            task = asyncio.get_running_loop().create_task(self._show_orphans())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _lose_server(self) -> None:
        self._orphans += [notice for notice in self._open.values() if notice.stays]
        self._open.clear()
        self._server = None

    async def _show_orphans(self) -> None:
        """What was open on the server that died comes back on the new one."""
        for notice in list(self._orphans):
            with suppress(ChannelFailed):  # the next rung tries again
                await self.send(notice, None)
