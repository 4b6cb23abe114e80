"""What Google and its libraries throw, as the closed set of errors. No text of theirs is passed on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException

import httplib2
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from googleapiclient.errors import Error, HttpError

from kepthour_connectors.base import CalendarGone, ConnectorError, Nonsense, RateLimited, Transient
from kepthour_connectors.google.credentials import sign_in_again
from kepthour_connectors.retry import pause

_WAIT = "Nothing to do: the next poll tries again."
_NETWORK = "Check the network, and whether it wants a sign-in of its own; the next poll tries again."
# Reasons of 403 and 429 that mean "not now" (Calendar API guide, "Handle API errors").
_QUOTA = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "quotaExceeded",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
    }
)
_DAILY = "dailyLimitExceeded"
_TOMORROW = 3600.0  # seconds: a day's quota comes back some time, and an hour is the longest pause there is
_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
# RFC 6749, 5.2, and what Google says beside it: the sign-in itself has ended, and no later try can help.
_ENDED = frozenset(
    {
        "invalid_grant",
        "invalid_client",
        "unauthorized_client",
        "deleted_client",
        "disabled_client",
        "invalid_scope",
        "access_denied",
        "admin_policy_enforced",
        "org_internal",
        "rapt_required",
    }
)


def is_gone(error: Exception) -> bool:
    """Whether Google does not know the sync token any more, or refuses to use it (410, or 400 beside a token)."""
    return isinstance(error, HttpError) and _status(error) in {400, 410}


def translated(error: Exception, name: str) -> ConnectorError:
    """The error of ours for anything that came up while the calendar `name` was asked for."""
    if isinstance(error, ConnectorError):
        return error
    for kinds, make in _TABLE:
        if isinstance(error, kinds):
            return make(error, name)
    return Nonsense(f"Google's answer makes no sense ({type(error).__name__}).", _NETWORK)


def _from_answer(error: Exception, name: str) -> ConnectorError:
    assert isinstance(error, HttpError)
    status, found, wished = _status(error), reasons(error), _pause(error)
    if status in {403, 429} and _DAILY in found:
        return RateLimited(
            "Google's quota for today is used up.", "Nothing to do: polling goes on.", _TOMORROW
        )
    if status == 429 or found & _QUOTA or (status == 503 and wished is not None):
        return RateLimited("Google asks for a pause.", "Nothing to do: polling goes on after it.", wished)
    if status == 401:
        return sign_in_again(name, "Google does not accept the sign-in any more.")
    if status == 403:
        return _forbidden(found, name)
    if status in {404, 410}:
        return CalendarGone(
            "Google knows no such calendar in this account.",
            "Check calendar: its id or name, as in Google Calendar's settings.",
        )
    if status >= 500:
        return Transient(f"Google reports a fault of its own ({status}).", _WAIT)
    return Nonsense(f"Google's answer is not one of its calendar's ({status}).", _NETWORK)


def _forbidden(found: frozenset[str], name: str) -> ConnectorError:
    if found & _OFF:
        return sign_in_again(
            name, "The API is not enabled in your Google Cloud project; enable it there first."
        )
    if found & _SCOPE:
        return sign_in_again(
            name, "The sign-in does not allow what is needed; tick every box when Google asks."
        )
    return CalendarGone(
        "Google denies this account the calendar.", "Ask its owner to share it with its events' details."
    )


def _from_renewal(error: Exception, name: str) -> ConnectorError:
    """A refused renewal ends the sign-in; whatever else came in its place does not."""
    data = error.args[1] if len(error.args) > 1 else None
    code = data.get("error") if isinstance(data, Mapping) else None
    if isinstance(code, str) and code in _ENDED:
        return sign_in_again(
            name,
            "The sign-in to Google has ended: it was revoked, or Google does not let it last any longer.",
        )
    if getattr(error, "retryable", False) or code is not None:
        return Transient("Google cannot renew the sign-in just now.", _WAIT)
    return Nonsense("Something else than Google answered where the sign-in is renewed.", _NETWORK)


def reasons(error: HttpError) -> frozenset[str]:
    """The machine-readable reasons in an answer, of the old shape (`errors`) and the new (`status`, `details`)."""
    try:
        found = json.loads(error.content)["error"]
    except (ValueError, KeyError, TypeError):
        return frozenset()
    if not isinstance(found, Mapping):
        return frozenset()
    parts = [*_parts(found.get("errors")), *_parts(found.get("details"))]
    named = [part.get("reason") for part in parts] + [found.get("status")]
    return frozenset(each for each in named if isinstance(each, str))


def _parts(found: object) -> list[Mapping[str, object]]:
    return [part for part in found if isinstance(part, Mapping)] if isinstance(found, list) else []


def _status(error: HttpError) -> int:
    return int(error.resp.status)


def _pause(error: HttpError) -> float | None:
    return pause(error.resp.get("retry-after"), error.resp.get("date"))


def _unreachable(error: Exception, name: str) -> ConnectorError:
    return Transient("Google cannot be reached, or broke off.", _NETWORK)


_Maker = Callable[[Exception, str], ConnectorError]
_TABLE: tuple[tuple[type[Exception] | tuple[type[Exception], ...], _Maker], ...] = (
    (HttpError, _from_answer),
    (RefreshError, _from_renewal),
    (TransportError, _unreachable),
    (GoogleAuthError, lambda error, name: sign_in_again(name, "The sign-in to Google cannot be used.")),
    ((httplib2.HttpLib2Error, OSError, HTTPException), _unreachable),
    (Error, lambda error, name: Nonsense("Google's answer is not one of its calendar's.", _NETWORK)),
)
