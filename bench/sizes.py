"""What grows with the size of a calendar: 500, 5,000 and 50,000 events, each work done in turn by all.

The smaller calendars are the part of the biggest that lies around now: the weeks that are looked at are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.agenda import DAYS
from bench.calendar_of_a_practice import monday
from bench.clients import KeptHour
from bench.measuring import Cost, Failed, Row, Setting, in_turn, workshop
from bench.serving import Practice, serving
from bench.worker import Worker, worker

_SERVER = "Xandikos"  # Radicale is silent for 40 s before it lists 50,000, and reads them for ten minutes before that
_FIRSTS = 2  # rounds at most: they take long
_OFTEN = 3  # times as many rounds of what takes milliseconds
GROWTH = 1.2  # of what does not depend on how many events there are


@dataclass(frozen=True, slots=True)
class _Calendar:
    """One size, with a server and a home of its own."""

    events: int
    practice: Practice
    ours: KeptHour


@dataclass(frozen=True, slots=True)
class _Work:
    """`do` gives a figure in `unit`; `before`, which is not measured, prepares one round."""

    name: str
    unit: str
    do: Callable[[_Calendar], Any]
    before: Callable[[_Calendar], object] = lambda _calendar: None
    rounds: int | None = None
    grows: bool = False  # with the calendar, as it should


def measure(setting: Setting) -> Iterator[Row]:
    with ExitStack() as stack:
        calendars = [stack.enter_context(_calendar(size, setting)) for size in sorted(setting.sizes)]
        firsts = min(_FIRSTS, setting.rounds)
        first = _Work(
            "first poll", "s", _first, before=lambda one: one.ours.forget(), rounds=firsts, grows=True
        )
        yield from _in_turn(first, calendars, setting)
        for one in calendars:
            yield Row(f"store, {one.events:,} events", "MB", [one.ours.store_megabytes()])
        for work in _PROCESSES:
            yield from _in_turn(work, calendars, setting)
        inside = {
            one.events: stack.enter_context(worker(one.ours, "bench.inside", "told")) for one in calendars
        }
        for work in _inside(inside, setting.rounds * _OFTEN):
            yield from _in_turn(work, calendars, setting)


@contextmanager
def _calendar(size: int, setting: Setting) -> Iterator[_Calendar]:
    with (
        workshop(setting) as name,
        serving(_SERVER, size, Path(name) / "server", setting, whole=max(setting.sizes)) as practice,
    ):
        yield _Calendar(size, practice, KeptHour.of_server(Path(name) / "kepthour", practice.url))


def _in_turn(work: _Work, calendars: list[_Calendar], setting: Setting) -> Iterator[Row]:
    """A row for each size; if it should not grow, beside the next smaller."""
    each = {f"{one.events:,} events": one for one in calendars}

    def before() -> None:
        for one in calendars:
            work.before(one)

    brief = replace(setting, rounds=work.rounds or setting.rounds)
    works = {size: partial(work.do, one) for size, one in each.items()}
    found = in_turn(brief, work.name, works, before=before, ours=works.keys()).of
    if work.grows or len(found) < 2:
        for size, values in found.items():
            yield Row(f"{work.name}, {size}", work.unit, values)
        return
    for (small, less), (big, more) in pairwise(found.items()):
        yield Row(f"{work.name}, {big}", work.unit, more, small, less, of_peer=GROWTH)


def _first(one: _Calendar) -> float:
    return one.ours.polled().cpu


def _cpu(cost: Callable[[KeptHour], Cost]) -> Callable[[_Calendar], float]:
    return lambda one: cost(one.ours).cpu


_PROCESSES = (
    _Work("sync without news: processor", "s", _cpu(lambda ours: ours.synced(0))),
    _Work(
        "sync of one change: processor",
        "s",
        _cpu(lambda ours: ours.synced(1)),
        before=lambda one: one.practice.change_one(),
    ),
    _Work(f"agenda of {DAYS} days: processor", "s", _cpu(lambda ours: ours.agenda(monday(), DAYS))),
)


def _inside(inside: dict[int, Worker], rounds: int) -> tuple[_Work, ...]:
    """What the daemon does, which has imported everything."""

    def told(work: str, gives: int | None) -> Callable[[_Calendar], float]:
        def do(one: _Calendar) -> float:
            found = inside[one.events].told(work)
            if found["gave"] != gives:
                raise Failed(f"a {work} gave {found['gave']}, not {gives}")
            return float(found["cpu"])

        return do

    return (
        _Work("poll without news: processor", "ms", told("often poll", 0), rounds=rounds),
        _Work(
            "poll of one change: processor",
            "ms",
            told("poll", 1),
            before=lambda one: one.practice.change_one(),
        ),
        _Work("plan: processor", "ms", told("plan", None), rounds=rounds),
    )
