"""A network that comes back after the machine does, where several calendars are of one account, as most are."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kepthour.runtime.poller import Poller
from kepthour.runtime.scheduler import Work
from kepthour_connectors.base import SignInNeeded, Transient
from kepthour_connectors.retry import Account
from tests.support.day import CONFIG, Day

ACCOUNT = Account("https", "cloud.example.org", None, "therapist")
LOST = Transient("No answer.", "Look at the network.")
NAMES = tuple("abcdefghij")
AT_ONCE = timedelta(milliseconds=50)  # so long a poll takes that fails without a network, or is answered


class Timer:
    """Stands for the scheduler: its jobs run by a clock that a test moves, those of one instant side by side."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._jobs: dict[str, tuple[datetime, Work]] = {}

    def once(self, name: str, at: datetime, work: Work) -> None:
        self._jobs[name] = at, work

    async def until(self, end: datetime) -> None:
        while self._jobs and min(at for at, _work in self._jobs.values()) <= end:
            now = max(min(at for at, _work in self._jobs.values()), self._day.clock.at)
            self._day.clock.at = now
            due = [name for name, (at, _work) in self._jobs.items() if at <= now]
            await asyncio.gather(*(self._jobs.pop(name)[1]() for name in due))
            self._day.clock.at = now + AT_ONCE
        self._day.clock.at = end


@pytest.fixture(params=range(3))
def seeds(request: pytest.FixtureRequest) -> Iterator[int]:
    random.seed(request.param)
    yield request.param


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("network_after", [3, 12])
async def test_all_calendars_are_heard_while_nothing_is_complained_of_yet(
    tmp_path: Path, count: int, network_after: int, seeds: int
) -> None:
    tables = "".join(
        f'[[calendars]]\nname = "{name}"\ntype = "memory"\nsessions = "all"\n' for name in NAMES[:count]
    )
    begin = CONFIG.index("[[calendars]]")
    day = Day(tmp_path, "2026-03-02 08:00", CONFIG[:begin] + tables + CONFIG[CONFIG.index("[channels") :])
    calendars = [day.plugins.memory.calendar(name) for name in NAMES[:count]]
    for one in calendars:
        one.account = ACCOUNT  # type: ignore[attr-defined]
        one.broken = LOST
    timer = Timer(day)
    poller = Poller(day.app, timer, lambda: None)  # type: ignore[arg-type]
    poller.ask_all()
    start = day.clock.at
    await timer.until(start + timedelta(seconds=network_after))
    for one in calendars:
        one.broken = None
    await timer.until(start + timedelta(seconds=59))
    assert poller.all_heard, "a minute is over soon, and somebody was not heard"


async def test_a_server_that_refuses_the_password_was_reached_and_that_is_told_at_once(
    tmp_path: Path,
) -> None:
    """A closed laptop that wakes for a session is put to sleep again after half a minute: nothing else would tell."""
    day = Day(tmp_path, "2026-03-02 08:00")
    day.calendar.broken = SignInNeeded("The password was refused.", "Store the new one.")
    timer = Timer(day)
    poller = Poller(day.app, timer, lambda: None)  # type: ignore[arg-type]
    poller.ask_all()
    await timer.until(day.clock.at + timedelta(seconds=5))
    assert poller.all_heard
