"""The plain way to a web server, for what is not asked through a library of its own."""

from __future__ import annotations

import logging

import niquests

# Their warnings may name the address, as those on odd headers do, and an address may be a secret.
for _name in ("niquests", "urllib3", "urllib3_future", "charset_normalizer"):
    logging.getLogger(_name).setLevel(logging.ERROR)


def bare_session() -> niquests.Session:
    """A session that asks no third party (revocation), and reads nothing from .netrc or the environment."""
    made = niquests.Session(
        disable_http3=True, revocation_configuration=None
    )  # one transport, one way to fail
    made.trust_env = False
    return made


def bare_async_session() -> niquests.AsyncSession:
    """The same for what runs on an event loop."""
    made = niquests.AsyncSession(disable_http3=True, revocation_configuration=None)
    made.trust_env = False
    return made
