"""What a CalDAV server wrote, as plain facts. Pure: parsed XML in, frozen records out, no I/O.

Elements are of the ElementTree interface (lxml's here). Multistatus answers are read here and not by the library
because it refuses a whole answer for one member's odd status, and rewrites hrefs before one can see them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
# 404 as RFC 6578, 3.5 says; 410 by analogy; 418: old Nextcloud, python-caldav#203
GONE = frozenset({404, 410, 418})
_OK = range(200, 300)
_TRUNCATED = 507  # RFC 6578, 3.6


class Malformed(Exception):
    """The answer is XML, yet not what the protocol allows. `code` says why, without any content."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Member:
    """A resource which a listing or a delta names."""

    key: str  # the href in one spelling: what the outside knows it by
    href: str = field(repr=False)  # as the server spelled it: what to ask the server with
    etag: str | None  # None: the server did not say
    may_be_event: bool = True  # False: the server said that it is something else, a task for example


@dataclass(frozen=True, slots=True)
class Page:
    """One multistatus answer to a sync-collection report or to a PROPFIND of depth 1."""

    members: tuple[Member, ...]
    deleted: frozenset[str]  # keys
    token: str | None
    truncated: bool = False  # the server has more to say
    names_itself: bool = False  # the collection's own response is there, as in every whole PROPFIND
    is_calendar: bool | None = None  # None: the collection's type was not told


@dataclass(frozen=True, slots=True)
class Found:
    """One response of a multiget."""

    key: str
    status: int
    etag: str | None
    data: str | None = field(repr=False)


def key(href: str, collection: str) -> str:
    """`href` in one spelling, as an absolute path: hrefs that differ only in escaping have the same key.

    `collection` is the collection's path, for servers that answer with relative hrefs.
    """
    if "://" in href:
        path = urlsplit(href).path
    else:
        path = href if href.startswith("/") else collection.rstrip("/") + "/" + href
    # Segment by segment, so that an escaped slash inside a name stays one.
    segments = re.sub("/{2,}", "/", path).split("/")
    return "/".join(quote(unquote_to_bytes(segment), safe="") for segment in segments)


def clean_etag(text: str | None) -> str | None:
    """An etag without quotes and weakness mark, which some servers set in one answer and not in the next."""
    etag = (text or "").strip().removeprefix("W/").strip('"')
    return etag or None


def read_page(root: Any, collection: str) -> Page:
    """A listing or a delta of `collection` (a path). Raises Malformed."""
    multistatus = _multistatus(root)
    own = key(collection, collection).rstrip("/")
    members: dict[str, Member] = {}
    gone: set[str] = set()
    truncated, itself, is_calendar, token = False, False, None, _text(multistatus, f"{DAV}sync-token")
    for href, status, props in _responses(multistatus):
        name = key(href, collection)
        if name.rstrip("/") == own:
            itself, truncated = True, truncated or status == _TRUNCATED
            if f"{DAV}resourcetype" in props:
                is_calendar = props[f"{DAV}resourcetype"].find(f"{CALDAV}calendar") is not None
            token = token or _value(props, f"{DAV}sync-token")
        elif status in GONE and f"{DAV}getetag" not in props:
            gone.add(name)
        elif not _is_collection(name, props):
            members[name] = _member(name, href, props)
    # Cyrus names a resource that was removed and made again in both ways; what has an etag exists.
    return Page(
        tuple(members.values()), frozenset(gone - members.keys()), token, truncated, itself, is_calendar
    )


def read_multiget(root: Any, collection: str) -> dict[str, Found]:
    """The answers of a calendar-multiget report by key. Raises Malformed."""
    found: dict[str, Found] = {}
    for href, status, props in _responses(_multistatus(root)):
        data = props.get(f"{CALDAV}calendar-data")
        text = "".join(data.itertext()) if data is not None else None
        name = key(href, collection)
        found[name] = Found(name, status, clean_etag(_value(props, f"{DAV}getetag")), text)
    return found


def preconditions(root: Any) -> frozenset[str]:
    """The names (`{namespace}name`) in a DAV:error body, RFC 4918, 16; empty if it is none."""
    if root is None or root.tag != f"{DAV}error":
        return frozenset()
    return frozenset(child.tag for child in root if isinstance(child.tag, str))


def repeated(members: Iterable[Member], etags: Mapping[str, str]) -> int:
    """How many of `members` the caller already has just as they are."""
    return sum(1 for member in members if member.etag is not None and etags.get(member.key) == member.etag)


@dataclass(frozen=True, slots=True)
class Cursor:
    """What is remembered from poll to poll: a sync token, or that there is none to be had."""

    token: str | None = None
    sync: bool = True  # False: this server refused sync reports when it was last asked in full

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """The cursor which `written` made; anything else counts as none."""
        try:
            stored = json.loads(text) if text else {}
            token, sync = stored.get("token"), bool(stored.get("sync", True))
        except (ValueError, AttributeError):
            return cls()
        # "fake-" is the library's own make-believe token; no server ever gave it out.
        usable = isinstance(token, str) and bool(token) and not token.startswith("fake-")
        return cls(token if usable else None, sync)

    def written(self) -> str:
        return json.dumps({"token": self.token} if self.token else {"sync": self.sync})


def _multistatus(root: Any) -> Any:
    if root is None:
        raise Malformed("empty")
    # Some servers wrap it in a further element.
    found = root if root.tag == f"{DAV}multistatus" else root.find(f".//{DAV}multistatus")
    if found is None:
        raise Malformed("no-multistatus")
    return found


def _responses(multistatus: Any) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(href, status, properties that are there) of every response; 200 stands for a missing status."""
    for response in multistatus.iterfind(f"{DAV}response"):
        hrefs = [(href.text or "").strip() for href in response.iterfind(f"{DAV}href")]
        if not any(hrefs):
            raise Malformed("no-href")
        props: dict[str, Any] = {}
        for propstat in response.iterfind(f"{DAV}propstat"):
            if _status(propstat, 200) in _OK:
                props.update({child.tag: child for prop in propstat.iterfind(f"{DAV}prop") for child in prop})
        for href in filter(None, hrefs):
            yield href, _status(response, 200), props


def _status(element: Any, missing: int) -> int:
    text = _text(element, f"{DAV}status")
    if text is None:
        return missing
    digits = re.search(r"\b[1-5]\d\d\b", text)
    if digits is None:
        raise Malformed("odd-status")
    return int(digits.group())


def _text(element: Any, tag: str) -> str | None:
    found = element.find(tag)
    return (found.text or "").strip() or None if found is not None else None


def _value(props: Mapping[str, Any], tag: str) -> str | None:
    found = props.get(tag)
    return (found.text or "").strip() or None if found is not None else None


def _is_collection(name: str, props: Mapping[str, Any]) -> bool:
    kind = props.get(f"{DAV}resourcetype")
    return name.endswith("/") or (kind is not None and kind.find(f"{DAV}collection") is not None)


def _member(name: str, href: str, props: Mapping[str, Any]) -> Member:
    # "text/calendar;charset=utf-8;component=VTODO": SabreDAV, Radicale and others say what it is.
    kind = re.search(r"component=\"?(\w+)", _value(props, f"{DAV}getcontenttype") or "", re.IGNORECASE)
    may_be_event = kind is None or kind.group(1).upper() == "VEVENT"
    return Member(name, href, clean_etag(_value(props, f"{DAV}getetag")), may_be_event)
