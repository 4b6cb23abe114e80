"""The calls to Google Calendar: one method a list, all of its pages, facts out, no decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build

from kepthour_connectors.base import CalendarGone, Nonsense
from kepthour_connectors.google.wire import Wire

Json = Mapping[str, Any]

PAGE = 2500  # the most that Google gives
_MOST_PAGES = 400
# Only what sessions need is sent at all: of attendees no name and no address.
_FIELDS = (
    "kind,nextPageToken,nextSyncToken,items(id,etag,status,summary,description,location,colorId,start,end,"
    "endTimeUnspecified,recurrence,recurringEventId,originalStartTime,transparency,iCalUID,sequence,"
    "attendees(self,responseStatus),hangoutLink,conferenceData(entryPoints(entryPointType,uri)),eventType)"
)
# Fixed, because a sync token belongs to the parameters of the request that it came from; named, so that a kind that
# Google invents tomorrow is not taken for a session. No window and no search: deltas ignore windows, and the same token
# was seen for different searches (home-assistant/core#81532).
PARAMETERS: Json = {
    "singleEvents": False,
    "maxResults": PAGE,
    "eventTypes": ["birthday", "default", "focusTime", "fromGmail", "outOfOffice", "workingLocation"],
    "fields": _FIELDS,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """All pages of one list, as they came."""

    events: tuple[Json, ...] = field(repr=False)
    token: str = field(repr=False)  # for the next time; it comes with the last page only


class Calls:
    """One account's requests. Raises ConnectorError, and whatever the libraries throw."""

    def __init__(self, credentials: Credentials, endpoint: str | None) -> None:
        self.wire = Wire()
        self.credentials = credentials
        self._service = build(
            "calendar",
            "v3",
            http=AuthorizedHttp(credentials, http=self.wire),
            client_options={"api_endpoint": endpoint} if endpoint else None,
            static_discovery=True,
        )

    def close(self) -> None:
        self.wire.end()
        self._service.close()

    def find(self, wanted: str) -> str:
        """The id of the account's calendar with this id or displayed name."""
        if wanted == "primary" or "@" in wanted:
            return wanted
        named = [
            str(entry["id"])
            for page in self._pages(
                self._service.calendarList(), "calendar#calendarList", {"maxResults": 250}
            )
            for entry in page.get("items", [])
            if wanted in {entry.get("summaryOverride"), entry.get("summary")}
        ]
        if len(named) != 1:
            what = "no calendar" if not named else "more than one calendar"
            raise CalendarGone(
                f"This account has {what} of the name given as calendar.",
                "Write the name as Google shows it, or the calendar's id from its settings.",
            )
        return named[0]

    def changes(self, calendar: str, token: str) -> Listing:
        """What changed since `token` was given out."""
        return self._listing({"calendarId": calendar, **PARAMETERS, "syncToken": token})

    def everything(self, calendar: str) -> Listing:
        """All there is. Deleted events are not among it, but for cancelled instances of living series."""
        return self._listing({"calendarId": calendar, **PARAMETERS})

    def instances(self, calendar: str, start: str, end: str) -> list[Json]:
        """Every instance that overlaps [start, end) (RFC 3339), as Google expands it."""
        parameters = {
            "calendarId": calendar,
            **PARAMETERS,
            "singleEvents": True,
            "timeMin": start,
            "timeMax": end,
        }
        pages = self._pages(self._service.events(), "calendar#events", parameters)
        return [event for page in pages for event in page.get("items", [])]

    def _listing(self, parameters: Json) -> Listing:
        events: list[Json] = []
        token = None
        for page in self._pages(self._service.events(), "calendar#events", parameters):
            events += page.get("items", [])
            token = page.get("nextSyncToken")
        if not token:
            raise Nonsense("Google's list of events came without a sync token.", "The next poll tries again.")
        return Listing(tuple(events), str(token))

    def _pages(self, collection: Any, kind: str, parameters: Json) -> Iterator[Json]:
        """Page by page; a page may be empty and still have a next one."""
        following: Json = {}
        for _ in range(_MOST_PAGES):
            # Asked anew for each page: the library's own list_next refuses addresses in which a parameter is repeated.
            # waiting is the policy's
            page = collection.list(**parameters, **following).execute(num_retries=0)
            if not isinstance(page, dict) or page.get("kind") != kind:
                raise Nonsense(
                    "Something else than Google answered, such as a login page.",
                    "Check whether this network wants a sign-in of its own.",
                )
            yield page
            if not page.get("nextPageToken"):
                return
            following = {"pageToken": page["nextPageToken"]}
        raise Nonsense("Google's list of events does not end.", "The next poll tries again.")
