"""What every connector is, gives and raises.

The errors, drawn once (all of them say what a person could do in `remedy`, and none holds a body):

    ConnectorError
    ├── SignInNeeded      a wrong, missing or expired secret: only the therapist can mend it
    │   └── WrongKey          at a sign-in: one of the calendar's keys must be mended first; `key` names it
    ├── CalendarGone      the calendar or file is not where the configuration says
    ├── RateLimited       the server asks for a pause; `retry_after` in seconds, if it said so
    ├── Transient         no network, a time-out, a server's own fault: the next poll may do better
    └── Nonsense          an answer that the protocol does not allow (a login page, broken XML)

One bad resource is no error: it comes back in `Batch.bad`, and the rest goes on. A refused cursor is no
error either: the connector falls back to a full listing in the same poll.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from pydantic import BaseModel


class Kind(StrEnum):
    """What sort of answer a batch is."""

    DELTA = "delta"  # only what changed since the cursor; what is not named is still there
    FULL = "full"  # everything there is, in `Batch.listed`; what is not listed is gone


@dataclass(frozen=True, slots=True)
class Resource:
    """One calendar object resource (RFC 4791, 4.1): all components of one UID, as iCalendar text.

    A source that keeps a series in pieces, a master here and each changed instance there, gives each piece as a
    resource: they are read together.
    """

    href: str = field(repr=False)  # stable name within the calendar; may hold a client's name
    etag: str  # changes whenever the payload does; opaque
    payload: str = field(repr=False)  # health data: never in a log
    series: str | None = None  # resources of one series that comes in pieces share it; None: it is whole


@dataclass(frozen=True, slots=True)
class BadResource:
    """A resource that could not be read. `reason` is a short code without any content."""

    href: str = field(repr=False)
    etag: str  # "": its content was not to be had. What is known of it stays, and the next poll asks again
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the caller has stored of this calendar from earlier batches."""

    cursor: str | None = None  # the last batch's cursor, opaque; None: nothing is known yet
    # href -> etag, of bad ones too. Looked up rather than read whole: a calendar may have many, and few may be named
    etags: Mapping[str, str] = field(default_factory=dict, repr=False)
    full: bool = False  # ask for a full listing even though there is a cursor (an audit)
    owed: frozenset[str] = field(default=frozenset(), repr=False)  # hrefs: those whose etag is ""

    def at_once(self) -> Known:
        """The same with all etags read: for who compares them with a whole list."""
        return replace(self, etags=dict(self.etags))


@dataclass(frozen=True, slots=True)
class Batch:
    """The whole result of one poll: to be stored in one transaction together with `cursor`, or not at all."""

    kind: Kind
    changed: tuple[Resource, ...]  # new or different ones, read whole; one may hold no event (any more)
    deleted: frozenset[str] = field(repr=False)  # hrefs which the source names as gone (DELTA only)
    # FULL: every href there is now, those of unchanged, bad and non-event resources too; DELTA: None
    listed: frozenset[str] | None = field(repr=False)
    cursor: str | None = field(repr=False)
    requests: int  # HTTP requests this poll took; 0 for a file
    bad: tuple[BadResource, ...] = ()
    warnings: tuple[str, ...] = ()  # short codes, no content
    refresh_after: timedelta | None = (
        None  # how often the source wants to be asked at most; None: it does not say
    )


class Connector(Protocol):
    """One calendar, as its source has it now. Used by one thread at a time."""

    def poll(self, known: Known) -> Batch:
        """Ask the source what changed since `known`. Blocks; raises ConnectorError only."""
        ...

    def close(self) -> None:
        """Let go of connections. May be called twice."""
        ...


