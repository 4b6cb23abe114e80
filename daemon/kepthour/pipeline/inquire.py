"""Which sessions a source of evidence is to be asked about, and what it answered.

1  sessions that have begun, without a verdict and a check-in, of calendars with a source    (one transaction)
2  ask                                                                                       (runtime)
3  keep the answer in the place of the one before; the verdict is another stage's             (one transaction)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.core.presence import Presence, Seen, next_ask
from kepthour.core.response import Kind
from kepthour.core.verdict import deadline_after
from kepthour.logger import log
from kepthour.ports import Slot, Witness
from kepthour.store import evidence, responses, sessions, watches
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow

_AHEAD = timedelta(hours=1)  # the pump looks again long before that
_THERE = {Kind.HERE, Kind.OUT}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to one source."""

    session: str
    revision: int
    witness: Witness
    slot: Slot


def due(witnesses: Mapping[str, Witness], store: Store, now: datetime) -> list[Inquiry]:
    """What to ask at `now` (aware UTC), by start. `witnesses` are by calendar name."""
    if not witnesses:
        return []
    with store.read() as tx:
        begun = (row for row in sessions.undecided(tx, now, watches.first_ever(tx)) if row.known.start <= now)
        return [inquiry for inquiry, at in _open(tx, begun, witnesses) if at <= now]


def next_time(witnesses: Mapping[str, Witness], store: Store, now: datetime) -> datetime | None:
    """When the next question will be due, later than `now`; None: none is foreseen."""
    if not witnesses:
        return None
    with store.read() as tx:
        times = [at for _, at in _open(tx, sessions.awaiting(tx, now, now + _AHEAD), witnesses)]
    return min((at for at in times if at > now), default=None)


def record(store: Store, inquiry: Inquiry, presence: Presence, asked_at: datetime) -> None:
    """Keep the answer to a question that was put at `asked_at`."""
    with store.write() as tx:
        if sessions.get(tx, inquiry.session) is not None:
            source = inquiry.witness.kind
            evidence.record(tx, inquiry.session, inquiry.revision, source, presence, asked_at)
    tell = log.warning if presence.seen is Seen.UNKNOWN else log.info
    tell(
        "evidence.asked",
        session=inquiry.session,
        source=inquiry.witness.kind,
        state=presence.seen.value,
        problem=presence.problem,
    )


def _open(
    tx: Tx, rows: Iterable[SessionRow], witnesses: Mapping[str, Witness]
) -> list[tuple[Inquiry, datetime]]:
    """The next question about each of `rows`, and when it is due; none where there is nothing (more) to ask."""
    found = []
    for row in rows:
        witness, known = witnesses.get(row.known.calendar), row.known
        if row.verdict is not None or witness is None or not witness.source.can_tell(known.join_url):
            continue
        answers = responses.to(tx, row)
        if any(answer.kind in _THERE for answer in answers):
            continue
        deadline = deadline_after(row.deadline, known.start, answers)
        at = next_ask(known.start, deadline, evidence.about(tx, row).asked_at)
        if at is not None:
            slot = Slot(known.start, known.end, known.join_url)
            found.append((Inquiry(row.id, known.revision, witness, slot), at))
    return found
