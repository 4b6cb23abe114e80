"""The fake as a server on loopback: where things are, who may ask, and what was asked."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.google.account import Account, Entry
from tests.fakes.google.calendar import is_series
from tests.fakes.google.errors import (
    Refusal,
    as_json,
    bad_credentials,
    bad_credentials_for_meet,
    not_found,
    rpc_error,
    scope_missing,
)
from tests.fakes.google.expansion import series_instances
from tests.fakes.google.faults import Faults
from tests.fakes.google.listing import HORIZON, Lister
from tests.fakes.google.meet import PARTICIPANTS, RECORDS, SESSIONS
from tests.fakes.google.oauth import CLIENT_ID, CLIENT_SECRET, SignIn
from tests.fakes.google.parameters import Method, method
from tests.fakes.google.partial import part
from tests.fakes.google.times import Json
from tests.fakes.google.view import View
from tests.fakes.scripted_http import Answer, Request, ScriptedServer

CALENDAR = "/calendar/v3"
RECORD = "conferenceRecords/[^/]+"
PERSON = f"{RECORD}/participants/[^/]+"
NOT_GOOGLE = "<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title></html>"


@dataclass(frozen=True)
class Asked:
    """One line of the log. Query values are as they were sent, repeated ones in a list."""

    method: str
    path: str
    query: Mapping[str, list[str]]


class GoogleFake:
    """Google for tests, as long as it is entered.

        with GoogleFake(lambda: now) as google:
            anna = google.add_account("anna@example.org")
            anna.calendar.create("AB", "2026-03-02T10:00")
            client = build("calendar", "v3", credentials=..., client_options={"api_endpoint": google.endpoint})

    `now` is the only clock. `sign_in` has the tokens, `faults` what goes wrong, `log` what was asked.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.accounts: dict[str, Account] = {}
        self.sign_in = SignIn(now)
        self.faults = Faults()
        self.log: list[Asked] = []
        self._now = now
        self._lister = Lister()
        self._lock = threading.RLock()
        self._server = ScriptedServer(self._answer)

    # its life

    def __enter__(self) -> GoogleFake:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Refuse connections from now on, and end those there are."""
        self._server.stop()

    def end_connections(self) -> None:
        """Close what clients keep alive, as Google does with idle connections."""
        self._server.end_connections()

    # where things are

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def endpoint(self) -> str:
        """The Calendar's `api_endpoint`: it replaces root and service path."""
        return f"{self.url}{CALENDAR.lstrip('/')}/"

    @property
    def meet_endpoint(self) -> str:
        return self.url

    @property
    def auth_uri(self) -> str:
        return f"{self.url}auth"

    @property
    def token_uri(self) -> str:
        return f"{self.url}token"

    @property
    def revoke_uri(self) -> str:
        return f"{self.url}revoke"

    # who there is

    def add_account(self, email: str, zone: str = "Europe/Berlin") -> Account:
        made = Account(email, f"users/{100_000_000_000_000_000_001 + len(self.accounts)}", zone, self._now)
        self.accounts[email] = made
        self.sign_in.subjects[email] = made.user.removeprefix("users/")
        self.sign_in.person = self.sign_in.person or email
        return made

    def client_secret_document(self) -> Json:
        """What a developer downloads as `client_secret.json` for a desktop app."""
        return {
            "installed": {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "auth_uri": self.auth_uri,
                "token_uri": self.token_uri,
                "redirect_uris": ["http://localhost"],
            }
        }

    def authorized_user(self, account: Account, scopes: Iterable[str]) -> Json:
        """A consent's result in the form of google-auth's `Credentials.to_json()`, without an access token."""
        return {
            "token": None,
            "refresh_token": self.sign_in.grant(account.email, frozenset(scopes)),
            "token_uri": self.token_uri,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scopes": sorted(scopes),
            "universe_domain": "googleapis.com",
            "account": "",
        }

    # what was asked

    def asked(self, path: str = "") -> list[Asked]:
        """The requests whose path contains `path`."""
        return [one for one in self.log if path in one.path]

    # how it answers

    def _answer(self, request: Request) -> Answer:
        split = urlsplit(request.path)
        query = parse_qs(split.query, keep_blank_values=True)
        self.log.append(Asked(request.method, unquote(split.path), query))
        fault = self.faults.take(unquote(split.path))
        if fault is None:
            return self._properly(request, split.path, query)
        return fault(lambda: self._properly(request, split.path, query))

    def _properly(self, request: Request, path: str, query: Mapping[str, list[str]]) -> Answer:
        with self._lock:
            try:
                for verb, pattern, handler in ROUTES:
                    found = re.fullmatch(pattern, path)
                    if found is not None and verb == request.method:
                        answer = handler(self, request, query, *(unquote(text) for text in found.groups()))
                        return _partly(answer, query)
            except Refusal as refusal:
                return refusal.answer
        return Answer(404, NOT_GOOGLE, {"Content-Type": "text/html; charset=UTF-8"})

    def _allow(self, request: Request, wanted: Method) -> Account:
        """Whose request it is; raises 401 and 403."""
        grant = self.sign_in.allowed(request.headers.get("Authorization"))
        for_meet = wanted.api == "meet"
        if grant is None:
            raise bad_credentials_for_meet() if for_meet else bad_credentials()
        if not wanted.scopes & grant.scopes:
            raise scope_missing(for_meet)
        return self.accounts[grant.account]

    def _ask_calendar(
        self, request: Request, query: Mapping[str, list[str]], name: str
    ) -> tuple[Account, dict[str, Any]]:
        wanted = method(f"calendar.{name}")
        return self._allow(request, wanted), wanted.read(query)

    def _calendar_list(self, request: Request, query: Mapping[str, list[str]]) -> Answer:
        account, values = self._ask_calendar(request, query, "calendarList.list")
        return as_json(account.list(values))

    def _calendar(self, request: Request, query: Mapping[str, list[str]], identity: str) -> Answer:
        account, _values = self._ask_calendar(request, query, "calendars.get")
        held = account.entry(identity).calendar
        body = {
            "etag": f'"{held.identity}"',
            "id": held.identity,
            "summary": held.summary,
            "timeZone": held.zone,
        }
        return as_json({"kind": "calendar#calendar", **body})

    def _events(self, request: Request, query: Mapping[str, list[str]], identity: str) -> Answer:
        account, values = self._ask_calendar(request, query, "events.list")
        entry = account.entry(identity)
        return as_json(self._lister.list(entry.calendar, _view(entry, values), values))

    def _event(self, request: Request, query: Mapping[str, list[str]], identity: str, event: str) -> Answer:
        """Deleted ones, too (Events resource, status: "The get method always returns them")."""
        account, values = self._ask_calendar(request, query, "events.get")
        entry = account.entry(identity)
        view, found = _view(entry, values), self._find(entry, event)
        if found is None or not view.may_see(found):
            raise not_found()
        return as_json(view.show(found))

    def _find(self, entry: Entry, event: str) -> Json | None:
        """An event, or an unchanged instance of a series."""
        held = entry.calendar
        if event in held.events:
            return held.events[event]
        for series in held.events.values():
            if is_series(series) and event.startswith(series["id"].partition("_R")[0] + "_"):
                for one in series_instances(held, series, held.now + HORIZON):
                    if one["id"] == event:
                        return one
        return None

    def _instances(
        self, request: Request, query: Mapping[str, list[str]], identity: str, event: str
    ) -> Answer:
        account, values = self._ask_calendar(request, query, "events.instances")
        entry = account.entry(identity)
        values = {**values, "singleEvents": True}
        return as_json(self._lister.instances(entry.calendar, _view(entry, values), event, values))

    def _ask_meet(
        self, request: Request, query: Mapping[str, list[str]], name: str
    ) -> tuple[Account, dict[str, Any]]:
        wanted = method(f"meet.{name}")
        account = self._allow(request, wanted)
        try:
            return account, wanted.read(query)
        except Refusal:
            raise rpc_error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.") from None

    def _records(self, request: Request, query: Mapping[str, list[str]]) -> Answer:
        account, values = self._ask_meet(request, query, "conferenceRecords.list")
        return as_json(account.meet.list("", RECORDS, values))

    def _participants(self, request: Request, query: Mapping[str, list[str]], parent: str) -> Answer:
        account, values = self._ask_meet(request, query, "conferenceRecords.participants.list")
        return as_json(account.meet.list(parent, PARTICIPANTS, values))

    def _sessions(self, request: Request, query: Mapping[str, list[str]], parent: str) -> Answer:
        name = "conferenceRecords.participants.participantSessions.list"
        account, values = self._ask_meet(request, query, name)
        return as_json(account.meet.list(parent, SESSIONS, values))

    def _meet_resource(self, request: Request, query: Mapping[str, list[str]], name: str) -> Answer:
        account, _values = self._ask_meet(request, query, "conferenceRecords.get")
        return as_json(account.meet.get(name))

    def _auth(self, request: Request, query: Mapping[str, list[str]]) -> Answer:
        return self.sign_in.consent(_single(query))

    def _token(self, request: Request, query: Mapping[str, list[str]]) -> Answer:
        return self.sign_in.token(_basic(request) | _single(parse_qs(request.body)))

    def _revoke(self, request: Request, query: Mapping[str, list[str]]) -> Answer:
        return self.sign_in.revoke_token(_single({**query, **parse_qs(request.body)}))


ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "/auth", GoogleFake._auth),
    ("POST", "/token", GoogleFake._token),
    ("POST", "/revoke", GoogleFake._revoke),
    ("GET", f"{CALENDAR}/users/me/calendarList", GoogleFake._calendar_list),
    ("GET", f"{CALENDAR}/calendars/([^/]+)", GoogleFake._calendar),
    ("GET", f"{CALENDAR}/calendars/([^/]+)/events", GoogleFake._events),
    ("GET", f"{CALENDAR}/calendars/([^/]+)/events/([^/]+)", GoogleFake._event),
    ("GET", f"{CALENDAR}/calendars/([^/]+)/events/([^/]+)/instances", GoogleFake._instances),
    ("GET", "/v2/conferenceRecords", GoogleFake._records),
    ("GET", f"/v2/({RECORD})/participants", GoogleFake._participants),
    ("GET", f"/v2/({PERSON})/participantSessions", GoogleFake._sessions),
    ("GET", f"/v2/({RECORD}|{PERSON}|{PERSON}/participantSessions/[^/]+)", GoogleFake._meet_resource),
)


def _single(query: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in query.items()}


def _partly(answer: Answer, query: Mapping[str, list[str]]) -> Answer:
    return as_json(part(json.loads(answer.raw), query["fields"][-1])) if "fields" in query else answer


def _basic(request: Request) -> dict[str, str]:
    """A client may name itself in the form or by HTTP Basic (RFC 6749, 2.3.1); oauthlib does the latter."""
    header = request.headers.get("Authorization") or ""
    if not header.startswith("Basic "):
        return {}
    name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return {"client_id": unquote(name), "client_secret": unquote(secret)}


def _view(entry: Entry, values: dict[str, Any]) -> View:
    """Events: list, timeZone: "The default is the time zone of the calendar"."""
    held = entry.calendar
    return View(
        entry.role, values.get("timeZone", held.zone), held.deleted_keep_details, values.get("maxAttendees")
    )
