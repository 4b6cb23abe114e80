"""A tentative entry for a free time, as iCalendar: to be imported by hand. It names no client."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_RULES = timedelta(days=366)  # so far around it the clocks' changes are written out


def hold(start: datetime, end: datetime, zone: ZoneInfo, title: str, uid: str, now: datetime) -> str:
    """A VCALENDAR (RFC 5545, CRLF) with the one entry. Instants are aware UTC; `now` is when it was made.

    In `zone`, with its rules: an entry that stands in UTC would move by an hour with the clocks, once it is repeated.
    """
    import icalendar  # slow to import

    event = icalendar.Event()
    event.add("uid", uid)
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("dtstart", start.astimezone(zone))
    event.add("dtend", end.astimezone(zone))
    event.add("summary", title)
    event.add("status", "TENTATIVE")
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Kept Hour//kepthour//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    calendar.add_missing_timezones(start.date() - _RULES, start.date() + _RULES)
    text: str = calendar.to_ical().decode()
    return text
