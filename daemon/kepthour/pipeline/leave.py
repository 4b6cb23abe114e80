"""The therapist is away, or back: notes it, and takes what is open about those sessions off the screen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from kepthour.core.away import Absence, Source, covering
from kepthour.core.errors import NeedsPerson
from kepthour.core.reminder import Change, State, Why
from kepthour.core.response import Effect
from kepthour.logger import log
from kepthour.store import absences, outbox, reminders, sessions
from kepthour.store.engine import Store

_HORIZON = timedelta(days=366)


def leaves(store: Store, now: datetime) -> list[Absence]:
    """The present absence and those to come within a year, by start. `now` is aware UTC."""
    with store.read() as tx:
        return absences.between(tx, now, now + _HORIZON)


def go(store: Store, start: datetime, end: datetime, now: datetime) -> None:
    """The therapist is away in [start, end), aware UTC. What is on the screen about sessions inside goes."""
    with store.write() as tx:
        absences.note(tx, start, end, now)
        for row in sessions.coming(tx, start, end):
            ladder = reminders.of_session(tx, row.id, row.known.revision)
            out = [one.id for one in ladder if one.state is State.SENT]
            changes = tuple(Change(one, State.WITHDRAWN, Why.AWAY) for one in out)
            outbox.withdraw(tx, Effect(changes, tuple(out)), now)
        outbox.end_holds(tx)
    log.info("away.noted")


def come_back(store: Store, now: datetime) -> list[Absence]:
    """End what the therapist noted of the present and the future; returns it. Raises NeedsPerson if there is none."""
    with store.write() as tx:
        noted = [one for one in absences.between(tx, now, now + _HORIZON) if one.source is Source.THERAPIST]
        if not noted:
            raise NeedsPerson(*_why_not(absences.between(tx, now, now + timedelta(seconds=1)), now))
        for one in noted:
            absences.end(tx, one, now)
            outbox.bring_forward(tx, one.question, now)
        outbox.end_holds(tx)
    log.info("away.ended", count=len(noted))
    return noted


def _why_not(there: Iterable[Absence], now: datetime) -> tuple[str, str]:
    if covering(now, there) is not None:
        return "You are away by an out-of-office entry.", "Change it in your calendar."
    return "You are not away.", "Note a leave with: kepthour away --until T."
