"""When a daemon was there to watch, and why none was before: without this, silence means nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from kepthour.core.gaps import Kept, Meanwhile, Pause, pause
from kepthour.store.engine import THERAPIST, Tx
from kepthour.store.tables import therapists, watches

# Built once: see sessions.py.
_MINE = select(watches).where(watches.c.therapist_id == THERAPIST)
_LATEST = _MINE.order_by(watches.c.until.desc(), watches.c.id.desc()).limit(1)
_WITHIN = _MINE.where(watches.c.since <= bindparam("end"), watches.c.until >= bindparam("start")).order_by(
    watches.c.since, watches.c.id
)
_BEFORE = _MINE.where(watches.c.until < bindparam("start")).order_by(watches.c.until.desc()).limit(1)
_GO_ON = update(watches).where(watches.c.id == bindparam("latest")).values(until=bindparam("now"))
_FIRST_EVER = select(therapists.c.since).where(therapists.c.id == THERAPIST)


@dataclass(frozen=True, slots=True)
class Watch(Kept):
    """One uninterrupted watch, and whose it was."""

    pid: int
    version: str


def beat(
    tx: Tx, now: datetime, pid: int, version: str, at_most: timedelta, meanwhile: Meanwhile | None = None
) -> None:
    """A sign of life. More than `at_most` after the last one (or from another process) a new watch begins.

    `meanwhile` tells why there was none for so long; None: nobody knows.
    """
    latest = _latest_row(tx)
    if latest is not None and latest.pid == pid and timedelta() <= now - latest.until <= at_most:
        tx.run(_GO_ON, latest=latest.id, now=now)
        return
    why = pause(latest.until, now, meanwhile) if latest is not None and meanwhile is not None else None
    tx.connection.execute(
        insert(watches).values(
            therapist_id=tx.therapist,
            since=now,
            until=now,
            pid=pid,
            version=version,
            pause=why.value if why else None,
        )
    )
    tx.connection.execute(
        update(therapists)
        .where(therapists.c.id == tx.therapist, therapists.c.since.is_(None))
        .values(since=now)
    )


def forget_future(tx: Tx, now: datetime) -> None:
    """The clock was set back: no watch was kept in a time that has not come."""
    mine = watches.c.therapist_id == tx.therapist
    tx.connection.execute(delete(watches).where(mine, watches.c.since > now))
    tx.connection.execute(update(watches).where(mine, watches.c.until > now).values(until=now))
    tx.connection.execute(
        update(therapists).where(therapists.c.id == tx.therapist, therapists.c.since > now).values(since=now)
    )


def latest(tx: Tx) -> Watch | None:
    """The present or last watch."""
    row = _latest_row(tx)
    return _watch(row) if row is not None else None


def around(tx: Tx, start: datetime, end: datetime) -> list[Watch]:
    """Watches that overlap [start, end], and the last one before these, oldest first."""
    rows = [*tx.run(_BEFORE, start=start), *tx.run(_WITHIN, start=start, end=end)]
    return [_watch(row) for row in rows]


def first_ever(tx: Tx) -> datetime | None:
    """When a daemon first watched over this store; sessions before that are nobody's fault."""
    row = tx.run(_FIRST_EVER).first()
    return row.since if row else None


def _latest_row(tx: Tx) -> Row[Any] | None:
    return tx.run(_LATEST).first()


def _watch(row: Row[Any]) -> Watch:
    return Watch(row.since, row.until, Pause(row.pause) if row.pause else None, row.pid, row.version)
