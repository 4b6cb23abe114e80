"""Sign-in at the fake Google, by google-auth and google-auth-oauthlib."""

from __future__ import annotations

import http.client
import threading
import webbrowser
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google_auth_oauthlib.flow import Flow, InstalledAppFlow
from googleapiclient.errors import HttpError

from tests.fakes.google import Account, GoogleFake
from tests.support.google import (
    CALENDARS,
    EVENTS,
    MEETINGS,
    Hand,
    calendar_client,
    client_of,
    credentials,
    listed,
    refused,
)

REDIRECT = "http://127.0.0.1:8765/"


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # oauthlib refuses http, on loopback too


def visited(url: str, method: str = "GET", body: str | None = None) -> tuple[int, str, str]:
    """Status, Location and text."""
    split = urlsplit(url)
    connection = http.client.HTTPConnection(str(split.hostname), split.port, timeout=60)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, f"{split.path}?{split.query}", body, form)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, response.headers.get("Location", ""), text


def flow(google: GoogleFake, *scopes: str) -> Flow:
    document = google.client_secret_document()
    made: Flow = Flow.from_client_config(document, list(scopes or (EVENTS,)), autogenerate_code_verifier=True)
    made.redirect_uri = REDIRECT
    return made


def consented(made: Flow) -> dict[str, str]:
    """What the browser brings back to the loopback address."""
    url, state = made.authorization_url(access_type="offline", prompt="consent")
    status, location, _text = visited(url)
    assert status == 302
    assert location.startswith(REDIRECT)
    told = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    assert told["state"] == state
    return told


# consent


def test_a_consent_leads_to_a_refresh_token_and_to_the_calendar(google: GoogleFake, anna: Account) -> None:
    made = flow(google)
    made.fetch_token(code=consented(made)["code"])
    assert made.credentials.refresh_token
    assert made.credentials.token_uri == google.token_uri
    assert made.credentials.scopes == [EVENTS]


