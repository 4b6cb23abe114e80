"""The rules that were written after a miss: whether they stand, and what became of their sessions before and since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kepthour.config import Configuration
from kepthour.config.rules import stands
from kepthour.core.looking_back import BEFORE, Course, Tally, tally
from kepthour.store import reminders, responses, rules, sessions
from kepthour.store.engine import Store, Tx
from kepthour.store.rules import Written
from kepthour.views.near_misses import evidence_since, near_miss_of


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule as it is now."""

    written: Written
    stands: bool  # in the configuration
    tally: Tally  # up to now


def listed(config: Configuration, store: Store, now: datetime) -> list[Listed]:
    """All rules, the first one first. `now` is aware UTC."""
    with store.read() as tx:
        return [
            Listed(one, stands(one.rule, config), _tally(tx, config, one, now))
            for one in rules.everything(tx)
        ]


def looked_at_again(config: Configuration, store: Store, now: datetime) -> list[tuple[Written, Tally | None]]:
    """Those whose time has come, with what became of their sessions; None: it does not stand any more."""
    with store.read() as tx:
        return [
            (one, _tally(tx, config, one, now) if stands(one.rule, config) else None)
            for one in rules.unlooked(tx, now)
        ]


def _tally(tx: Tx, config: Configuration, written: Written, now: datetime) -> Tally:
    return tally(list(_courses(tx, config, written, now)), written.written_at)


def _courses(tx: Tx, config: Configuration, written: Written, now: datetime) -> Iterator[Course]:
    kept_since = evidence_since(config, now)
    held = sessions.coming(tx, written.written_at - BEFORE, now)
    mine = [row for row in held if written.rule.scope.holds(row.known, config.zone)]
    ids = [row.id for row in mine]
    ladders, answers = reminders.of_sessions(tx, ids), responses.of_sessions(tx, ids)
    for row in mine:
        key = row.id, row.known.revision
        near = near_miss_of(tx, row, answers.get(key, []), ladders.get(key, []), kept_since)
        yield Course(row.known.start, row.verdict, near)
