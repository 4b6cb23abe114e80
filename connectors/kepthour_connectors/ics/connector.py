"""An iCalendar text, polled: read whole each time, compared with what is known.

Events that got a new UID are paired by the caller, who sees `listed` and `changed`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from kepthour_connectors.base import (
    BadResource,
    Batch,
    CalendarGone,
    ConnectorError,
    Kind,
    Known,
    Nonsense,
    Resource,
    Transient,
)
from kepthour_connectors.ics.translate import NotACalendar, Split, content_hash, split
from kepthour_connectors.retry import Account

LIMIT_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered from poll to poll; the cursor is this as JSON."""

    content: str | None = None  # hash of the text
    source: str | None = None  # hash of the address: a validator is good for the feed which gave it only
    etag: str | None = None  # the feed's validators, RFC 9110, 8.8
    modified: str | None = None
    refresh: str | None = None  # seconds after which the feed wants to be asked again

    @classmethod
    def read(cls, cursor: str | None) -> Seen:
        """What `written` wrote; anything else counts as nothing."""
        try:
            stored = json.loads(cursor) if cursor else {}
            return cls(**{name: str(value) for name, value in stored.items() if value is not None})
        except (ValueError, TypeError, AttributeError):
            return cls()

    def written(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A text as it was fetched; None where the source says that it is still the same."""

    data: bytes | None
    requests: int
    seen: Seen  # without `content`, which the connector adds


class Source(Protocol):
    """Where the text comes from."""

    @property
    def account(self) -> Account | None:
        """Whose requests they are; None for a file, and before the first fetch."""
        ...

    def fetch(self, seen: Seen) -> Fetched:
        """The text, unless `seen` proves it unchanged. Raises ConnectorError."""
        ...

    def close(self) -> None: ...


class IcsConnector:
    """A Connector over any source of iCalendar text."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def account(self) -> Account | None:
        return self._source.account

    def poll(self, known: Known) -> Batch:
        seen = Seen() if known.full else Seen.read(known.cursor)
        try:
            fetched = self._source.fetch(seen)
            return _compared(fetched, seen, known)
        except ConnectorError:
            raise
        except NotACalendar as error:
            raise Nonsense(
                f"What stands there is no iCalendar text, or not all of it ({error.code}).",
                "Check that the file or address is that of a calendar export (.ics), not of a web page.",
            ) from None
        except Exception as error:  # noqa: BLE001  (supervised: parsers throw what their parts throw)
            raise Nonsense(
                f"The calendar's text could not be taken apart ({type(error).__name__}).",
                "Export the calendar again; if it stays so, please report it.",
            ) from None

    def close(self) -> None:
        self._source.close()


def _compared(fetched: Fetched, seen: Seen, known: Known) -> Batch:
    if fetched.data is None:
        return _unchanged(known, fetched.requests, seen)
    content = content_hash(fetched.data)
    if content == seen.content and fetched.seen.source == seen.source:
        return _unchanged(known, fetched.requests, seen)
    parts = split(fetched.data)
    changed, bad = _read(parts, known)
    new = fetched.seen
    # a file may be read as often as one likes
    refresh = parts.refresh_after if new.source is not None else None
    return Batch(
        kind=Kind.FULL,
        changed=changed,
        deleted=frozenset(),
        listed=frozenset(parts.etags),
        cursor=Seen(content, new.source, new.etag, new.modified, _seconds(refresh)).written(),
        requests=fetched.requests,
        bad=bad,
        warnings=parts.warnings,
        refresh_after=refresh,
    )


def _unchanged(known: Known, requests: int, seen: Seen) -> Batch:
    refresh = timedelta(seconds=int(seen.refresh)) if seen.refresh and seen.refresh.isdecimal() else None
    return Batch(Kind.DELTA, (), frozenset(), None, known.cursor, requests, refresh_after=refresh)


def _seconds(span: timedelta | None) -> str | None:
    return None if span is None else str(int(span.total_seconds()))


def _read(parts: Split, known: Known) -> tuple[tuple[Resource, ...], tuple[BadResource, ...]]:
    before = known.at_once().etags
    read = [parts.resource(href) for href, etag in parts.etags.items() if before.get(href) != etag]
    changed = tuple(each for each in read if isinstance(each, Resource))
    return changed, tuple(each for each in read if isinstance(each, BadResource))


@dataclass(frozen=True, slots=True)
class File:
    """A file, read anew each time; it costs no requests."""

    path: Path

    @property
    def account(self) -> None:
        return None

    def fetch(self, seen: Seen) -> Fetched:
        try:
            if self.path.stat().st_size > LIMIT_BYTES:
                raise too_large()
            data = self.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise CalendarGone(
                f"There is no file {self.path}.", "Export the calendar there, or mend path."
            ) from None
        except (PermissionError, IsADirectoryError) as error:
            raise CalendarGone(
                f"{self.path} cannot be read ({error.strerror}).", "Mend path, or the file's permissions."
            ) from None
        except OSError as error:
            raise Transient(
                f"{self.path} cannot be read now ({error.strerror}).",
                "Check that its disk or share is connected.",
            ) from None
        return Fetched(data, 0, Seen(source=fingerprint(str(self.path))))

    def close(self) -> None:
        """Nothing is kept open."""


def fingerprint(address: str) -> str:
    """A short hash by which an address is known again, and from which it cannot be had."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def too_large() -> Nonsense:
    return Nonsense(
        f"The calendar is larger than {LIMIT_BYTES >> 20} MB.",
        "Export or share a shorter span, or fewer attachments.",
    )
