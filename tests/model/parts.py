"""What a run is made of, made once a process: reading a configuration or migrating a store takes longer than a run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from kepthour.app import App
from kepthour.config import Configuration
from kepthour.config.reading import load
from tests.model.disk import disk
from tests.model.display import DisplayKind, Screen
from tests.model.practice import NAME, filler
from tests.model.setups import SETUPS
from tests.support.clock import FakeClock
from tests.support.day import FakePlugins

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def _no_screen(name: str) -> Screen:
    raise AssertionError(f"nobody opens the {name} here")


class FakeParts(FakePlugins):
    """The calendar in memory, and displays for channels."""

    def __init__(self, screen: Callable[[str], Screen] = _no_screen) -> None:
        super().__init__(FakeClock(START))
        self.memory.calendar(NAME).put("filler.ics", filler(START))
        self.recorder: Any = DisplayKind(screen)


@cache
def configuration(name: str) -> Configuration:
    """Read once a process: a run has no time for it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.write_text(SETUPS[name].text(), encoding="utf-8")
        return load(file, FakeParts())


@cache
def new_store() -> bytes:
    """A store that was migrated, and knows the calendar's filler."""
    app = App(configuration("one screen"), disk().daemon, FakeParts(), FakeClock(START))
    app.ask(NAME)
    return disk().content()
