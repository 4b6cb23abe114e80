"""A resource with one event that happens once, read line by line. Most resources are that, and it is ten times faster.

It stands in for the library's calendar object: `resources`, `settle` and `occurrences` work on either. Whatever is not
written in the plainest way is left to the library: a rule, an exception, a second event, a length instead of an end,
a zone that is not IANA's, an escape that RFC 5545 does not have. So there is one way to be wrong here: to take
something as plain that the library would read otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kepthour.core.reading.content_lines import ZONE, with_zones
from kepthour.core.reading.zones import is_needed
from kepthour.core.spans import day

if TYPE_CHECKING:
    import icalendar

_NAME = re.compile(r"([A-Za-z0-9-]+)[;:]")
_LINE = re.compile(r"[A-Za-z0-9-]+((?:;[A-Za-z0-9-]+=(?:\"[^\"\\%^]*\"|[^\";:\\%^]*))*):(.*)")
_PARAMETER = re.compile(r";([A-Za-z0-9-]+)=(\"[^\"]*\"|[^\";:]*)")
_TIME = re.compile(r"\d{8}T(?!24)\d{6}Z?", re.ASCII)  # from Python 3.14 on, 24 o'clock is read, too
_DAY = re.compile(r"\d{8}", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_ESCAPE = re.compile(r"\\([nN,;])")

_TIMES = frozenset({"DTSTART", "DTEND"})
# What makes an event more than one, or its end something to be reckoned, or holds something in it.
_MORE = frozenset({"BEGIN", "END", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "DURATION"})
_TEXTS = frozenset({"UID", "SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "TRANSP", "CLASS"})
_RAW = frozenset({"COLOR", "DTSTAMP"})  # as all X- properties: the library leaves their escapes alone
_ONCE = frozenset({"UID", "DTSTART", "DTEND", "SEQUENCE", "STATUS"})  # RFC 5545, 3.6.1
_NEEDED = ("UID", "DTSTART")


class _NotPlain(Exception):
    """The library has to read it."""


class Value(str):
    """A property's text, with its parameters."""

    params: dict[str, str]

    def __new__(cls, text: str, params: dict[str, str]) -> Value:
        made = super().__new__(cls, text)
        made.params = params
        return made


class Categories:
    """The values of one CATEGORIES line."""

    def __init__(self, text: str) -> None:
        self.cats = text.split(",")

    def to_ical(self) -> bytes:
        return ",".join(self.cats).encode()


class Time:
    """A DTSTART, a DTEND or a LAST-MODIFIED; `dt` is a naive datetime, one in UTC, or a date."""

    def __init__(self, dt: date, params: dict[str, str]) -> None:
        self.dt = dt
        self.params = params


class Event(dict[str, Any]):
    """The event: a property's value by its name, a list of values if it is there more than once."""

    def __init__(self) -> None:
        super().__init__()
        self.subcomponents: list[Any] = []
        self._lines: dict[str, list[str]] = {}

    def take(self, name: str, value: Any, line: str) -> None:
        if name in self:
            if name in _ONCE:
                raise _NotPlain
            before = self[name]
            value = [*before, value] if isinstance(before, list) else [before, value]
            self._lines[name].append(line)
        else:
            self._lines[name] = [line]
        super().__setitem__(name, value)

    def lines(self) -> Iterator[str]:
        """What is still in it, by name: as it was written; and what was put in since."""
        for name in sorted(self):
            yield from self._lines.get(name) or (f"{name}:{self[name]}",)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._lines.pop(name, None)


