"""Times as Google writes them, and back.

A *moment* is what an event's start is: an aware `datetime` in the event's own IANA zone, or a `date` for an all-day
event. Stored JSON keeps it as `{"dateTime": ..., "timeZone": ...}` or `{"date": ...}` (Calendar API, Events resource).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
Moment = datetime | date


def moment(value: str | Moment, zone: str) -> Moment:
    """What a test wrote: "2026-03-02" is a day, "2026-03-02T10:00" a local time in `zone`; aware ones go over to it."""
    if isinstance(value, str):
        value = (
            date.fromisoformat(value) if len(value) == len("2026-03-02") else datetime.fromisoformat(value)
        )
    if not isinstance(value, datetime):
        return value
    value = value.replace(tzinfo=ZoneInfo(zone)) if value.tzinfo is None else value
    return real(value.astimezone(ZoneInfo(zone)))


def real(at: datetime) -> datetime:
    """The same instant as its zone's clocks show it: 02:30 in the gap of spring becomes 03:30."""
    return at.astimezone(UTC).astimezone(at.tzinfo)


def parse(stored: Mapping[str, Any]) -> Moment:
    """A stored start, end or original start as a moment."""
    if "date" in stored:
        return date.fromisoformat(stored["date"])
    return datetime.fromisoformat(stored["dateTime"]).astimezone(ZoneInfo(stored["timeZone"]))


def packed(at: Moment) -> Json:
    """A moment as it is stored."""
    if not isinstance(at, datetime):
        return {"date": at.isoformat()}
    return {"dateTime": at.isoformat(), "timeZone": zone_of(at)}


def rendered(stored: Mapping[str, Any], zone: str) -> Json:
    """As a response shows it: at the offset of the response's zone, beside the event's own `timeZone`."""
    if "date" in stored:
        return dict(stored)
    local = datetime.fromisoformat(stored["dateTime"]).astimezone(ZoneInfo(zone))
    return {"dateTime": local.isoformat().replace("+00:00", "Z"), "timeZone": stored["timeZone"]}


def zone_of(at: Moment) -> str:
    """The IANA name of a moment's zone; a day counts as UTC."""
    return at.tzinfo.key if isinstance(at, datetime) and isinstance(at.tzinfo, ZoneInfo) else "UTC"


def instant(at: Moment, zone: str) -> datetime:
    """In UTC; a day begins at midnight in `zone`."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time(), ZoneInfo(zone))
    return at.astimezone(UTC)


def local(at: Moment) -> datetime:
    """The wall clock's reading without a zone; of a day its midnight."""
    return at.replace(tzinfo=None) if isinstance(at, datetime) else datetime.combine(at, time())


def like(naive: datetime, model: Moment) -> Moment:
    """A wall clock's reading as a moment of the same sort, and in the same zone, as `model`."""
    return real(naive.replace(tzinfo=model.tzinfo)) if isinstance(model, datetime) else naive.date()


def later(at: Moment, by: timedelta) -> Moment:
    """So much time later: real time for a datetime, days for a day."""
    if isinstance(at, datetime):
        return (at.astimezone(UTC) + by).astimezone(at.tzinfo)
    return at + by


def between(start: Moment, end: Moment) -> timedelta:
    """The real time from one moment to another of its sort."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        return end.astimezone(UTC) - start.astimezone(UTC)
    return local(end) - local(start)


def stamp(original: Moment) -> str:
    """What an instance's id ends in: its original start in UTC, or the day."""
    if isinstance(original, datetime):
        return original.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return original.strftime("%Y%m%d")


def rfc3339(at: datetime) -> str:
    """An instant as in `created` and `updated`: UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
