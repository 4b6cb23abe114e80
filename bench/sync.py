"""A sync as a whole process, beside vdirsyncer's: the first, one without news, one of one change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.clients import KeptHour, Vdirsyncer
from bench.measuring import OURS, Cost, Row, Setting, Turns, in_turn, workshop
from bench.serving import SERVERS, Practice, serving
from tests.support.traffic import CountingProxy, Traffic

FIRST, NO_NEWS = 0.5, 0.25  # of vdirsyncer's


@dataclass(frozen=True, slots=True)
class Sync:
    """What one sync cost, and what went over the wire."""

    cost: Cost
    traffic: Traffic


def measure(setting: Setting) -> Iterator[Row]:
    for kind in SERVERS:
        with (
            workshop(setting) as name,
            serving(kind, setting.events, Path(name) / "server", setting) as practice,
            CountingProxy(practice.server.port) as proxy,
        ):
            yield from _Pair(Path(name), kind, practice, proxy, setting).measure()


class _Pair:
    """Both clients of one server, which they reach through the proxy."""

    def __init__(
        self, folder: Path, kind: str, practice: Practice, proxy: CountingProxy, setting: Setting
    ) -> None:
        url = proxy.through(practice.url)
        self._kind, self._practice, self._proxy, self._setting = kind, practice, proxy, setting
        self._ours = KeptHour.of_server(folder / "kepthour", url)
        self._theirs = Vdirsyncer(folder / "vdirsyncer", url)
        self._change = ("", "")

    def measure(self) -> Iterator[Row]:
        events = self._setting.events
        first = f"first sync, {events:,} events, {self._kind}"
        yield from _rows(first, self._turns(first, self._first, self._their_first), FIRST)
        again = f"sync without news, {self._kind}"
        yield from _rows(again, self._turns(again, lambda: self._again(0), self._their_again), NO_NEWS)
        one = f"sync of one change, {self._kind}"
        turns = self._turns(one, lambda: self._again(1), self._their_change, self._change_one)
        yield from _rows(one, turns, None)

    def _turns(
        self,
        work: str,
        ours: Callable[[], Sync],
        theirs: Callable[[], Sync],
        before: Callable[[], object] = lambda: None,
    ) -> Turns:
        works = {OURS: ours} | ({Vdirsyncer.name: theirs} if self._setting.peers else {})
        return in_turn(self._setting, work, works, before=before)

    def _first(self) -> Sync:
        self._ours.forget()
        return self._again(self._setting.events)

    def _again(self, changed: int) -> Sync:
        return self._counted(lambda: self._ours.synced(changed))

    def _their_first(self) -> Sync:
        self._theirs.forget()
        return self._their_again()

    def _their_again(self) -> Sync:
        return self._counted(lambda: self._theirs.synced(self._setting.events))

    def _change_one(self) -> None:
        self._change = self._practice.change_one()

    def _their_change(self) -> Sync:
        sync = self._their_again()
        self._theirs.holds(self._change)
        return sync

    def _counted(self, sync: Callable[[], Cost]) -> Sync:
        self._proxy.take()
        cost = sync()
        return Sync(cost, self._proxy.take())


def _rows(work: str, turns: Turns, of_peer: float | None) -> Iterator[Row]:
    yield turns.row(work, "s", lambda one: one.cost.wall, of_peer=of_peer)
    yield turns.row(f"{work}: processor", "s", lambda one: one.cost.cpu)
    yield turns.row(f"{work}: memory at most", "MB", lambda one: one.cost.peak)
    yield turns.row(f"{work}: requests", "", lambda one: one.traffic.requests)
    yield turns.row(f"{work}: on the wire", "kB", lambda one: one.traffic.bytes / 1000)
