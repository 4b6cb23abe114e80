"""What a calendar's events amount to: an expansion by dateutil alone, to hold others against.

Series repeat in the local time of `start.timeZone` (Events resource, start: "specifies the time zone in which the
recurrence is expanded"). Nothing here knows of the product's own expansion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rruleset, rrulestr

from tests.fakes.google.calendar import CANCELLED, Store, instance_id, is_series, original_of
from tests.fakes.google.times import Json, Moment, between, instant, later, like, local, packed, parse

UNTIL = re.compile(r"UNTIL=(\d{8})(?:T(\d{6})(Z?))?", re.IGNORECASE)


@dataclass(frozen=True)
class Occurrence:
    """One event as it stands in the calendar. `series` is the recurring event's id, `original` its original start."""

    event: str
    series: str | None
    original: Moment
    start: Moment
    end: Moment
    summary: str
    status: str
    busy: bool
    declined: bool


def occurrences(calendar: Store, start: datetime, end: datetime) -> list[Occurrence]:
    """All that stands in the calendar between two instants, by start: it begins before `end` and ends after `start`."""
    shown = [event for event in instances(calendar, end) if event["status"] != CANCELLED]
    found = [_occurrence(event) for event in shown if overlaps(event, calendar.zone, start, end)]
    return sorted(found, key=lambda one: (instant(one.start, calendar.zone), one.event))


def overlaps(event: Json, zone: str, start: datetime | None, end: datetime | None) -> bool:
    """Both bounds are exclusive (Events: list, timeMin is for the event's end, timeMax for its start)."""
    begins, ends = instant(parse(event["start"]), zone), instant(parse(event["end"]), zone)
    return (start is None or ends > start) and (end is None or begins < end)


def instances(calendar: Store, until: datetime) -> Iterator[Json]:
    """Single events and instances, the cancelled ones too, as JSON. Each series is followed up to the instant `until`;
    exceptions come wherever they are."""
    for event in list(calendar.events.values()):
        if is_series(event):
            yield from series_instances(calendar, event, until)
        elif "recurringEventId" not in event and "start" in event:
            yield event


def series_instances(calendar: Store, series: Json, until: datetime) -> Iterator[Json]:
    """A series' instances, exceptions in their places; those of a cancelled series are cancelled."""
    gone = series["status"] == CANCELLED
    exceptions = {event["id"]: event for event in calendar.exceptions(series["id"])}
    for original in originals(series, until):
        if instance_id(series["id"], original) not in exceptions:
            yield instance(series, original)
    for event in exceptions.values():
        yield {**event, "status": CANCELLED} if gone else event


def instance(series: Json, original: Moment) -> Json:
    """An unchanged instance as JSON."""
    length = between(parse(series["start"]), parse(series["end"]))
    made = {key: value for key, value in series.items() if key != "recurrence"}
    return made | {
        "id": instance_id(series["id"], original),
        "recurringEventId": series["id"],
        "originalStartTime": packed(original),
        "start": packed(original),
        "end": packed(later(original, length)),
    }


def originals(series: Json, until: datetime) -> Iterator[Moment]:
    """When a series' instances would start, in order, up to the instant `until`. The series' own start counts even if
    its rule does not meet it."""
    first = parse(series["start"])
    for naive in _rules(series["recurrence"], first):
        at = like(naive, first)
        if instant(at, "UTC") > until + timedelta(days=1):  # a day begins elsewhere up to half a day earlier
            return
        yield at


def _rules(lines: list[str], first: Moment) -> rruleset:
    rules = rruleset()
    rules.rdate(local(first))
    for line in lines:
        head, _, value = line.partition(":")
        name, *parameters = head.split(";")
        if name in {"RRULE", "EXRULE"}:
            rule = rrulestr(UNTIL.sub(lambda found: _until(found, first), value), dtstart=local(first))
            rules.rrule(rule) if name == "RRULE" else rules.exrule(rule)
            continue
        for part in value.split(","):
            for naive in _listed(part, parameters, first, rules if name == "EXDATE" else None):
                rules.exdate(naive) if name == "EXDATE" else rules.rdate(naive)
    return rules


def _until(found: re.Match[str], first: Moment) -> str:
    """An UNTIL in the local time of the series. A day includes all of itself."""
    day, clock, zulu = found.groups()
    if not isinstance(first, datetime):
        return f"UNTIL={day}"
    if clock is None:
        return f"UNTIL={day}T235959"
    at = datetime.strptime(day + clock, "%Y%m%d%H%M%S")
    if zulu:
        at = at.replace(tzinfo=UTC).astimezone(first.tzinfo).replace(tzinfo=None)
    return at.strftime("UNTIL=%Y%m%dT%H%M%S")


def _listed(text: str, parameters: list[str], first: Moment, but_for: rruleset | None) -> Iterator[datetime]:
    """The local times that one value of EXDATE or RDATE means; a day in an EXDATE means all of that day's instances."""
    if "T" not in text:
        day = datetime.strptime(text, "%Y%m%d")
        if but_for is not None and isinstance(first, datetime):
            yield from but_for.between(day, day.replace(hour=23, minute=59, second=59), inc=True)
        else:
            yield day
        return
    at = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")
    zones = [item.partition("=")[2] for item in parameters if item.startswith("TZID=")]
    if text.endswith("Z") or zones:
        zone = ZoneInfo("UTC" if text.endswith("Z") else zones[0])
        target = first.tzinfo if isinstance(first, datetime) else zone
        at = at.replace(tzinfo=zone).astimezone(target).replace(tzinfo=None)
    yield at


def _occurrence(event: Json) -> Occurrence:
    start = parse(event["start"])
    answers = [one.get("responseStatus") for one in event.get("attendees", ()) if one.get("self")]
    return Occurrence(
        event["id"],
        event.get("recurringEventId"),
        original_of(event) if "originalStartTime" in event else start,
        start,
        parse(event["end"]),
        event.get("summary", ""),
        event["status"],
        event.get("transparency") != "transparent",
        "declined" in answers,
    )
