"""The real daemon while its machine's clock is set, or its machine sleeps: every case on a machine of its own.

All cases run at once, since all of them wait for the daemon to notice (15 s at most, by itself).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest

from tests.support.calendars import calendar, event
from tests.support.fixtures import require
from tests.support.world import Daemon, World, eventually, shim

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "ics"
path = "~/practice.ics"
poll = "3s"
sessions = "all"
{rungs}
[verdict]
late_after = "2s"
missed_after = "{missed_after}"
[digests]
enabled = false
[sweep]
enabled = false
[channels.script]
type = "command"
argv = @SCRIPT@
"""
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)  # when each machine begins; a Tuesday
RUNGS = ("-50s", "-30s", "0m", "+5s", "+45s")
NOTICED = 20.0  # seconds: all that follows from a step of the clock stands by then
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
TEN_YEARS = 3652 * DAY
_STARTING = Semaphore(2)  # so many processes start at once, since many would take long together


class Machine:
    """A world whose clock says noon, with these sessions, and a daemon that has read them."""

    def __init__(self, folder: Path, *starts: datetime, lasting: timedelta = 50 * MINUTE) -> None:
        self.world = World(folder)
        self.configure(RUNGS, "10m")
        self.world.shift_clock(NOON)
        self._sessions: dict[datetime, timedelta] = {}
        self._ids: dict[datetime, str] = {}
        self.put(*starts, lasting=lasting)

    def configure(self, rungs: tuple[str, ...], missed_after: str) -> None:
        ladder = "".join(f'[[reminders.rungs]]\nat = "{rung}"\n' for rung in rungs)
        self.world.configure(CONFIG.format(rungs=ladder, missed_after=missed_after))

    @contextmanager
    def running(self) -> Iterator[Daemon]:
        """With a daemon that has read the calendar."""
        with _STARTING:
            self._daemon = daemon = Daemon(self.world)
            eventually(lambda: "poll.done" in daemon.said(), "the first poll")
        try:
            yield daemon
        finally:
            self.stop()

    def stop(self) -> None:
        """What has been concluded by now can be looked at, however long that takes."""
        self._daemon.end()

    def put(self, *starts: datetime, lasting: timedelta = 50 * MINUTE) -> None:
        """Further sessions stand in the calendar."""
        self._sessions |= dict.fromkeys(starts, lasting)
        text = calendar(*(_event(start, start + span) for start, span in self._sessions.items()))
        file = self.world.home / "practice.ics"
        file.with_suffix(".new").write_text(text, encoding="utf-8", newline="")
        file.with_suffix(".new").rename(file)

    def soon(self, span: timedelta) -> datetime:
        """A whole second, at least so far from now."""
        return (self.world.now() + span + SECOND).replace(microsecond=0)

    def came(self, start: datetime) -> list[str]:
        """The notices about the session with this start alone, in order."""
        return [one["rung"] for one in self.world.received() if one["start"] and _at(one["start"]) == start]

    def asked(self) -> int:
        """How many questions came."""
        return self.world.rungs().count("question")

    def wait_for(self, rung: str, start: datetime, within: float = NOTICED) -> None:
        eventually(lambda: rung in self.came(start), f"{rung} of {start}; it has {self.came(start)}", within)

    def told(self, *command: str) -> Any:
        """What a command says."""
        with _STARTING:
            return self.world.json(*command)

    def verdicts(self, *starts: datetime) -> list[str | None]:
        """What is said of the sessions with these starts."""
        days = f"{min(starts) - DAY:%Y-%m-%d}", f"{max(starts) + 2 * DAY:%Y-%m-%d}"
        found = self.told("agenda", "--from", days[0], "--to", days[1])["sessions"]
        by_start = {_at(one["start"]): one for one in found}
        self._ids |= {start: one["id"] for start, one in by_start.items()}
        return [by_start[start]["verdict"] for start in starts]

    def states(self, start: datetime) -> dict[str, str]:
        """By rung: where it stands."""
        return {one["rung"]: one["state"] for one in self._ladder(start)}

    def punctual(self, start: datetime) -> None:
        """What was sent of this ladder came at its time by the clock of then, or as soon as that was noticed."""
        for one in self._ladder(start):
            if one["state"] == "sent":
                late = _at(one["sent_at"]) - _at(one["due_at"])
                assert timedelta() <= late < NOTICED * SECOND, one

    def nothing_is_held_against(self, *starts: datetime) -> None:
        """No verdict, no question, no card."""
        assert self.verdicts(*starts) == [None] * len(starts)
        assert self.told("status")["open_questions"] == []
        assert [card for card in self.told("repair")["cards"] if card["state"] == "open"] == []

    def _ladder(self, start: datetime) -> list[dict[str, Any]]:
        """Of a session whose verdict was asked for."""
        return [one for one in self.told("log")["deliveries"] if one["session"] == self._ids[start]]


