"""When a notice that stays on the screen is to tell the minutes anew, so that "in 5 min" never gets old."""

from __future__ import annotations

from datetime import datetime, timedelta

BEFORE = timedelta(hours=1)  # earlier than that nobody counts minutes
AFTER = timedelta(minutes=30)  # a session that long without an answer has been asked about
_MINUTE = timedelta(minutes=1)
_NEAR = timedelta(seconds=20)  # a text that was just made is not made anew at once


def minutes(anchor: datetime, end: datetime, now: datetime) -> list[datetime]:
    """The instants after `now` at which a whole number of minutes lies between them and `anchor`, by time.

    `anchor` is the start that is counted from, and `end` the session's. All aware; UTC comes out if UTC goes in.
    """
    last = min(anchor + AFTER, end)
    first = max(now + _NEAR, anchor - BEFORE)
    at = anchor + -((anchor - first) // _MINUTE) * _MINUTE
    found = []
    while at < last:
        found.append(at)
        at += _MINUTE
    return found
