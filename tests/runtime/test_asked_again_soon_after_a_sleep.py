"""The first poll after a sleep fails within milliseconds: it is to count as one after the sleep."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kepthour.app import App
from kepthour.core.timekeeping import Reading
from kepthour.pipeline.dispatch import claim
from kepthour.pipeline.poll import Polled
from kepthour.runtime.clock import SystemClock
from kepthour_connectors.base import Transient
from tests.runtime.test_daemon import Made, until


class Sleepy(SystemClock):
    """`slept` grows: the machine was suspended for that long."""

    slept = timedelta()

    def read(self) -> Reading:
        true = super().read()
        return Reading(true.wall, true.monotonic - self.slept, true.boot)


@pytest.mark.parametrize("disk", [0.0, 0.1])
async def test_a_calendar_that_cannot_be_reached_after_a_sleep_is_asked_again_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: float
) -> None:
    made = Made(tmp_path)
    made.file.write_text(made.file.read_text().replace('poll = "1s"', 'poll = "2m"'))
    clock, release, next_poll = Sleepy(), claim.release, App.next_poll
    set_: list[tuple[bool, timedelta]] = []

    def slow(*args: Any) -> None:
        time.sleep(disk)
        release(*args)

    def noted(self: App, name: str, polled: Polled) -> datetime:
        at = next_poll(self, name, polled)
        set_.append((polled.error is None, at - clock.now()))
        return at

    monkeypatch.setattr(claim, "release", slow)
    monkeypatch.setattr(App, "next_poll", noted)
    made.app = made.load()
    made.app.clock = made.app.sources._clock = clock
    async with made.running() as daemon:
        await until(lambda: bool(set_), "the first poll")
        calendar = made.plugins.memory.calendar("practice")
        calendar.broken = Transient("No answer.", "Look at the network.")
        set_.clear()
        clock.slept += timedelta(hours=8)
        daemon.wake()
        await until(lambda: bool(set_), "the poll after the sleep")
    good, pause = set_[0]
    assert not good
    assert pause <= timedelta(seconds=5)
