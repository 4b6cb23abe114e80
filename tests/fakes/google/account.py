"""One person's account: an address, a list of calendars, calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.fakes.google.editing import Calendar
from tests.fakes.google.errors import invalid, not_found, token_gone
from tests.fakes.google.meet import Meet
from tests.fakes.google.times import Json

ROLES = ("freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")


@dataclass(frozen=True)
class Entry:
    """A calendar on a calendar list. `role` is one of `ROLES`."""

    calendar: Calendar
    role: str
    hidden: bool = False
    primary: bool = False

    def as_json(self) -> Json:
        made: Json = {
            "kind": "calendar#calendarListEntry",
            "etag": f'"{self.calendar.identity}"',
            "id": self.calendar.identity,
            "summary": self.calendar.summary,
            "timeZone": self.calendar.zone,
            "accessRole": self.role,
            "defaultReminders": [],
            "selected": True,
        }
        return made | {name: True for name in ("hidden", "primary") if getattr(self, name)}


class Account:
    """`email` is also the id of its own calendar, `user` its resource name in Meet. `page_size` caps the pages of the
    calendar list, if it is set."""

    def __init__(self, email: str, user: str, zone: str, now: Callable[[], datetime]) -> None:
        self.email = email
        self.user = user
        self.page_size: int | None = None
        self.meet = Meet(now)
        self.calendar = Calendar(email, email, zone, now)
        self._now = now
        self._entries = {email: Entry(self.calendar, "owner", primary=True)}

    def add_calendar(
        self,
        identity: str,
        summary: str = "",
        role: str = "owner",
        zone: str | None = None,
        hidden: bool = False,
    ) -> Calendar:
        """Another calendar on the list."""
        made = Calendar(identity, summary or identity, zone or self.calendar.zone, self._now)
        self.share(made, role, hidden)
        return made

    def share(self, calendar: Calendar, role: str, hidden: bool = False) -> None:
        """Put somebody else's calendar on the list, or change one's role."""
        primary = calendar is self.calendar
        self._entries[calendar.identity] = Entry(calendar, role, hidden, primary)

    def lose(self, calendar: Calendar) -> None:
        """It was deleted, or is shared no longer: 404 from now on."""
        del self._entries[calendar.identity]

    def entry(self, identity: str) -> Entry:
        """By a calendar's id, or "primary" (Calendars, calendarId); raises 404."""
        found = self._entries.get(self.email if identity == "primary" else identity)
        if found is None:
            raise not_found()
        return found

    def list(self, values: dict[str, Any]) -> Json:
        """One page of the calendar list (CalendarList: list). Its sync tokens are expired as soon as they are given."""
        if "syncToken" in values:
            raise token_gone()
        least = ROLES.index(values.get("minAccessRole", ROLES[0]))
        shown = [one for one in self._entries.values() if ROLES.index(one.role) >= least]
        shown = [one for one in shown if values.get("showHidden") or not one.hidden]
        begin = _offset(values.get("pageToken", "0"))
        size = min(values.get("maxResults", 100), 250, self.page_size or 250)
        body: Json = {"kind": "calendar#calendarList", "etag": f'"{len(shown)}"'}
        body["items"] = [one.as_json() for one in shown[begin : begin + size]]
        more = begin + size < len(shown)
        return body | ({"nextPageToken": str(begin + size)} if more else {"nextSyncToken": "calendar-list"})


def _offset(page_token: str) -> int:
    if not page_token.isdigit():
        raise invalid("pageToken")
    return int(page_token)