@runtime_checkable
class ListsInstances(Protocol):
    """A connector whose source expands series itself: what it says is compared with what was made of them."""

    def instances(self, start: datetime, end: datetime) -> tuple[Resource, ...]:
        """Every instance that overlaps [start, end) (aware), a resource each, with its `series`.

        Blocks; raises ConnectorError only. Asked once a day, and where something could not be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connector may know of where it runs."""

    name: str  # the calendar's name in the configuration
    data: Path  # a private folder (0700) where it may keep files of its own


class ConnectorKind(Protocol):
    """What an entry point in the group `kepthour.connectors` names: a module or an object with these two.

    Importing it must be cheap: libraries that are slow to import belong inside `connect`.
    """

    @property
    def Options(self) -> type[BaseModel]:  # noqa: N802  (it is a class, named as one)
        """The model of this kind's own configuration keys."""
        ...

    def connect(self, options: Any, surroundings: Surroundings) -> Connector:
        """A connector for validated `options`. Does no I/O yet."""
        ...


@runtime_checkable
class SignsIn(Protocol):
    """A connector kind that has a sign-in of its own, in a browser. Ask with `isinstance`."""

    def new_sign_in(
        self,
        options: Any,
        surroundings: Surroundings,
        *,
        say: Callable[[str], None],
        browser: bool,
        port: int,
        timeout: float,
    ) -> None:
        """Ask the therapist to sign in, and keep what comes of it where `connect` looks for it.

        `say` shows them a line; `browser`: open one on this machine; `port`: listen there on loopback (0: any free
        port); `timeout`: in seconds. Blocks; raises ConnectorError only, and then has changed nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Offered:
    """A calendar that an account has, to be chosen."""

    name: str = field(repr=False)  # as its source shows it
    keys: Mapping[str, str | bool] = field(repr=False)  # what the configuration is to say of it


@runtime_checkable
class NamesSecretFiles(Protocol):
    """Options that name files with a secret in them, besides each `Secret`. Ask with `isinstance`."""

    @property
    def secret_files(self) -> Mapping[str, Path]:
        """Each by the key that names it."""
        ...


@runtime_checkable
class OffersCalendars(Protocol):
    """A connector kind that can tell which calendars an account has. Ask with `isinstance`."""

    def calendars(self, options: Any) -> tuple[Offered, ...]:
        """The calendars of the account that `options`, which name none yet, sign in to.

        Blocks; raises ConnectorError only.
        """
        ...


class ConnectorError(Exception):
    """The poll failed and changed nothing. `remedy` is one sentence for the therapist, free of secrets."""

    code = "failed"

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class SignInNeeded(ConnectorError):
    """Catch it to ask for a new sign-in; polling on cannot help."""

    code = "sign_in_needed"


class WrongKey(SignInNeeded):
    """Catch it to name the place in the configuration: `key` is one of the kind's own."""

    def __init__(self, key: str, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.key = key


class CalendarGone(ConnectorError):
    """Catch it to point at the configuration: there is no such calendar, feed or file."""

    code = "calendar_gone"


class RateLimited(ConnectorError):
    """Catch it to wait `retry_after` seconds (None: the source did not say)."""

    code = "rate_limited"

    def __init__(self, what: str, remedy: str, retry_after: float | None = None) -> None:
        super().__init__(what, remedy)
        self.retry_after = retry_after


class Transient(ConnectorError):
    """Catch it to try again at the next poll."""

    code = "transient"


class Nonsense(ConnectorError):
    """Catch it as `Transient`, but say what stood there instead of a calendar."""

    code = "nonsense"


def is_loopback(host: str | None) -> bool:
    """Whether `host` is this machine: `localhost`, or a loopback address (127.0.0.0/8, ::1)."""
    if not host:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_url(url: str) -> str:
    """`url` if it may carry health data: https, or plain http on this machine only. Raises ValueError.

    The message never repeats the address, which is a secret where it belongs to a feed.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("is not an address; write https://host/path") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not a web address; write https://host/path")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(
            "plain http would send client data unprotected; write https:// (http is for this machine only)"
        )
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password; use the keys username and password")
    return url
