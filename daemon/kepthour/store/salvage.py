"""Reads what is left of a damaged store, row by row, and writes what can be understood into a new one."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, TypeDecorator

from kepthour.core.causes import Cause
from kepthour.core.gaps import Pause
from kepthour.core.ladder import Urgency
from kepthour.core.make_up import Why as Ground
from kepthour.core.presence import Seen
from kepthour.core.reminder import State, Why
from kepthour.core.repair import CardState, Outcome
from kepthour.core.response import Kind
from kepthour.core.rules import Kind as RuleKind
from kepthour.core.spells import Sign
from kepthour.core.trail import What, Who
from kepthour.core.verdict import Because, Verdict
from kepthour.store.access import Access, Connection
from kepthour.store.sealing import HEADER, PAGE
from kepthour.store.tables import metadata

_SAVED = (
    "therapists",
    "sessions",
    "reminders",
    "responses",
    "evidence",
    "spells",
    "verdicts",
    "cards",
    "card_steps",
    "rules",
    "trail",
    "absences",
    "watches",
)
_WORDS: dict[tuple[str, str], type[StrEnum]] = {
    ("reminders", "state"): State,
    ("reminders", "why"): Why,
    ("reminders", "urgency"): Urgency,
    ("responses", "kind"): Kind,
    ("evidence", "state"): Seen,
    ("spells", "sign"): Sign,
    ("cards", "state"): CardState,
    ("cards", "outcome"): Outcome,
    ("cards", "cause"): Cause,
    ("rules", "cause"): Cause,
    ("rules", "kind"): RuleKind,
    ("cards", "make_up_by"): Who,
    ("cards", "make_up_why"): Ground,
    ("card_steps", "done_by"): Who,
    ("sessions", "verdict"): Verdict,
    ("sessions", "because"): Because,
    ("verdicts", "verdict"): Verdict,
    ("verdicts", "because"): Because,
    ("trail", "what"): What,
    ("trail", "by"): Who,
    ("watches", "pause"): Pause,
}
_HEADER = 100  # bytes, of the first page of a plain store
_PAGES_SAID = 28  # of the header: four bytes that say how many pages there are; 0: count them
_BLIND = 300  # how far beyond the last row that could be read others are looked for: more than a page holds

_Row = dict[str, Any]


def copy_of(old: Path, copy: Path, model: Path, access: Access) -> None:
    """Copy a store's files, and mend the copy's schema after the whole store `model`. Raises OSError.

    Reading may change a file that has a journal, and the old one is to stay as it is.
    """
    for suffix in ("", "-wal"):
        file = old.with_name(old.name + suffix)
        if file.exists():
            shutil.copyfile(file, copy.with_name(copy.name + suffix))
    _overwrite(copy, _PAGES_SAID, bytes(4))  # else a file that was cut short could not be opened at all
    good = model.read_bytes()
    for torn in (0, HEADER if access.encrypted else _HEADER, PAGE):  # so much of the first page
        _overwrite(copy, 0, good[:torn])
        _overwrite(copy, _PAGES_SAID, bytes(4))
        if _knows_its_tables(copy, access):
            return
    for page in _of_the_schema(model, copy, access):
        _overwrite(copy, page * PAGE, good[page * PAGE : (page + 1) * PAGE])


def _overwrite(store: Path, at: int, what: bytes) -> None:
    with store.open("r+b") as file:
        file.seek(at)
        file.write(what)


def _knows_its_tables(store: Path, access: Access) -> bool:
    try:
        with closing(access.connect(store)) as connection:
            return len(connection.execute("SELECT * FROM sqlite_master").fetchall()) > 0
    except access.faults:
        return False


def _of_the_schema(model: Path, copy: Path, access: Access) -> list[int]:
    """The pages without which a store knows no tables, but for the first. Numbers begin at 0."""
    good = model.read_bytes()
    trial = copy.with_name(f"{copy.name}.trial")
    trial.write_bytes(good)
    found = []
    for page in range(1, len(good) // PAGE):
        _overwrite(trial, page * PAGE, bytes(PAGE))
        if not _knows_its_tables(trial, access):
            found.append(page)
        _overwrite(trial, page * PAGE, good[page * PAGE : (page + 1) * PAGE])
    trial.unlink()
    return found


@dataclass(frozen=True, slots=True)
class Saved:
    """How many rows of each table are in the new store, and which tables could not be read to their end."""

    rows: dict[str, int]
    torn: tuple[str, ...]


def save(old: Path, new: Path, access: Access) -> Saved:
    """Copy what can be read and understood."""
    torn: list[str] = []
    # one transaction; foreign keys are off on this connection, and looked at when all is there
    with closing(_Source(old, access)) as source, closing(access.connect(new)) as target, target:
        for table in _SAVED:
            for row in _readable(source, table, torn):
                with suppress(access.driver.IntegrityError):  # it lacks what a newer version wants
                    _insert(target, table, row)
        _give_owners(target)
        _drop_orphans(target)
        rows = {name: target.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in _SAVED}
        return Saved(rows, tuple(torn))


def _insert(target: Connection, table: str, row: _Row) -> None:
    known = {name: value for name, value in row.items() if name in metadata.tables[table].columns}
    if not _understood(table, known):
        return
    columns, marks = ", ".join(f'"{name}"' for name in known), ", ".join("?" * len(known))
    target.execute(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})", list(known.values()))


def _understood(table: str, row: _Row) -> bool:
    """SQLite takes any value anywhere: one that was torn must not meet those who read it."""
    for name, value in row.items():
        if value is None:
            continue  # where there must be one, the new store refuses the row
        words = _WORDS.get((table, name))
        if not isinstance(value, _kind(table, name)) or (words and value not in set(words)):
            return False
    return True


def _kind(table: str, column: str) -> type:
    declared = metadata.tables[table].columns[column].type
    plain = declared.impl_instance if isinstance(declared, TypeDecorator) else declared
    return int if isinstance(plain, Integer | BigInteger | Boolean) else str


class _Source:
    """A torn store. A connection of SQLCipher's that has met a torn page reads no other any more."""

    def __init__(self, path: Path, access: Access) -> None:
        self.access = access
        self._path = path
        self._connection = self._connected()

    def _connected(self) -> Connection:
        connection = self.access.connect(self._path)
        connection.row_factory = self.access.driver.Row
        return connection

    def execute(self, query: str, args: tuple[int, ...]) -> Iterator[Any]:
        """The rows. Raises the driver's errors, and can be asked again then."""
        try:
            yield from self._connection.execute(query, args)
        except self.access.faults:
            self.close()
            self._connection = self._connected()
            raise

    def knows(self, table: str) -> bool:
        """Whether it can be asked for its rows at all, whatever is left of them."""
        try:
            list(self.execute(f"SELECT 1 FROM {table} WHERE 0", ()))
        except self.access.faults:
            return False
        return True

    def close(self) -> None:
        self._connection.close()


