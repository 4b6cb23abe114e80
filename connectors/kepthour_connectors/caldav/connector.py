"""One CalDAV calendar, polled: the ladder from a sync token down to a full listing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from time import monotonic
from urllib.parse import urlsplit

from kepthour_connectors.base import Batch, CalendarGone, ConnectorError, Kind, Known, Resource, SignInNeeded
from kepthour_connectors.caldav import Options, own_certificate
from kepthour_connectors.caldav.client import Calls, SyncRefused
from kepthour_connectors.caldav.faults import broke_off, translated
from kepthour_connectors.caldav.reading import Reading, read
from kepthour_connectors.caldav.translate import Cursor, Member, Page, repeated
from kepthour_connectors.caldav.wire import TIMEOUT
from kepthour_connectors.retry import Account


class CalDavConnector:
    """A Connector. Its steps, each taken only if the one before gave nothing to build on:

    1. the changes since the stored sync token;
    2. everything, by a sync report without a token, which also gives the next token;
    3. everything, by a PROPFIND.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._host = urlsplit(options.url).hostname or ""
        self._calls: Calls | None = None
        self._found: str | None = None  # the address which discovery gave
        self._listing_is_slow = False  # the last one took longer than any other request may, or failed
        self._others: dict[str, str] = {}  # etags of tasks and the like, so that they are read only once

    @property
    def account(self) -> Account:
        return Account.of(self._options.url, self._options.username)

    def poll(self, known: Known) -> Batch:
        try:
            calls = self._open()
            return self._polled(calls, known)
        except Exception as error:  # noqa: BLE001  (supervised: lxml's errors and TypeErrors come, too)
            self.close()  # sockets, password and guesses at the sign-in: the next poll begins afresh
            fault = self._fault(error)
            if isinstance(fault, CalendarGone):
                self._found = None
            # `from None`: the libraries' errors hold bodies, which a traceback would show.
            raise fault from None

    def _fault(self, error: Exception) -> ConnectorError:
        refusal = own_certificate.refused(self._options) if broke_off(error) else None
        return refusal or translated(error, self._host)

    def close(self) -> None:
        if self._calls is not None:
            self._calls.close()
            self._calls = None

    def _open(self) -> Calls:
        if self._calls is None:
            _readable(self._options)
            password = self._options.password.reveal() if self._options.password else None
            self._calls = Calls(self._options, password)
        calls = self._calls
        calls.wire.begin()
        if self._options.calendar is not None:
            self._found = self._found or self._looked_for(calls, self._options.calendar)
            calls.url = self._found
        return calls

    def _looked_for(self, calls: Calls, name: str) -> str:
        if self._options.discover:
            calls.discover()
        return calls.find(name)

    def _polled(self, calls: Calls, known: Known) -> Batch:
        cursor = Cursor.read(known.cursor)
        warnings: list[str] = []
        if cursor.token is not None and not known.full:
            try:
                changes = calls.changes(cursor.token)
            except SyncRefused as refused:
                warnings.append("token-refused")
                cursor = Cursor(None, refused.ever)
            else:
                # DAViCal, SOGo and others answer an unknown token with everything, and name nothing as deleted.
                if not repeated(changes.members, known.etags):
                    return self._delta(calls, known, changes)
                warnings.append("silent-reset")
        return self._full(calls, known.at_once(), cursor.sync or known.full, warnings)

    def _delta(self, calls: Calls, known: Known, changes: Page) -> Batch:
        reading = read(calls, [*self._unread(changes.members, known), *_owed(changes, known)])
        return Batch(
            kind=Kind.DELTA,
            changed=self._changed(reading, known),
            deleted=changes.deleted | reading.vanished,
            listed=None,
            cursor=Cursor(changes.token).written(),
            requests=calls.wire.sent,
            bad=tuple(reading.bad),
            warnings=_gaps(reading),
        )

    def _full(self, calls: Calls, known: Known, sync: bool, warnings: list[str]) -> Batch:
        page, sync = self._listed(calls, sync, patiently=self._listing_is_slow or known.cursor is None)
        _is_calendar(calls, page, known)
        reading = read(calls, self._unread(page.members, known))
        return Batch(
            kind=Kind.FULL,
            changed=self._changed(reading, known),
            deleted=frozenset(),
            listed=frozenset(member.key for member in page.members) - reading.vanished,
            cursor=Cursor(page.token, sync).written(),
            requests=calls.wire.sent,
            bad=tuple(reading.bad),
            warnings=(*warnings, *_gaps(reading)),
        )

    def _listed(self, calls: Calls, sync: bool, *, patiently: bool) -> tuple[Page, bool]:
        """As `_everything`. A connection that died in a sleep is found out soon, unless listings take that long."""
        began, self._listing_is_slow = monotonic(), True
        with calls.patience() if patiently else nullcontext():
            listed = _everything(calls, sync)
        self._listing_is_slow = monotonic() - began > TIMEOUT
        return listed

    def _unread(self, members: Sequence[Member], known: Known) -> list[Member]:
        return [member for member in members if self._is_unread(member, known)]

    def _is_unread(self, member: Member, known: Known) -> bool:
        if member.key in known.etags:
            return member.etag is None or known.etags[member.key] != member.etag
        return member.may_be_event and (member.etag is None or self._others.get(member.key) != member.etag)

    def _changed(self, reading: Reading, known: Known) -> tuple[Resource, ...]:
        self._others.update({other.href: other.etag for other in reading.others})
        # What was an event and is none any more must replace the event.
        return (*reading.events, *(other for other in reading.others if other.href in known.etags))


def _everything(calls: Calls, sync: bool) -> tuple[Page, bool]:
    """A full listing, and whether to try sync reports the next time."""
    if sync:
        try:
            return calls.everything(), True
        except SyncRefused as refused:
            sync = refused.ever
    page = calls.listing(with_token=sync)
    return page, page.token is not None


def _owed(changes: Page, known: Known) -> list[Member]:
    """Members that an earlier poll could not get; no later delta names them for that."""
    named = changes.deleted | {member.key for member in changes.members}
    return [Member(href, href, None) for href in sorted(known.owed - named)]


def _is_calendar(calls: Calls, page: Page, known: Known) -> None:
    """Tell an empty calendar from an address that is none: a home or a principal has no events of its own."""
    told = page.is_calendar
    if told is None and not page.members and known.cursor is None:
        told = calls.is_calendar()
    if told is False:
        raise CalendarGone(
            f"The address on {calls.host} is not that of a calendar.",
            "Add calendar with the calendar's name, or write the calendar's own address as url.",
        )


def _readable(options: Options) -> None:
    if options.ca_file is not None and not options.ca_file.is_file():
        raise SignInNeeded(f"There is no file {options.ca_file}.", "Put the authority's certificate there.")


def _gaps(reading: Reading) -> tuple[str, ...]:
    return ("multiget-gaps",) if reading.gaps else ()
