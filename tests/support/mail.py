"""A mail server on loopback that keeps what it gets."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.fence import fenced


class Mailbox:
    """Serves while it is entered; `refuses` makes it refuse every mail for good."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.refuses = False
        self._controller = _Controller(self, hostname="127.0.0.1", port=0)

    def __enter__(self) -> Mailbox:
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """Its address in apprise's form."""
        return f"mailto://127.0.0.1:{self._controller.port}/?from=kepthour@example.org&to=anna@example.org&mode=insecure"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  (its name there)
        if self.refuses:
            return "554 no"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.received.append(message)
        return "250 OK"

    def texts(self) -> list[tuple[str, str]]:
        """Subject and text of each mail."""
        fenced("".join(one.as_string() for one in self.received))
        return [(str(one["Subject"]), _text(one)) for one in self.received]


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """Connect to it, to see that it serves: to the port that it was given."""
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain", "html"))
    assert body is not None
    return str(body.get_content())
