"""What a calendar's events amount to: an expansion by dateutil alone, to hold others against.

Series repeat in the local time of `start.timeZone` (Events resource, start: "specifies the time zone in which the
recurrence is expanded"). Nothing here knows of the product's own expansion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

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


def count_before(rule: str, first: Moment, at: Moment) -> int:
    """How many instances a line "RRULE:..." has before `at`, whatever other lines say; COUNT counts those."""
    return sum(1 for naive in takewhile(lambda one: one < local(at), _rule(rule, first)))


def listed(line: str, first: Moment) -> list[tuple[str, datetime]]:
    """The values of a line of RDATE or EXDATE, each as it is written and as a local time of the series."""
    head, _, values = line.partition(":")
    return [(text, _local(text, head.split(";")[1:], first)) for text in values.split(",")]


def _rules(lines: list[str], first: Moment) -> rruleset:
    rules = rruleset()
    rules.rdate(local(first))
    for line in sorted(lines, key=lambda one: one.startswith("EX")):
        name = re.split("[;:]", line)[0].upper()
        if name == "RRULE":
            rules.rrule(_rule(line, first))
        elif name == "EXRULE":
            rules.exrule(_rule(line, first))
        elif name == "RDATE":
            for _text, naive in listed(line, first):
                rules.rdate(naive)
        elif name == "EXDATE":
            for naive in _excepted(rules, line, first):
                rules.exdate(naive)
    return rules


def _excepted(rules: rruleset, line: str, first: Moment) -> list[datetime]:
    """What an EXDATE takes away; a day takes all of its instances."""
    found: list[datetime] = []
    for text, naive in listed(line, first):
        whole_day = "T" not in text and isinstance(first, datetime)
        found += (
            rules.between(naive, naive + timedelta(days=1, seconds=-1), inc=True) if whole_day else [naive]
        )
    return found


def _rule(line: str, first: Moment) -> rrule:
    text = UNTIL.sub(lambda found: _until(found, first), line.partition(":")[2])
    made: rrule = rrulestr(text, dtstart=local(first))
    return made


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


def _local(text: str, parameters: list[str], first: Moment) -> datetime:
    """One value of RDATE or EXDATE in the local time of the series; of a day its midnight."""
    if "T" not in text:
        return datetime.strptime(text, "%Y%m%d")
    at = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")
    zones = (
        ["UTC"] if text.endswith("Z") else [one.removeprefix("TZID=") for one in parameters if "TZID=" in one]
    )
    if zones and isinstance(first, datetime):
        at = at.replace(tzinfo=ZoneInfo(zones[0])).astimezone(first.tzinfo).replace(tzinfo=None)
    return at


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
