"""What the libraries throw, as the closed set of errors. No text of theirs is passed on: it may hold a body."""

from __future__ import annotations

from collections.abc import Callable

import niquests
from caldav.lib import error as library

from kepthour_connectors.base import (
    CalendarGone,
    ConnectorError,
    Nonsense,
    RateLimited,
    SignInNeeded,
    Transient,
)
from kepthour_connectors.caldav.translate import Malformed
from kepthour_connectors.secrets import SecretUnavailable

_WAIT = "Nothing to do: the next poll tries again."


def translated(error: Exception, host: str) -> ConnectorError:
    """The error of ours for anything that came up while `host` was asked."""
    if isinstance(error, ConnectorError):
        return error
    for kinds, make in _TABLE:
        if isinstance(error, kinds):
            return make(error, host)
    return _nonsense(error, host)


def broke_off(error: Exception) -> bool:
    """Whether a connection failed or ended early, for whatever reason but time."""
    return isinstance(error, niquests.exceptions.ConnectionError) and not isinstance(
        error, niquests.exceptions.Timeout
    )


def from_status(status: int, host: str) -> ConnectorError:
    """The error of ours for an answer that was no success."""
    if status == 401:
        return SignInNeeded(
            f"{host} refuses the user name or password.",
            "Check username and password, or make a new app password.",
        )
    if status == 403:
        return SignInNeeded(f"{host} denies access to this calendar.", "Check that this account may read it.")
    if status in {404, 410}:
        return CalendarGone(
            f"{host} has no calendar at this address.",
            "Copy the calendar's address from its settings once more.",
        )
    if status >= 500:
        return Transient(f"{host} reports a fault of its own ({status}).", _WAIT)
    return Nonsense(
        f"{host} does not answer as a CalDAV server does ({status}).",
        "Check that the address is that of a calendar, not of a web page.",
    )


def _refused(error: Exception, host: str) -> ConnectorError:
    return from_status(getattr(error, "status", None) or 401, host)


def _other(error: Exception, host: str) -> ConnectorError:
    status = getattr(error, "status", None)
    return from_status(status, host) if isinstance(status, int) and status >= 400 else _nonsense(error, host)


def _limited(error: Exception, host: str) -> ConnectorError:
    seconds = getattr(error, "retry_after_seconds", None)
    seconds = None if seconds is None else max(0.0, seconds)
    return RateLimited(f"{host} asks for a pause.", "Nothing to do: polling goes on after it.", seconds)


def _not_trusted(error: Exception, host: str) -> ConnectorError:
    return Transient(
        f"The connection to {host} is not secure: its certificate is not accepted.",
        "If the server has an authority of its own, name its certificate with ca_file.",
    )


def _nonsense(error: Exception, host: str) -> ConnectorError:
    code = error.code if isinstance(error, Malformed) else type(error).__name__
    return Nonsense(
        f"{host} answered with something that CalDAV does not allow ({code}).",
        "Check the address, and whether this network wants a sign-in of its own.",
    )


_TABLE: tuple[
    tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Exception, str], ConnectorError]], ...
]
_TABLE = (
    (
        SecretUnavailable,
        lambda error, host: SignInNeeded(
            f"The password is not at hand: {error}.", "Store it where password says."
        ),
    ),
    (library.RateLimitError, _limited),
    (library.AuthorizationError, _refused),
    (
        NotImplementedError,  # the library's word for a server with none of basic, digest, bearer
        lambda error, host: SignInNeeded(
            f"{host} offers no kind of sign-in that is known here.",
            "Ask its administrator for an app password.",
        ),
    ),
    (library.NotFoundError, lambda error, host: from_status(404, host)),
    (library.DAVError, _other),
    (
        niquests.exceptions.Timeout,
        lambda error, host: Transient(f"{host} did not answer in time.", _WAIT),
    ),
    (niquests.exceptions.SSLError, _not_trusted),
    (
        (
            niquests.exceptions.TooManyRedirects,
            niquests.exceptions.InvalidURL,
            niquests.exceptions.InvalidSchema,
        ),
        _nonsense,
    ),
    (
        (niquests.exceptions.RequestException, OSError),
        lambda error, host: Transient(
            f"{host} cannot be reached, or broke off.", "Check the network; " + _WAIT[15:]
        ),
    ),
)
