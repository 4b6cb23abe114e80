"""Writes the appointments of a practice into a calendar, as calendars hold them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.fakes.calendars import MemoryCalendar
from tests.support.calendars import calendar, event
from tests.support.practice import Appointment

_STAMP = "%Y%m%dT%H%M%S"


def write(target: MemoryCalendar, appointment: Appointment) -> None:
    """Put `appointment` into the calendar, in the place of what stood there."""
    target.put(_href(appointment.name), as_text(appointment))


def erase(target: MemoryCalendar, name: str) -> None:
    """Delete the appointment."""
    target.delete(_href(name))


def as_text(appointment: Appointment) -> str:
    """The whole calendar object: the series with its rule, and an override for each exception."""
    days = sorted(appointment.cancelled | appointment.moved.keys())
    overrides = [_override(appointment, day) for day in days]
    if appointment.every:
        return calendar(_event(appointment, appointment.first, *_rule(appointment)), *overrides)
    return calendar(_event(appointment, appointment.first))


def _href(name: str) -> str:
    return f"{name}.ics"


def _rule(appointment: Appointment) -> list[str]:
    rule = f"RRULE:FREQ=WEEKLY;INTERVAL={appointment.every}"
    if appointment.until is not None:
        rule += f";UNTIL={_last_moment(appointment.until, appointment.zone)}"
    return [rule, *(f"EXDATE{_at(appointment, day)}" for day in sorted(appointment.off))]


def _last_moment(day: date, zone: str | None) -> str:
    """The end of `day`: in UTC, as it has to be, and without a zone for what has none."""
    end = datetime.combine(day, time(23, 59, 59))
    if zone is None:
        return end.strftime(_STAMP)
    return end.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).strftime(f"{_STAMP}Z")


def _override(appointment: Appointment, day: date) -> str:
    start = appointment.moved.get(day, datetime.combine(day, appointment.first.time()))
    cancelled = ["STATUS:CANCELLED"] if day in appointment.cancelled else []
    return _event(appointment, start, f"RECURRENCE-ID{_at(appointment, day)}", *cancelled)


def _at(appointment: Appointment, day: date) -> str:
    where = f";TZID={appointment.zone}" if appointment.zone else ""
    return f"{where}:{datetime.combine(day, appointment.first.time()).strftime(_STAMP)}"


def _event(appointment: Appointment, start: datetime, *more: str) -> str:
    end = start + timedelta(minutes=appointment.minutes)
    place = [f"LOCATION:{appointment.place}"] if appointment.place else []
    return event(
        appointment.name, "AB", start.strftime(_STAMP), end.strftime(_STAMP), *place, *more,
        zone=appointment.zone,
    )  # fmt: skip
