"""The link that opens a session's video room.

Only https, no user information, only hosts on the list: else "the first link in the text" opens anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from icalendar import Event

# Hosts of the video services that therapists use; a name covers its subdomains.
KNOWN_HOSTS = (
    "zoom.us",
    "zoomgov.com",
    "meet.google.com",
    "teams.microsoft.com",
    "teams.live.com",
    "doxy.me",
    "simplepractice.com",
    "webex.com",
    "whereby.com",
    "vsee.com",
    "meet.jit.si",
    "8x8.vc",
)
_LINK = re.compile(r"https://[^\s<>\"'\\^`{}|]+", re.IGNORECASE)
_VENDOR = ("X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK")
_TEXTS = ("URL", "LOCATION", "DESCRIPTION")
LOOKED_AT = frozenset({"CONFERENCE", *_VENDOR, *_TEXTS})  # the properties that may hold one
_TRAILING = ".,;:!?)]}»”’"


def join_link(event: Event, hosts: Iterable[str] = ()) -> str | None:
    """The event's join link, or None. `hosts` are the user's own, beside the known ones.

    Order of sources: RFC 7986 CONFERENCE with video, the vendors' properties, URL, LOCATION, DESCRIPTION.
    """
    allowed = (*KNOWN_HOSTS, *(host.lower() for host in hosts))
    return next((link for link in _candidates(event) if is_allowed(link, allowed)), None)


def is_allowed(link: str, allowed: Iterable[str]) -> bool:
    """Whether `link` is https, without user information, and on a host of `allowed`."""
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if parts.scheme.lower() != "https" or "@" in parts.netloc:
        return False
    return any(host == name or host.endswith("." + name) for name in allowed)


def _candidates(event: Event) -> Iterator[str]:
    for conference in _values(event, "CONFERENCE"):
        features = getattr(conference, "params", {}).get("FEATURE", "")
        if "VIDEO" in str(features).upper():
            yield str(conference)
    for name in _VENDOR:
        for value in _values(event, name):
            yield from _links(str(value))
    for name in _TEXTS:
        for value in _values(event, name):
            yield from _links(str(value))


def _values(event: Event, name: str) -> list[object]:
    value = event.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _links(text: str) -> Iterator[str]:
    for match in _LINK.finditer(text):
        yield match.group().rstrip(_TRAILING)
