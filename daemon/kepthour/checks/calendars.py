"""Whether each calendar can be read, and what is taken for a session there. Asks them all, as `sync` does."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from kepthour.app import App
from kepthour.checks import patterns
from kepthour.checks.record import Check, ok, problem
from kepthour.core.reach import PLANNED_AHEAD, PLANNED_BEHIND
from kepthour.core.sessions import Take
from kepthour.pipeline.poll import Polled
from kepthour.runtime.bell import ring
from kepthour.views.agenda import explain
from kepthour.views.status import CalendarStatus, calendar_statuses

NAME = "calendar"
AHEAD = timedelta(days=7)
_DOUBTFUL = (
    "The time of day may be wrong there: see the events with kepthour explain, and mend their time zone."
)


def examine(app: App) -> list[Check]:
    """Polls them all, side by side, for 40 seconds at most. Raises TryLater, NeedsPerson for the store only."""
    polled = app.sync()
    ring(app.store.path)
    now = app.clock.now()
    events, sessions = _counted(app)
    found: list[Check] = []
    for one, status in zip(polled, calendar_statuses(app.config, app.store, now), strict=True):
        take = app.config.calendar(one.name).take
        found += [_answered(one, events[one.name], sessions[one.name], take), *_oddities(status)]
    held = explain(app.config, app.store, "", now - PLANNED_BEHIND, now + PLANNED_AHEAD)
    return [*found, *patterns.examine(app.config, [one.occurrence for one in held])]


def _counted(app: App) -> tuple[Counter[str], Counter[str]]:
    """How many events of the coming days each calendar has, and how many of them are taken for sessions."""
    now = app.clock.now()
    events: Counter[str] = Counter()
    sessions: Counter[str] = Counter()
    for one in explain(app.config, app.store, "", now, now + AHEAD):
        events[one.calendar] += 1
        sessions[one.calendar] += one.judgement.is_session
    return events, sessions


def _answered(polled: Polled, events: int, sessions: int, take: Take) -> Check:
    if polled.problem:
        return problem(NAME, polled.name, polled.what or "", polled.remedy or "", critical=True)
    if events and not sessions and take is Take.RULES:
        what = f"It can be read, but none of its {events} events of the coming 7 days is taken for a session."
        remedy = 'If that is wrong, see why with: kepthour explain ""'
        return problem(NAME, polled.name, what, remedy, critical=False)
    what = f"It can be read. Sessions in the coming 7 days: {sessions} (of {events} events)."
    return ok(NAME, polled.name, what)


def _oddities(status: CalendarStatus) -> list[Check]:
    """What could be read only in part."""
    found = []
    if aside := sum(status.quarantined.values()):
        why = ", ".join(sorted(status.quarantined))
        what = f"{_events(aside)} cannot be read, and would not remind you ({why})."
        remedy = "Edit or recreate them in the calendar: docs/calendars.md says what the reasons mean."
        found.append(problem(NAME, status.name, what, remedy, critical=True))
    if doubtful := sum(status.doubts.values()):
        what = f"The time zone of {_events(doubtful)} had to be guessed."
        found.append(problem(NAME, status.name, what, _DOUBTFUL, critical=False))
    return found


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"
