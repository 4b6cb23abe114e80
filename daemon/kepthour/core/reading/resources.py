"""A raw resource, read: checked for what would stall or mislead, and reduced to what sessions need.

What is not needed is not stored: descriptions, attendees, attachments and alarms go; the join link and
the therapist's own answer to an invitation are taken out of them first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kepthour.core.reading import join, marks, once
from kepthour.core.reading.content_lines import plain, with_zones, without_zones
from kepthour.core.reading.join import join_link
from kepthour.core.reading.marks import MARK, STAMP, mark
from kepthour.core.reading.zones import is_needed

if TYPE_CHECKING:
    from icalendar import Calendar, Component, Event

    from kepthour.core.reading.once import AnyCalendar

JOIN = "X-KEPTHOUR-JOIN"
ANSWER = "X-KEPTHOUR-PARTSTAT"
ATTENDEES = "X-KEPTHOUR-ATTENDEES"
SELF = "X-KEPTHOUR-SELF"  # a parameter: this attendee is the therapist, as the source itself knows
_KEPT = {
    "UID", "DTSTART", "DTEND", "DURATION", "DTSTAMP", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE",
    "STATUS", "TRANSP", "SUMMARY", "CATEGORIES", "LOCATION", "COLOR", "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-KEPTHOUR-KIND", JOIN, ANSWER, ATTENDEES,
}  # fmt: skip
# Only what was found here counts: a calendar that sent these itself could open any address as "join".
_OURS = {JOIN, ANSWER, ATTENDEES, MARK}
_LOOKED_AT = _KEPT | {MARK, "ATTENDEE"} | join.LOOKED_AT | marks.LOOKED_AT
# A fault in one of these makes times wrong; a fault elsewhere (a broken URL, say) does not matter here.
_DECISIVE = {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "UID"}
_ONCE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "UID", "SEQUENCE", "STATUS")
_MOST_LINES = 50_000
_MOST_EVENTS = 5_000  # a master and its overrides: a daily series over thirteen years, each instance changed
_MOST_SPLITS = 100  # overrides for "this and future"
_MOST_DATES = 10_000  # of EXDATE and RDATE
_MOST_RULES = 10
_MOST_ZONES = 20


class Unreadable(Exception):
    """The resource is set aside. `code` says why without any content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read(payload: str) -> AnyCalendar:
    """The resource's calendar object, with whatever its times mean left to `settle`. Raises Unreadable.

    Its date properties name their zone in the parameter `content_lines.ZONE`. Of its VTIMEZONEs those are there that
    can be read and could ever count. What is plain enough does without the library.
    """
    text, zones = _bounded(payload)
    return once.once(text, _LOOKED_AT) or _read(text, zones)


def read_piece(payload: str) -> Calendar:
    """As `read`: the library's object, also for what is plain, so that it can be joined with others."""
    return _read(*_bounded(payload))


def _bounded(payload: str) -> tuple[str, dict[str, str]]:
    text, zones = without_zones(plain(payload))
    if text.count("\n") > _MOST_LINES:
        raise Unreadable("too-large")
    return text, zones


def _read(text: str, zones: Mapping[str, str]) -> Calendar:
    calendar = _parsed(text)
    for event in calendar.events:
        _check(event)
    _check_size(calendar.events)
    calendar.subcomponents = [*_definitions(zones), *calendar.events]
    return calendar


def _parsed(text: str) -> Calendar:
    from icalendar import Calendar  # slow to import, and most commands read no resource

    try:
        calendar = Calendar.from_ical(text)
    except Exception as error:  # supervised: the parser throws whatever its parts throw
        raise Unreadable("not-icalendar") from error
    if not isinstance(calendar, Calendar):
        raise Unreadable("not-icalendar")
    return calendar


def _definitions(zones: Mapping[str, str]) -> list[Component]:
    from icalendar import Timezone

    wanted = [text for name, text in zones.items() if is_needed(name)][:_MOST_ZONES]
    found: list[Component] = []
    for text in wanted:
        try:
            found.append(Timezone.from_ical(text))
        except Exception:  # noqa: BLE001, S112  (supervised: who needs it meets an unknown zone, and says so)
            continue
    return found


def _check(event: Event) -> None:
    faulty = {str(name).upper() for name, _text in event.errors}
    if faulty & _DECISIVE:
        raise Unreadable(f"bad-{min(faulty & _DECISIVE).lower()}")
    # Twice the same property is a list; RFC 5545, 3.6.1 has these but once.
    if twice := [name for name in _ONCE if isinstance(event.get(name), list)]:
        raise Unreadable(f"bad-{min(twice).lower()}")
    if not event.get("UID"):
        raise Unreadable("no-uid")
    if event.get("DTSTART") is None:
        raise Unreadable("no-dtstart")


def _check_size(events: Sequence[Event]) -> None:
    """What the expander's work grows with has a limit each."""
    splits = sum(1 for event in events if "RANGE" in getattr(event.get("RECURRENCE-ID"), "params", ()))
    dates = sum(
        len(each.dts) for event in events for name in ("EXDATE", "RDATE") for each in _listed(event, name)
    )
    rules = max((len(_listed(event, "RRULE")) for event in events), default=0)
    if len(events) > _MOST_EVENTS or splits > _MOST_SPLITS or dates > _MOST_DATES or rules > _MOST_RULES:
        raise Unreadable("too-large")


def _listed(event: Event, name: str) -> list[Any]:
    found = event.get(name)
    return found if isinstance(found, list) else [] if found is None else [found]


def slim(
    calendar: AnyCalendar,
    hosts: Iterable[str] = (),
    own_addresses: Collection[str] = (),
    *,
    marked: bool = False,
) -> str:
    """Reduce `calendar` in place to what sessions need, and give it as text to store. Raises Unreadable.

    `hosts` are further hosts of join links; `own_addresses` (lower case) tell which attendee is the therapist.
    `marked`: by a mark it can be told later whether something else is written in an event (`marks.py`).
    """
    for event in calendar.events:
        _slim_event(event, tuple(hosts), own_addresses, marked=marked)
    for name in list(calendar.keys()):
        if name not in {"VERSION", "PRODID", "X-WR-TIMEZONE"}:
            del calendar[name]
    if isinstance(calendar, once.Calendar):
        return calendar.text()
    try:
        return with_zones(calendar.to_ical().decode("utf-8"))
    except Exception as error:  # supervised: the library refuses some of what it has read
        raise Unreadable("not-icalendar") from error


def _slim_event(event: Any, hosts: tuple[str, ...], own_addresses: Collection[str], *, marked: bool) -> None:
    link = join_link(event, hosts)
    answer, attendees = _invitation(event, own_addresses)
    written = mark(event) if marked else None
    kept = _KEPT | {STAMP} if marked else _KEPT
    for name in list(event.keys()):
        if name.upper() not in kept or name.upper() in _OURS:
            del event[name]
    event.subcomponents = []
    if link:
        event[JOIN] = link
    if answer:
        event[ANSWER] = answer
    if attendees:
        event[ATTENDEES] = str(attendees)
    if written:
        event[MARK] = written


def _invitation(event: Event, own_addresses: Collection[str]) -> tuple[str | None, int]:
    found = event.get("ATTENDEE")
    if found is None:
        return None, 0
    attendees = found if isinstance(found, list) else [found]
    answer = None
    for attendee in attendees:
        address = str(attendee).lower().removeprefix("mailto:")
        params = getattr(attendee, "params", {})
        if address in own_addresses or SELF in params:
            answer = str(params.get("PARTSTAT", "")).upper() or None
    return answer, len(attendees)
