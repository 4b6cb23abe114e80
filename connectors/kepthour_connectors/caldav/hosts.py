"""Which hosts one account's requests, and its password with them, may go to. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Servers that are known to keep an account's calendars on other hosts than the one that is configured.
_OWN_HOSTS = {
    # caldav.icloud.com is one door for all; the account's home is on one of many numbered hosts.
    "caldav.icloud.com": re.compile(r"p[0-9]{1,4}-caldav\.icloud\.com"),
}
_PORTS = {"http": 80, "https": 443}


def may_go(configured: str, url: str) -> bool:
    """Whether a request for `url` belongs to the account whose configured address is `configured`.

    The same scheme, host and port do (an origin, RFC 6454), and the hosts that the provider is known to use as well.
    Whatever else a server names, it would be told the password.
    """
    home, asked = _origin(configured), _origin(url)
    if home == asked:
        return True
    also = _OWN_HOSTS.get(home[1])
    return also is not None and home[::2] == asked[::2] and also.fullmatch(asked[1]) is not None


def same_origin(one: str, other: str) -> bool:
    """Whether both have the same scheme, host and port (RFC 6454)."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(scheme)
