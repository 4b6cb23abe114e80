"""What a calendar holds, however far from today."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from kepthour.core.reading.digest import expanded, made_with
from kepthour.core.reading.occurrences import Occurrence
from kepthour.store import calendars, holdings, instances
from kepthour.store.calendars import CalendarRow
from kepthour.store.engine import Store


def far(source_zone: ZoneInfo, store: Store, name: str, start: datetime, end: datetime) -> list[Occurrence]:
    """Occurrences of any span, expanded from what is stored, however far from today it lies."""
    with store.read() as tx:
        calendar = calendars.get(tx, name)
        if calendar is None:
            return []
        if _covers(calendar, source_zone, start, end):
            return instances.between(tx, calendar, start, end)
        held = holdings.everything(tx, calendar)
    return [one for each in expanded(held, source_zone, start, end) for one in each.occurrences]


def _covers(calendar: CalendarRow, zone: ZoneInfo, start: datetime, end: datetime) -> bool:
    if calendar.expanded_from is None or calendar.expanded_until is None:
        return False
    same = calendar.expanded_with == made_with(zone)
    return same and calendar.expanded_from <= start and end <= calendar.expanded_until
