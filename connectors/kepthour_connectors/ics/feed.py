"""A feed: one GET, conditional where the server gave validators, bounded in size and time.

The address is a secret and stands in no message; the libraries' own texts, which hold it, are not passed on.
"""

from __future__ import annotations

import time
from urllib.parse import urljoin

import niquests

from kepthour_connectors.base import (
    CalendarGone,
    ConnectorError,
    Nonsense,
    RateLimited,
    SignInNeeded,
    Transient,
    checked_url,
)
from kepthour_connectors.ics import plain_address
from kepthour_connectors.ics.connector import LIMIT_BYTES, Fetched, Seen, fingerprint, too_large
from kepthour_connectors.retry import Account, pause
from kepthour_connectors.secrets import Secret, SecretUnavailable
from kepthour_connectors.web import bare_session

TIMEOUT = 30  # seconds, for each socket operation
TOTAL_SECONDS = 90.0  # for the whole fetch
_MOST_REDIRECTS = 5
_WAIT = "Nothing to do: the next poll tries again."
_NEW_ADDRESS = "Copy the feed's address from the calendar's settings once more, and store it where url says."


class Feed:
    """A source at a secret address."""

    def __init__(self, url: Secret) -> None:
        self._url = url
        self._session: niquests.Session | None = None
        self.account: Account | None = None  # known once the address was revealed

    def fetch(self, seen: Seen) -> Fetched:
        try:
            return self._fetch(self._address(), seen)
        except niquests.exceptions.RequestException as error:
            self.close()
            raise _translated(error) from None
        except ConnectorError:
            self.close()
            raise
        except Exception as error:  # noqa: BLE001  (supervised: ValueErrors and the transport's own errors come, too)
            self.close()
            raise Nonsense(
                f"The feed's server answered with something that HTTP does not allow ({type(error).__name__}).",
                _NEW_ADDRESS,
            ) from None

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _address(self) -> str:
        try:
            address = plain_address(self._url.reveal().strip())
        except SecretUnavailable as error:
            raise SignInNeeded(
                f"The feed's address is not at hand: {error}.", "Store it where url says."
            ) from None
        try:
            self.account = Account.of(checked_url(address))
            return address
        except ValueError as error:
            raise SignInNeeded(f"The feed's address {error}.", _NEW_ADDRESS) from None

    def _fetch(self, address: str, seen: Seen) -> Fetched:
        end = time.monotonic() + TOTAL_SECONDS
        source = fingerprint(address)
        conditions = _conditions(seen) if seen.source == source else {}
        headers = {"Accept": "text/calendar", **conditions}
        for requests in range(1, _MOST_REDIRECTS + 2):
            response = self._opened().get(
                address, headers=headers, stream=True, allow_redirects=False, timeout=TIMEOUT
            )
            with response:
                if response.is_redirect:
                    address = _next(address, str(response.headers.get("Location")))
                    continue
                if response.status_code == 304 and conditions:
                    return Fetched(None, requests, seen)
                if response.status_code != 200:
                    raise _from_status(response)
                validators = Seen(None, source, _header(response, "ETag"), _header(response, "Last-Modified"))
                return Fetched(_body(response, end), requests, validators)
        raise Nonsense("The feed redirects without end.", _NEW_ADDRESS)

    def _opened(self) -> niquests.Session:
        if self._session is None:
            self._session = bare_session()
        return self._session


def _conditions(seen: Seen) -> dict[str, str]:
    conditions = {"If-None-Match": seen.etag, "If-Modified-Since": seen.modified}
    return {name: value for name, value in conditions.items() if value is not None}


def _next(address: str, location: str) -> str:
    try:
        return checked_url(urljoin(address, location))
    except ValueError:
        raise Nonsense("The feed redirects to an address that is not https.", _NEW_ADDRESS) from None


def _body(response: niquests.Response, end: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(-1):  # as it comes: a size would wait until so much is there
        body += chunk
        if len(body) > LIMIT_BYTES:
            raise too_large()
        if time.monotonic() > end:
            raise Transient(f"The feed took longer than {TOTAL_SECONDS:.0f} s.", _WAIT)
    return bytes(body)


def _header(response: niquests.Response, name: str) -> str | None:
    value = response.headers.get(name)
    return str(value) if value else None


def _from_status(response: niquests.Response) -> ConnectorError:
    status = response.status_code or 0
    wished = _header(response, "Retry-After")
    if status == 429 or (status == 503 and wished):
        return RateLimited(
            "The feed asks for a pause.",
            "Nothing to do: polling goes on after it.",
            pause(wished, _header(response, "Date")),
        )
    if status in {401, 403}:
        return SignInNeeded("The feed's address is not accepted any more.", _NEW_ADDRESS)
    if status in {404, 410}:
        return CalendarGone("There is no feed at its address.", _NEW_ADDRESS)
    if status >= 500:
        return Transient(f"The feed's server reports a fault of its own ({status}).", _WAIT)
    return Nonsense(f"The feed's server answers as no feed does ({status}).", _NEW_ADDRESS)


def _translated(error: niquests.exceptions.RequestException) -> ConnectorError:
    if isinstance(error, niquests.exceptions.Timeout):
        return Transient("The feed's server did not answer in time.", _WAIT)
    if isinstance(error, niquests.exceptions.SSLError):
        return Transient(
            "The connection to the feed is not secure: its certificate is not accepted.",
            "Check this computer's clock; else ask who runs the server.",
        )
    if isinstance(error, niquests.exceptions.InvalidURL | niquests.exceptions.InvalidSchema):
        return Nonsense("The feed's address cannot be used.", _NEW_ADDRESS)
    return Transient(
        "The feed cannot be reached, or broke off.", "Check the network; the next poll tries again."
    )