class Calendar(dict[str, str]):
    """The resource: the lines that stand around its one event, by name."""

    timezones: tuple[Any, ...] = ()  # the event's zone is IANA's

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.events = [event]

    def is_outside(self, first: date, last: date) -> bool:
        """Whether its days, as they are written, all lie before `first` or after `last`."""
        (event,) = self.events
        begins = day(event["DTSTART"].dt)
        ends = day(event["DTEND"].dt) if "DTEND" in event else begins
        return ends < first or begins > last

    def text(self) -> str:
        """The resource as text to store, its lines unfolded."""
        (event,) = self.events
        lines = [
            "BEGIN:VCALENDAR",
            *self.values(),
            "BEGIN:VEVENT",
            *event.lines(),
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
        return with_zones("\r\n".join(lines))


if TYPE_CHECKING:
    AnyCalendar = Calendar | icalendar.Calendar  # what a resource may be read as


def once(text: str, looked_at: Collection[str]) -> Calendar | None:
    """The resource `text` (plain, its zones hidden), if all in it is plain; None: the library has to read it.

    `looked_at` are the names of all properties of an event that anything is made of.
    """
    try:
        return _read(text, looked_at)
    except _NotPlain:
        return None


def _read(text: str, looked_at: Collection[str]) -> Calendar:
    lines = iter(text.rstrip("\r\n").split("\r\n"))
    if next(lines) != "BEGIN:VCALENDAR":
        raise _NotPlain
    event = Event()
    calendar = Calendar(event)
    seen = False
    for line in lines:
        if line == "BEGIN:VEVENT":
            if seen:
                raise _NotPlain
            seen = True
            _read_event(lines, event, looked_at)
        elif line == "END:VCALENDAR":
            break
        elif (name := _name(line)) in {"BEGIN", "END"}:
            raise _NotPlain
        else:
            calendar[name] = line
    if next(lines, None) is not None or not all(map(event.get, _NEEDED)):
        raise _NotPlain
    _check_end(event)
    return calendar


def _read_event(lines: Iterator[str], event: Event, looked_at: Collection[str]) -> None:
    for line in lines:
        if line == "END:VEVENT":
            return
        if line == "BEGIN:VALARM":
            _pass_over(lines)
            continue
        name = _name(line)
        if name in _MORE:
            raise _NotPlain
        if name in looked_at:
            event.take(name, _value(name, line), line)
    raise _NotPlain


def _pass_over(lines: Iterator[str]) -> None:
    """What stands in an alarm does not matter here."""
    for line in lines:
        if line == "END:VALARM":
            return
        if _name(line) in {"BEGIN", "END"}:
            break
    raise _NotPlain


def _name(line: str) -> str:
    found = _NAME.match(line)
    if found is None:
        raise _NotPlain
    return found[1].upper()


def _value(name: str, line: str) -> Any:
    written, value = _matched(_LINE, line).groups()
    if name in _TIMES:
        return _time(_kind_and_zone(written), value)
    params = _parameters(written) if written else {}
    if "VALUE" in params and ("\\" in value or params["VALUE"].upper() not in {"TEXT", "URI"}):
        raise _NotPlain
    if name in _TEXTS:
        return Value(_unescaped(value), params)
    if name == "SEQUENCE":
        return int(_matched(_NUMBER, value)[0])
    if name == "LAST-MODIFIED":
        return Time(_instant(value), params)
    if name == "CATEGORIES":
        if set("\\;") & set(value):
            raise _NotPlain
        return Categories(value)
    if name.startswith("X-") or name in _RAW or "\\" not in value:
        return Value(value, params)
    raise _NotPlain


def _parameters(written: str) -> dict[str, str]:
    pairs = _PARAMETER.findall(written)
    params = {key.upper(): one.strip('"') for key, one in pairs}
    if len(params) != len(pairs):
        raise _NotPlain
    return params


@lru_cache(maxsize=256)
def _kind_and_zone(written: str) -> tuple[str, str | None]:
    """What the parameters of a time say: whether it is a DATE or a DATE-TIME, and its zone."""
    params = _parameters(written)
    kind, zone = params.get("VALUE", "DATE-TIME").upper(), params.get(ZONE)
    if params.keys() - {"VALUE", ZONE}:
        raise _NotPlain
    if kind != "DATE-TIME" and (kind != "DATE" or zone is not None):
        raise _NotPlain
    if zone is not None and is_needed(zone):
        raise _NotPlain
    return kind, zone


def _time(said: tuple[str, str | None], value: str) -> Time:
    kind, zone = said
    if kind == "DATE":
        return Time(_made(date, _DAY, value), {})
    return Time(_instant(value), {} if zone is None else {ZONE: zone})


def _instant(value: str) -> datetime:
    made: datetime = _made(datetime, _TIME, value)
    return made


def _made(kind: Any, written: re.Pattern[str], value: str) -> Any:
    try:
        return kind.fromisoformat(_matched(written, value)[0])
    except ValueError:
        raise _NotPlain from None


def _matched(pattern: re.Pattern[str], value: str) -> re.Match[str]:
    found = pattern.fullmatch(value)
    if found is None:
        raise _NotPlain
    return found


def _check_end(event: Event) -> None:
    """The two times are of one kind, and what they are to each other can be seen as they are written."""
    begins, ends = event["DTSTART"], event.get("DTEND")
    if ends is None:
        return
    if type(begins.dt) is not type(ends.dt) or begins.params != ends.params:
        raise _NotPlain
    if isinstance(begins.dt, datetime) and begins.dt.tzinfo is not ends.dt.tzinfo:
        raise _NotPlain
    if ends.dt < begins.dt:
        raise _NotPlain


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)
    if "\\" in plain:
        raise _NotPlain
    return plain
