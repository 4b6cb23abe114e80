"""A client's sessions, beyond the watched ones too: what the stored calendars hold weeks ahead, and held before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from kepthour.core.changes import KnownSession
from kepthour.core.history import LOOKED_BACK, History, Placed
from kepthour.core.make_up import WITHIN, Standing, is_written_otherwise
from kepthour.core.reach import PLANNED_AHEAD, PLANNED_BEHIND
from kepthour.core.sessions import Session, as_session, judge
from kepthour.pipeline.plan.observe import tells
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import calendars, instances, sessions
from kepthour.store.engine import Tx
from kepthour.store.sessions import SessionRow

_MARGIN = timedelta(days=1)


class Held:
    """Each calendar is read once, and only if somebody asks."""

    def __init__(self, tx: Tx, policy: Policy, now: datetime) -> None:
        self._tx, self._policy, self._now = tx, policy, now
        self._far: dict[str, list[Session]] = {}

    def tells(self, calendar: str) -> bool:
        """Whether anything can be concluded from what this calendar does not hold."""
        held = calendars.get(self._tx, calendar) if self._policy.has(calendar) else None
        return held is not None and tells(held, self._now)

    def as_now(self, known: KnownSession) -> KnownSession:
        """A session as its calendar and the rules have it now.

        Of one that is over nobody follows that: its calendar may have another name since, and its client another alias.
        An alias that is another altogether is another client's, to whom the series was given, with its past.
        """
        for name, take in self._policy.calendars:
            held = calendars.get(self._tx, name)
            if held is None or (name != known.calendar and self._policy.has(known.calendar)):
                continue
            for one in instances.named(self._tx, held, [(known.uid, known.recurrence_id)]):
                if one.start == known.start:
                    judgement = judge(one, name, take, self._policy.rules)
                    is_theirs = is_written_otherwise(known.client, judgement.client)
                    return replace(
                        known, calendar=name, client=judgement.client if is_theirs else known.client
                    )
        return known

    def far(self, calendar: str) -> list[Session]:
        """Its sessions that begin later than those that are watched."""
        if calendar not in self._far:
            self._far[calendar] = self._between(
                calendar, self._now + PLANNED_AHEAD, self._now + WITHIN + _MARGIN
            )
        return self._far[calendar]

    def after(self, row: SessionRow, start: datetime, holds: Collection[str]) -> list[Standing]:
        """All that begin after `start` and may be with the client of `row`, or stand for one of `holds`; by start."""
        known = row.known
        watched = [
            one.known
            for one in sessions.after(self._tx, start, known.calendar, known.client, [known.uid, *holds])
        ]
        there = {one.id for one in watched}
        looked_at = [name for name, _take in self._policy.calendars if holds or name == known.calendar]
        far = [
            one
            for name in looked_at
            for one in self.far(name)
            if one.id not in there and (one.uid in holds or (name == known.calendar and _may_be(known, one)))
        ]
        return sorted([*watched, *far], key=lambda one: one.start)

    def find(self, session_id: str) -> Standing | None:
        """The session with this id, if it stands."""
        row = sessions.living(self._tx, session_id)
        if row is not None:
            return None if row.hidden or row.known.cancelled else row.known
        far = (one for name, _take in self._policy.calendars for one in self.far(name))
        return next((one for one in far if one.id == session_id), None)

    def before(self, calendar: str) -> History:
        """What took place, to tell by it when a client of this calendar is usually met."""
        watched: list[Placed] = list(sessions.took_place(self._tx, self._now - LOOKED_BACK, self._now))
        held = calendars.get(self._tx, calendar)
        if held is None or held.expanded_from is None:
            return History(watched, self._policy.zone)
        return History(
            [*self._between(calendar, held.expanded_from, self._now - PLANNED_BEHIND), *watched],
            self._policy.zone,
        )

    def _between(self, calendar: str, start: datetime, end: datetime) -> list[Session]:
        """Those that begin in [start, end)."""
        held = calendars.get(self._tx, calendar)
        take = dict(self._policy.calendars).get(calendar)
        if held is None or take is None or not tells(held, self._now):
            return []
        found = []
        for one in instances.between(self._tx, held, start, end):
            judgement = judge(one, calendar, take, self._policy.rules)
            if judgement.is_session and one.start >= start:
                found.append(as_session(one, calendar, judgement))
        return found


def _may_be(known: Standing, one: Standing) -> bool:
    return one.uid == known.uid or (bool(known.client) and one.client == known.client)
