"""Says so when a calendar cannot be trusted, more insistently the nearer a session is; takes it back when it heals.

A sign-in that died in silence is the worst failure of a calendar: the reminders go on from what is stored, and
nobody notices that what is stored grows old.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.core.freshness import SOON, Level, episode, level
from kepthour.core.ladder import Urgency
from kepthour.core.reminder import State, Why
from kepthour.core.response import silence
from kepthour.logger import log
from kepthour.store import calendars, outbox, planning, reminders, sessions
from kepthour.store.calendars import Troubled
from kepthour.store.engine import Store, Tx

_USEFUL_FOR = timedelta(hours=12)
_URGENCY = {Level.TOLD: Urgency.NORMAL, Level.URGED: Urgency.HIGH, Level.ALARMED: Urgency.CRITICAL}


@dataclass(frozen=True, slots=True)
class Watched:
    """The configured calendars, each with the time after which it counts as stale; and where alerts go."""

    stale_after: Mapping[str, timedelta]
    near_channels: tuple[str, ...]
    all_channels: tuple[str, ...]


def alert(watched: Watched, store: Store, now: datetime) -> None:
    """Raise, escalate and withdraw alerts as of `now` (aware UTC)."""
    with store.read() as tx:
        troubled = calendars.troubled(tx, watched.stale_after, sessions.soonest(tx, now, now + SOON), now)
        shown = {reminder.subject for reminder in reminders.open_alerts(tx)}
    if not troubled and not shown:
        return
    with store.write() as tx:
        for one in troubled:
            _raise(tx, watched, one, now)
        for subject in shown - {_subject(one.calendar.name) for one in troubled}:
            _withdraw(tx, subject, now)


def _subject(name: str) -> str:
    return f"calendar:{name}"


def _raise(tx: Tx, watched: Watched, one: Troubled, now: datetime) -> None:
    """Once for each level of an episode; an episode begins with the last good sync."""
    reached = level(one.since, one.next_session, now)
    revision = episode(one.since, reached)
    everywhere = reached is Level.ALARMED
    subject = _subject(one.calendar.name)
    if any(r.revision == revision for r in reminders.of_subject(tx, subject)):
        return
    channels = watched.all_channels if everywhere else watched.near_channels
    planning.announce(
        tx, subject, None, revision, "calendar", channels, _URGENCY[reached], now, now + _USEFUL_FOR
    )
    log.warning("calendar.troubled", calendar=one.calendar.name, state=one.state.value, level=reached.name)


def _withdraw(tx: Tx, subject: str, now: datetime) -> None:
    for reminder in reminders.of_subject(tx, subject):
        if reminder.state in {State.PENDING, State.SENT}:
            outbox.withdraw(tx, silence([reminder], Why.HEALED), now)
    log.info("calendar.healed", calendar=subject.removeprefix("calendar:"))
