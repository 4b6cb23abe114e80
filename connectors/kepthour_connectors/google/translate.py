"""Google's events -> resources: iCalendar text of one component each. Pure.

Google keeps a series in pieces: the master, and an event of its own for each instance that differs or is cancelled.
Each piece is a resource here too, so that a delta maps to changes one by one; those of one series share `series`.
An exception's href begins with its master's: so they go when the master goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import vText

from kepthour_connectors.base import Resource

FORMAT = 1  # one more whenever an event is translated in another way: all are listed anew then
Json = Mapping[str, Any]

_RECURRENCE = re.compile(r"(?:RRULE|RDATE|EXDATE)[;:][^\r\n]+", re.IGNORECASE)
_ANSWERS = {
    "accepted": "ACCEPTED",
    "declined": "DECLINED",
    "needsAction": "NEEDS-ACTION",
    "tentative": "TENTATIVE",
}


class Untranslatable(Exception):
    """The event is no event. `code` says why, without any content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def href(event: Json) -> str:
    """The event's name among the calendar's resources. Raises Untranslatable."""
    own = _name(event.get("id"))
    master = event.get("recurringEventId")
    return f"{_name(master)}/{own}" if master else own


def etag(event: Json) -> str:
    """Changes with the event, and with the way it is translated."""
    return f"{FORMAT}:{event.get('etag', '')}"


def is_cancelled(event: Json) -> bool:
    """Whether the event, or this instance of a series, does not take place any more."""
    return event.get("status") == "cancelled"


def is_exception(event: Json) -> bool:
    """Whether the event is one instance of a series."""
    return bool(event.get("recurringEventId"))


def resource(event: Json) -> Resource:
    """`event` as a resource. Raises Untranslatable."""
    try:
        lines = list(_lines(event))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Untranslatable("not-google") from error
    text = "".join(f"{line}\r\n" for line in lines)
    payload = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Google//Calendar//EN\r\n{text}END:VCALENDAR\r\n"
    return Resource(href(event), etag(event), payload, _series(event))


def _series(event: Json) -> str | None:
    if is_exception(event):
        return _name(event["recurringEventId"])
    return _name(event["id"]) if event.get("recurrence") else None


def _lines(event: Json) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(_uid(event))}"
    yield f"SEQUENCE:{int(event.get('sequence', 0))}"
    yield f"STATUS:{str(event.get('status', 'confirmed')).upper()}"
    if event.get("updated"):
        yield f"LAST-MODIFIED:{datetime.fromisoformat(event['updated']).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if is_exception(event):
        yield f"RECURRENCE-ID{_time(event['originalStartTime'])}"
    # Of a cancelled instance nothing is sure to be there but when it would have been.
    yield f"DTSTART{_time(event.get('start') or event['originalStartTime'])}"
    if "end" in event and not event.get("endTimeUnspecified"):
        yield f"DTEND{_time(event['end'])}"
    yield from (line for line in event.get("recurrence", []) if _RECURRENCE.fullmatch(line))
    yield from _details(event)
    yield "END:VEVENT"


def _details(event: Json) -> Iterator[str]:
    for name, key in (("SUMMARY", "summary"), ("LOCATION", "location"), ("DESCRIPTION", "description")):
        if event.get(key):
            yield f"{name}:{_text(str(event[key]))}"
    if event.get("transparency") == "transparent":
        yield "TRANSP:TRANSPARENT"
    if event.get("colorId"):
        yield f"COLOR:{_text(str(event['colorId']))}"
    if event.get("eventType", "default") != "default":
        yield f"X-KEPTHOUR-KIND:{_text(str(event['eventType']))}"
    for attendee in event.get("attendees", []):
        own = ";X-KEPTHOUR-SELF=TRUE" if attendee.get("self") else ""
        yield f"ATTENDEE{own};PARTSTAT={_ANSWERS.get(attendee.get('responseStatus'), 'NEEDS-ACTION')}:urn:guest"
    for point in event.get("conferenceData", {}).get("entryPoints", []):
        if point.get("entryPointType") == "video":
            yield f"CONFERENCE;VALUE=URI;FEATURE=VIDEO:{_uri(point['uri'])}"
    if event.get("hangoutLink"):
        yield f"X-GOOGLE-CONFERENCE:{_uri(event['hangoutLink'])}"


def _uid(event: Json) -> str:
    # A cancelled instance may come without it. Its series knows better; else this is how Google makes them.
    return str(event.get("iCalUID") or f"{event.get('recurringEventId') or event['id']}@google.com")


def _time(moment: Json) -> str:
    """A property's parameters and value for Google's {date} or {dateTime, timeZone}.

    The wall clock of the event's own zone, by which a series repeats; an instant in UTC where there is none.
    """
    if "date" in moment:
        return f";VALUE=DATE:{date.fromisoformat(moment['date']):%Y%m%d}"
    at = datetime.fromisoformat(moment["dateTime"])
    name = moment.get("timeZone")
    if name is None and at.tzinfo is not None:
        return f":{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f";TZID={_zone(name)}:{_wall(at, name):%Y%m%dT%H%M%S}" if name else f":{at:%Y%m%dT%H%M%S}"


def _wall(at: datetime, zone: str) -> datetime:
    if at.tzinfo is None:
        return at
    try:
        return at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        return at  # nobody knows the zone; whoever expands says so


def _zone(name: str) -> str:
    return re.sub(r"[^\w/+:-]", "", name)


def _name(identifier: object) -> str:
    if not isinstance(identifier, str) or not identifier:
        raise Untranslatable("no-id")
    return quote(identifier, safe="")


def _text(text: str) -> str:
    return str(vText(text).to_ical().decode())


def _uri(text: object) -> str:
    return re.sub(r"\s", "", str(text))
