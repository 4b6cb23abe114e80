"""Meet's record of who was in which call, and when (Meet API v2).

Fields, filters and page sizes are those of the discovery document. Only the comparisons that it names are understood in
a filter: `=`, `>=`, `<=`, `>`, `<` and `IS NULL`, joined by AND.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.google.errors import not_found, rpc_error
from tests.fakes.google.times import Json

KEPT = timedelta(days=30)  # ConferenceRecord, expireTime: "deleted 30 days after the conference ends"
CONDITION = re.compile(r'\s*([a-z_.]+)\s*(?:(>=|<=|=|>|<)\s*"([^"]*)"|(IS\s+NULL))\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Collection:
    """How one list is asked for: what its fields in a filter are called, and how long a page is."""

    name: str
    fields: Mapping[str, str]
    page: int
    largest: int


RECORDS = Collection(
    "conferenceRecords",
    {"space.meeting_code": "_code", "space.name": "space", "start_time": "startTime", "end_time": "endTime"},
    25,
    100,
)
PARTICIPANTS = Collection(
    "participants", {"earliest_start_time": "earliestStartTime", "latest_end_time": "latestEndTime"}, 100, 250
)
SESSIONS = Collection("participantSessions", {"start_time": "startTime", "end_time": "endTime"}, 100, 250)

Span = tuple[datetime, datetime | None]


class Meet:
    """One account's calls. `page_size` is a cap on every page, if it is set.

    call = account.meet.hold("abc-mnop-xyz", start, end)
    account.meet.join(call, [(start, end)], user="users/1", name="Anna")
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.page_size: int | None = None
        self._now = now
        self._lists: dict[str, list[Json]] = {"conferenceRecords": []}

    # what happens

    def hold(self, code: str, start: datetime, end: datetime | None) -> str:
        """A call in the room with that meeting code, still going on if `end` is None; gives its resource name."""
        records = self._lists["conferenceRecords"]
        name = f"conferenceRecords/record-{len(records) + 1}"
        ended = {} if end is None else {"endTime": _time(end), "expireTime": _time(end + KEPT)}
        space = f"spaces/{code.replace('-', '')}"
        records.append({"name": name, "space": space, "startTime": _time(start), **ended, "_code": code})
        self._lists[f"{name}/participants"] = []
        return name

    def join(self, call: str, spans: Sequence[Span], user: str | None = None, name: str = "Guest") -> str:
        """Somebody was in it, once for each span. With a `user` ("users/123") a signed-in person, else anonymous."""
        people = self._lists[f"{call}/participants"]
        resource = f"{call}/participants/person-{len(people) + 1}"
        who = {"anonymousUser": {"displayName": name}} if user is None else _signed_in(user, name)
        ends = [end for _start, end in spans]
        left = {} if None in ends else {"latestEndTime": _time(max(end for end in ends if end is not None))}
        people.append(
            {"name": resource, "earliestStartTime": _time(min(start for start, _end in spans)), **left, **who}
        )
        self._lists[f"{resource}/participantSessions"] = [
            {"name": f"{resource}/participantSessions/{number}", "startTime": _time(start)}
            | ({} if end is None else {"endTime": _time(end)})
            for number, (start, end) in enumerate(spans, 1)
        ]
        return resource

    # what is asked

    def list(self, parent: str, kind: Collection, values: Mapping[str, Any]) -> Json:
        """One page, newest first; `parent` is "" or a resource name. Raises 404 and 400."""
        held = self._lists.get(f"{parent}/{kind.name}".lstrip("/"))
        if held is None or not self._is_kept(parent):
            raise not_found(for_meet=True)
        kept = (one for one in held if self._is_kept(one["name"]))
        found = sorted(_filtered(kept, kind, values.get("filter", "")), key=_began, reverse=True)
        size = min(values.get("pageSize") or kind.page, kind.largest, self.page_size or kind.largest)
        begin = _offset(values.get("pageToken", ""))
        body: Json = {kind.name: [_public(one) for one in found[begin : begin + size]]} if found else {}
        if begin + size < len(found):
            body["nextPageToken"] = f"from-{begin + size}"
        return body

    def get(self, name: str) -> Json:
        parent = name.rpartition("/")[0]
        for one in self._lists.get(parent, ()):
            if one["name"] == name and self._is_kept(name):
                return _public(one)
        raise not_found(for_meet=True)

    def _is_kept(self, name: str) -> bool:
        record = "/".join(name.split("/")[:2])
        gone = (
            one["expireTime"]
            for one in self._lists["conferenceRecords"]
            if one["name"] == record and "expireTime" in one
        )
        return all(datetime.fromisoformat(at) > self._now() for at in gone)


def _signed_in(user: str, name: str) -> Json:
    return {"signedinUser": {"user": user, "displayName": name}}


def _time(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _began(one: Json) -> str:
    return str(one.get("startTime") or one["earliestStartTime"])


def _public(one: Json) -> Json:
    return {key: value for key, value in one.items() if not key.startswith("_")}


def _offset(page_token: str) -> int:
    if page_token and not re.fullmatch(r"from-\d+", page_token):
        raise rpc_error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
    return int(page_token.removeprefix("from-") or 0)


def _filtered(found: Iterable[Json], kind: Collection, text: str) -> Iterable[Json]:
    conditions = [_condition(part, kind) for part in re.split(r"\bAND\b", text)] if text.strip() else []
    return [one for one in found if all(holds(one) for holds in conditions)]


def _condition(text: str, kind: Collection) -> Callable[[Json], bool]:
    parsed = CONDITION.fullmatch(text)
    if parsed is None or parsed[1] not in kind.fields:
        raise rpc_error(400, "INVALID_ARGUMENT", "Invalid filter.")
    name, sign, value, is_null = kind.fields[parsed[1]], parsed[2], parsed[3], parsed[4]
    if is_null:
        return lambda one: name not in one
    if not parsed[1].endswith("_time"):
        return lambda one: one.get(name) == value
    at = datetime.fromisoformat(value)
    return lambda one: name in one and _compare(datetime.fromisoformat(one[name]), sign, at)


def _compare(one: datetime, sign: str, other: datetime) -> bool:
    return {"=": one == other, ">=": one >= other, "<=": one <= other, ">": one > other, "<": one < other}[
        sign
    ]
