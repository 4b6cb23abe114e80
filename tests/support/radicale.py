"""A real CalDAV server on loopback: Radicale's own application, served by a thread of this process."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any
from urllib.parse import quote, unquote
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from radicale import config
from radicale.app import Application

from tests.support.dav import PASSWORD, USER, ask

__all__ = ["PASSWORD", "USER", "RadicaleServer"]


PASSWORD_OF = "CALDAV_PASSWORD"  # the environment variable that holds it


def calendar_table(server: RadicaleServer, name: str, *more: str) -> str:
    """The calendar "practice" of `server`, as a configuration has it; `more` are further lines of the table."""
    lines = (
        "[[calendars]]",
        f'name = "{name}"',
        'type = "caldav"',
        f'url = "{server.calendar_url("practice")}"',
        f'username = "{USER}"',
        f'password = {{ env = "{PASSWORD_OF}" }}',
        *more,
    )
    return "".join(f"{line}\n" for line in lines)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # HTTPServer's own asks the name service for the host's full name, which may take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]
        self.setup_environ()


class _Silent(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        # As in Radicale's own server: the base class decodes as Latin-1.
        return {**super().get_environ(), "PATH_INFO": unquote(self.path.partition("?")[0])}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it so)
        pass


class RadicaleServer:
    """A DavServer; see there.

    with RadicaleServer(tmp_path) as server:
        server.make_calendar("practice")
        server.write("practice", "a.ics", text)     # straight into its folder: fast
        server.put("practice", "b.ics", text)       # as a client would
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder / "radicale"
        self.log: list[str] = []
        self.password = PASSWORD
        self._port = port
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._home = self.folder / "collections" / "collection-root" / USER
        self._home.mkdir(parents=True, exist_ok=True)
        (self.folder / "users").write_text(f"{USER}:{PASSWORD}\n")

    # its life

    def start(self) -> RadicaleServer:
        logging.getLogger("radicale").setLevel(logging.CRITICAL)
        application = Application(self._configuration())
        self._server = make_server("127.0.0.1", self._port, self._counted(application), _Server, _Silent)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server = None

    def __enter__(self) -> RadicaleServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _configuration(self) -> config.Configuration:
        configuration = config.load()
        configuration.update(
            {
                "auth": {
                    "type": "htpasswd",
                    "htpasswd_filename": str(self.folder / "users"),
                    "htpasswd_encryption": "plain",
                    "delay": "0",
                },
                "server": {"delay_on_error": "0"},
                "storage": {
                    "filesystem_folder": str(self.folder / "collections"),
                    "_filesystem_fsync": "False",
                },
                "logging": {"level": "critical"},
            },
            "tests",
            privileged=True,
        )
        return configuration

    def _counted(self, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        def counting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            def noting(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                if "HTTP_X_BY_THE_TEST" not in environ:
                    self.log.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {status[:3]}")
                return start_response(status, headers, *rest)

            return application(environ, noting)

        return counting

    # where things are

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    @property
    def principal_url(self) -> str:
        return f"{self.url}{USER}/"

    def calendar_url(self, calendar: str) -> str:
        return f"{self.principal_url}{quote(calendar)}/"

    def href(self, calendar: str, name: str) -> str:
        return f"/{USER}/{quote(calendar)}/{quote(name)}"

    @property
    def requests(self) -> int:
        return len(self.log)

    # what is in it

    def make_calendar(self, calendar: str, display_name: str | None = None, *, only: str = "") -> None:
        folder = self._home / calendar
        folder.mkdir(exist_ok=True)
        properties = {"tag": "VCALENDAR", "D:displayname": display_name or calendar}
        if only:
            properties["C:supported-calendar-component-set"] = only
        (folder / ".Radicale.props").write_text(json.dumps(properties))

    def fill(self, calendar: str, texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            self.write(calendar, name, text)

    def write(self, calendar: str, name: str, text: str) -> None:
        if not (self._home / calendar).exists():
            self.make_calendar(calendar)
        (self._home / calendar / name).write_bytes(text.encode("utf-8"))

    def put(self, calendar: str, name: str, text: str) -> None:
        if not (self._home / calendar).exists():
            self.make_calendar(calendar)
        ask(self._port, self.password, "PUT", self.href(calendar, name), text)

    def delete(self, calendar: str, name: str) -> None:
        ask(self._port, self.password, "DELETE", self.href(calendar, name))

    def forget_tokens(self, calendar: str) -> None:
        for folder in (self._home / calendar / ".Radicale.cache").glob("sync-token"):
            for token in folder.iterdir():
                token.unlink()

    def remove_calendar(self, calendar: str) -> None:
        ask(self._port, self.password, "DELETE", f"/{USER}/{quote(calendar)}/")

    def change_password(self, password: str) -> None:
        """What Radicale accepts from its next request on."""
        (self.folder / "users").write_text(f"{USER}:{password}\n")
        self.password = password
