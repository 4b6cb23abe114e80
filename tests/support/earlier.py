"""Stores as earlier versions of the program left them: their tables, and in them what they knew to write."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, select

from kepthour.core.privacy import Phi
from kepthour.core.response import Kind
from kepthour.pipeline import leave
from kepthour.store import engine, tables
from tests.support.after_a_miss import ALIASES, after_a_miss
from tests.support.day import Day

MIGRATIONS = Path(engine.__file__).parent / "migrations"
REVISIONS = sorted(one.revision for one in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
Rows = Mapping[str, list[tuple[Any, ...]]]


def lived_in(folder: Path) -> Day:
    """A day on today's tables, something in each of them. Its store is closed."""
    day = after_a_miss(folder, ALIASES)
    now = day.clock.now()
    (coming,) = [one.session.id for one in day.agenda("2026-03-09 09:00", "2026-03-09 11:00")]
    day.app.answer(Kind.ACK, coming, "command line")
    leave.go(day.app.store, now + timedelta(days=20), now + timedelta(days=21), now)
    with day.app.store.write() as tx:
        owner = {"therapist_id": tx.therapist}
        add = tx.connection.execute
        add(
            insert(tables.watches),
            {**owner, "since": now, "until": now, "pid": 7, "version": "0.1", "pause": "sleep"},
        )
        add(insert(tables.spells), {**owner, "source": "call", "sign": "in_call", "since": now, "until": now})
        add(
            insert(tables.evidence),
            {
                **owner,
                "session_id": coming,
                "revision": 1,
                "source": "meet",
                "state": "not_seen",
                "asked_at": now,
            },
        )
        add(
            insert(tables.rules),
            {**owner, "card_id": 1, "cause": "moved", "kind": "also", "value": "-2h", "client": Phi("AB"),
             "place": Phi(""), "written_at": now},
        )  # fmt: skip
        empty = [name for name, table in tables.metadata.tables.items() if add(select(table)).first() is None]
    assert empty == []
    day.app.store.close()
    return day


def written_at(revision: str, today: Path, place: Path) -> None:
    """At `place` a store with the tables of `revision`, and what these can hold of the store `today`."""
    made = create_engine(f"sqlite:///{place}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with made.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    made.dispose()
    with closing(sqlite3.connect(place)) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.execute("ATTACH ? AS today", [str(today)])
        for table in _tables(old):
            if table != "alembic_version":
                columns = ", ".join(f'"{name}"' for name in _columns(old, table))
                old.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}")
        old.commit()
    place.chmod(0o600)


def content(path: Path, like: Path | None = None) -> Rows:
    """All rows by table; of the tables and columns alone that the store `like` has."""
    with closing(sqlite3.connect(path)) as there, closing(sqlite3.connect(like or path)) as old:
        found = {}
        for table in _tables(old):
            columns = ", ".join(f'"{name}"' for name in _columns(old, table))
            found[table] = sorted(there.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
        return found


def version(path: Path) -> str:
    return str(content(path)["alembic_version"][0][0])


def set_version(path: Path, to: str) -> None:
    with closing(sqlite3.connect(path)) as there:
        there.execute("UPDATE alembic_version SET version_num = ?", [to])
        there.commit()
    open_files = [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")]
    assert not any(one.exists() for one in open_files)


def _tables(there: sqlite3.Connection) -> list[str]:
    return [
        name for (name,) in there.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    ]


def _columns(there: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in there.execute(f"PRAGMA table_info({table})")]
