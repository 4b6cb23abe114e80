"""The way to the server and back: every request counted, every answer bounded and looked at before the library is.

The library writes a body that it cannot parse into the root logger, and bodies are health data. So what is not
XML never reaches it.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.etree
import niquests
from caldav.lib import error as library

from kepthour_connectors.base import CalendarGone, Nonsense, checked_url
from kepthour_connectors.caldav import own_certificate
from kepthour_connectors.caldav.hosts import may_go
from kepthour_connectors.deadline import Deadline
from kepthour_connectors.web import Adapter

_ANSWER_BYTES = 64 * 1024 * 1024  # a hundred events with attachments fit; a runaway answer does not
_TEXT_BYTES = 10_000_000  # the parser takes no longer text in one element: an attachment may be one
TIMEOUT = 30  # seconds, for each socket operation
LISTING = 180  # the same for a listing that takes long: Radicale is silent for 40 before one of 50,000

_LESS = "Move old events with large attachments out of this calendar."

# The library's warnings quote elements of answers; what matters of them comes back as errors of ours.
# That of responses by its own level: it shows bodies to the root logger when it has none.
for _name in ("caldav", "caldav.response"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
# Two environment variables would make it write bodies into /tmp, or stop in a debugger.
library.debug_dump_communication = False
library.debugmode = "PRODUCTION"


class TooLarge(Nonsense):
    """Catch it to ask for less at once."""


class Wire(Adapter):
    """Carries requests, to the account's own hosts only. `sent` counts them all: retries for a sign-in, too."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.sent = 0
        self._url = url
        self._host = urlsplit(url).hostname or ""
        self._deadline = Deadline(self._host)

    def begin(self) -> None:
        """A new poll: count from zero, and give it its time."""
        self.sent = 0
        self._deadline = Deadline(self._host)

    def end(self) -> None:
        """No request follows. A poll that is under way, in another thread, ends at its next answer."""
        self._deadline.end()

    def send(self, request: niquests.PreparedRequest, *args: Any, **kwargs: Any) -> niquests.Response:
        self._keep_at_home(str(request.url))
        self._deadline.check()
        self.sent += 1
        response = super().send(request, *args, **kwargs)
        # A time-out is for each socket operation; only reading piece by piece bounds the whole.
        response._content = self._body(response)
        response._content_consumed = True
        if response.is_redirect:
            self._allow(str(request.url), response.headers.get("Location"))
            response._content = b""  # where it leads is all there is to know
        elif not _is_xml(response._content):
            self._keep_from_library(request, response)
        return response

    def _keep_at_home(self, url: str) -> None:
        # Whoever answers could name any host as the calendars' home, or redirect there: it would get the password.
        if not may_go(self._url, url):
            raise CalendarGone(
                f"{self._host} sends us on to an address on another host, {urlsplit(url).netloc}.",
                "If you trust that host, write the calendar's own address there as url.",
            )

    def _body(self, response: niquests.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(-1):  # as it comes: a size would wait until so much is there
            body += chunk
            self._deadline.check()
            if len(body) > _ANSWER_BYTES:
                response.close()
                raise TooLarge(f"{self._host} sent more than {_ANSWER_BYTES >> 20} MB in one answer.", _LESS)
        self._deadline.answered()
        return bytes(body)

    def _allow(self, url: str, location: object) -> None:
        try:
            checked_url(urljoin(url, str(location)))
        except ValueError:
            raise Nonsense(
                f"{self._host} redirects to an address that is not https.",
                "Write the address to which your browser goes in the end, beginning with https://.",
            ) from None

    def _keep_from_library(self, request: niquests.PreparedRequest, response: niquests.Response) -> None:
        status = response.status_code or 0
        if own_certificate.is_objection(status, response._content or b""):
            raise own_certificate.objected(self._host)
        if status >= 400 or not response._content:
            response._content = b""  # the status is all there is to know
        elif request.method == "GET":
            response.headers["Content-Type"] = "text/calendar"  # what the library leaves as it is
        elif len(response._content) > _TEXT_BYTES:
            raise TooLarge(f"{self._host} sent an answer that is too large to be read.", _LESS)
        else:
            raise Nonsense(
                f"{self._host} answered with something that is not XML, such as a login page.",
                "Check the address, and whether this network wants a sign-in of its own.",
            )


class Session(niquests.Session):
    """Follows redirects, or shows them to the caller while `follows` is False: followed, a PROPFIND becomes a GET.

    While `lists` a server may be silent for LISTING seconds; a connection is made within TIMEOUT, whatever it is for.
    """

    follows = True
    lists = False

    def request(self, *args: Any, **kwargs: Any) -> niquests.Response:
        silence = LISTING if self.lists else TIMEOUT
        said = {"allow_redirects": self.follows, "timeout": (TIMEOUT, silence)}
        return super().request(*args, **{**kwargs, **said})


def session(wire: Wire) -> Session:
    """A session of which everything is said here: no .netrc, no proxy or CA variables, no third party asked."""
    made = Session(disable_http3=True, revocation_configuration=None)
    made.trust_env = False
    made.mount("https://", wire)
    made.mount("http://", wire)
    return made


def parsed(body: bytes | None) -> Any:
    """The root element of `body`, or None if it is not XML."""
    if not body:
        return None
    try:
        return lxml.etree.fromstring(body, lxml.etree.XMLParser(resolve_entities=False, no_network=True))
    except (lxml.etree.LxmlError, ValueError):
        return None


def _is_xml(body: object) -> bool:
    return isinstance(body, bytes) and body.lstrip()[:1] == b"<" and parsed(body) is not None
