"""Notes what is odd about the sessions to come, from what their calendars hold and held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kepthour.core.history import LOOKED_BACK, Placed
from kepthour.core.oddities import Changed, Facts, Oddity, Written, odd_ones
from kepthour.core.reach import PLANNED_AHEAD, PLANNED_BEHIND
from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.sessions import Rule, Session, Take, as_session, judge, says_remote
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import calendars, course, instances, sessions
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


@dataclass(frozen=True, slots=True)
class Background:
    """What is needed to tell what is odd, besides the sessions themselves."""

    earlier: Sequence[Placed]
    facts: Facts


def note_oddities(
    tx: Tx, policy: Policy, rows: Sequence[SessionRow], now: datetime
) -> Mapping[str, tuple[Oddity, ...]]:
    """By id, of the sessions of `rows` that begin after `now` (aware UTC) and have some; stored as well."""
    known = background(tx, policy.calendars, policy.rules, rows, now, now + PLANNED_AHEAD)
    found = odd_ones((row.known for row in rows), known.earlier, known.facts, policy.zone, now)
    for row in rows:
        codes = found.get(row.id, ())
        if codes != row.oddities and row.known.start > now and not row.known.cancelled:
            course.note(tx, row.id, codes)
    return found


def background(
    tx: Tx,
    configured: Iterable[tuple[str, Take]],
    rules: Sequence[Rule],
    rows: Iterable[SessionRow],
    now: datetime,
    end: datetime,
) -> Background:
    """Of the sessions up to `end`. `rows` are those that are watched; `configured` are calendars and what they hold."""
    earlier: list[Placed] = list(sessions.took_place(tx, now - LOOKED_BACK, now))
    remote, written = set[str](), dict[tuple[str, str], Written]()
    for name, take in configured:
        held = calendars.get(tx, name)
        if held is None or held.expanded_from is None:
            continue
        for session, occurrence in _sessions(
            instances.between(tx, held, held.expanded_from, end), name, take, rules
        ):
            if session.start < now - PLANNED_BEHIND:
                earlier.append(session)
            if says_remote(occurrence):
                remote.add(session.id)
        found = instances.written(tx, held, held.expanded_from, end)
        written |= {(name, uid): how for uid, how in found.items()}
    changed = {row.id: Changed(row.moved_at, row.restored_at) for row in rows}
    return Background(earlier, Facts(changed, written, remote))


def _sessions(
    occurrences: Iterable[Occurrence], calendar: str, take: Take, rules: Sequence[Rule]
) -> Iterator[tuple[Session, Occurrence]]:
    for one in occurrences:
        judgement = judge(one, calendar, take, rules)
        if judgement.is_session:
            yield as_session(one, calendar, judgement), one
