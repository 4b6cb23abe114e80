"""The calls to a CalDAV server: one method a request (or a run of pages), facts out, no decisions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax.saxutils import escape

from caldav.davclient import DAVClient
from caldav.lib import error as library
from caldav.lib.url import URL

from kepthour_connectors.base import CalendarGone, ConnectorError, Nonsense, checked_url
from kepthour_connectors.caldav import Options, own_certificate, translate
from kepthour_connectors.caldav.faults import from_status
from kepthour_connectors.caldav.translate import Found, Member, Page
from kepthour_connectors.caldav.wire import TooLarge, Wire, session

_MOST_PAGES = 100
_WELL_KNOWN = "/.well-known/caldav"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5

_SYNC = (
    '<?xml version="1.0" encoding="utf-8"?><D:sync-collection xmlns:D="DAV:"><D:sync-token>{token}</D:sync-token>'
    "<D:sync-level>1</D:sync-level><D:prop><D:getetag/><D:getcontenttype/></D:prop></D:sync-collection>"
)
_PROPFIND = (
    '<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop>{props}</D:prop></D:propfind>'
)
_PRINCIPAL = "<D:current-user-principal/>"
_MULTIGET = (
    '<?xml version="1.0" encoding="utf-8"?><C:calendar-multiget xmlns:D="DAV:" '
    'xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}'
    "</C:calendar-multiget>"
)
# What servers say to a token they do not know, or to a report they do not have. 412: Xandikos; 400, 409, 500:
# seen in place of RFC 6578's 403. A listing that follows tells a real fault from these.
_NO_SYNC = frozenset({400, 403, 405, 409, 412, 415, 422, 500, 501, 507})
_NO_REPORT = frozenset({405, 501})
# One odd object makes some servers refuse the whole batch; the others of these codes concern its size.
_NO_BATCH = frozenset({400, 409, 413, 414, 422, 500, 507})


class SyncRefused(Exception):
    """The sync report gave nothing that can be built on. `ever` is False if this server has no such report."""

    def __init__(self, ever: bool) -> None:
        super().__init__()
        self.ever = ever


class BatchRefused(Exception):
    """The multiget as a whole failed, perhaps for one of its members. `fault` is what to raise if it is not."""

    def __init__(self, fault: ConnectorError) -> None:
        super().__init__()
        self.fault = fault


class Calls:
    """One calendar's requests. Raises ConnectorError, and whatever the libraries throw."""

    def __init__(self, options: Options, password: str | None) -> None:
        self.host = urlsplit(options.url).hostname or ""
        self.wire = Wire(options.url)
        self._dav = DAVClient(
            options.url,
            username=options.username,
            password=password,
            auth_type=options.auth,
            ssl_verify_cert=str(options.ca_file) if options.ca_file else True,
            ssl_cert=own_certificate.for_requests(options),
            enable_rfc6764=False,
            rate_limit_handle=False,  # it would sleep in this thread; pauses are the caller's to keep
        )
        self._dav.session.close()
        self._dav.session = self._session = session(self.wire)
        self.url = _as_folder(options.url)

    def close(self) -> None:
        self.wire.end()
        self._dav.close()

    # where the calendar is

    def discover(self) -> None:
        """Find where CalDAV begins on the configured host (RFC 6764, 5), for `find`. One request and one a redirect.

        The wire refuses redirects to another host, or away from https.
        """
        url = urljoin(self.url, _WELL_KNOWN)
        self._session.follows = False
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                response = self._dav.request(
                    url, "PROPFIND", _PROPFIND.format(props=_PRINCIPAL), {"Depth": "0"}
                )
                if response.status not in _REDIRECTS:
                    break
                url = urljoin(url, response.headers.get("Location", ""))
        finally:
            self._session.follows = True
        if response.status != 207:
            raise self._undiscovered(response.status)
        self._dav.url = URL.objectify(url)

    def find(self, name: str) -> str:
        """The address of the account's calendar that is displayed as `name`. Three requests."""
        there = self.named()
        found = [url for shown, url in there if shown == name] or [
            url for shown, url in there if shown.casefold() == name.casefold()
        ]
        if len(found) == 1:
            return self.address(found[0])
        what = "no calendar" if not found else "more than one calendar"
        raise CalendarGone(
            f"This account has {what} of the name given as calendar.",
            "Write the name as the server shows it, or the calendar's own address as url.",
        )

    def named(self) -> list[tuple[str, Any]]:
        """The account's calendars: the name that is displayed ("": it has none), and what `address` takes."""
        try:
            calendars: Any = self._dav.get_calendars(self._dav.get_principal())
        except ValueError:  # the library's for a principal on another host
            raise self._elsewhere() from None
        return [(each.get_display_name() or "", each.url) for each in calendars]

    def holds_events(self, url: Any) -> bool:
        """Whether events may stand in what `named` gave, and not only tasks, say. A server that does not say: yes."""
        try:
            there: Any = self._dav.calendar(url=url)  # type: ignore[no-untyped-call]
            return "VEVENT" in there.get_supported_components()
        except Exception:  # noqa: BLE001  (supervised: one that cannot be asked is offered all the same)
            return True

    def address(self, url: Any) -> str:
        """The whole address for what `named` gave. No request."""
        try:
            return _as_folder(checked_url(str(self._dav.url.join(url))))
        except ValueError:
            raise self._elsewhere() from None

    def is_calendar(self) -> bool:
        page = self._page(self._ask("PROPFIND", _PROPFIND.format(props="<D:resourcetype/>"), "0"))
        return page.is_calendar is not False

    # what is in it

    def changes(self, token: str) -> Page:
        """What changed since `token` was given out, all pages of it. Raises SyncRefused."""
        members: dict[str, Member] = {}
        deleted: frozenset[str] = frozenset()
        for _ in range(_MOST_PAGES):
            page = self._sync(token)
            if page.token is None:
                raise Nonsense(
                    f"{self.host} answered a request for changes without a new sync token.",
                    "Nothing to do: the next poll tries again.",
                )
            members = {name: each for name, each in members.items() if name not in page.deleted}
            members.update({each.key: each for each in page.members})
            deleted = (deleted - {each.key for each in page.members}) | page.deleted
            if not page.truncated:
                return Page(tuple(members.values()), deleted, page.token)
            if page.token == token:
                break
            token = page.token
        raise SyncRefused(ever=True)  # 507 and no way on: python-caldav#340

    def everything(self) -> Page:
        """All there is, and a token for the next time, in one answer. Raises SyncRefused."""
        page = self._sync("")
        if page.token is None:
            raise SyncRefused(ever=False)
        if page.truncated:
            # Stalwart's next page would leave out members, by the library's own notes; a listing does not.
            raise SyncRefused(ever=True)
        return page

    def listing(self, with_token: bool) -> Page:
        """All there is, by a PROPFIND. The token is asked for before it, so that it is never too young."""
        token = None
        if with_token:
            token = self._page(self._ask("PROPFIND", _PROPFIND.format(props="<D:sync-token/>"), "0")).token
        props = "<D:getetag/><D:resourcetype/><D:getcontenttype/>"
        page = self._page(self._ask("PROPFIND", _PROPFIND.format(props=props), "1"))
        if not page.names_itself or page.truncated:
            raise Nonsense(
                f"{self.host} lists only a part of this calendar.",
                "Ask its administrator for a higher limit, or move old events to another calendar.",
            )
        return Page(page.members, frozenset(), token, False, True, page.is_calendar)

    @contextmanager
    def patience(self) -> Iterator[None]:
        """For a listing of a server that may have to think: within, it may be silent for LISTING seconds."""
        self._session.lists = True
        try:
            yield
        finally:
            self._session.lists = False

    def multiget(self, members: Sequence[Member]) -> dict[str, Found]:
        """The contents of `members`, of those that the server cares to answer for. Raises BatchRefused."""
        hrefs = "".join(f"<D:href>{escape(_path(member.href))}</D:href>" for member in members)
        # RFC 4791, 7.9: no Depth with a multiget
        try:
            response = self._dav.request(self.url, "REPORT", _MULTIGET.format(hrefs=hrefs))
        except TooLarge as fault:
            raise BatchRefused(fault) from None
        if response.status in _NO_BATCH:
            raise BatchRefused(from_status(response.status, self.host))
        return translate.read_multiget(self._good(response).tree, self._collection)

    def get(self, member: Member) -> Found:
        """One member by a plain GET; its status says whether it is there and can be read."""
        try:
            response = self._dav.request(urljoin(self.url, _path(member.href)), "GET")
        except library.AuthorizationError as error:
            if error.status != 403:
                raise
            return Found(member.key, 403, None, None)  # denied for this one alone
        if response.status in {502, 503, 504}:
            raise from_status(response.status, self.host)
        # A header's etag may carry a compression's mark, so the listing's counts.
        return Found(member.key, response.status, None, response.raw if response.status == 200 else None)

    # the pieces

    def _undiscovered(self, status: int) -> ConnectorError:
        if status >= 500:
            return from_status(status, self.host)
        return CalendarGone(
            f"{self.host} does not say at {_WELL_KNOWN} where its calendars are.",
            "Leave out discover, and write the calendar's own address as url.",
        )

    def _elsewhere(self) -> CalendarGone:
        return CalendarGone(
            f"{self.host} sends us on to an address on another host, or to one that is not https.",
            "If you trust that host, write the calendar's own https address there as url.",
        )

    @property
    def _collection(self) -> str:
        return urlsplit(self.url).path

    def _sync(self, token: str) -> Page:
        try:
            response = self._ask("REPORT", _SYNC.format(token=escape(token)), "0")
        except library.AuthorizationError as error:
            if error.status != 403:
                raise
            raise SyncRefused(ever=_dav("supported-report") not in error.preconditions) from None
        if response.status in _NO_SYNC:
            unsupported = _dav("supported-report") in translate.preconditions(response.tree)
            raise SyncRefused(ever=not unsupported and response.status not in _NO_REPORT)
        return self._page(response)

    def _ask(self, method: str, body: str, depth: str) -> Any:
        return self._dav.request(self.url, method, body, {"Depth": depth})

    def _page(self, response: Any) -> Page:
        return translate.read_page(self._good(response).tree, self._collection)

    def _good(self, response: Any) -> Any:
        if response.status not in {200, 207}:
            raise from_status(response.status, self.host)
        return response


def _dav(name: str) -> str:
    return f"{translate.DAV}{name}"


def _as_folder(url: str) -> str:
    """`url` with the slash that a collection's address ends with; without it some servers redirect."""
    parts = urlsplit(url)
    return url if parts.path.endswith("/") else parts._replace(path=parts.path + "/").geturl()


def _path(href: str) -> str:
    """Only the path: whatever host an answer names, the password goes to the configured one."""
    return urlsplit(href).path if "://" in href else href
