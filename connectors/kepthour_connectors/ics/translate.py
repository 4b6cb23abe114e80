"""One iCalendar text, taken apart into resources of one UID each. Pure.

The text is split at its component lines and not put together again from parsed objects: so every property stays as
it was written, the ones which the parser would reorder, mend or drop as well. That is safe, because a line break
inside a value is always escaped or folded, so that an unfolded line `BEGIN:VEVENT` can be nothing else. Whether an
event means anything is for whoever reads the resource; here it only has to be whole and to have a UID.
"""

from __future__ import annotations

import hashlib
import re
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from icalendar import vDuration

from kepthour_connectors.base import BadResource, Resource

# Of the calendar's own lines only what events are read by: a new name or colour changes no event.
_HEAD = re.compile(r"(?:VERSION|PRODID|CALSCALE|X-WR-TIMEZONE)[;:]", re.IGNORECASE)
_STAMP = re.compile(r"^DTSTAMP[;:].*\r\n", re.IGNORECASE | re.MULTILINE)
_STAMP_BYTES = re.compile(rb"^DTSTAMP[;:][^\r\n]*\r?\n", re.IGNORECASE | re.MULTILINE)
_UID = re.compile(r"UID(?:;[^:]*)?:(.*)", re.IGNORECASE | re.DOTALL)
_ZONE = re.compile(r"TZID(?:;[^:]*)?:(.*)", re.IGNORECASE)
_ZONES_USED = re.compile(r';TZID=(?:"([^"\r\n]*)"|([^":;,\r\n]*))', re.IGNORECASE)
_REFRESH = re.compile(
    r"^(?:REFRESH-INTERVAL|X-PUBLISHED-TTL)(?:;[^:\r\n]*)?:([^\r\n]+)", re.IGNORECASE | re.MULTILINE
)
_SHORTEST_REFRESH, _LONGEST_REFRESH = timedelta(minutes=5), timedelta(days=1)