def _event(start: datetime, end: datetime) -> str:
    stamp = "%Y%m%dT%H%M%SZ"
    return event(f"at {start:{stamp}}", "AB", f"{start:{stamp}}", f"{end:{stamp}}", zone=None)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of a machine's clock, by somebody who sets it, or by a sleep."""

    by: timedelta
    asleep: bool = False

    def to(self, machine: Machine, daemon: Daemon, at: datetime) -> None:
        """The clock says `at`, at once."""
        if self.asleep:
            machine.world.sleep(daemon, at)
        else:
            machine.world.shift_clock(at)


TURNS = {
    "a minute forward": Turn(MINUTE),
    "two hours forward": Turn(2 * HOUR),
    "three days forward": Turn(3 * DAY),
    "ten years forward": Turn(TEN_YEARS),
    "five minutes back": Turn(-5 * MINUTE),
    "an hour back": Turn(-HOUR),
    "a day back": Turn(-DAY),
    "a sleep of a minute": Turn(MINUTE, asleep=True),
    "a sleep of two hours": Turn(2 * HOUR, asleep=True),
    "a sleep of three days": Turn(3 * DAY, asleep=True),
}


def before_a_ladder(turn: Turn, folder: Path) -> None:
    """The session lies a minute ahead by the new clock; by the old one it is far ahead, or over."""
    coming = NOON + turn.by + 2 * MINUTE
    machine = Machine(folder, coming, lasting=2 * MINUTE)
    with machine.running() as daemon:
        turn.to(machine, daemon, coming - 55 * SECOND)
        machine.wait_for("-50s", coming)
        another = machine.soon(52 * SECOND)
        machine.put(another)  # the calendars are asked by the new clock, too
        machine.wait_for("-50s", another)
        machine.wait_for("-30s", coming, within=25 + NOTICED)
        assert (machine.came(coming), machine.asked()) == (["-50s", "-30s"], 0)
    machine.nothing_is_held_against(coming, another)
    machine.punctual(coming)


def in_a_ladder(turn: Turn, folder: Path) -> None:
    """The first rung is out when the clock is turned."""
    machine = Machine(folder, NOON + 30 * DAY)
    with machine.running() as daemon:
        present = machine.soon(53 * SECOND)
        coming = present + turn.by + 5 * SECOND
        slept_through = present + HOUR
        if turn.by > HOUR:
            machine.put(slept_through)
        if abs(turn.by) > MINUTE:
            machine.put(coming, lasting=2 * MINUTE)
        machine.put(present)
        machine.wait_for("-50s", present)
        eventually(lambda: "reminder.sent" in daemon.said(), "its record")
        turn.to(machine, daemon, present - 50 * SECOND + turn.by)
        if turn.by == MINUTE:
            _goes_on(machine, present)
        elif turn.by > MINUTE:
            _is_over(machine, present, slept_through, coming)
        else:
            _is_still_to_come(machine, present, coming, repeated=-turn.by > 5 * MINUTE)


def _goes_on(machine: Machine, present: datetime) -> None:
    """Of what is late the newest came, and what follows comes at its time."""
    machine.wait_for("+5s", present)
    machine.wait_for("+45s", present, within=35 + NOTICED)
    machine.stop()
    assert (machine.came(present), machine.asked()) == (["-50s", "+5s", "+45s"], 0)
    machine.nothing_is_held_against(present)


