"""A proxy on loopback that counts what goes through: HTTP requests, and bytes in both directions."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"^content-length:[ \t]*(\d+)", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went through: whole HTTP messages, heads and bodies as they are on the wire (so: compressed ones
    compressed), a 401 and its repetition as two. Not counted: what TCP, IP and TLS add."""

    requests: int
    sent: int  # bytes, from the client
    received: int  # bytes, to the client

    @property
    def bytes(self) -> int:
        return self.sent + self.received


class CountingProxy:
    """Carries plain HTTP/1.x to `port` of this machine while it is entered; `take` says what went through.

    Everything is counted before it is passed on: what a client has read whole is in the figures.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._lock = threading.Lock()
        self._requests = self._sent = self._received = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))

    def through(self, url: str) -> str:
        """`url` of the server behind it, as an address that goes through here."""
        return urlsplit(url)._replace(netloc=f"127.0.0.1:{self._listener.getsockname()[1]}").geturl()

    def take(self) -> Traffic:
        """What went through since the last `take`."""
        with self._lock:
            taken = Traffic(self._requests, self._sent, self._received)
            self._requests = self._sent = self._received = 0
        return taken

    def __enter__(self) -> CountingProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):  # closed by the other side already
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed: the end
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                for side in (client, server):
                    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        heads = Heads()
        with _until_the_end(server):
            while data := client.recv(65536):
                seen = heads.feed(data)
                with self._lock:
                    self._requests += seen
                    self._sent += len(data)
                server.sendall(data)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        with _until_the_end(client):
            while data := server.recv(65536):
                with self._lock:
                    self._received += len(data)
                client.sendall(data)


class Heads:
    """Finds the requests in a stream of bytes by their heads and Content-Length."""

    def __init__(self) -> None:
        self._head = b""
        self._body = 0  # bytes of the present body that are still to come

    def feed(self, data: bytes) -> int:
        """How many heads end in `data`, the next piece of the stream, of any size."""
        seen = 0
        while data:
            skipped = min(self._body, len(data))
            self._body -= skipped
            data = data[skipped:]
            head, end, rest = (self._head + data).partition(b"\r\n\r\n")
            if not end:
                self._head += data
                break
            if _CHUNKED.search(head):
                raise AssertionError("a chunked request: this cannot count it")
            length = _LENGTH.search(head)
            self._body = int(length.group(1)) if length else 0
            self._head, data = b"", rest
            seen += 1
        return seen


@contextlib.contextmanager
def _until_the_end(sink: socket.socket) -> Iterator[None]:
    with contextlib.suppress(OSError):  # either side may go whenever it likes
        yield
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
