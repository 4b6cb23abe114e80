"""The plain way to a web server, for what is not asked through a library of its own."""

from __future__ import annotations

import logging
from typing import Any

import niquests
from niquests.adapters import HTTPAdapter

# Their warnings may name the address, as those on odd headers do, and an address may be a secret.
for _name in ("niquests", "urllib3", "urllib3_future", "charset_normalizer"):
    logging.getLogger(_name).setLevel(logging.ERROR)


class Adapter(HTTPAdapter):
    """One transport (no HTTP/3), one way to fail; no third party is asked (revocation).

    And no thread beside it: the library's would wake twelve times a minute, to see whether a connection that nobody
    uses is still there. Whoever uses it next sees that, too.
    """

    def __init__(self) -> None:
        super().__init__(disable_http3=True, revocation_configuration=None)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more, background_watch_delay=None)


def bare_session() -> niquests.Session:
    """A session that asks no third party, and reads nothing from .netrc or the environment."""
    made = niquests.Session(disable_http3=True, revocation_configuration=None)
    made.trust_env = False
    for scheme in ("https://", "http://"):
        made.mount(scheme, Adapter())
    return made


def bare_async_session() -> niquests.AsyncSession:
    """The same for what runs on an event loop."""
    made = niquests.AsyncSession(disable_http3=True, revocation_configuration=None)
    made.trust_env = False
    return made
