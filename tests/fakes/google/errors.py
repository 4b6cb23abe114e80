"""Refusals, with the bodies that Google documents or was seen to send.

Two shapes: the Calendar API's (`error.errors[0].reason`; Calendar API guide, "Handle API errors") and that of the
newer APIs (`error.status`, `error.details`; google.rpc.Status), which Meet speaks. Where a Calendar answer comes from
Google's front end rather than the Calendar itself (scopes) it has both; the Python client then shows `details` in
`HttpError.error_details`, not `errors`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.google.times import Json
from tests.fakes.scripted_http import Answer

JSON_TYPE = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Refusal(Exception):
    """Raised by any rule of the fake; the server turns it into an answer."""

    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def answer(self) -> Answer:
        return as_json(self.body, self.status, self.headers)


def as_json(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(body), {"Content-Type": JSON_TYPE, **(headers or {})})


def calendar_error(
    status: int, domain: str, reason: str, message: str, location: tuple[str, str] | None = None
) -> Refusal:
    """The Calendar API's shape. `location` is a type and a name: ("parameter", "syncToken")."""
    detail = {"domain": domain, "reason": reason, "message": message}
    if location is not None:
        detail |= {"locationType": location[0], "location": location[1]}
    return Refusal(status, {"error": {"errors": [detail], "code": status, "message": message}})


def rpc_error(status: int, name: str, message: str, reason: str | None = None) -> Refusal:
    """The newer shape: `name` is a google.rpc.Code such as "PERMISSION_DENIED", `reason` an ErrorInfo's."""
    error: Json = {"code": status, "message": message, "status": name}
    if reason is not None:
        kind = "type.googleapis.com/google.rpc.ErrorInfo"
        error["details"] = [{"@type": kind, "reason": reason, "domain": "googleapis.com", "metadata": {}}]
    return Refusal(status, {"error": error})


def oauth_error(status: int, error: str, description: str) -> Refusal:
    """The token endpoint's shape (RFC 6749, 5.2)."""
    return Refusal(status, {"error": error, "error_description": description})


# Every call. The header is RFC 6750's, as Google sends it.

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'}


def bad_credentials() -> Refusal:
    """401 (guide "Handle API errors", "401: Invalid Credentials")."""
    made = calendar_error(401, "global", "authError", "Invalid Credentials", ("header", "Authorization"))
    return Refusal(401, made.body, CHALLENGE)


def bad_credentials_for_meet() -> Refusal:
    message = (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other"
    )
    made = rpc_error(
        401, "UNAUTHENTICATED", f"{message} valid authentication credential.", "ACCESS_TOKEN_EXPIRED"
    )
    return Refusal(401, made.body, CHALLENGE)


def scope_missing(for_meet: bool = False) -> Refusal:
    """403. Calendar's has both shapes in one; seen, not in the guide."""
    message = "Request had insufficient authentication scopes."
    made = rpc_error(403, "PERMISSION_DENIED", message, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    if for_meet:
        return made
    detail = {"message": "Insufficient Permission", "domain": "global", "reason": "insufficientPermissions"}
    return Refusal(403, {"error": {**made.body["error"], "errors": [detail]}})


def not_found(for_meet: bool = False) -> Refusal:
    if for_meet:
        return rpc_error(404, "NOT_FOUND", "Requested entity was not found.")
    return calendar_error(404, "global", "notFound", "Not Found")


def invalid(parameter: str, message: str = "Invalid Value") -> Refusal:
    return calendar_error(400, "global", "invalid", message, ("parameter", parameter))


def restricted_beside_token() -> Refusal:
    """400 for what is forbidden beside a sync token. That it is refused is documented (Events: list, syncToken), the
    reason and the message were seen."""
    message = "Sync token cannot be used with other request restrictions."
    return calendar_error(400, "calendar", "syncTokenWithRequestRestrictions", message)


def token_gone() -> Refusal:
    """410 (guide "Handle API errors", "410: Gone")."""
    message = "Sync token is no longer valid, a full sync is required."
    return calendar_error(410, "calendar", "fullSyncRequired", message, ("parameter", "syncToken"))


def updated_min_too_long_ago() -> Refusal:
    """410 (guide "Handle API errors", "410: Gone")."""
    message = "The requested minimum modification time lies too far in the past."
    return calendar_error(410, "calendar", "updatedMinTooLongAgo", message, ("parameter", "updatedMin"))


def time_range_empty() -> Refusal:
    """400 (guide "Handle API errors", "400: Bad Request")."""
    message = "The specified time range is empty."
    return calendar_error(400, "calendar", "timeRangeEmpty", message, ("parameter", "timeMax"))


# What happens to one request: quotas and the server's own troubles. Domains and messages are the guide's.

USAGE = {
    "rateLimitExceeded": ("usageLimits", "Rate Limit Exceeded"),
    "userRateLimitExceeded": ("usageLimits", "User Rate Limit Exceeded"),
    "quotaExceeded": ("usageLimits", "Calendar usage limits exceeded."),
    "dailyLimitExceeded": ("usageLimits", "Daily Limit Exceeded"),
    "accessNotConfigured": (
        "usageLimits",
        "Access Not Configured. Calendar API has not been used or is disabled.",
    ),
    "forbidden": ("global", "Forbidden"),
}


def forbidden(reason: str) -> Refusal:
    """403 with one of the reasons in `USAGE`."""
    domain, message = USAGE[reason]
    return calendar_error(403, domain, reason, message)


def too_many_requests(retry_after: int | str | None = None) -> Refusal:
    """429; `retry_after` in seconds or as an HTTP date. The guide: rateLimitExceeded may come as 403 or 429."""
    made = calendar_error(429, "usageLimits", "rateLimitExceeded", "Rate Limit Exceeded")
    return Refusal(429, made.body, {} if retry_after is None else {"Retry-After": str(retry_after)})


def backend_error() -> Refusal:
    return calendar_error(500, "global", "backendError", "Backend Error")


def unavailable(retry_after: int | str | None = None) -> Refusal:
    """503; `retry_after` as with 429."""
    made = calendar_error(503, "global", "backendError", "The service is currently unavailable.")
    return Refusal(503, made.body, {} if retry_after is None else {"Retry-After": str(retry_after)})
