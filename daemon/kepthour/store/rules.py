"""Rules that the therapist had written into the configuration after a miss, and what was told of them later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from kepthour.core.causes import Cause
from kepthour.core.looking_back import LOOK_AGAIN, Count, Tally
from kepthour.core.privacy import NOTHING
from kepthour.core.rules import Kind, Rule, Scope
from kepthour.core.trail import Noted, What, Who
from kepthour.store import trail
from kepthour.store.cards import Card
from kepthour.store.engine import THERAPIST, Tx
from kepthour.store.tables import rules

# Built once: see sessions.py.
_MINE = select(rules).where(rules.c.therapist_id == THERAPIST).order_by(rules.c.written_at, rules.c.id)


@dataclass(frozen=True, slots=True)
class Written:
    """A rule, for which card and why it was written, and when it is, or was, looked at again (aware UTC)."""

    id: int
    card_id: int
    cause: Cause
    rule: Rule
    written_at: datetime
    looked_at: datetime | None
    tally: Tally | None  # what was told then; None: nothing

    @property
    def look_at(self) -> datetime:
        """When it is to be looked at whether it helped."""
        return self.written_at + LOOK_AGAIN


def add(tx: Tx, card: Card, cause: Cause, rule: Rule, at: datetime) -> None:
    """It stands in the configuration from `at` on."""
    scope = rule.scope
    tx.connection.execute(
        insert(rules).values(
            therapist_id=tx.therapist,
            card_id=card.id,
            cause=cause.value,
            kind=rule.kind.value,
            value=rule.value,
            calendar=scope.calendar,
            client=scope.client,
            weekday=scope.weekday,
            place=scope.place,
            channel=rule.channel,
            written_at=at,
        )
    )
    trail.note(tx, card.session_id, Noted(What.RULE_WRITTEN, Who.THERAPIST, at, rule.kind.value))


def everything(tx: Tx) -> list[Written]:
    """All rules, the first one first."""
    return [_written(row) for row in tx.run(_MINE)]


def get(tx: Tx, rule_id: int) -> Written | None:
    """The rule with this number."""
    row = tx.run(_MINE.where(rules.c.id == rule_id)).first()
    return _written(row) if row else None


def unlooked(tx: Tx, now: datetime) -> list[Written]:
    """Those that are to be looked at again `now`."""
    due = _MINE.where(rules.c.looked_at.is_(None), rules.c.written_at <= now - LOOK_AGAIN)
    return [_written(row) for row in tx.run(due)]


def look(tx: Tx, rule_id: int, tally: Tally | None, now: datetime) -> None:
    """It was looked at, and this was seen; None: it was not in the configuration any more."""
    values: dict[str, Any] = {"looked_at": now, "tally": _plain(tally) if tally is not None else None}
    tx.connection.execute(update(rules).where(rules.c.id == rule_id).values(**values))


def _plain(tally: Tally) -> dict[str, Sequence[int]]:
    return {"before": list(astuple(tally.before)), "since": list(astuple(tally.since))}


def _written(row: Row[Any]) -> Written:
    scope = Scope(row.calendar, row.client or NOTHING, row.weekday, row.place or NOTHING)
    tally = Tally(Count(*row.tally["before"]), Count(*row.tally["since"])) if row.tally else None
    return Written(
        id=row.id,
        card_id=row.card_id,
        cause=Cause(row.cause),
        rule=Rule(Kind(row.kind), row.value, scope, row.channel),
        written_at=row.written_at,
        looked_at=row.looked_at,
        tally=tally,
    )
