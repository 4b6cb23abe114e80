"""The channel: which notice is on the screen under which id, on which server, and what to do when that one dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from kepthour.channels.desktop.bus import Bus, Ears, connect
from kepthour.channels.desktop.notices import Drawing, arguments, drawing, vanishing
from kepthour.channels.desktop.reference import Reference, Shown
from kepthour.channels.desktop.silence import keeps_back
from kepthour.channels.desktop.telling import Sleep, readings
from kepthour.ports import Answer, ChannelFailed, Clock, Key, Notice, Surface

# For a desktop to restart its own notification daemon, before the bus is asked to start one.
_GRACE_SECONDS = 2.0
_AGAIN_SECONDS = 2.0  # how often a bus that is gone is looked for while something is to be shown again
_DISMISSED = 2  # the reason of a server for a notice that its user has put away


class Desktop:
    """A Channel, Recallable, Probeable, Surfaced and Timed. Reconnects by itself at the next `send`."""

    def __init__(self, name: str, sleep: Sleep = asyncio.sleep) -> None:
        self._name = name
        self._sleep = sleep
        self._clock: Clock | None = None
        self._answered: Callable[[Answer], None] | None = None
        self._bus: Bus | None = None
        self._draws: tuple[str, Drawing] | None = None  # the server that was described, and how it draws
        self._open: dict[int, Shown] = {}  # by id, on the present server
        self._lost: dict[str, Shown] = {}  # by subject: were to stay, on a server or a bus that died
        self._away: dict[str, Shown] = {}  # by subject: put away without an answer, and to come back
        self._telling: dict[str, asyncio.Task[None]] = {}  # by subject: who says its minutes
        self._lock = asyncio.Lock()  # of joining and showing
        self._tasks: set[asyncio.Task[None]] = set()
        self._putting = 0  # the id of what is being replaced
        self._tokens: dict[int, str] = {}  # by id: came along with a click of which the next signal tells
        self._ears = Ears(self._acted, self._activated, self._closed, self._owner_changed)

    def keep_time(self, clock: Clock) -> None:
        """By `clock` a notice on the screen goes on telling the minutes that are left."""
        self._clock = clock

    async def open(self, answered: Callable[[Answer], None]) -> None:
        """Listen for answers. The bus may come later: `send` joins it."""
        self._answered = answered
        with suppress(ChannelFailed):  # told by `send`, to whom it matters
            async with self._lock:
                await self._join()

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        """Show `notice`, in the place of what stood there for its subject. Raises ChannelFailed."""
        async with self._lock:
            reference = await self._show(notice, Reference.read(replaces) if replaces else None)
            self._lost.pop(notice.subject, None)
            self._away.pop(notice.subject, None)
        return str(reference)

    async def recall(self, reference: str) -> None:
        """Close the notice, unless a newer one has taken its place."""
        wanted = Reference.read(reference)
        if wanted is None:
            return
        self._lost = _without(self._lost, wanted.delivery)
        self._away = _without(self._away, wanted.delivery)
        shown = self._id_of(wanted)
        if shown is None:
            return
        self._open.pop(shown, None)
        if self._bus is not None:
            with suppress(ChannelFailed):  # it is gone, which is what was wanted
                await self._withdraw(self._bus, shown)

    async def probe(self) -> None:
        """Ask the notification server who it is. Raises ChannelFailed."""
        async with self._lock:
            await self._ready()

    async def surface(self) -> Surface:
        """The notification server. Raises ChannelFailed."""
        async with self._lock:
            bus, draws = await self._ready()
            name, _capabilities = await bus.describe(await bus.server())
            return Surface(name, draws.buttons, await keeps_back(name, bus.ask))

    async def close(self) -> None:
        """Leave the bus; what is open stays on the screen."""
        self._answered = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        bus, self._bus = self._bus, None
        for kept in (self._open, self._lost, self._away, self._telling, self._tokens):
            kept.clear()
        if bus is not None:
            await bus.leave()

    async def _show(self, notice: Notice, left: Reference | None, *, first: bool = True) -> Reference:
        """With the lock held. `left` is what an earlier `send` for the subject handed out. Raises ChannelFailed.

        `first`: where only one notice is on the screen at a time, it shall be this.
        """
        bus, draws = await self._ready()
        if first and draws.one_at_a_time:
            await self._make_room(bus, notice.subject)
        earlier = self._earlier(bus, notice.subject, left)
        reads = notice if self._clock is None else notice.as_of(self._clock.now())
        reference, _kept = await self._put(bus, notice, arguments(reads, draws, earlier), earlier)
        self._tell_minutes(notice)
        if first:
            self._show_lost_ones()
        return reference

    async def _make_room(self, bus: Bus, subject: str) -> None:
        """What stands there of other subjects goes, and comes again behind the next one. Raises ChannelFailed."""
        for shown, one in list(self._open.items()):
            if one.notice.stays and one.notice.subject != subject:
                self._lost[one.notice.subject] = self._open.pop(shown)
                await self._withdraw(bus, shown)

    async def _withdraw(self, bus: Bus, shown: int) -> None:
        """Close what is shown under this id. Raises ChannelFailed."""
        if bus.owner is not None and (await self._described(bus, bus.owner)).one_at_a_time:
            shown, _server = await bus.notify(vanishing(shown))
        try:
            await bus.close_notification(shown)
        except ChannelFailed as error:
            if error.code != "refused":  # as some do what is gone already
                raise

    async def _put(self, bus: Bus, notice: Notice, asked: list[Any], earlier: int) -> tuple[Reference, bool]:
        """Notify, with the lock held: where it is, and whether it is still wanted there. Raises ChannelFailed."""
        before = self._open.get(earlier)
        self._putting = earlier
        if earlier:  # from now on a recall of the one before must not touch it
            self._open[earlier] = Shown(
                notice, Reference(bus.guid, bus.owner or "", earlier, notice.delivery)
            )
        try:
            shown, server = await bus.notify(asked)
        except BaseException:
            self._put_back(earlier, notice, before)
            raise
        finally:
            self._putting = 0
        kept = earlier in self._open  # else it was closed or recalled before the server knew of this one
        if shown != earlier:  # some servers give a new id where they do not know the old one
            self._open.pop(earlier, None)
        reference = Reference(bus.guid, server, shown, notice.delivery)
        self._open[shown] = Shown(notice, reference)
        return reference, kept

    def _put_back(self, shown: int, notice: Notice, before: Shown | None) -> None:
        """`notice` did not get to the place that was kept for it."""
        there = self._open.get(shown)
        if there is None or there.notice is not notice:
            return
        if before is None:
            del self._open[shown]
        else:
            self._open[shown] = before

    def _tell_minutes(self, notice: Notice) -> None:
        """From now on: of `notice`, and not of the one that it replaced. With the lock held."""
        before = self._telling.pop(notice.subject, None)
        if before is not None and before is not asyncio.current_task():
            before.cancel()
        self._telling = {subject: task for subject, task in self._telling.items() if not task.done()}
        if notice.later and self._clock is not None and self._answered is not None:
            self._telling[notice.subject] = self._start(self._keep_telling(notice, self._clock))

    async def _keep_telling(self, notice: Notice, clock: Clock) -> None:
        """Minute by minute in its place, until it is gone from there."""
        async with aclosing(readings(notice, clock, self._sleep)) as minutes:
            async for reads in minutes:
                with suppress(ChannelFailed):  # the next minute tries again
                    async with self._lock:
                        if not await self._tell_again(notice, reads):
                            return

    async def _tell_again(self, notice: Notice, reads: Notice) -> bool:
        """Show it as it reads now, in silence; whether there is still something to tell. Raises ChannelFailed."""
        bus, draws = await self._ready()
        if _is(self._lost.get(notice.subject), notice):
            await self._show_all_lost()
            return False  # it tells its minutes from there
        place = self._place_of(notice)
        if place is None:
            return False
        earlier = place.reference.shown
        reference, kept = await self._put(bus, notice, arguments(reads, draws, earlier, silent=True), earlier)
        if kept:
            self._away.pop(notice.subject, None)
        else:  # put away or recalled at this very moment: so it stays
            self._open.pop(reference.shown, None)
            await self._withdraw(bus, reference.shown)
        return True

    def _place_of(self, notice: Notice) -> Shown | None:
        """Where it is on the screen, or was before it was put away; None if that is over."""
        places = [*self._open.values(), *self._away.values()]
        return next((one for one in places if _is(one, notice)), None)

    async def _ready(self) -> tuple[Bus, Drawing]:
        """The bus, and how its present notification server draws; with the lock held. Raises ChannelFailed."""
        bus = await self._join()
        return bus, await self._described(bus, await bus.server())

    async def _described(self, bus: Bus, server: str) -> Drawing:
        """How `server` draws. Raises ChannelFailed."""
        if self._draws is None or self._draws[0] != server:
            self._draws = server, drawing(*await bus.describe(server))
            self._show_lost_ones()
        return self._draws[1]

    async def _join(self) -> Bus:
        if self._bus is None or not self._bus.alive:
            self._lose()
            self._draws = None  # another bus may give the same unique name to another server
            self._bus = await connect(self._ears)
        return self._bus

    def _earlier(self, bus: Bus, subject: str, left: Reference | None) -> int:
        """The id to replace: what is open for this subject, or what a process before us left on this very server."""
        for shown, one in self._open.items():
            if one.notice.subject == subject:
                return shown
        return left.shown if left is not None and left.holds(bus) else 0

    def _id_of(self, wanted: Reference) -> int | None:
        """The id under which `wanted` is on the screen; None if it is not, or a newer notice is in its place."""
        for shown, one in self._open.items():
            if one.notice.delivery == wanted.delivery:
                return shown
        if self._bus is None or wanted.shown in self._open or not wanted.holds(self._bus):
            return None
        return wanted.shown  # left by a process before us

    def _activated(self, shown: int, token: str) -> None:
        if shown in self._open:
            self._tokens[shown] = token

    def _acted(self, shown: int, key: str) -> None:
        one, token = self._open.get(shown), self._tokens.pop(shown, "")
        if one is None or key not in {action.key.value for action in one.notice.actions}:
            return  # another program's notice
        self._open[shown] = replace(one, pressed=True)
        if self._answered is not None:
            delivery, subject = one.notice.delivery, one.notice.subject
            self._answered(Answer(delivery, subject, Key(key), self._name, activation=token))

    def _closed(self, shown: int, why: int) -> None:
        """It is off the screen. Whether somebody dismissed it or it expired: that is no answer."""
        if shown == self._putting and why != _DISMISSED:
            return  # some servers close what they replace
        self._tokens.pop(shown, None)
        one = self._open.pop(shown, None)
        if one is not None and one.notice.insists and why == _DISMISSED and not one.pressed:
            self._away[one.notice.subject] = one

    def _owner_changed(self, owner: str | None) -> None:
        """The server died (the bus, perhaps), or another took its place: its ids mean nothing any more."""
        self._lose()
        self._show_lost_ones(after=_GRACE_SECONDS if owner is None else 0.0)

    def _lose(self) -> None:
        self._lost |= self._away
        self._lost |= {one.notice.subject: one for one in self._open.values() if one.notice.stays}
        self._away.clear()
        self._open.clear()
        self._tokens.clear()

    def _show_lost_ones(self, after: float = 0.0) -> None:
        if self._lost and self._answered is not None:
            self._start(self._bring_back(after))

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _bring_back(self, after: float) -> None:
        """Show what was open on the server that died on the new one, after `after` seconds."""
        while self._lost:
            await asyncio.sleep(after)
            after = _AGAIN_SECONDS
            try:
                async with self._lock:
                    await self._show_all_lost()
            except ChannelFailed as error:
                # the bus will tell of the next server; and the next notice tries again
                if error.code != "no-bus":
                    return

    async def _show_all_lost(self) -> None:
        """With the lock held. Raises ChannelFailed."""
        while self._lost:
            subject, one = next(iter(self._lost.items()))
            reference = await self._show(one.notice, one.reference, first=False)
            if self._lost.pop(subject, None) is None:  # recalled while it was on its way
                await self.recall(str(reference))


def _is(shown: Shown | None, notice: Notice) -> bool:
    return shown is not None and shown.notice is notice


def _without(kept: dict[str, Shown], delivery: str) -> dict[str, Shown]:
    return {subject: one for subject, one in kept.items() if one.notice.delivery != delivery}
