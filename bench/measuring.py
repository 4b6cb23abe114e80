"""What is measured, and how: whole processes from outside, works in turn, and the rows that come of it."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "bench"
OURS = "Kept Hour"
_TIMED = Path(__file__).with_name("timed.py")
T = TypeVar("T")


class Failed(Exception):
    """A run that did not end as it should. Its text says which, and why."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One process, its children included."""

    wall: float  # seconds
    cpu: float  # seconds, user and system
    peak: float  # MB resident at most
    said: str = field(default="", repr=False)  # its standard output


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `ours` and `theirs` hold one value a round, in `unit`; pairs stand side by side."""

    work: str
    unit: str
    ours: Sequence[float]
    peer: str | None = None  # beside whom
    theirs: Sequence[float] = ()
    at_most: float | None = None  # an aim, in `unit`
    of_peer: float | None = None  # an aim: ours at most so many times theirs, by medians
    trouble: str | None = None  # why the peer has no values


@dataclass(frozen=True, slots=True)
class Setting:
    """How much is measured. The tests of the bench make it small."""

    rounds: int = 5
    events: int = 5_000
    sizes: Sequence[int] = (500, 5_000, 50_000)
    seconds: float = 300.0  # of idleness
    peers: bool = True
    build: Path = BUILD
    tell: Callable[[str], None] = print


def run(command: Sequence[str], env: Mapping[str, str], codes: Sequence[int] = (0,)) -> Cost:
    """One command, in a process of its own. Raises Failed if it ends with another code than these."""
    with tempfile.TemporaryDirectory() as folder:
        out, errors = Path(folder) / "out", Path(folder) / "errors"
        timed = [sys.executable, "-I", "-S", str(_TIMED), str(out), str(errors), *command]
        done = subprocess.run(timed, cwd=ROOT, env=dict(env), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"{command[0]} cannot be started: {end(done.stderr)}")
        found = json.loads(done.stdout)
        if found["code"] not in codes:
            why = end(errors.read_text(errors="replace") or out.read_text(errors="replace"))
            raise Failed(f"{Path(command[0]).name} ended with {found['code']}: {why}")
        return Cost(**found["cost"], said=out.read_text(encoding="utf-8"))


def in_process(module: str, *args: str, env: Mapping[str, str] | None = None) -> Any:
    """What `python -m module args` prints, one JSON document; in an interpreter of its own. Raises Failed."""
    command = [sys.executable, "-m", module, *args]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join([module, *args])}: {end(done.stderr)}")
    return json.loads(done.stdout)


@dataclass(frozen=True, slots=True)
class Turns:
    """What several works gave, one value a round, and why one of them stopped."""

    of: dict[str, list[Any]]
    troubles: dict[str, str]

    def row(self, work: str, unit: str, value: Callable[[Any], float], **aims: float | None) -> Row:
        """Ours beside the one peer, if there is one; `value` takes the figure out of what a run gave."""
        peer = next((name for name in self.of if name != OURS), None)
        trouble = self.troubles.get(peer) if peer else None
        theirs = [value(one) for one in self.of[peer]] if peer and not trouble else []
        ours = [value(one) for one in self.of[OURS]]
        return Row(work, unit, ours, peer, theirs, trouble=trouble, **aims)


def in_turn(
    setting: Setting,
    what: str,
    works: Mapping[str, Callable[[], Any]],
    *,
    before: Callable[[], object] = lambda: None,
    ours: Collection[str] = (OURS,),
) -> Turns:
    """Each work once a round, after `before`; who begins changes.

    Those of `ours` must not fail; a peer that does is told, and left out from then on.
    """
    turns = Turns({who: [] for who in works}, {})
    for number in range(setting.rounds):
        before()
        order = list(works) if number % 2 == 0 else list(works)[::-1]
        for who in order:
            if who in turns.troubles:
                continue
            try:
                turns.of[who].append(works[who]())
            except Failed as failed:
                if who in ours:
                    raise
                turns.troubles[who] = str(failed)
                setting.tell(f"FAILED: {who}, {what}: {failed}")
        setting.tell(f"{what}: round {number + 1}")
    return turns


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def rank(values: Sequence[float], share: float) -> float:
    """The nearest rank: a value that occurred, with `share` of all at or below it."""
    ranked = sorted(values)
    return ranked[max(0, -(-int(len(ranked) * share * 100) // 100) - 1)]


def ratio(row: Row) -> tuple[float, float, float] | None:
    """Ours to theirs: of the medians, and the least and the most of the pairs."""
    if not row.theirs or not row.ours or not min(row.theirs):
        return None
    pairs = [mine / other for mine, other in zip(row.ours, row.theirs, strict=False)]
    return statistics.median(row.ours) / statistics.median(row.theirs), min(pairs), max(pairs)


def is_met(row: Row) -> bool | None:
    """Whether each aim of the row is; None: it has none, or nobody was to be measured beside."""
    alone = row.of_peer is not None and not row.theirs and row.trouble is None
    if alone or (row.at_most is None and row.of_peer is None):
        return None
    there = ratio(row)
    relative = row.of_peer is None or (there is not None and there[0] <= row.of_peer)
    return relative and (row.at_most is None or statistics.median(row.ours) <= row.at_most)


def workshop(setting: Setting) -> AbstractContextManager[str]:
    """A folder on the disk that the repository lies on: stores and folders of a user lie on a disk, too."""
    setting.build.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=setting.build)


def end(text: str) -> str:
    """What a process said at its end, for a person."""
    lines = text.strip().splitlines()
    return " ".join(lines[-1:] if "Traceback" in text else lines[-3:])[-300:]
