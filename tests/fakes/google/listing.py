"""The rules of events.list and events.instances: what is in a listing, its pages, its tokens, and what is refused.

"Events: list, X" in the comments is the description of parameter X in the Calendar API's reference (and discovery
document); "sync guide" is "Synchronize resources efficiently".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.google.calendar import CANCELLED, Store, is_series, original_of
from tests.fakes.google.errors import (
    invalid,
    not_found,
    restricted_beside_token,
    time_range_empty,
    updated_min_too_long_ago,
)
from tests.fakes.google.expansion import instances, overlaps, series_instances
from tests.fakes.google.times import Json, instant, parse, rfc3339
from tests.fakes.google.view import View

# Events: list, syncToken: "cannot be specified together with nextSyncToken".
FORBIDDEN_BESIDE_TOKEN = {
    "iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMax", "timeMin", "updatedMin",
}  # fmt: skip
# A window leads to a token (the sync guide's own example has one), these were seen not to; not documented.
WITHOUT_TOKEN = FORBIDDEN_BESIDE_TOKEN - {"timeMax", "timeMin"}
# What may differ from request to request. The rest "should be the same as for the initial synchronization to avoid
# undefined behavior" (Events: list, syncToken); the fake refuses it, so that a test notices.
FREE = frozenset({"maxResults", "pageToken", "syncToken"})
LARGEST_PAGE = 2500  # Events: list, maxResults
REMEMBERED = timedelta(days=28)  # how far back updatedMin may lie; the figure is not documented
HORIZON = timedelta(days=730)  # how far series without an end are expanded; not documented


@dataclass(frozen=True)
class Listing:
    """A result with its remaining items, as it was at `revision`: what changes while it is paged through is in the
    next delta (sync guide: "they won't be missed"). `sync_token` is the one that was asked with."""

    items: tuple[Json, ...]
    fingerprint: str
    revision: int
    gives_token: bool
    sync_token: str | None
    page: int = 0


class Lister:
    """Answers events.list for all calendars, and remembers the listings whose pages are still asked for."""

    def __init__(self) -> None:
        self._open: dict[str, Listing] = {}

    def list(self, calendar: Store, view: View, values: dict[str, Any]) -> Json:
        """One page. `values` is the query by types; raises the refusals."""
        page_token = values.get("pageToken")
        if page_token is None:
            listing = self._begin(calendar, view, values)
        else:
            listing = self._go_on(calendar, values, page_token)
        return self._page(calendar, view, listing, values)

    def instances(self, calendar: Store, view: View, series: str, values: dict[str, Any]) -> Json:
        """Of one series (Events: instances)."""
        event = calendar.events.get(series)
        if event is None or not is_series(event):
            raise not_found()
        listing = self._open.get(values.get("pageToken", ""))
        if "pageToken" in values and listing is None:
            raise invalid("pageToken")
        if listing is None:
            found = series_instances(calendar, event, _horizon(calendar, values))
            items = tuple(
                view.show(one) for one in _sorted(calendar, found) if _wanted(calendar, one, values)
            )
            if "originalStart" in values:
                at = datetime.fromisoformat(values["originalStart"])
                items = tuple(one for one in items if instant(original_of(one), calendar.zone) == at)
            listing = Listing(items, fingerprint(values), calendar.revision, False, None)
        return self._page(calendar, view, listing, values)

    def _begin(self, calendar: Store, view: View, values: dict[str, Any]) -> Listing:
        mark, token = fingerprint(values), values.get("syncToken")
        if token is None:
            _check(calendar, values)
            found = [event for event in _full(calendar, values) if view.may_see(event)]
            gives = not WITHOUT_TOKEN & set(values)
        else:
            since = _redeem(calendar, values, token, mark)
            found, gives = [view.or_gone(event) for event in _delta(calendar, values, since)], True
        items = tuple(view.show(event) for event in found if _of_type(event, values))
        return Listing(items, mark, calendar.revision, gives, token)

    def _go_on(self, calendar: Store, values: dict[str, Any], page_token: str) -> Listing:
        listing = self._open.get(page_token)
        if listing is None or listing.fingerprint != fingerprint(values):
            raise invalid("pageToken")
        if values.get("syncToken", listing.sync_token) != listing.sync_token:
            raise invalid("pageToken")
        if listing.sync_token is not None:
            calendar.redeem(listing.sync_token)
        return listing

    def _page(self, calendar: Store, view: View, listing: Listing, values: dict[str, Any]) -> Json:
        size = min(values.get("maxResults", 250), LARGEST_PAGE)
        if calendar.page_sizes:
            size = min(size, calendar.page_sizes[listing.page % len(calendar.page_sizes)])
        rest = listing.items[size:]
        body = _envelope(calendar, view) | {"items": list(listing.items[:size])}
        # Events, nextPageToken: "in which case" there is no nextSyncToken, and the other way round
        if rest or (listing.items and calendar.empty_last_page):
            body["nextPageToken"] = self._keep(calendar, replace(listing, items=rest, page=listing.page + 1))
        elif listing.gives_token:
            mark = fingerprint(values, FREE | FORBIDDEN_BESIDE_TOKEN)
            body["nextSyncToken"] = calendar.token(listing.revision, mark)
        return body

    def _keep(self, calendar: Store, listing: Listing) -> str:
        token = hashlib.sha256(f"{calendar.identity} {len(self._open)}".encode()).hexdigest()[:24]
        self._open[token] = listing
        return token


def fingerprint(values: dict[str, Any], but: frozenset[str] = FREE) -> str:
    """Of what has to stay the same from request to request: all but `but`."""
    kept = {key: value for key, value in values.items() if key not in but and value is not False}
    return repr(sorted(kept.items()))


def _redeem(calendar: Store, values: dict[str, Any], token: str, mark: str) -> int:
    """The revision a sync token stands for."""
    if FORBIDDEN_BESIDE_TOKEN & set(values) or values.get("showDeleted") is False:
        raise restricted_beside_token()
    revision, given_to = calendar.redeem(token)
    if mark not in given_to:
        raise invalid("syncToken", "The parameters are not those of the first request.")
    return revision


def _check(calendar: Store, values: dict[str, Any]) -> None:
    """What is refused without a token."""
    if values.get("orderBy") == "startTime" and not values.get("singleEvents"):
        raise invalid("orderBy", "The requested ordering is not available for the particular query.")
    if "timeMin" in values and "timeMax" in values and values["timeMin"] >= values["timeMax"]:
        raise time_range_empty()
    if "updatedMin" in values and calendar.now - values["updatedMin"] > REMEMBERED:
        raise updated_min_too_long_ago()


def _full(calendar: Store, values: dict[str, Any]) -> list[Json]:
    if values.get("singleEvents"):
        found = list(instances(calendar, _horizon(calendar, values)))
        found = _sorted(calendar, found) if values.get("orderBy") == "startTime" else found
    else:
        found = list(calendar.newest_last())
    return [event for event in found if _wanted(calendar, event, values) and _listed(calendar, event, values)]


def _delta(calendar: Store, values: dict[str, Any], since: int) -> list[Json]:
    """Everything that changed, deletions whatever `showDeleted` says (Events: list, syncToken)."""
    changed = list(calendar.newest_last(since))
    if not values.get("singleEvents"):
        return changed
    expanded: dict[str, Json] = {}
    for event in changed:
        of_it = (
            series_instances(calendar, event, _horizon(calendar, values)) if is_series(event) else (event,)
        )
        expanded |= {one["id"]: one for one in of_it}
    return list(expanded.values())


def _listed(calendar: Store, event: Json, values: dict[str, Any]) -> bool:
    """Whether a deleted event is part of a full list.

    Events: list, showDeleted: "Cancelled instances of recurring events (but not the underlying recurring event) will
    still be included if showDeleted and singleEvents are both False." Events resource, status, calls those "cancelled
    exceptions of an uncancelled recurring event": exceptions of a deleted series are not listed. updatedMin brings
    deleted events always."""
    series = calendar.events.get(event.get("recurringEventId", ""))
    if series is not None and series["status"] == CANCELLED:
        return bool(values.get("showDeleted")) or "updatedMin" in values
    if event["status"] != CANCELLED or values.get("showDeleted") or "updatedMin" in values:
        return True
    return series is not None and not values.get("singleEvents")


def _wanted(calendar: Store, event: Json, values: dict[str, Any]) -> bool:
    """Whether the filters let an event of a full list pass."""
    if "updatedMin" in values and datetime.fromisoformat(event["updated"]) < values["updatedMin"]:
        return False
    if event["status"] == CANCELLED and values.get("singleEvents") and not values.get("showDeleted"):
        return False
    if values.get("iCalUID", event.get("iCalUID")) != event.get("iCalUID"):
        return False
    return _in_window(calendar, event, values) and _matches(event, values)


def _in_window(calendar: Store, event: Json, values: dict[str, Any]) -> bool:
    """A series is in the window if one of its instances is."""
    least, most = values.get("timeMin"), values.get("timeMax")
    if least is None and most is None:
        return True
    if is_series(event):
        found: Iterable[Json] = series_instances(calendar, event, _horizon(calendar, values))
    else:
        found = (event,) if "start" in event else ()
    return any(overlaps(one, calendar.zone, least, most) for one in found)


def _matches(event: Json, values: dict[str, Any]) -> bool:
    """Free text (a part of what Google searches) and extended properties."""
    texts = (str(event.get(name, "")).casefold() for name in ("summary", "description", "location"))
    if "q" in values and not any(values["q"].casefold() in text for text in texts):
        return False
    properties = event.get("extendedProperties", {})
    for sort in ("private", "shared"):
        for constraint in values.get(f"{sort}ExtendedProperty", ()):
            name, _, value = constraint.partition("=")
            if properties.get(sort, {}).get(name) != value:
                return False
    return True


def _of_type(event: Json, values: dict[str, Any]) -> bool:
    """Events: list, eventTypes: "If unset, returns all event types"."""
    return event.get("eventType", "default") in values.get("eventTypes", (event.get("eventType", "default"),))


def _sorted(calendar: Store, events: Iterable[Json]) -> list[Json]:
    by_start: Callable[[Json], datetime] = lambda event: instant(parse(event["start"]), calendar.zone)  # noqa: E731
    return sorted(events, key=by_start)


def _horizon(calendar: Store, values: dict[str, Any]) -> datetime:
    most: datetime | None = values.get("timeMax")
    return calendar.now + HORIZON if most is None else most


def _envelope(calendar: Store, view: View) -> Json:
    return {
        "kind": "calendar#events",
        "etag": f'"p{calendar.revision:031d}"',
        "summary": calendar.summary,
        "description": "",
        "updated": rfc3339(calendar.now),
        "timeZone": view.zone,
        "accessRole": view.role,
        "defaultReminders": [{"method": "popup", "minutes": 10}] if view.role == "owner" else [],
    }
