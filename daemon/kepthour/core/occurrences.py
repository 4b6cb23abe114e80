"""Raw resource -> occurrences: what a calendar holds at which instants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, cast

from kepthour.core.privacy import Phi
from kepthour.core.resources import ANSWER, ATTENDEES, JOIN, Unreadable

if TYPE_CHECKING:
    from icalendar import Calendar

# icalendar types a property as any of thirty kinds; which one it is was checked when the resource was read.
_Event = Mapping[str, Any]

# More instances than this of one resource in one window cannot be a practice's calendar.
_MOST = 5000
# Naive and all-day times are placed in a zone only after expansion: look a little further on both sides.
_MARGIN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One instance of an event. Instants are aware UTC."""

    uid: str = field(repr=False)
    recurrence_id: datetime | None  # the instant the series meant it for; None: the event does not recur
    start: datetime
    end: datetime | None  # None: the event has no end
    all_day: bool
    title: Phi
    place: Phi
    join_url: Phi
    categories: tuple[str, ...] = field(repr=False)
    colour: str | None
    attendees: int
    cancelled: bool
    declined: bool
    free: bool
    kind: str | None  # a calendar's own sort of entry ("focusTime", "outOfOffice", …)

    @property
    def original_start(self) -> datetime:
        """RFC 5545's identity of an instance within its UID."""
        return self.recurrence_id or self.start


def expand(calendar: Calendar, zone: tzinfo, start: datetime, end: datetime) -> list[Occurrence]:
    """All instances that overlap [start, end), by start.

    `calendar` holds one UID and was read by `resources.read`. Floating times and dates are taken in `zone`, the
    therapist's. Cancelled instances are returned, marked. Raises Unreadable.
    """
    recurring = any(event.get("RRULE") or event.get("RDATE") for event in calendar.events)
    found = [
        occurrence
        for event in _instances(calendar, start - _MARGIN, end + _MARGIN)
        for occurrence in [_occurrence(event, zone, recurring=recurring)]
        if occurrence.start < end and (occurrence.end or occurrence.start + timedelta(microseconds=1)) > start
    ]
    return sorted(found, key=lambda occurrence: occurrence.start)


def _instances(calendar: Calendar, start: datetime, end: datetime) -> Iterator[_Event]:
    import recurring_ical_events  # slow to import, and most commands read what was expanded before

    try:
        for count, event in enumerate(recurring_ical_events.of(calendar).between(start, end)):
            if count >= _MOST:
                raise Unreadable("too-many-instances")
            yield event
    except Unreadable:
        raise
    except Exception as error:  # supervised: an odd rule must cost this one resource and no other
        raise Unreadable("cannot-expand") from error


def _occurrence(event: _Event, zone: tzinfo, *, recurring: bool) -> Occurrence:
    begins = event["DTSTART"].dt
    recurrence_id = event.get("RECURRENCE-ID")
    return Occurrence(
        uid=str(event["UID"]),
        recurrence_id=_instant(recurrence_id.dt, zone) if recurrence_id is not None and recurring else None,
        start=_instant(begins, zone),
        end=_end(event, zone),
        all_day=not isinstance(begins, datetime),
        title=Phi(_text(event, "SUMMARY")),
        place=Phi(_text(event, "LOCATION")),
        join_url=Phi(_text(event, JOIN)),
        categories=_categories(event),
        colour=_text(event, "COLOR") or None,
        attendees=int(_text(event, ATTENDEES) or 0),
        cancelled=_text(event, "STATUS").upper() == "CANCELLED",
        declined=_text(event, ANSWER) == "DECLINED",
        free=_is_free(event),
        kind=_text(event, "X-KEPTHOUR-KIND") or None,
    )


def _end(event: _Event, zone: tzinfo) -> datetime | None:
    """The instant after the event; None where it states neither an end nor a length."""
    if (ends := event.get("DTEND")) is not None:
        # The expander gives an event without an end one that equals its start.
        return _instant(ends.dt, zone) if ends.dt != event["DTSTART"].dt else None
    if (length := event.get("DURATION")) is not None:
        return _instant(event["DTSTART"].dt, zone) + cast(timedelta, length.dt)
    return None


def _instant(value: date | datetime, zone: tzinfo) -> datetime:
    """`value` as an aware UTC instant. A time in the spring gap is the instant after it."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=zone)
    elif value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return value.astimezone(UTC)


def _text(event: _Event, name: str) -> str:
    value = event.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return "" if value is None else str(value).strip()


def _categories(event: _Event) -> tuple[str, ...]:
    found = event.get("CATEGORIES")
    if found is None:
        return ()
    return tuple(
        str(name) for group in (found if isinstance(found, list) else [found]) for name in group.cats
    )


def _is_free(event: _Event) -> bool:
    busy = _text(event, "X-MICROSOFT-CDO-BUSYSTATUS").upper()
    return _text(event, "TRANSP").upper() == "TRANSPARENT" or busy == "FREE"
