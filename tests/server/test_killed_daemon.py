"""The real daemon, killed while reminders are due, and started again: each arrives, and only a kill repeats one."""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.calendars import calendar, event
from tests.support.side_by_side import side_by_side
from tests.support.world import Daemon, World, eventually

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
poll = "1s"
sessions = "all"
{rungs}
[verdict]
missed_after = "25m"
[digests]
enabled = false
[sweep]
enabled = false
[channels.script]
type = "command"
timeout = 14
argv = {argv}
"""
MACHINES, KILLS = 4, 51  # side by side, and on each of them
SESSIONS = 6  # they begin a second apart
SPACING = 3  # seconds between two rungs of one session: so two are due each second
LASTING = 20 * 60  # seconds of ladder: far longer than the kills take, also on a slow machine
# One write a document, and the life it came from: what a killed daemon has started may end after the next began.
KEEP = 'document=$(cat); printf "%s %s\n" "$LIFE" "$document" >>"$0"'

Rung = tuple[str, str]  # of which session, and its name


@dataclass(frozen=True, slots=True)
class Life:
    """One process: from when on it has certainly run (None: it was killed before), and up to when."""

    log: str
    since: datetime | None
    until: datetime
    recorded: frozenset[Rung]  # what the store held as sent at its end


class Machine:
    """One world whose daemon is killed again and again."""

    def __init__(self, folder: Path, seed: int) -> None:
        folder.mkdir()
        self.world = World(folder)
        self.lives: list[Life] = []
        self._random = random.Random(seed)
        script = ["/bin/sh", "-c", KEEP, str(self.world.received_file)]
        rungs = "".join(f'[[reminders.rungs]]\nat = "+{at}s"\n' for at in range(0, LASTING, SPACING))
        self.world.configure(CONFIG.format(rungs=rungs, argv=json.dumps(script)))
        _write(self.world, [_soon(2 + number) for number in range(SESSIONS)])
        self.world.cli("sync")

    def run(self) -> None:
        """All lives, the last of which ends when it has caught up."""
        moments = [self._starting, self._anywhere, self._anywhere, self._handing_over]
        for _kill in range(KILLS):
            self._live_and_die(self._random.choice(moments))
        self._live_and_die(self._catching_up)

    def arrivals(self) -> Iterator[tuple[int, Rung]]:
        """What the channel was handed: in which life, and which rung. What was cut off is nothing."""
        for line in self.world.received_file.read_text(encoding="utf-8").splitlines():
            life, _, document = line.partition(" ")
            if document.endswith("}"):
                found = json.loads(document)
                yield int(life), (found["session"], found["rung"])

    def _live_and_die(self, death: Callable[[Daemon], None]) -> None:
        self.world.env["LIFE"] = str(len(self.lives))
        daemon = Daemon(self.world, forked=True)
        try:
            death(daemon)
        finally:
            until = datetime.now(UTC)
            daemon.kill()
        started = re.search(r"timestamp='([^']+)' .*event='daemon\.started'", daemon.said())
        since = datetime.fromisoformat(started[1]) if started else None
        self.lives.append(Life(daemon.said(), since, until, self._recorded()))

    def _recorded(self) -> frozenset[Rung]:
        """Read from a copy, so that the next daemon finds the store as the kill left it."""
        store = self.world.store_file
        with TemporaryDirectory() as folder:
            for file in store.parent.glob(f"{store.name}*"):
                if file.name in {store.name, f"{store.name}-wal"}:
                    shutil.copy(file, folder)
            with closing(sqlite3.connect(Path(folder) / store.name)) as copy:
                found = copy.execute("SELECT session_id, rung FROM reminders WHERE state = 'sent'")
                return frozenset(found.fetchall())

    # The moments are random: there is no condition to wait for.

    def _starting(self, _daemon: Daemon) -> None:
        time.sleep(self._random.uniform(0, 0.6))

    def _anywhere(self, daemon: Daemon) -> None:
        daemon.started()
        time.sleep(self._random.uniform(0, 1))

    def _handing_over(self, daemon: Daemon) -> None:
        daemon.started()
        eventually(lambda: self._served_by(len(self.lives)), "a reminder")
        time.sleep(self._random.uniform(0, 0.03))

    def _catching_up(self, daemon: Daemon) -> None:
        daemon.started()
        eventually(lambda: len(self._served_by(len(self.lives))) == SESSIONS, "a reminder of each session")
        daemon.end()

    def _served_by(self, life: int) -> set[str]:
        return {session for born, (session, _rung) in self.arrivals() if born == life}

    def gaps(self) -> list[tuple[datetime, datetime]]:
        """When no daemon ran, or none was ready yet."""
        found, down_since = [], datetime.min.replace(tzinfo=UTC)
        for life in self.lives:
            if life.since is not None:
                found.append((down_since, life.since))
                down_since = life.until
        return found


def test_of_many_kills_none_costs_a_reminder_and_each_repeats_one_at_most_once(
    tmp_path: Path, record_property: Any
) -> None:
    machines = [Machine(tmp_path / f"machine-{seed}", seed) for seed in range(MACHINES)]
    side_by_side({f"machine {seed}": machine.run for seed, machine in enumerate(machines)})
    assert MACHINES * KILLS >= 200
    for machine in machines:
        _no_life_repeats_a_reminder(machine)
        _what_was_recorded_never_comes_again(machine)
        _all_that_was_due_arrived(machine)
        assert "level='error'" not in "".join(life.log for life in machine.lives)
    record_property("arrivals", sum(len(list(machine.arrivals())) for machine in machines))
    record_property("repeated", sum(len(_repeated(machine)) for machine in machines))


def _no_life_repeats_a_reminder(machine: Machine) -> None:
    assert [found for found, count in Counter(machine.arrivals()).items() if count > 1] == []


def _what_was_recorded_never_comes_again(machine: Machine) -> None:
    """So only a kill between handing over and recording repeats a reminder, and each such kill repeats it once."""
    recorded_before = [frozenset[Rung](), *(life.recorded for life in machine.lives)]
    assert [rung for life, rung in machine.arrivals() if rung in recorded_before[life]] == []


def _repeated(machine: Machine) -> list[Rung]:
    counts = Counter(rung for _life, rung in machine.arrivals())
    return [rung for rung, count in counts.items() if count > 1]


def _all_that_was_due_arrived(machine: Machine) -> None:
    arrived = {rung for _life, rung in machine.arrivals()}
    by_session = defaultdict(list)
    for one in machine.world.json("log")["deliveries"]:
        by_session[one["session"]].append(one)
    assert len(by_session) == SESSIONS
    for ladder in by_session.values():
        newest = max(number for number, one in enumerate(ladder) if _rung(one) in arrived)
        _climbed(ladder[: newest + 1], arrived, machine.gaps())


def _climbed(
    ladder: Sequence[dict[str, Any]], arrived: set[Rung], gaps: Sequence[tuple[datetime, datetime]]
) -> None:
    """Each rung arrived, or a newer one in its place, since it was due while nothing ran."""
    newer = ladder[-1]
    for one in reversed(ladder):
        if one["state"] == "sent":
            newer = one
        assert _rung(newer) in arrived, newer
        if one is not newer:
            assert one["state"] == "collapsed", one
            due, came = _at(one["due_at"]), _at(newer["sent_at"])
            assert any(began < came and due < ended for began, ended in gaps), (one, newer)


def test_a_reminder_that_was_handed_over_as_the_daemon_died_comes_again_at_once_and_only_then(
    tmp_path: Path,
) -> None:
    world, done, start = World(tmp_path), tmp_path / "done", _soon(3600 + 2)
    wait = KEEP + '; while [ ! -e "$1" ]; do sleep 0.05; done'
    script = ["/bin/sh", "-c", wait, str(world.received_file), str(done)]
    rungs = '[[reminders.rungs]]\nat = "-3600s"\n'
    world.configure(CONFIG.format(rungs=rungs, argv=json.dumps(script)))
    _write(world, [start])
    killed = Daemon(world).started()
    eventually(lambda: _handed_over(world) == 1, "the reminder")
    killed.kill()
    done.touch()
    with world.daemon() as second:
        eventually(lambda: _handed_over(world) == 2, "the reminder, again")
        eventually(lambda: "reminder.sent" in second.said(), "its record")
    with world.daemon() as third:
        _write(world, [start, _soon(3600 + 1)])
        eventually(lambda: "reminder.sent" in third.said(), "another session's")
    assert _handed_over(world) == 3


def _handed_over(world: World) -> int:
    return sum(line.endswith("}") for line in world.received_file.read_text(encoding="utf-8").splitlines())


def _write(world: World, starts: Sequence[datetime]) -> None:
    """The calendar: a session of 50 minutes at each start, in UTC."""
    stamp = "%Y%m%dT%H%M%SZ"
    events = [
        event(f"s{n}", "AB", f"{at:{stamp}}", f"{at + timedelta(minutes=50):{stamp}}", zone=None)
        for n, at in enumerate(starts)
    ]
    file = world.home / "practice.ics"
    file.with_suffix(".new").write_text(calendar(*events), encoding="utf-8", newline="")
    file.with_suffix(".new").rename(file)


def _soon(seconds: float) -> datetime:
    """A whole second, at least so far from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds + 1)).replace(microsecond=0)


def _rung(delivery: dict[str, Any]) -> Rung:
    return delivery["session"], delivery["rung"]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
