"""Google's own client library, turned to the fake, and a clock by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import httplib2
import pytest
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from tests.fakes.google import Account, GoogleFake

AUTH = "https://www.googleapis.com/auth/"
EVENTS, CALENDARS = f"{AUTH}calendar.events.readonly", f"{AUTH}calendar.readonly"
MEETINGS = f"{AUTH}meetings.space.readonly"
EVERYTHING = (EVENTS, CALENDARS, MEETINGS)


class Hand:
    """A clock that moves when it is told to."""

    def __init__(self, at: str) -> None:
        self.at = datetime.fromisoformat(at)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        """`by` is a timedelta's arguments."""
        self.at += timedelta(**by)


def credentials(google: GoogleFake, account: Account, scopes: Iterable[str] = EVERYTHING) -> Credentials:
    """Made by hand: `from_authorized_user_info` would put Google's own token endpoint in place of the fake's."""
    kept = google.authorized_user(account, scopes)
    names = ("token", "refresh_token", "token_uri", "client_id", "client_secret", "scopes")
    return Credentials(**{name: kept[name] for name in names})


def calendar_client(
    google: GoogleFake, account: Account, scopes: Iterable[str] = EVERYTHING, timeout: float = 60
) -> Any:
    return client_of("calendar", "v3", google.endpoint, credentials(google, account, scopes), timeout)


def meet_client(google: GoogleFake, account: Account, scopes: Iterable[str] = EVERYTHING) -> Any:
    return client_of("meet", "v2", google.meet_endpoint, credentials(google, account, scopes))


def client_of(name: str, version: str, endpoint: str, who: Credentials, timeout: float = 60) -> Any:
    """Any service; `timeout` in seconds, of each wait for the socket."""
    http = AuthorizedHttp(who, http=httplib2.Http(timeout=timeout))
    return build(name, version, http=http, client_options={"api_endpoint": endpoint}, static_discovery=True)


def listed(client: Any, **parameters: Any) -> Any:
    """One page of events.list, of the account's own calendar."""
    return client.events().list(**{"calendarId": "primary", **parameters}).execute()


def drain(collection: Any, request: Any) -> list[Any]:
    """All pages of a list."""
    pages = []
    following = collection.instances_next if request.methodId.endswith(".instances") else collection.list_next
    while request is not None:
        pages.append(request.execute())
        request = following(request, pages[-1])
    return pages


def ids(page: Any) -> list[str]:
    return [item["id"] for item in page["items"]]


def refused(request: Callable[[], Any]) -> tuple[int, str]:
    """The status and the first reason with which a request is refused."""
    with pytest.raises(HttpError) as caught:
        request()
    details: Any = caught.value.error_details
    return int(caught.value.status_code), str(details[0]["reason"])
