"""Asks a CalDAV server what changed, by the standard library alone: as cheap as it can be done."""

from __future__ import annotations

import http.client
import re
from base64 import b64encode
from urllib.parse import urlsplit

from bench.measuring import Failed
from tests.support.dav import BY_THE_TEST, PASSWORD, USER

_PATIENCE = 1800.0  # seconds: a server that reads 50,000 files for the first time
_TOKEN = re.compile(r"<(?:\w+:)?sync-token>([^<]+)<")
_REPORT = (
    '<?xml version="1.0" encoding="utf-8"?><sync-collection xmlns="DAV:"><sync-token>{token}</sync-token>'
    "<sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"
)


class Asker:
    """One connection to one calendar, which stays open if the server lets it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE)
        self._path = parts.path
        credentials = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/xml",
            "Depth": "0",
            BY_THE_TEST: "1",
        }
        self.token = ""

    def ask(self) -> str:
        """One REPORT with the last token; the answer's body."""
        self._connection.request("REPORT", self._path, _REPORT.format(token=self.token), self._headers)
        answer = self._connection.getresponse()
        body = answer.read().decode()
        found = _TOKEN.search(body)
        if answer.status != 207 or not found:
            raise Failed(f"a REPORT was answered with {answer.status}")
        self.token = found[1]
        return body

    def close(self) -> None:
        self._connection.close()
