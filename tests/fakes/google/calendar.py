"""One calendar: its events as JSON, and a log of changes behind its sync tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime

from tests.fakes.google.errors import token_gone
from tests.fakes.google.times import Json, Moment, moment, parse, rfc3339, stamp

CANCELLED = "cancelled"


class Store:
    """Holds each event in its newest state, and the revision at which it last changed. A revision is a number that
    every edit raises. `editing.Calendar` adds what a user can do.

    Its odd ways are attributes. `page_sizes` are the sizes of a listing's pages, in turn; none of them is more than
    the request's `maxResults`, and a 0 is an empty page that still has a next one (Events: list, maxResults: "or none
    at all"); `empty_last_page` puts one at the end. `deleted_keep_details` shows deleted events with what they were,
    as on the organizer's calendar (Events resource, status); else they are as bare as the documentation allows.
    `deletes_exceptions_too` says whether the deletion of a series names its exceptions, too; not documented.
    """

    def __init__(self, identity: str, summary: str, zone: str, clock: Callable[[], datetime]) -> None:
        self.identity = identity
        self.summary = summary
        self.zone = zone
        self.revision = 0
        self.page_sizes: tuple[int, ...] = ()
        self.empty_last_page = False
        self.deleted_keep_details = False
        self.deletes_exceptions_too = False
        self.events: dict[str, Json] = {}
        self._clock = clock
        self._changed: dict[str, int] = {}
        self._made = 0
        self._tokens: dict[str, tuple[int, set[str]]] = {}
        self._age = 0

    @property
    def now(self) -> datetime:
        return self._clock()

    # events

    def new_id(self) -> str:
        """The next event id, the same in every run: letters and digits of base32hex (Events resource, id)."""
        self._made += 1
        return hashlib.sha256(f"{self.identity} {self._made}".encode()).hexdigest()[:26]

    def record(self, event: Json, quietly: bool = False) -> None:
        """Put an event's new state. `quietly` leaves `updated` and etag, as a change of reminders does (Events
        resource, updated)."""
        self.revision += 1
        if not quietly:
            event = {
                **event,
                "updated": rfc3339(self.now),
                "etag": f'"{3_400_000_000_000_000 + self.revision}"',
            }
        self.events[event["id"]] = event
        self._changed[event["id"]] = self.revision

    def exceptions(self, series: str) -> list[Json]:
        """The series' changed and cancelled instances."""
        return [event for event in self.events.values() if event.get("recurringEventId") == series]

    def exception(self, series: str, original: Moment) -> Json | None:
        """What an instance became, if it was ever touched."""
        found = self.events.get(instance_id(series, original), {})
        return found if found.get("recurringEventId") == series else None

    def original(self, series: str, at: str | Moment) -> Moment:
        """`at` in the zone in which the series repeats."""
        return moment(at, self.events[series]["start"].get("timeZone", self.zone))

    def newest_last(self, since: int = 0) -> Iterator[Json]:
        """The events which changed after revision `since`, in the order in which they changed."""
        for identity, revision in sorted(self._changed.items(), key=lambda item: item[1]):
            if revision > since:
                yield self.events[identity]

    # sync tokens

    def token(self, revision: int, parameters: str) -> str:
        """The sync token for the state at `revision`. The same for every query, as was seen; what differs by
        `parameters` (their fingerprint) is for whom it was given out."""
        made = hashlib.sha256(f"{self.identity} {self._age} {revision}".encode()).hexdigest()[:20] + "="
        self._tokens.setdefault(made, (revision, set()))[1].add(parameters)
        return made

    def redeem(self, token: str) -> tuple[int, set[str]]:
        """A token's revision, and the fingerprints of the queries it was given to; raises 410."""
        if token not in self._tokens:
            raise token_gone()
        return self._tokens[token]

    def expire_sync_tokens(self) -> None:
        """Every token given out so far answers 410 from now on, and so do the pages of deltas under way."""
        self._tokens.clear()
        self._age += 1


def instance_id(series: str, original: Moment) -> str:
    """The id of a series' instance. For a series that a split began (`ID_R20260316T100000`) it is made of `ID` alone,
    so that an exception keeps its id when it goes over; not documented, Google's support told Odoo so."""
    return f"{series.partition('_R')[0]}_{stamp(original)}"


def is_series(event: Json) -> bool:
    return bool(event.get("recurrence"))


def original_of(event: Json) -> Moment:
    """The original start of an instance."""
    return parse(event["originalStartTime"])
