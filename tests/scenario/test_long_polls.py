"""Polls that last: what they heard is as old as their beginning."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from kepthour_connectors.base import Batch, Known
from tests.support.day import Day, a_morning


class Long:
    """The calendar's poll, which answers by what it was when it began, and only when it is let go."""

    def __init__(self, day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self._answer = day.calendar.poll
        monkeypatch.setattr(day.calendar, "poll", self._poll)

    def _poll(self, known: Known) -> Batch:
        batch = self._answer(known)
        self.begun.set()
        assert self.go_on.wait(60)
        return batch


async def test_what_was_heard_half_an_hour_ago_accuses_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:50")
    with monkeypatch.context() as patch:
        long = Long(day, patch)
        asking = threading.Thread(target=day.sync)
        asking.start()
        assert long.begun.wait(60)
        day.calendar.delete("one.ics")  # the client cancels at 09:50
        patch.setattr(day, "sync", lambda: None)  # the calendar is asked, and no second time beside that
        await day.until("2026-03-02 10:14")
        long.go_on.set()
        await asyncio.to_thread(asking.join)
        await day.until("2026-03-02 10:15")
    assert day.only().verdict != "suspected_miss"
