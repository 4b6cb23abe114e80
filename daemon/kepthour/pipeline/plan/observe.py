"""Which sessions the calendars hold in the days that matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kepthour.core.duplicates import Placed, duplicates
from kepthour.core.reach import PLANNED_AHEAD, PLANNED_BEHIND
from kepthour.core.reading.occurrences import Occurrence
from kepthour.core.sessions import GONE, Judgement, Session, as_session, judge, session_id
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import calendars, instances
from kepthour.store.calendars import CalendarRow
from kepthour.store.contradictions import left
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow


@dataclass(frozen=True, slots=True)
class Observed:
    """What the calendars say."""

    sessions: dict[str, Session]  # by id; what stands in two calendars is in here once
    judgements: dict[str, Judgement]  # of every occurrence, by the id it has or would have as a session
    silent: frozenset[str]  # calendars that say nothing now: their known sessions stay as they are
    cancelled: frozenset[str]  # ids of what their calendar holds, and says that it does not take place
    # ids of what stands in another calendar, too: each with the id that it is in here by
    doubles: Mapping[str, str]
    unasked: bool  # a calendar is new and was not polled yet; perhaps it is one that was renamed


def observe(tx: Tx, policy: Policy, rows: Sequence[SessionRow], now: datetime) -> Observed:
    """Judge what is stored of every configured calendar. `rows` are the sessions known so far."""
    found: dict[str, Session] = {}
    judgements: dict[str, Judgement] = {}
    silent, placed, unasked = set(), list[Placed](), False
    for name, take in policy.calendars:
        mine = [row for row in rows if row.known.calendar == name]
        held = calendars.get(tx, name)
        if held is None or not tells(held, now):
            silent.add(name)
            unasked |= held is None or held.last_good_at is None
            placed += [row.known for row in mine if not row.hidden and not row.known.cancelled]
            continue
        for one in _occurrences(tx, held, mine, now):
            key = _id(name, one)
            judgements[key] = judge(one, name, take, policy.rules)
            if judgements[key].is_session:
                found[key] = as_session(one, name, judgements[key])
                placed.append(found[key])
    doubles = duplicates(placed, left(tx, rows, placed, now))
    kept = {key: one for key, one in found.items() if key not in doubles}
    cancelled = frozenset(key for key, one in judgements.items() if one.why in GONE)
    return Observed(kept, judgements, frozenset(silent), cancelled, doubles, unasked)


def tells(calendar: CalendarRow, now: datetime) -> bool:
    """Whether what is stored of it says anything about the days that matter.

    It does not before the first poll of a store that was rebuilt, nor when the clock was set and the stored window
    still lies in another time.
    """
    if calendar.expanded_from is None or calendar.expanded_until is None:
        return False
    return calendar.expanded_from <= now - PLANNED_BEHIND and now + PLANNED_AHEAD <= calendar.expanded_until


def _occurrences(
    tx: Tx, calendar: CalendarRow, rows: Iterable[SessionRow], now: datetime
) -> list[Occurrence]:
    found = instances.between(tx, calendar, now - PLANNED_BEHIND, now + PLANNED_AHEAD)
    there = {_id(calendar.name, one) for one in found}
    # A session that moved out of sight is moved, not cancelled.
    elsewhere = [(row.known.uid, row.known.recurrence_id) for row in rows if row.id not in there]
    return [*found, *instances.named(tx, calendar, elsewhere)]


def _id(calendar: str, occurrence: Occurrence) -> str:
    return session_id(calendar, occurrence.uid, occurrence.recurrence_id)
