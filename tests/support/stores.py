"""What costs more than many a test, once a process: a store in which nothing stands yet, and its statements' texts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from kepthour.core.reading.digest import Held
from kepthour.store import calendars, holdings
from kepthour.store.engine import Store, open_store
from kepthour.store.holdings import Window
from tests.support.sealed import access_of, store_at

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def opened(path: Path) -> Store:
    """The store at `path`. Where there is none, a new one, as `open_store` makes it."""
    if access_of(path).encrypted:
        store = store_at(path)
        store.open()
        return store
    folder, engine = _new()
    if not path.exists():
        shutil.copy(Path(folder.name) / "kepthour.db", path)
    store = Store(path)
    _compile_with(engine, store._engine)
    store.open()
    return store


@cache
def _new() -> tuple[TemporaryDirectory[str], Engine]:
    """The folder it lies in, up to the end of the process; and the engine that made it."""
    folder = TemporaryDirectory(prefix="kepthour-new-store-")
    store = open_store(Path(folder.name) / "kepthour.db")
    store.close()
    return folder, store._engine


def _compile_with(first: Engine, engine: Engine) -> None:
    """Statements are compiled once a dialect, of which each engine makes its own, though all here are alike."""
    engine.dialect = engine.pool._dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


def hold(
    store: Store, calendar: str, held: Sequence[Held], withheld: Mapping[str, str] | None = None
) -> None:
    """As after a first poll of this calendar, which brought `held`."""
    with store.write() as tx:
        assert holdings.commit_batch(
            tx,
            calendars.get_or_add(tx, calendar, calendar, NOW),
            changed=held,
            withheld=withheld or {},
            removed=(),
            cursor=None,
            fingerprint=calendar,
            window=Window(NOW, NOW + timedelta(days=1), ""),
            warnings=(),
            full=True,
            as_of=NOW,
            now=NOW,
        )
