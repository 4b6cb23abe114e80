"""What the tests want of a real CalDAV server, whichever it is."""

from __future__ import annotations

import http.client
from base64 import b64encode
from collections.abc import Mapping
from typing import Protocol

USER, PASSWORD = "anna", "secret-word"
BY_THE_TEST = "X-By-The-Test"  # marks requests of the tests themselves, which a server's log leaves out


class DavServer(Protocol):
    """One user, `anna`, and as many calendars as are made; on loopback, by plain http.

    `log` holds one line a request which others made (`"REPORT /anna/practice/ 207"`). `stop` and `start` keep the
    port and the data, so that an outage can be played.
    """

    log: list[str]

    def start(self) -> DavServer: ...
    def stop(self) -> None: ...

    @property
    def port(self) -> int: ...
    @property
    def url(self) -> str:
        """The server's root, where a client would begin to discover."""
        ...

    @property
    def principal_url(self) -> str: ...
    def calendar_url(self, calendar: str) -> str: ...
    def href(self, calendar: str, name: str) -> str:
        """What a connector calls the resource `name`."""
        ...

    @property
    def requests(self) -> int:
        """How many requests clients have made so far."""
        ...

    def make_calendar(self, calendar: str, display_name: str | None = None) -> None: ...
    def fill(self, calendar: str, texts: Mapping[str, str]) -> None:
        """Seed many resources (name -> text) at once, straight into the server's folder; no request."""
        ...

    def write(self, calendar: str, name: str, text: str) -> None:
        """Seed or change one resource in the server's folder; no request."""
        ...

    def put(self, calendar: str, name: str, text: str) -> None:
        """Make or change a resource as a client would."""
        ...

    def delete(self, calendar: str, name: str) -> None: ...
    def remove_calendar(self, calendar: str) -> None: ...
    def forget_tokens(self, calendar: str) -> None:
        """Lose every sync token that was given out, as a server does after it was restored."""
        ...

    def change_password(self, password: str) -> None: ...


def ask(port: int, password: str, method: str, path: str, body: str | None = None) -> None:
    """One request of the tests' own, as `anna`. Raises AssertionError if it is no success."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    credentials = b64encode(f"{USER}:{password}".encode()).decode()
    headers = {
        "Authorization": f"Basic {credentials}",
        BY_THE_TEST: "1",
        "Content-Type": "text/calendar",
    }
    connection.request(method, path, body.encode("utf-8") if body is not None else None, headers)
    status = connection.getresponse().status
    connection.close()
    if status not in {200, 201, 204}:
        raise AssertionError(f"the server answered {status} to {method} {path}")
