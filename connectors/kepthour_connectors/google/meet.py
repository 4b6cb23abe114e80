"""Whether the signed-in therapist was in the Meet room of an event, and from when to when (Meet API v2).

Of Meet's record of a call only the therapist's own times are kept. Names are not even asked for: `fields` leaves them
out, so that they are not sent.

Who the therapist is: a participant who was signed in is "users/{id}", where {id} is the id of the Google account, the
same that an OpenID token calls `sub`. So the one right beside reading calls is `openid`, which tells this number and
nothing else; Google's token endpoint sends it whenever the sign-in is renewed. A display name is never compared.

A code belongs to a room, and a series has one room for years: calls are told apart by their time. Google keeps them for
30 days; that there is no record of one proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kepthour_connectors.base import CalendarGone, ConnectorError, Nonsense, Surroundings
from kepthour_connectors.google import Options

if TYPE_CHECKING:
    from google.oauth2.credentials import Credentials

AROUND = timedelta(minutes=15)  # so long before a session and after it the room may be used for it
_LONGEST_CALL = timedelta(hours=24)  # Meet ends a call after that
_MOST_PAGES = 40
_LINK = re.compile(r"https://meet\.google\.com/([a-z]{3}-[a-z]{4}-[a-z]{3})/?(?:\?[^#]*)?(?:#.*)?", re.ASCII)
_UNEXPECTED = "Nothing to do: it is asked again."

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stay:
    """One spell in the room. Instants are aware UTC."""

    since: datetime
    until: datetime | None  # None: still there when it was asked


@dataclass(frozen=True, slots=True)
class Presence:
    """What Meet knows of the therapist. No stays prove nothing; `unknown` is a short code for why it was not told."""

    stays: tuple[Stay, ...] = ()  # oldest first; those that touch the time around the session
    unknown: str | None = None


def meeting_code(link: str) -> str | None:
    """The code in a join link such as https://meet.google.com/abc-mnop-xyz; None: it is no link to a Meet room."""
    found = _LINK.fullmatch(link)
    return found[1] if found else None


class Meet:
    """Meet's record, asked as the account of one calendar. Used by one thread at a time."""

    def __init__(self, options: Options, surroundings: Surroundings) -> None:
        self._options = options
        self._surroundings = surroundings
        self._me: tuple[str, str] | None = (
            None  # whose the sign-in is, and by which refresh token that is known
        )

    def presence(self, code: str, start: datetime, end: datetime) -> Presence:
        """The therapist's stays in the room `code` around [start, end] (aware). Blocks; never raises.

        Every call has connections of its own: minutes pass between two, and what idles that long is dead.
        """
        try:
            return Presence(self._stays(code, start - AROUND, end + AROUND))
        except Exception as error:  # noqa: BLE001  Google's libraries throw whatever theirs do: all of it means unknown
            return Presence(unknown=_code(error, self._surroundings.name))

    def _stays(self, code: str, start: datetime, end: datetime) -> tuple[Stay, ...]:
        from kepthour_connectors.google.credentials import Keeper
        from kepthour_connectors.google.tokens import tokens

        keeper = Keeper(tokens(self._options, self._surroundings), self._surroundings.name)
        credentials = keeper.load()
        try:
            me = self._who(credentials)
            with _service(credentials, self._options.meet_endpoint) as service:
                stays = [
                    stay
                    for record in _records(service, code, start, end)
                    for stay in _stays_of(service, record, me)
                    if stay.since < end and (stay.until is None or stay.until > start)
                ]
        finally:
            keeper.keep(credentials)
        return tuple(sorted(stays, key=lambda stay: stay.since))

    def _who(self, credentials: Credentials) -> str:
        """The therapist's own resource name, "users/{id}". The sign-in is renewed if it is not known yet."""
        if self._me is None or self._me[1] != credentials.refresh_token:
            self._me = (_renewed_subject(credentials), str(credentials.refresh_token))
        return self._me[0]


class NotTold(ConnectorError):
    """The sign-in does not say whose it is: `openid` was not allowed."""

    code = "scope_missing"


def _code(error: Exception, name: str) -> str:
    from googleapiclient.errors import HttpError

    from kepthour_connectors.google.faults import reasons, translated

    if isinstance(error, HttpError) and "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in reasons(error):
        return NotTold.code
    found = translated(error, name)
    # 403, 404: it is no calendar that was asked
    return "refused" if isinstance(found, CalendarGone) else found.code


def _renewed_subject(credentials: Credentials) -> str:
    """Renews the sign-in; its ID token came from Google's own token endpoint by TLS, which stands for its signature
    (OpenID Connect Core, 3.1.3.7, 6). Raises NotTold, and whatever the libraries throw."""
    import google_auth_httplib2
    from google.auth import jwt

    credentials.refresh(google_auth_httplib2.Request(_wire()))  # type: ignore[no-untyped-call]
    if not credentials.id_token:
        raise NotTold("The sign-in does not say whose it is.", "Sign in again with meet = true.")
    told = jwt.decode(credentials.id_token, verify=False)  # type: ignore[no-untyped-call]
    if told.get("aud") != credentials.client_id or not isinstance(told.get("sub"), str):
        raise Nonsense("The sign-in is somebody else's.", _UNEXPECTED)
    return f"users/{told['sub']}"


def _wire() -> Any:
    from kepthour_connectors.google.wire import Wire

    return Wire()


def _service(credentials: Credentials, endpoint: str | None) -> Any:
    from google_auth_httplib2 import AuthorizedHttp
    from googleapiclient.discovery import build

    return build(
        "meet",
        "v2",
        http=AuthorizedHttp(credentials, http=_wire()),
        client_options={"api_endpoint": endpoint} if endpoint else None,
        static_discovery=True,
    )


def _records(service: Any, code: str, start: datetime, end: datetime) -> Iterator[str]:
    """The names of the calls in that room which may have been going on in [start, end]."""
    began = f'start_time>="{_time(start - _LONGEST_CALL)}" AND start_time<="{_time(end)}"'
    wanted = f'space.meeting_code = "{code}" AND {began}'
    for record in _all(
        service.conferenceRecords(), "conferenceRecords", "name,startTime,endTime", filter=wanted
    ):
        over = record.get("endTime")
        if over is None or _moment(over) > start:
            yield record["name"]


def _stays_of(service: Any, record: str, me: str) -> Iterator[Stay]:
    """The therapist's stays in one call; who leaves and comes again has one each time, and on each device."""
    people = service.conferenceRecords().participants()
    for person in _all(people, "participants", "name,signedinUser/user", parent=record):
        if person.get("signedinUser", {}).get("user") == me:
            sessions = people.participantSessions()
            for one in _all(sessions, "participantSessions", "startTime,endTime", parent=person["name"]):
                until = one.get("endTime")
                yield Stay(_moment(one["startTime"]), _moment(until) if until else None)


def _all(collection: Any, name: str, fields: str, **parameters: str) -> Iterator[Json]:
    """Every item of a list, page by page. Only `fields` of them are sent."""
    parameters["fields"] = f"nextPageToken,{name}({fields})"
    for _ in range(_MOST_PAGES):
        page = collection.list(**parameters).execute(num_retries=0)
        if not isinstance(page, dict):
            raise Nonsense("Something else than Google answered, such as a login page.", _UNEXPECTED)
        yield from page.get(name, [])
        if not page.get("nextPageToken"):
            return
        parameters["pageToken"] = page["nextPageToken"]
    raise Nonsense("Google's list does not end.", _UNEXPECTED)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
