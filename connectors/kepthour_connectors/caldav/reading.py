"""Fetching what changed, in batches, so that one bad object never costs the others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from kepthour_connectors.base import BadResource, Resource
from kepthour_connectors.caldav.client import BatchRefused, Calls
from kepthour_connectors.caldav.translate import GONE, Found, Member

_BATCH = 100
_TOGETHER = 4  # so many batches in one request of a server that took fewer: each costs a way there and back
_PATIENCE = 17  # refused batches: halving finds two bad objects of a hundred within these
_CALENDAR = re.compile(r"^\s*BEGIN:VCALENDAR\b", re.IGNORECASE)
_EVENT = re.compile(r"^BEGIN:VEVENT\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class Reading:
    """What became of the members that were to be read."""

    events: list[Resource] = field(default_factory=list)
    others: list[Resource] = field(default_factory=list)  # tasks, journals
    bad: list[BadResource] = field(default_factory=list)
    vanished: set[str] = field(default_factory=set)
    gaps: int = 0  # members which the multiget did not answer for

    def take(self, member: Member, answer: Found) -> None:
        if answer.status in GONE:
            self.vanished.add(member.key)
        elif answer.data is None:
            self.bad.append(BadResource(member.key, "", f"status-{answer.status}"))
        elif not _CALENDAR.match(answer.data.lstrip("\ufeff")):
            # A single GET has no etag; what came in place of the object may be a login page, and is asked for again.
            self.bad.append(BadResource(member.key, answer.etag or "", "not-icalendar"))
        else:
            etag = answer.etag or member.etag or hashlib.sha256(answer.data.encode()).hexdigest()
            kind = self.events if _EVENT.search(answer.data) else self.others
            kind.append(Resource(member.key, etag, answer.data))


def read(calls: Calls, members: Sequence[Member]) -> Reading:
    """Read `members` whole. Raises ConnectorError if the server fails for more than single ones."""
    reading = Reading()
    waiting = [members[start : start + _BATCH] for start in range(0, len(members), _BATCH)]
    refused, together, most = 0, 1, _TOGETHER
    while waiting:
        parts, waiting = waiting[:together], waiting[together:]
        batch = [member for part in parts for member in part]
        try:
            found = calls.multiget(batch)
        except BatchRefused as refusal:
            refused += 1
            if refused > _PATIENCE:
                raise refusal.fault from None
            together = most = 1
            if len(batch) > 1:
                waiting[:0] = parts if len(parts) > 1 else _halves(batch)
                continue
            found = {}
        _take(calls, batch, found, reading)
        together = min(2 * together, most)
    return reading


def _halves(batch: Sequence[Member]) -> list[Sequence[Member]]:
    middle = len(batch) // 2
    return [batch[:middle], batch[middle:]]


def _take(calls: Calls, batch: Sequence[Member], found: dict[str, Found], reading: Reading) -> None:
    for member in batch:
        answer = found.get(member.key)
        if answer is None or answer.data is None:
            # Left out, spelled in another way, or said to be gone while the listing has it: ask for this one alone.
            reading.gaps += 1
            answer = calls.get(member)
        reading.take(member, answer)
