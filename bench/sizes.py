"""What grows with the size of a calendar: 500, 5,000 and 50,000 events.

The biggest two are compared. The smaller ones are the part of the biggest that lies around now: the weeks that are
looked at are the same in all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from bench.agenda import DAYS
from bench.calendar_of_a_practice import monday
from bench.clients import KeptHour
from bench.measuring import OURS, Cost, Row, Setting, Turns, in_process, in_turn, workshop
from bench.serving import Practice, serving

_FIRSTS = 3  # rounds at most: they take long
GROWTH = 1.2  # of what does not depend on how many events there are
_NONE, _ONE = "sync without news: processor", "sync of one change: processor"
_AGENDA, _PLAN = f"agenda of {DAYS} days", "plan"


def measure(setting: Setting) -> Iterator[Row]:
    rows: dict[tuple[str, int], Row] = {}
    for size in setting.sizes:
        for work, row in _of_size(size, setting):
            rows[work, size] = row
            yield row
    if len(setting.sizes) < 2:
        return
    least, most = sorted(setting.sizes)[-2:]
    for work in (_NONE, _ONE, _AGENDA, _PLAN):
        big, small = rows[work, most], rows[work, least]
        grown = f"{work}: {most:,} events"
        yield Row(grown, big.unit, big.ours, f"{least:,} events", small.ours, of_peer=GROWTH)


def _of_size(size: int, setting: Setting) -> Iterator[tuple[str, Row]]:
    with workshop(setting) as name, _serving(size, Path(name) / "server", setting) as practice:
        ours = KeptHour.of_server(Path(name) / "kepthour", practice.url)
        brief = replace(setting, rounds=min(_FIRSTS, setting.rounds))
        first = in_turn(brief, f"first poll of {size:,} events", {OURS: ours.polled}, before=ours.forget)
        yield from _rows("first poll", size, first)
        yield "store", Row(f"store, {size:,} events", "MB", [ours.store_megabytes()])
        works: dict[str, tuple[Callable[[], Cost], Callable[[], object]]] = {
            "sync without news": (lambda: ours.synced(0), lambda: None),
            "sync of one change": (lambda: ours.synced(1), practice.change_one),
            _AGENDA: (lambda: ours.agenda(monday(), DAYS), lambda: None),
        }
        for what, (work, before) in works.items():
            turns = in_turn(setting, f"{what} of {size:,} events", {OURS: work}, before=before)
            yield from _rows(what, size, turns)
        config = str(ours.world.config_file)
        took = in_process("bench.inside", "plans", config, str(setting.rounds), env=ours.world.env)
        yield _PLAN, Row(f"{_PLAN}, {size:,} events", "ms", took)


def _serving(size: int, folder: Path, setting: Setting) -> AbstractContextManager[Practice]:
    return serving("Radicale", size, folder, setting, whole=max(setting.sizes))


def _rows(what: str, size: int, turns: Turns) -> Iterator[tuple[str, Row]]:
    yield what, turns.row(f"{what}, {size:,} events", "s", lambda one: one.wall)
    yield f"{what}: processor", turns.row(f"{what}, {size:,} events: processor", "s", lambda one: one.cpu)
