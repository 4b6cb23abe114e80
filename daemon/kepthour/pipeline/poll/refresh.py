"""Expands what is stored anew, where its window or its reader has moved."""

from __future__ import annotations

from datetime import datetime, timedelta

from kepthour.collecting import put_off
from kepthour.core.reading.digest import expanded, made_with
from kepthour.logger import log
from kepthour.pipeline.poll.source import Source, new_window
from kepthour.ports import Clock
from kepthour.store import calendars, holdings
from kepthour.store.calendars import CalendarRow
from kepthour.store.engine import Store

_REFRESH_WHEN_LEFT = timedelta(days=60)
_REFRESH_WHEN_BEHIND = timedelta(days=7)
_REFRESH_ATTEMPTS = 5


def refresh(source: Source, store: Store, clock: Clock) -> bool:
    """Expand what is stored anew where the window has to move, or the zone rules or the reader changed. No network.

    What is set aside was not stored: if it may be read in another way now, the next poll fetches it again.
    Returns whether anything was done. Polls may go on meanwhile: after a leap of the clock all begin at once.
    """
    for _attempt in range(_REFRESH_ATTEMPTS):
        done = _refresh(source, store, clock.now())
        if done is not None:
            return done
    log.warning("refresh.overtaken", calendar=source.name)
    return False


@put_off
def _refresh(source: Source, store: Store, now: datetime) -> bool | None:
    """Whether anything had to be done; None: it was in vain, since a poll came in between."""
    with store.read() as tx:
        calendar = calendars.get(tx, source.name)
        if calendar is None or not _must_refresh(calendar, source, now):
            return False
        held = holdings.everything(tx, calendar)
    window = new_window(source, now)
    anew = expanded(held, source.zone, window.start, window.end)
    with store.write() as tx:
        if source.given_up.is_set():
            return False  # another configuration reads it, perhaps in another zone
        again = calendar.expanded_with != window.made_with
        done = holdings.replace_occurrences(tx, calendar, anew, window, forget_set_aside=again)
    return done or None


def _must_refresh(calendar: CalendarRow, source: Source, now: datetime) -> bool:
    if calendar.expanded_until is None:
        return False
    return (
        calendar.expanded_with != made_with(source.zone)
        or calendar.expanded_until < now + _REFRESH_WHEN_LEFT
        or calendar.expanded_from is None
        or calendar.expanded_from > now - _REFRESH_WHEN_BEHIND  # made by a clock that has been set back
    )