class NotACalendar(Exception):
    """The text as a whole cannot be a calendar, or not a whole one. `code` says why, without any content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Component:
    """One component directly inside a VCALENDAR."""

    name: str
    uid: str | None
    text: str = field(repr=False)  # with CRLF, its BEGIN and END included
    whole: bool = True  # False: its parts are not well nested


@dataclass(frozen=True, slots=True)
class Split:
    """A text, taken apart. `etags` name every event there is; payloads are made by `resource` when wanted."""

    groups: Mapping[str, tuple[Component, ...]]  # href -> the VEVENTs of one UID
    etags: Mapping[str, str]
    heads: Mapping[str, str]  # href -> the lines of its calendar
    zones: Mapping[str, Mapping[str, str]]  # href -> TZID -> VTIMEZONE
    warnings: tuple[str, ...]
    refresh_after: timedelta | None  # as its author wishes, within bounds

    def resource(self, href: str) -> Resource | BadResource:
        """The resource `href` as a whole VCALENDAR, or why it cannot be read."""
        events = self.groups[href]
        fault = _fault(events)
        if fault is not None:
            return BadResource(href, self.etags[href], fault)
        body = "".join(event.text for event in events)
        payload = (
            f"BEGIN:VCALENDAR\r\n{self.heads[href]}{_zones(body, self.zones[href])}{body}END:VCALENDAR\r\n"
        )
        return Resource(href, self.etags[href], payload)


def content_hash(data: bytes) -> str:
    """A hash over all but the DTSTAMPs, which many feeds write anew at every fetch."""
    return hashlib.sha256(_STAMP_BYTES.sub(b"", data)).hexdigest()


def split(data: bytes) -> Split:
    """Take a whole file or feed apart. Raises NotACalendar."""
    text, warnings = _decoded(data)
    everywhere: dict[str, str] = {}
    zones: dict[str, Mapping[str, str]] = {}
    groups: dict[str, list[Component]] = {}
    heads: dict[str, str] = {}
    for head, components in _calendars(text):
        own: dict[str, str] = {}
        for component in components:
            if component.name == "VTIMEZONE" and component.whole:
                own.setdefault(component.uid or "", component.text)
            elif component.name == "VEVENT":
                href = _href(component)
                groups.setdefault(href, []).append(component)
                heads.setdefault(href, head)
                zones.setdefault(href, ChainMap(own, everywhere))
        for name, zone in own.items():
            everywhere.setdefault(name, zone)
    etags = {href: _etag(heads[href], events, zones[href]) for href, events in groups.items()}
    whole = {href: tuple(events) for href, events in groups.items()}
    return Split(whole, etags, heads, zones, tuple(dict.fromkeys(warnings)), _refresh_after(text))


def _refresh_after(text: str) -> timedelta | None:
    """REFRESH-INTERVAL (RFC 7986, 5.7), or X-PUBLISHED-TTL as Outlook and others say it; None: neither, or nonsense."""
    match = _REFRESH.search(text.partition("BEGIN:VEVENT")[0])
    if match is None:
        return None
    try:
        wished: timedelta = vDuration.from_ical(match[1].strip())  # type: ignore[no-untyped-call]
    except ValueError:
        return None
    return min(max(wished, _SHORTEST_REFRESH), _LONGEST_REFRESH)


def _decoded(data: bytes) -> tuple[str, list[str]]:
    # Unfolded as bytes: some writers fold in the middle of a character.
    unfolded = re.sub(rb"\r?\n[ \t]", b"", data)
    try:
        return unfolded.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return unfolded.decode("cp1252", errors="replace"), ["not-utf-8"]


def _calendars(text: str) -> Iterator[tuple[str, list[Component]]]:
    """(its own lines, its components) of every VCALENDAR in `text`; there may be several (RFC 5545, 3.4)."""
    lines = [line for line in re.split(r"\r\n|\n|\r", text.strip()) if line]
    if not lines or not _is(lines[0], "BEGIN:VCALENDAR"):
        raise NotACalendar("empty" if not lines else "no-calendar")
    if not _is(lines[-1], "END:VCALENDAR"):
        raise NotACalendar("cut-off")
    start, before = 0, ""
    for at, line in enumerate(lines):
        if _is(line, "END:VCALENDAR"):
            head, components = _calendar(lines[start:at])
            if not _is(lines[start], "BEGIN:VCALENDAR"):  # it was ended by a line too many, and goes on
                head = before + head
            yield head, components
            start, before = at + 1, head


def _calendar(lines: list[str]) -> tuple[str, list[Component]]:
    head: list[str] = []
    components: list[Component] = []
    stack: list[str] = []
    begun = 0
    whole = True
    for at, line in enumerate(lines):
        if not stack and _is(line, "BEGIN:VCALENDAR"):
            continue  # usually the first; after an END that is one too many there is none
        if line[:6].upper() == "BEGIN:":
            name = line[6:].strip().upper()
            if stack and name == "VEVENT":  # the event before it has no end: a new one begins all the same
                components.append(_component(stack[0], lines[begun:at], False))
                stack.clear()
            if not stack:
                begun, whole = at, True
            stack.append(name)
        elif line[:4].upper() == "END:" and stack:
            whole = whole and stack[-1] == line[4:].strip().upper()
            stack.pop()
            if not stack:
                components.append(_component(lines[begun][6:].strip().upper(), lines[begun : at + 1], whole))
        elif not stack and _HEAD.match(line):
            head.append(line)
    if stack:
        components.append(_component(stack[0], lines[begun:], False))
    return "".join(f"{line}\r\n" for line in head), components


def _component(name: str, lines: list[str], whole: bool) -> Component:
    uid = next(_own(lines, _UID), None) if name == "VEVENT" else next(_own(lines, _ZONE), None)
    return Component(name, (uid or "").strip() or None, "".join(f"{line}\r\n" for line in lines), whole)


def _own(lines: Iterable[str], pattern: re.Pattern[str]) -> Iterator[str]:
    """The matches in the component's own lines: an alarm inside may have a UID, too (RFC 9074)."""
    depth = 0
    for line in lines:
        if line[:6].upper() == "BEGIN:":
            depth += 1
        elif line[:4].upper() == "END:":
            depth -= 1
        elif depth == 1 and (found := pattern.match(line)):
            yield found.group(1)


def _href(event: Component) -> str:
    """A name from the UID, hashed because some calendars write addresses of people into it."""
    if event.uid is None:
        return "no-uid-" + hashlib.sha256(_STAMP.sub("", event.text).encode()).hexdigest()[:32]
    return "uid-" + hashlib.sha256(event.uid.encode()).hexdigest()[:32]


def _etag(head: str, events: Iterable[Component], zones: Mapping[str, str]) -> str:
    # Sorted: a feed may give master and overrides in another order each time.
    body = "".join(sorted(_STAMP.sub("", event.text) for event in events))
    return hashlib.sha256(f"{head}{_zones(body, zones)}{body}".encode()).hexdigest()


def _zones(body: str, zones: Mapping[str, str]) -> str:
    used = dict.fromkeys(quoted or plain for quoted, plain in _ZONES_USED.findall(body))
    return "".join(zones[name] for name in sorted(used) if name in zones)


def _fault(events: Iterable[Component]) -> str | None:
    for event in events:
        if not event.whole:
            return "broken"
        if event.uid is None:
            return "no-uid"
    return None


def _is(line: str, what: str) -> bool:
    return line.strip().upper() == what
