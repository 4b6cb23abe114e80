"""An ntfy server on loopback: what is used of it, and as strict, or stricter. Its state outlives a stop.

    python -m tests.fakes.ntfy --port 8088

It refuses, with ntfy's status and error code: topics that are none, priorities outside 1..5, more than three actions,
actions without label or address or with a body on GET, unknown keys (ntfy drops them: here a misspelt one is to be
found), messages over 4096 bytes, and whoever lacks the token where one is wanted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.bound import LocalServer
from tests.support.fence import fenced

_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_PUBLISH_KEYS = {"topic", "title", "message", "priority", "tags", "click", "icon", "actions", "attach", "markdown",
                 "filename", "email", "call", "cache", "firebase", "delay", "sequence_id"}  # fmt: skip
_ACTION_KEYS = {"action", "label", "url", "method", "headers", "body", "clear", "intent", "extras"}
_LIMIT = 4096


class Refused(Exception):
    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


@dataclass
class Ntfy:
    """One server. `events` is its cache, `requests` all it was asked: (method, path with query, headers, body)."""

    token: str | None = None  # if set, whoever publishes, deletes or reads shows it
    open_to_write: set[str] = field(default_factory=set)  # topics that take messages without it
    deletes: bool = True  # an older server cannot
    keepalive: float = 45.0  # seconds
    events: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    instead: dict[str, tuple[int, str]] = field(default_factory=dict)  # by method: status and body
    silent: bool = False  # takes connections, and says nothing
    streams: int = 0  # open ones
    port: int = 0
    ahead: int = 0  # seconds by which its clock is wrong
    _news: threading.Condition = field(default_factory=threading.Condition)
    _server: LocalServer | None = None
    _connections: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Ntfy:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serve; on the same port as before."""
        self._server = _Server(self, self.port)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """As if it was killed: connections end in the middle."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        self.cut()
        with self._news:
            self._news.notify_all()

    def cut(self) -> None:
        """End all connections."""
        for connection in self._connections:
            with contextlib.suppress(OSError):  # closed by the other side already
                connection.shutdown(socket.SHUT_RDWR)
        self._connections.clear()

    @property
    def running(self) -> bool:
        return self._server is not None

    def published(self, topic: str) -> list[dict[str, Any]]:
        """The messages of a topic."""
        fenced(str(self.events))
        return [one for one in self.events if one["topic"] == topic and one["event"] == "message"]

    def deleted(self, topic: str) -> list[str]:
        """The names that were deleted."""
        return [
            e["sequence_id"] for e in self.events if e["topic"] == topic and e["event"] == "message_delete"
        ]

    def put(self, topic: str, message: str, ago: int = 0) -> dict[str, Any]:
        """A message on `topic`, as a phone sends it by pressing a button."""
        return self._add("message", topic, ago, message=message)

    def press(self, topic: str, label: str, ago: int = 0, notice: int = -1) -> str:
        """Press a button of a notice on `topic`; returns what was sent."""
        action = next(a for a in self.published(topic)[notice]["actions"] if a["label"] == label)
        assert action["method"] == "POST"
        assert action["url"].startswith(self.url + "/")
        self.put(action["url"].removeprefix(self.url + "/"), action["body"], ago)
        return str(action["body"])

    def _add(self, event: str, topic: str, ago: int = 0, **more: Any) -> dict[str, Any]:
        one = {"id": secrets.token_hex(6), "time": int(time.time()) + self.ahead - ago, "event": event,
               "topic": topic, **more}  # fmt: skip
        with self._news:
            self.events.append(one)
            self._news.notify_all()
        return one

    def publish(self, raw: bytes) -> dict[str, Any]:
        document = _checked(raw)
        topic = document.pop("topic")
        return self._add("message", topic, **document)

    def delete(self, topic: str, name: str) -> dict[str, Any]:
        if not self.deletes:
            raise Refused(404, 40401, "page not found")
        return self._add("message_delete", topic, sequence_id=name)

    def since(self, topic: str, since: str | None) -> Iterator[dict[str, Any]]:
        """What the cache holds of a topic since the mark."""
        if since in {None, "none"}:
            return
        ids = [one["id"] for one in self.events]
        cut = ids.index(since) + 1 if since in ids else 0
        least = int(since) if since and re.fullmatch(r"\d{10}", since) else 0
        if since and since != "all" and not least and not re.fullmatch(r"[A-Za-z0-9]{12}", since):
            raise Refused(400, 40008, "invalid since parameter")
        yield from (one for one in self.events[cut:] if one["topic"] == topic and one["time"] >= least)

    def news(self, seen: int) -> tuple[list[dict[str, Any]], int]:
        """Wait for events after the first `seen`, for as long as a keepalive may; and how many there are now."""
        with self._news:
            self._news.wait_for(lambda: len(self.events) > seen or not self.running, self.keepalive)
            return self.events[seen:], len(self.events)

    def authorize(self, method: str, topic: str, authorization: str | None) -> None:
        if not _TOPIC.fullmatch(topic):
            raise Refused(404, 40401, "page not found")
        if self.token is None or (method == "POST" and topic in self.open_to_write):
            return
        if authorization is None:
            raise Refused(403, 40301, "forbidden")
        if authorization != f"Bearer {self.token}":
            raise Refused(401, 40101, "unauthorized")


def _checked(raw: bytes) -> dict[str, Any]:
    if len(raw) > 2 * _LIMIT:
        raise Refused(413, 41303, "JSON body too large")
    try:
        document = json.loads(raw)
        assert isinstance(document, dict)
        assert set(document) <= _PUBLISH_KEYS
    except (ValueError, AssertionError):
        raise Refused(400, 40017, "invalid request: request body must be message JSON") from None
    if not _TOPIC.fullmatch(str(document.get("topic"))):
        raise Refused(400, 40009, "invalid request: topic invalid")
    if document.get("priority", 3) not in {1, 2, 3, 4, 5}:
        raise Refused(400, 40007, "invalid priority parameter")
    if not _TOPIC.fullmatch(document.get("sequence_id", "none")):
        raise Refused(400, 40049, "invalid request: sequence ID invalid")
    if len(str(document.get("message", "")).encode()) > _LIMIT:
        raise Refused(400, 40014, "invalid request: attachments not allowed")
    actions = document.get("actions", [])
    if len(actions) > 3 or not all(_is_action(action) for action in actions):
        raise Refused(400, 40018, "invalid request: actions invalid")
    return document


def _is_action(action: dict[str, Any]) -> bool:
    kind, method = action.get("action"), action.get("method", "POST")
    return (
        set(action) <= _ACTION_KEYS
        and kind in {"view", "broadcast", "http"}
        and bool(action.get("label"))
        and (kind == "broadcast" or bool(action.get("url")))
        and not (kind == "http" and method in {"GET", "HEAD"} and action.get("body"))
    )


class _Server(LocalServer):
    def __init__(self, ntfy: Ntfy, port: int) -> None:
        self.ntfy = ntfy
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may go when it has heard enough, and a killed server goes itself."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _ntfy(self) -> Ntfy:
        return self.server.ntfy

    def setup(self) -> None:
        super().setup()
        self._ntfy._connections.append(self.connection)

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._ntfy.requests.append((self.command, self.path, dict(self.headers), raw.decode()))
        while self._ntfy.silent and self._ntfy.running:
            time.sleep(0.01)
        try:
            if self.command in self._ntfy.instead:
                self._say(*self._ntfy.instead[self.command])
            else:
                self._routed(urlsplit(self.path), raw)
        except Refused as refused:
            body = {"code": refused.code, "http": refused.status, "error": refused.text}
            self._say(refused.status, json.dumps(body))

    def _routed(self, url: Any, raw: bytes) -> None:
        parts = [part for part in url.path.split("/") if part]
        if self.command == "GET" and parts == ["v1", "health"]:
            self._say(200, '{"healthy":true}')
        elif self.command in {"POST", "PUT"} and not parts:
            self._ntfy.authorize("POST", _checked(raw)["topic"], self.headers.get("Authorization"))
            self._say(200, json.dumps(self._ntfy.publish(raw)))
        elif self.command in {"POST", "PUT"} and len(parts) == 1:
            self._ntfy.authorize("POST", parts[0], self.headers.get("Authorization"))
            self._say(200, json.dumps(self._ntfy.put(parts[0], raw.decode())))
        elif self.command == "DELETE" and len(parts) == 2:
            self._ntfy.authorize("DELETE", parts[0], self.headers.get("Authorization"))
            self._say(200, json.dumps(self._ntfy.delete(*parts)))
        elif self.command == "GET" and parts[1:] == ["json"]:
            self._ntfy.authorize("GET", parts[0], self.headers.get("Authorization"))
            self._listen(parts[0], {key: values[0] for key, values in parse_qs(url.query).items()})
        else:
            raise Refused(404, 40401, "page not found")

    def _say(self, status: int, body: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def _listen(self, topic: str, query: dict[str, str]) -> None:
        with self._ntfy._news:
            old, seen = list(self._ntfy.since(topic, query.get("since"))), len(self._ntfy.events)
        self.send_response_only(200)
        self.send_header("Content-Type", "application/x-ndjson; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if query.get("poll") != "1":
            self._follow(topic, old, seen)
        else:
            for one in old:
                self._line(one)
            self.wfile.write(b"0\r\n\r\n")

    def _follow(self, topic: str, old: list[dict[str, Any]], seen: int) -> None:
        server = self._ntfy._server
        self._line(_bare("open", topic, self._ntfy))
        self._ntfy.streams += 1
        try:
            for one in old:
                self._line(one)
            while self._ntfy._server is server and server is not None:
                fresh, seen = self._ntfy.news(seen)
                mine = [one for one in fresh if one["topic"] == topic]
                for one in mine or ([] if fresh else [_bare("keepalive", topic, self._ntfy)]):
                    self._line(one)
        finally:
            self._ntfy.streams -= 1

    def _line(self, one: dict[str, Any]) -> None:
        raw = json.dumps(one).encode() + b"\n"
        self.wfile.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it so)
        pass


def _bare(event: str, topic: str, ntfy: Ntfy) -> dict[str, Any]:
    return {"id": secrets.token_hex(6), "time": int(time.time()) + ntfy.ahead, "event": event, "topic": topic}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--token")
    given = parser.parse_args()
    with Ntfy(port=given.port, token=given.token) as served:
        print(served.url, flush=True)
        threading.Event().wait()