def _is_over(machine: Machine, present: datetime, slept_through: datetime, coming: datetime) -> None:
    """What became of the two sessions that were jumped over nobody knows: one question asks, and accuses nobody."""
    eventually(machine.asked, "the question", NOTICED)
    machine.wait_for("-50s", coming)
    machine.wait_for("-30s", coming, within=25 + NOTICED)
    machine.stop()
    assert (machine.came(coming), machine.asked()) == (["-50s", "-30s"], 1)
    assert (machine.came(present), machine.came(slept_through)) == (["-50s"], [])
    assert machine.verdicts(present, slept_through, coming) == ["unknown", "unknown", None]
    assert machine.told("repair")["cards"] == []
    machine.punctual(coming)


def _is_still_to_come(machine: Machine, present: datetime, coming: datetime, *, repeated: bool) -> None:
    """What comes earlier now comes at its time, and what went out in a time that is still to come is due again."""
    machine.wait_for("-50s", coming)
    machine.wait_for("-30s", coming, within=25 + NOTICED)
    machine.stop()
    assert (machine.came(coming), machine.came(present)) == (["-50s", "-30s"], ["-50s"])
    machine.nothing_is_held_against(present, coming)
    first = "pending" if repeated else "sent"
    assert machine.states(present) == {rung: first if rung == "-50s" else "pending" for rung in RUNGS}
    machine.punctual(coming)


def ten_years_ahead_and_back(folder: Path) -> None:
    today = NOON + 2 * HOUR
    machine = Machine(folder, today)
    with machine.running() as daemon:
        eventually(lambda: "plan.changed" in daemon.said(), "the plan")
        machine.world.shift_clock(NOON + TEN_YEARS)
        eventually(machine.asked, "the question about what was jumped over", NOTICED)
        machine.world.shift_clock(today - 55 * SECOND)
        machine.wait_for("-50s", today)
        machine.wait_for("-30s", today, within=25 + NOTICED)
    machine.nothing_is_held_against(today)


def back_over_a_verdict(folder: Path) -> None:
    """A miss was suspected, rightly by the clock of then; the session is still to come."""
    machine = Machine(folder, NOON + 30 * DAY)
    machine.configure(("-4s", "0m"), missed_after="2s")
    with machine.running():
        session = machine.soon(12 * SECOND)  # so that the first rung comes before the next one is due
        machine.put(session)
        machine.wait_for("question", session, within=12 + NOTICED)
        assert machine.verdicts(session) == ["suspected_miss"]
        machine.world.shift_clock(session - HOUR)
        eventually(lambda: machine.verdicts(session) == [None], "the verdict to be taken back", NOTICED)
        machine.nothing_is_held_against(session)
        assert machine.states(session)["-4s"] == "pending"
        machine.world.shift_clock(session - 10 * SECOND)
        eventually(lambda: machine.came(session).count("-4s") == 2, "the rung, again", NOTICED)


CASES: Mapping[str, Callable[[Path], None]] = {
    "back over a verdict": back_over_a_verdict,
    "ten years ahead and back": ten_years_ahead_and_back,
    **{f"in a ladder: {name}": partial(in_a_ladder, turn) for name, turn in TURNS.items()},
    **{f"before a ladder: {name}": partial(before_a_ladder, turn) for name, turn in TURNS.items()},
}


@pytest.fixture(scope="module")
def courses(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[None]]]:
    """The cases that were chosen, under way."""
    require([] if shutil.which("cc") else ["cc"])
    shim("shift")  # built once, before many want it at the same moment
    names = [item.callspec.params["name"] for item in request.session.items if item.path == request.path]  # type: ignore[attr-defined]
    with ThreadPoolExecutor(len(names)) as threads:
        yield {name: threads.submit(CASES[name], tmp_path_factory.mktemp("machine")) for name in names}


@pytest.mark.parametrize("name", CASES)
def test_a_clock_that_is_turned_costs_no_reminder_and_accuses_nobody(
    courses: Mapping[str, Future[None]], name: str
) -> None:
    courses[name].result()
