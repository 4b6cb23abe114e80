"""Where the browser brings Google's answer: a small web server on this machine, for one sign-in.

The library's own takes the first request for the answer, be it for an icon, and waits for ever for a connection that
sends nothing, as browsers open them.
"""

from __future__ import annotations

import getpass
import platform
import queue
import threading
import webbrowser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
_IDLE_SECONDS = 10
_PAGE = (
    b"<!DOCTYPE html><meta charset=utf-8><title>Kept Hour</title>"
    b"<p>Kept Hour has heard Google's answer. Close this page: the terminal says whether it worked.\n"
)


class Loopback:
    """Listens as soon as it is made, on `port` (0: any free one). Raises OSError if the port is taken."""

    def __init__(self, port: int) -> None:
        answers: queue.Queue[dict[str, str]] = queue.Queue()

        class Handler(_Handler):
            heard = answers

        self._answers = answers
        self._server = _Server((HOST, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def answer(self, timeout: float) -> dict[str, str] | None:
        """What Google told by the browser: `state`, and `code` or `error`. None: nothing, for `timeout` seconds."""
        try:
            return self._answers.get(timeout=timeout)
        except queue.Empty:
            return None

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def open_browser(address: str) -> None:
    """In a thread: some browsers stay in the foreground until they are closed."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def ssh_recipe(port: int) -> str:
    """What brings a browser's answer from another machine to this one."""
    try:
        who = f"{getpass.getuser()}@"
    except (KeyError, OSError, ImportError):  # a user without a name
        who = ""
    return f"ssh -L {port}:{HOST}:{port} {who}{platform.node() or 'HOST'}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        # HTTPServer's own asks the name service for the host's full name, which may take seconds.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser may go when it has heard enough; the base class would print what it sent."""


class _Handler(BaseHTTPRequestHandler):
    heard: queue.Queue[dict[str, str]]
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        told = {name: values[0] for name, values in parse_qs(split.query).items()}
        if split.path != "/" or not told.keys() & {"code", "error"}:
            self.send_error(404)
            return
        self.send_response_only(200)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(_PAGE))),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(_PAGE)
        self.heard.put(told)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it so)
        """Nothing: the request line holds the code."""
