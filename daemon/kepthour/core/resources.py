"""A raw resource, read: checked for what would stall or mislead, and reduced to what sessions need.

What is not needed is not stored: descriptions, attendees, attachments and alarms go; the join link and
the therapist's own answer to an invitation are taken out of them first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from kepthour.core.join import join_link

if TYPE_CHECKING:
    from icalendar import Calendar, Event

JOIN = "X-KEPTHOUR-JOIN"
ANSWER = "X-KEPTHOUR-PARTSTAT"
ATTENDEES = "X-KEPTHOUR-ATTENDEES"
_KEPT = {
    "UID", "DTSTART", "DTEND", "DURATION", "DTSTAMP", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE",
    "STATUS", "TRANSP", "SUMMARY", "CATEGORIES", "LOCATION", "COLOR", "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-KEPTHOUR-KIND", JOIN, ANSWER, ATTENDEES,
}  # fmt: skip
# A fault in one of these makes times wrong; a fault elsewhere (a broken URL, say) does not matter here.
_DECISIVE = {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "UID"}
_ENDLESS = {"SECONDLY", "MINUTELY", "HOURLY"}


class Unreadable(Exception):
    """The resource is set aside. `code` says why without any content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read(payload: str) -> Calendar:
    """The resource's calendar object, safe to expand. Raises Unreadable."""
    from icalendar import Calendar  # slow to import, and most commands read no resource

    try:
        calendar = Calendar.from_ical(payload)
    except Exception as error:  # supervised: the parser throws whatever its parts throw
        raise Unreadable("not-icalendar") from error
    if not isinstance(calendar, Calendar):
        raise Unreadable("not-icalendar")
    events = calendar.events
    for event in events:
        _check(event)
    return calendar


def _check(event: Event) -> None:
    faulty = {str(name).upper() for name, _text in event.errors}
    if faulty & _DECISIVE:
        raise Unreadable(f"bad-{min(faulty & _DECISIVE).lower()}")
    if not event.get("UID"):
        raise Unreadable("no-uid")
    if event.get("DTSTART") is None:
        raise Unreadable("no-dtstart")
    rules = event.get("RRULE")
    for rule in rules if isinstance(rules, list) else [rules] if rules else []:
        _check_rule(rule)


def _check_rule(rule: dict[str, list[object]]) -> None:
    """An invitation with such a rule is enough to stall a reader that trusts it."""
    frequency = str(next(iter(rule.get("FREQ", [])), "")).upper()
    if not frequency:
        raise Unreadable("bad-rrule")
    if frequency in _ENDLESS:
        raise Unreadable("rrule-too-frequent")
    for name in ("INTERVAL", "COUNT"):
        if any(isinstance(value, int) and value < 1 for value in rule.get(name, [])):
            raise Unreadable("bad-rrule")


def slim(calendar: Calendar, hosts: Iterable[str] = (), own_addresses: Collection[str] = ()) -> str:
    """Reduce `calendar` in place to what sessions need, and give it as text to store.

    `hosts` are further hosts of join links; `own_addresses` (lower case) tell which attendee is the therapist.
    """
    for event in calendar.events:
        _slim_event(event, tuple(hosts), own_addresses)
    calendar.subcomponents = [part for part in calendar.subcomponents if part.name in {"VEVENT", "VTIMEZONE"}]
    for name in list(calendar.keys()):
        if name not in {"VERSION", "PRODID", "X-WR-TIMEZONE"}:
            del calendar[name]
    return str(calendar.to_ical().decode("utf-8"))


def _slim_event(event: Event, hosts: tuple[str, ...], own_addresses: Collection[str]) -> None:
    link = join_link(event, hosts)
    answer, attendees = _invitation(event, own_addresses)
    for name in list(event.keys()):
        if name.upper() not in _KEPT:
            del event[name]
    event.subcomponents = []
    if link:
        event[JOIN] = link
    if answer:
        event[ANSWER] = answer
    if attendees:
        event[ATTENDEES] = str(attendees)


def _invitation(event: Event, own_addresses: Collection[str]) -> tuple[str | None, int]:
    found = event.get("ATTENDEE")
    if found is None:
        return None, 0
    attendees = found if isinstance(found, list) else [found]
    answer = None
    for attendee in attendees:
        address = str(attendee).lower().removeprefix("mailto:")
        if address in own_addresses:
            answer = str(getattr(attendee, "params", {}).get("PARTSTAT", "")).upper() or None
    return answer, len(attendees)
