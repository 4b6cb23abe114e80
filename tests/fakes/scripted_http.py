"""A web server on loopback that answers as a program says, and a small CalDAV server with faults made of it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from tests.fakes.bound import LocalServer

DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: str

    @property
    def asks(self) -> str:
        """In a word: "sync", "multiget", "list" (PROPFIND of depth 1), "look" (of depth 0), or the method."""
        if self.method == "REPORT":
            return "sync" if "sync-collection" in self.body else "multiget"
        if self.method == "PROPFIND":
            return "list" if self.headers.get("Depth") == "1" else "look"
        return self.method


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None  # close after so many bytes of the body that was announced
    chunked: bool = False  # the body's length is not announced; if it is cut, its end is missing
    trickles_until: threading.Event | None = None  # a byte each 10 ms, until it is set

    @property
    def raw(self) -> bytes:
        return self.body.encode("utf-8") if isinstance(self.body, str) else self.body


def xml(body: str, status: int = 207) -> Answer:
    return Answer(status, body, {"Content-Type": "application/xml; charset=utf-8"})


def precondition(name: str, status: int = 403) -> Answer:
    return xml(f'<D:error xmlns:D="DAV:"><D:{name}/></D:error>', status)


LOGIN_PAGE = "<!DOCTYPE html><html><body><form>Please sign in<br></form></body></html>"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out in two writes

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.connection)

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8")
        request = Request(self.command, self.path, self.headers, body)  # type: ignore[arg-type]
        self.server.log.append(request)
        self._send(self.server.program(request))

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.status != 304:
            self.send_header("Content-Length", str(len(answer.raw)))
        self.end_headers()
        body = answer.raw[: answer.cut_after]
        if answer.chunked:
            end = b"" if answer.cut_after is not None else b"\r\n0\r\n\r\n"
            body = f"{len(answer.raw):x}\r\n".encode() + body + end
        while answer.trickles_until is not None and body and not answer.trickles_until.wait(0.01):
            self.wfile.write(body[:1])
            body = body[1:]
        self.wfile.write(body)
        if answer.cut_after is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it so)
        pass


class _Server(LocalServer):
    def __init__(self, program: Callable[[Request], Answer], port: int) -> None:
        self.program = program
        self.log: list[Request] = []
        self.connections: list[socket.socket] = []
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client may go when it has heard enough
            super().handle_error(request, client_address)


class ScriptedServer:
    """Serves `program` (a function from Request to Answer) while it is entered; `log` holds what was asked."""

    def __init__(
        self, program: Callable[[Request], Answer], tls: ssl.SSLContext | None = None, port: int = 0
    ) -> None:
        self._server = _Server(program, port)
        self.log, self._connections = self._server.log, self._server.connections
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/"

    @property
    def asked(self) -> list[str]:
        return [request.asks for request in self.log]

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Refuse connections from now on, and end those there are. May be called twice."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self.end_connections()

    def end_connections(self) -> None:
        """End the connections there are, as a server does with idle ones; new ones are taken."""
        for connection in self._connections:
            with contextlib.suppress(OSError):  # closed by the other side already
                connection.shutdown(socket.SHUT_RDWR)
        self._connections.clear()


class FakeCalDav:
    """One calendar at /cal/ with a change log behind its sync tokens. Use it as a ScriptedServer's program.

    Its odd ways are attributes, each named after the fault. `instead["sync"] = answer` answers one sort of request
    (the words of `Request.asks`) in another way; a function there may look at the request, and None lets it pass.
    """

    path = "/cal/"

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, str]] = {}  # name -> (etag, text)
        self.changes: list[str] = []
        self.instead: dict[str, Answer | Callable[[Request], Answer | None]] = {}
        self.gone_status = "404 Not Found"
        self.forgets_tokens_silently = False  # any token brings everything, deletions are not named
        self.gives_no_token = False
        self.page_size: int | None = None  # a sync report names so many, then says 507
        self.pages_go_on = True  # the 507 comes with a token that leads on
        self.multiget_omits: set[str] = set()
        self.multiget_spells: Callable[[str], str] = lambda href: href
        self.spells: Callable[[str], str] = lambda href: href  # hrefs in listings
        self.content_type: Callable[[str], str] = lambda text: "text/calendar"
        self.is_calendar = True

    def put(self, name: str, text: str) -> None:
        self.objects[name] = (f"e{len(self.changes)}", text)
        self.changes.append(name)

    def delete(self, name: str) -> None:
        del self.objects[name]
        self.changes.append(name)

    def __call__(self, request: Request) -> Answer:
        instead = self.instead.get(request.asks)
        answer = instead(request) if callable(instead) else instead
        if answer is not None:
            return answer
        if not request.path.startswith(self.path):
            return Answer(404)
        known = {"sync": self._sync, "multiget": self._multiget, "list": self._list, "look": self._look}
        known["GET"] = self._get
        return known[request.asks](request) if request.asks in known else Answer(405)

    def _sync(self, request: Request) -> Answer:
        token = ET.fromstring(request.body).findtext(f"{DAV}sync-token") or ""
        since = 0 if self.forgets_tokens_silently or not token else int(token.removeprefix("t"))
        names = list(dict.fromkeys(self.changes[since:])) if since else list(self.objects)
        upto, more = len(self.changes), ""
        if self.page_size is not None and len(self.changes) - since > self.page_size:
            upto = since + self.page_size
            names = list(dict.fromkeys(self.changes[since:upto]))
            more = self._response(self.path, status="507 Insufficient Storage")
            upto = upto if self.pages_go_on else since
        told = "" if self.gives_no_token else f"<D:sync-token>t{upto}</D:sync-token>"
        return _multistatus("".join(self._named(name) for name in names) + more + told)

    def _list(self, request: Request) -> Answer:
        return _multistatus(self._itself() + "".join(self._named(name) for name in self.objects))

    def _look(self, request: Request) -> Answer:
        return _multistatus(self._itself())

    def _multiget(self, request: Request) -> Answer:
        parts = []
        for href in ET.fromstring(request.body).iter(f"{DAV}href"):
            name = unquote(str(href.text)).removeprefix(self.path)
            if name in self.multiget_omits:
                continue
            spelled = self.multiget_spells(str(href.text))
            if name not in self.objects:
                parts.append(self._response(spelled, status="404 Not Found"))
                continue
            etag, text = self.objects[name]
            data = f'<D:getetag>"{etag}"</D:getetag><C:calendar-data>{escape(text)}</C:calendar-data>'
            parts.append(self._response(spelled, data))
        return _multistatus("".join(parts))

    def _get(self, request: Request) -> Answer:
        found = self.objects.get(unquote(request.path).removeprefix(self.path))
        return Answer(404) if found is None else Answer(200, found[1], {"Content-Type": "text/calendar"})

    def _itself(self) -> str:
        kind = "<D:resourcetype><D:collection/>" + "<C:calendar/>" * self.is_calendar + "</D:resourcetype>"
        token = "" if self.gives_no_token else f"<D:sync-token>t{len(self.changes)}</D:sync-token>"
        return self._response(self.path, kind + token)

    def _named(self, name: str) -> str:
        href = self.spells(self.path + name)
        if name not in self.objects:
            return self._response(href, status=self.gone_status)
        etag, text = self.objects[name]
        kind = f"<D:getcontenttype>{self.content_type(text)}</D:getcontenttype>"
        return self._response(href, f'<D:getetag>"{etag}"</D:getetag>{kind}')

    def _response(self, href: str, props: str = "", status: str | None = None) -> str:
        inside = (
            f"<D:status>HTTP/1.1 {status}</D:status>"
            if status
            else f"<D:propstat><D:prop>{props}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
        )
        return f"<D:response><D:href>{escape(href)}</D:href>{inside}</D:response>"


def _multistatus(inside: str) -> Answer:
    return xml(f'<D:multistatus xmlns:D="DAV:" xmlns:C="{CALDAV[1:-1]}">{inside}</D:multistatus>')
