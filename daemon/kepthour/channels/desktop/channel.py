"""The channel: which notice is on the screen under which id, on which server, and what to do when that one dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from kepthour.channels.desktop.bus import Bus, connect
from kepthour.channels.desktop.notices import Drawing, arguments, drawing
from kepthour.ports import Answer, ChannelFailed, Key, Notice

_GRACE_SECONDS = (
    2.0  # for a desktop to restart its own notification daemon, before the bus is asked to start one
)


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
        parts = text.split(" ", 3)
        if len(parts) != 4 or not parts[2].isdecimal():
            return None
        return cls(parts[0], parts[1], int(parts[2]), parts[3])

    def holds(self, bus: Bus) -> bool:
        """Whether the id still means something: an id of a dead server may be another program's by now."""
        return (self.guid, self.server) == (bus.guid, bus.owner)


@dataclass(frozen=True, slots=True)
class _Shown:
    notice: Notice
    reference: _Reference


class Desktop:
    """Satisfies `ports.Channel`, `Recallable` and `Probeable`. Reconnects by itself at the next `send`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._answered: Callable[[Answer], None] | None = None
        self._bus: Bus | None = None
        self._draws: tuple[str, Drawing] | None = None  # the server that was described, and how it draws
        self._open: dict[int, _Shown] = {}  # by id, on the present server
        self._lost: dict[str, _Shown] = {}  # by subject: were to stay, on a server or a bus that died
        self._lock = asyncio.Lock()  # of joining and showing
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Listen for answers. The bus may come later: `send` joins it."""
        self._answered = answered
        with suppress(ChannelFailed):  # told by `send`, to whom it matters
            async with self._lock:
                await self._join()

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Show `notice`, in the place of what stood there for its subject. Raises ChannelFailed."""
        async with self._lock:
            reference = await self._show(notice, _Reference.read(replaces) if replaces else None)
            self._lost.pop(notice.subject, None)
        return str(reference)

    async def recall(self, reference: str) -> None:
        """Close the notice, unless a newer one has taken its place."""
        wanted = _Reference.read(reference)
        if wanted is None:
            return
        self._lost = {key: one for key, one in self._lost.items() if one.notice.delivery != wanted.delivery}
        shown = self._id_of(wanted)
        if shown is None:
            return
        self._open.pop(shown, None)
        if self._bus is not None:
            with suppress(ChannelFailed):  # it is gone, which is what was wanted
                await self._bus.close_notification(shown)

    async def probe(self) -> None:
        """Ask the notification server who it is. Raises ChannelFailed."""
        async with self._lock:
            await self._ready()

    async def close(self) -> None:
        """Leave the bus; what is open stays on the screen."""
        self._answered = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        bus, self._bus = self._bus, None
        self._open.clear()
        self._lost.clear()
        if bus is not None:
            await bus.leave()

    async def _show(self, notice: Notice, left: _Reference | None) -> _Reference:
        """Notify, with the lock held. `left` is what an earlier `send` for the subject handed out."""
        bus, draws = await self._ready()
        earlier = self._earlier(bus, notice.subject, left)
        before = self._open.get(earlier)
        if earlier:  # from now on a recall of the one before must not touch it
            place = _Reference(bus.guid, bus.owner or "", earlier, notice.delivery)
            self._open[earlier] = _Shown(notice, place)
        try:
            shown, server = await bus.notify(arguments(notice, draws, earlier))
        except BaseException:
            self._put_back(earlier, notice, before)
            raise
        if shown != earlier:  # some servers give a new id where they do not know the old one
            self._open.pop(earlier, None)
        reference = _Reference(bus.guid, server, shown, notice.delivery)
        self._open[shown] = _Shown(notice, reference)
        return reference

    def _put_back(self, shown: int, notice: Notice, before: _Shown | None) -> None:
        """`notice` did not get to the place that was kept for it."""
        there = self._open.get(shown)
        if there is None or there.notice is not notice:
            return
        if before is None:
            del self._open[shown]
        else:
            self._open[shown] = before

    async def _ready(self) -> tuple[Bus, Drawing]:
        """The bus, and how its present notification server draws; with the lock held. Raises ChannelFailed."""
        bus = await self._join()
        server = await bus.server()
        if self._draws is None or self._draws[0] != server:
            self._draws = server, drawing(*await bus.describe(server))
            self._show_lost_ones()
        return bus, self._draws[1]

    async def _join(self) -> Bus:
        if self._bus is None or not self._bus.alive:
            self._lose()
            self._draws = None  # another bus may give the same unique name to another server
            self._bus = await connect(self._acted, self._closed, self._owner_changed)
        return self._bus

    def _earlier(self, bus: Bus, subject: str, left: _Reference | None) -> int:
        """The id to replace: what is open for this subject, or what a process before us left on this very server."""
        for shown, one in self._open.items():
            if one.notice.subject == subject:
                return shown
        return left.shown if left is not None and left.holds(bus) else 0

    def _id_of(self, wanted: _Reference) -> int | None:
        """The id under which `wanted` is on the screen; None if it is not, or a newer notice is in its place."""
        for shown, one in self._open.items():
            if one.notice.delivery == wanted.delivery:
                return shown
        if self._bus is None or wanted.shown in self._open or not wanted.holds(self._bus):
            return None
        return wanted.shown  # left by a process before us

    def _acted(self, shown: int, key: str) -> None:
        one = self._open.get(shown)
        if one is None or key not in {action.key.value for action in one.notice.actions}:
            return  # another program's notice
        if self._answered is not None:
            self._answered(Answer(one.notice.delivery, one.notice.subject, Key(key), self._name))

    def _closed(self, shown: int) -> None:
        """It is off the screen. Whether somebody dismissed it or it expired: that is no answer."""
        self._open.pop(shown, None)

    def _owner_changed(self, owner: str | None) -> None:
        """The server died or another took its place: its ids mean nothing any more."""
        self._lose()
        self._show_lost_ones(after=_GRACE_SECONDS if owner is None else 0.0)

    def _lose(self) -> None:
        self._lost |= {one.notice.subject: one for one in self._open.values() if one.notice.stays}
        self._open.clear()

    def _show_lost_ones(self, after: float = 0.0) -> None:
        if self._lost and self._answered is not None:
            task = asyncio.get_running_loop().create_task(self._bring_back(after))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _bring_back(self, after: float) -> None:
        """Show what was open on the server that died on the new one, after `after` seconds."""
        await asyncio.sleep(after)
        with suppress(ChannelFailed):  # the next server, or the next notice, tries again
            async with self._lock:
                while self._lost:
                    subject, one = next(iter(self._lost.items()))
                    reference = await self._show(one.notice, one.reference)
                    if self._lost.pop(subject, None) is None:  # recalled while it was on its way
                        await self.recall(str(reference))
