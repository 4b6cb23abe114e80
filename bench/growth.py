"""How the store of a full practice grows in a year: tests/support/full_practice.py, lived through day by day."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bench.measuring import Row, Setting, in_process
from kepthour.runtime.logs import set_up
from tests.support.full_practice import full_practice
from tests.support.lived import live_through
from tests.support.oracle import Oracle

_YEAR = timedelta(days=364)
_MONTH = _YEAR / 13
_MEMORY = Path("/dev/shm")  # on a disk, a year of commits would take hours


def measure(setting: Setting) -> Iterator[Row]:
    """A small calendar has a week."""
    spans = (_MONTH, _YEAR) if setting.events >= 5_000 else (_YEAR / 52,)
    for span in spans:
        setting.tell(f"a practice lives for {span.days} days")
        found = in_process("bench.growth", str(span.days))
        work = f"store after {span.days} days with {found['sessions']:,} sessions"
        yield Row(work, "MB", [found["megabytes"]])


def live(days: int) -> dict[str, float]:
    """The practice's first days, and what its store has come to."""
    set_up(0)
    practice = full_practice()
    practice = replace(practice, ends=min(practice.ends, practice.begins + timedelta(days=days)))
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        lived = asyncio.run(live_through(practice, Oracle(practice).walk(), Path(name)))
        (store,) = Path(name).glob("*.db")
        with closing(sqlite3.connect(store)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return {"sessions": len(lived.verdicts), "megabytes": store.stat().st_size / 1024**2}


if __name__ == "__main__":
    print(json.dumps(live(int(sys.argv[1]))))
