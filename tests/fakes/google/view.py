"""How one account sees a calendar's events: zone, access role, tombstones, attendees."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.google.calendar import CANCELLED
from tests.fakes.google.times import Json, rendered

# What a reader of busy blocks, or of somebody's private event, gets; which fields exactly is not documented.
BUSY_FIELDS = {
    "kind", "etag", "id", "status", "htmlLink", "created", "updated", "start", "end", "recurrence", "recurringEventId",
    "originalStartTime", "iCalUID", "sequence", "eventType",
}  # fmt: skip
# Events resource, status: cancelled exceptions "are only guaranteed to have values for the id, recurringEventId and
# originalStartTime fields", other deleted events "are only guaranteed to have the id".
TOMBSTONE_FIELDS = {"kind", "etag", "id", "status", "recurringEventId", "originalStartTime"}
DETAILED = {"owner", "writer", "writerWithoutPrivateAccess", "reader"}


@dataclass(frozen=True)
class View:
    """`role` is an accessRole, `zone` the response's IANA zone, `most_attendees` the request's maxAttendees."""

    role: str
    zone: str
    deleted_keep_details: bool = False
    most_attendees: int | None = None

    def may_see(self, event: Json) -> bool:
        """A reader of free/busy information learns nothing of events that block no time."""
        return self.role in DETAILED or event.get("transparency") != "transparent"

    def or_gone(self, event: Json) -> Json:
        """In a delta: an event that may not be seen now was perhaps seen before."""
        return event if self.may_see(event) else {**event, "status": CANCELLED}

    def show(self, event: Json) -> Json:
        """An event as it stands in a response."""
        if event["status"] == CANCELLED and not self.deleted_keep_details:
            event = {key: value for key, value in event.items() if key in TOMBSTONE_FIELDS}
        if not self._sees_details(event):
            event = {key: value for key, value in event.items() if key in BUSY_FIELDS}
            event |= {} if event["status"] == CANCELLED else {"visibility": "private"}
        times: Json = {
            name: rendered(event[name], self.zone)
            for name in ("start", "end", "originalStartTime")
            if name in event
        }
        return self._with_few_attendees({**event, **times})

    def _sees_details(self, event: Json) -> bool:
        """CalendarList, accessRole."""
        if self.role not in DETAILED:
            return False
        hidden = event.get("visibility") in {"private", "confidential"}
        return not hidden or self.role in {"owner", "writer"}

    def _with_few_attendees(self, event: Json) -> Json:
        """Events: list, maxAttendees: "only the participant is returned"."""
        guests = event.get("attendees", [])
        if self.most_attendees is None or len(guests) <= self.most_attendees:
            return event
        return {
            **event,
            "attendees": [guest for guest in guests if guest.get("self")],
            "attendeesOmitted": True,
        }
