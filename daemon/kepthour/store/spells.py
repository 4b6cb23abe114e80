"""What the sources that watch this machine saw, spell by spell: signs and times, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, insert, select, update

from kepthour.core.spells import GAP, Look, Sign, Spell, begun_after, goes_on
from kepthour.store.engine import THERAPIST, Tx
from kepthour.store.tables import spells

# Built once: see sessions.py.
_MINE = select(spells).where(spells.c.therapist_id == THERAPIST).order_by(spells.c.since, spells.c.id)
_BETWEEN = _MINE.where(spells.c.since < bindparam("end"), spells.c.until > bindparam("start"))
_RECENT = _MINE.where(
    and_(spells.c.source == bindparam("source"), spells.c.sign == bindparam("sign")),
    and_(spells.c.until >= bindparam("start"), spells.c.until <= bindparam("end")),
)


def record(tx: Tx, source: str, look: Look, before: Look | None) -> None:
    """Keep what `source` saw in one look. `before` is its last one; None: this process has made none."""
    for sign in sorted(look.signs):
        rows = tx.run(_RECENT, source=source, sign=sign.value, start=look.at - GAP, end=look.at).all()
        if rows and goes_on(_spell(rows[-1]), before, look.at):
            tx.connection.execute(update(spells).where(spells.c.id == rows[-1].id).values(until=look.at))
            continue
        tx.connection.execute(
            insert(spells).values(
                therapist_id=tx.therapist,
                source=source,
                sign=sign.value,
                since=look.at,
                until=look.at,
                not_before=begun_after(sign, before, look.at),
            )
        )


def between(tx: Tx, start: datetime, end: datetime) -> list[Spell]:
    """Spells that overlap [start, end), oldest first."""
    return _spells(tx.run(_BETWEEN, start=start, end=end))


def forget_future(tx: Tx, now: datetime) -> None:
    """The clock was set back: nothing was seen in a time that has not come."""
    mine = spells.c.therapist_id == tx.therapist
    tx.connection.execute(delete(spells).where(mine, spells.c.since > now))
    tx.connection.execute(update(spells).where(mine, spells.c.until > now).values(until=now))


def purge(tx: Tx, before: datetime) -> int:
    """Delete what was over `before` then; returns how many spells."""
    old = delete(spells).where(spells.c.therapist_id == tx.therapist, spells.c.until < before)
    return tx.connection.execute(old).rowcount


def _spells(rows: Iterable[Row[Any]]) -> list[Spell]:
    return [_spell(row) for row in rows]


def _spell(row: Row[Any]) -> Spell:
    return Spell(Sign(row.sign), row.since, row.until, row.not_before)
