"""Tests that take long because they wait: a few of a module are played at a time, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

import pytest

from tests.support.disk import Disk, missing_for_disks
from tests.support.fixtures import require
from tests.support.world import World

AT_ONCE = 3  # the daemons start side by side, too: more of them would be late for their own reminders

Play = Callable[[Path], None]


def in_a_world(play: Callable[[World], None]) -> Play:
    """A play on a machine of its own."""

    @wraps(play)
    def begin(folder: Path) -> None:
        play(World(folder))

    return begin


def on_a_disk(play: Callable[[Disk], None]) -> Play:
    """A play on a machine whose store lies on a small disk. Where there can be none it is skipped; in CI it fails."""

    @wraps(play)
    def begin(folder: Path) -> None:
        require(missing_for_disks())
        with Disk(World(folder)) as disk:
            play(disk)

    return begin


@contextmanager
def played(plays: Sequence[Play], folders: pytest.TempPathFactory) -> Iterator[dict[str, Future[None]]]:
    """By name: what becomes of each play, to be asked for its `result`. Each gets a folder of its own."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        begun = {play.__name__: threads.submit(play, folders.mktemp(play.__name__[:30])) for play in plays}
        try:
            yield begun
        finally:
            for one in begun.values():
                one.cancel()