def _readable(source: _Source, table: str, torn: list[str]) -> Iterator[_Row]:
    """Rows from the first on until one cannot be read, then from the last back; then those between, one by one.

    The name of a table in which this happens goes into `torn`.
    """
    seen: set[int] = set()
    is_torn = False
    for order in ("ASC", "DESC"):
        query = f"SELECT rowid AS _rowid, * FROM {table} ORDER BY rowid {order}"
        is_torn |= yield from _until_torn(source, query, seen)
    if is_torn:
        torn.append(table)
        if source.knows(table):  # else each number would be asked for in vain, which takes seconds
            query = f"SELECT rowid AS _rowid, * FROM {table} WHERE rowid = ?"
            yield from _one_by_one(source, query, seen)


def _until_torn(source: _Source, query: str, seen: set[int], *args: int) -> Generator[_Row, None, bool]:
    """The rows of `query` up to one that is known already, or cannot be read; returns whether it is the latter."""
    try:
        for row in source.execute(query, args):
            values = dict(row)
            rowid = values.pop("_rowid")
            if rowid in seen:
                break
            seen.add(rowid)
            yield values
    except source.access.faults:
        return True
    return False


def _one_by_one(source: _Source, query: str, seen: set[int]) -> Iterator[_Row]:
    """The rows that `query` finds by their number between those that were seen, and beyond them."""
    top = max(seen, default=0)
    for rowid in range(1, top):
        if rowid not in seen:
            yield from _until_torn(source, query, seen, rowid)
    for rowid in range(top + 1, top + _BLIND):
        if not (yield from _until_torn(source, query, seen, rowid)) and rowid not in seen:
            return  # the last page can be read, and knows of no further row


def _give_owners(target: Connection) -> None:
    """What was answered, concluded and sent outlives its session's row: as much of it as can be told from that.

    When its calendar was polled again, the session is made whole.
    """
    referred = " UNION ".join(f"SELECT session_id FROM {table}" for table in _OWNED)
    lost = (
        f"SELECT session_id FROM ({referred})"
        " WHERE session_id IS NOT NULL AND session_id NOT IN (SELECT id FROM sessions)"
    )
    for (session_id,) in target.execute(lost).fetchall():
        target.execute(_OWNER, {"id": session_id, "length": _LENGTH, "late_after": _LATE_AFTER})


_OWNED = ("reminders", "responses", "verdicts", "cards")  # a trail alone makes no session
# microseconds; right again with the first poll
_LENGTH, _LATE_AFTER = 50 * 60 * 1_000_000, 2 * 60 * 1_000_000
# A rung says when its session starts. Without one, the answer has a session that is hidden, and nothing else.
_OWNER = """
WITH told AS (
    SELECT max(revision) AS revision FROM (
        SELECT revision FROM reminders WHERE session_id = :id
        UNION SELECT revision FROM responses WHERE session_id = :id
    )
), ladder AS (
    SELECT min(due_at - "offset") AS start, max(useful_until) AS deadline FROM reminders
    WHERE session_id = :id AND "offset" IS NOT NULL AND revision = (SELECT revision FROM told)
), last AS (
    SELECT verdict, because, "by", at FROM verdicts WHERE session_id = :id ORDER BY at DESC, id DESC LIMIT 1
), spoken AS (
    SELECT max(at) AS at FROM (SELECT at FROM responses WHERE session_id = :id UNION SELECT at FROM last)
), placed AS (
    SELECT coalesce(ladder.start, spoken.at, 0) AS start, ladder.start IS NULL AS hidden, ladder.deadline AS deadline
    FROM ladder, spoken
)
INSERT INTO sessions (
    id, therapist_id, calendar, uid, start, "end", client, place, join_url, revision, hidden, deadline, late_after,
    verdict, because, decided_by, decided_at, question
) SELECT
    :id, 1, '', '', start, start + :length, '', '', '', coalesce((SELECT revision FROM told), 1), hidden,
    coalesce(deadline, start), :late_after,
    (SELECT verdict FROM last), (SELECT because FROM last), (SELECT "by" FROM last), (SELECT at FROM last),
    (SELECT subject FROM reminders WHERE session_id = :id AND rung = 'question' LIMIT 1)
FROM placed
"""


def _drop_orphans(target: Connection) -> None:
    while orphans := target.execute("PRAGMA foreign_key_check").fetchall():
        for table, rowid, *_rest in orphans:
            target.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