def test_the_whole_flow_of_a_desktop_app(
    google: GoogleFake, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run_local_server` waits on a port of its own for what the browser brings back."""

    class Browser:
        def open(self, url: str, **_how: object) -> None:
            threading.Thread(target=lambda: visited(visited(url)[1])).start()

    monkeypatch.setattr(webbrowser, "get", lambda _which=None: Browser())
    made = InstalledAppFlow.from_client_config(google.client_secret_document(), [EVENTS])
    who = made.run_local_server(
        host="127.0.0.1", port=0, timeout_seconds=20, authorization_prompt_message=None
    )
    assert who.valid
    client = client_of("calendar", "v3", google.endpoint, who)
    assert listed(client)["summary"] == anna.email


def test_a_code_is_good_once_and_only_with_its_verifier(google: GoogleFake, anna: Account) -> None:
    made = flow(google)
    code = consented(made)["code"]
    document = google.client_secret_document()["installed"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": document["client_id"],
        "client_secret": document["client_secret"],
        "code_verifier": "another",
    }
    status, _location, text = visited(google.token_uri, "POST", urlencode(form))
    assert (status, "Invalid code verifier." in text) == (400, True)
    status, _location, text = visited(google.token_uri, "POST", urlencode(form))
    assert (status, "invalid_grant" in text) == (400, True)


def test_a_person_may_refuse(google: GoogleFake, anna: Account) -> None:
    google.sign_in.denies = True
    told = consented(flow(google))
    assert told["error"] == "access_denied"
    assert "code" not in told


def test_a_person_may_untick_a_scope(
    google: GoogleFake, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    google.sign_in.unticks = {MEETINGS}
    made = flow(google, EVENTS, MEETINGS)
    token = made.fetch_token(code=consented(made)["code"])
    assert token["scope"] == [EVENTS]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"client_id": "another"}, "invalid_client"),
        ({"redirect_uri": "https://example.org/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "urn:ietf:wg:oauth:2.0:oob"}, "redirect_uri_mismatch"),
        ({"response_type": "token"}, "invalid_request"),
        ({"access_type": "online"}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
def test_the_consent_page_refuses_what_google_refuses(
    google: GoogleFake, anna: Account, change: dict[str, str], problem: str
) -> None:
    url, _state = flow(google).authorization_url(access_type="offline")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | change
    status, location, text = visited(f"{google.auth_uri}?{urlencode(query)}")
    assert (status, location, problem in text) == (400, "", True)


# tokens


def test_google_auth_renews_the_access_token_at_the_fake(google: GoogleFake, anna: Account) -> None:
    who = credentials(google, anna)
    who.refresh(Request())
    first = who.token
    who.refresh(Request())
    assert who.token != first
    assert [one.path for one in google.asked("/token")] == ["/token", "/token"]


def test_an_access_token_ends_after_an_hour_and_the_client_gets_another(
    hand: Hand, google: GoogleFake, client: Any
) -> None:
    listed(client)
    listed(client)
    assert len(google.asked("/token")) == 1
    hand.forward(hours=1)
    listed(client)
    assert len(google.asked("/token")) == 2
    google.sign_in.expire_access_tokens()
    listed(client)
    assert len(google.asked("/token")) == 3


def test_without_a_good_access_token_it_is_401(google: GoogleFake, anna: Account) -> None:
    status, _location, text = visited(f"{google.endpoint}calendars/primary/events")
    assert (status, "authError" in text) == (401, True)


def test_a_401_names_its_challenge(google: GoogleFake, client: Any) -> None:
    client._http.credentials.token = "made-up"
    client._http._max_refresh_attempts = 0
    with pytest.raises(HttpError) as caught:
        listed(client)
    assert "Bearer" in caught.value.resp["www-authenticate"]
    details: Any = caught.value.error_details
    assert (details[0]["reason"], details[0]["location"]) == ("authError", "Authorization")


def test_a_revoked_sign_in_cannot_be_renewed(google: GoogleFake, anna: Account, client: Any) -> None:
    listed(client)
    google.sign_in.revoke(anna.email)
    with pytest.raises(RefreshError, match="Token has been expired or revoked"):
        listed(client)


def test_a_program_may_revoke_its_own_sign_in(google: GoogleFake, anna: Account) -> None:
    who = credentials(google, anna)
    assert visited(google.revoke_uri, "POST", urlencode({"token": who.refresh_token}))[0] == 200
    assert visited(google.revoke_uri, "POST", urlencode({"token": who.refresh_token}))[0] == 400
    with pytest.raises(RefreshError, match="invalid_grant"):
        who.refresh(Request())


def test_an_app_in_testing_is_signed_out_after_a_week(hand: Hand, google: GoogleFake, anna: Account) -> None:
    google.sign_in.testing = True
    made = flow(google)
    token = made.fetch_token(code=consented(made)["code"])
    assert token["refresh_token_expires_in"] == timedelta(days=7).total_seconds()
    hand.forward(days=7)
    with pytest.raises(RefreshError, match="Token has been expired or revoked"):
        made.credentials.refresh(Request())


@pytest.mark.parametrize("name", ["_client_id", "_client_secret"])
def test_another_client_is_refused(google: GoogleFake, anna: Account, name: str) -> None:
    who = credentials(google, anna)
    setattr(who, name, "another")
    with pytest.raises(RefreshError, match="invalid_client"):
        who.refresh(Request())


# scopes and accounts


def test_each_method_wants_one_of_its_scopes(google: GoogleFake, anna: Account) -> None:
    client = calendar_client(google, anna, [EVENTS])
    listed(client)
    with pytest.raises(HttpError) as caught:
        client.calendarList().list().execute()
    assert caught.value.status_code == 403
    assert b"insufficientPermissions" in caught.value.content
    assert refused(lambda: client.calendarList().list().execute())[1] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    calendar_client(google, anna, [CALENDARS]).calendarList().list().execute()


def test_each_account_has_its_own_calendar(google: GoogleFake, anna: Account, client: Any) -> None:
    ben = google.add_account("ben@example.org")
    ben.calendar.create("CD", "2026-03-02T10:00")
    assert listed(client)["items"] == []
    assert len(listed(calendar_client(google, ben))["items"]) == 1
    assert refused(lambda: listed(client, calendarId="ben@example.org")) == (404, "notFound")
