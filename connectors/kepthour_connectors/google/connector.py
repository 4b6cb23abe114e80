"""One Google calendar, polled: what changed since the sync token, or everything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from kepthour_connectors.base import BadResource, Batch, CalendarGone, Kind, Known, Resource, Surroundings
from kepthour_connectors.google import Options, translate
from kepthour_connectors.google.client import PARAMETERS, Calls, Json, Listing
from kepthour_connectors.google.credentials import Keeper
from kepthour_connectors.google.faults import is_gone, translated
from kepthour_connectors.google.tokens import tokens
from kepthour_connectors.google.translate import Untranslatable, etag, href, is_cancelled, is_exception
from kepthour_connectors.retry import Account

T = TypeVar("T")

_HOME = "https://www.googleapis.com/"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A sync token, and what it was given out for: with any other request its answer would be undefined."""

    token: str
    belongs_to: str

    @classmethod
    def read(cls, text: str | None, belongs_to: str) -> Cursor | None:
        """The cursor which `written` made for the same calendar, parameters and format; else None."""
        try:
            stored = json.loads(text) if text else {}
            token = stored.get("token")
            fits = stored.get("for") == belongs_to
        except (ValueError, AttributeError):
            return None
        return cls(token, belongs_to) if isinstance(token, str) and token and fits else None

    def written(self) -> str:
        return json.dumps({"token": self.token, "for": self.belongs_to})


class GoogleConnector:
    """A Connector. A delta maps to changes one by one; a full list is compared with what is known, mark and sweep."""

    def __init__(self, options: Options, surroundings: Surroundings) -> None:
        self._options = options
        self._name = surroundings.name
        self._keeper = Keeper(tokens(options, surroundings), surroundings.name)
        self._calls: Calls | None = None
        self._calendar: str | None = None  # its id, once found
        self._account: Account | None = None

    @property
    def account(self) -> Account | None:
        return self._account

    def poll(self, known: Known) -> Batch:
        return self._asking(lambda calls: self._polled(calls, known))

    def _asking(self, ask: Callable[[Calls], T]) -> T:
        try:
            calls = self._open()
            try:
                return ask(calls)
            finally:
                self._keeper.keep(calls.credentials)
        except Exception as error:  # noqa: BLE001  (supervised: TypeErrors and the transport's own errors come, too)
            self.close()  # its sockets may be stale: googleapis/google-api-python-client#563
            fault = translated(error, self._name)
            if isinstance(fault, CalendarGone):
                self._calendar = None
            # `from None`: the libraries' errors hold answers, which a traceback would show.
            raise fault from None

    def instances(self, start: datetime, end: datetime) -> tuple[Resource, ...]:
        """As base.ListsInstances. `start` and `end` are aware."""
        return self._asking(lambda calls: self._instances(calls, start, end))

    def close(self) -> None:
        if self._calls is not None:
            self._calls.close()
            self._calls = None

    def _open(self) -> Calls:
        if self._calls is None:
            credentials = self._keeper.load()
            user = hashlib.sha256(str(credentials.refresh_token).encode()).hexdigest()[:12]
            self._account = Account.of(self._options.endpoint or _HOME, user)
            self._calls = Calls(credentials, self._options.endpoint)
        self._calls.wire.begin()
        return self._calls

    def _polled(self, calls: Calls, known: Known) -> Batch:
        if self._calendar is None:
            self._calendar = calls.find(self._options.calendar)
        purpose = _purpose(self._calendar)
        cursor = Cursor.read(known.cursor, purpose)
        warnings: tuple[str, ...] = ()
        if cursor is not None and not known.full:
            try:
                changes = calls.changes(self._calendar, cursor.token)
            except Exception as error:
                if not is_gone(error):
                    raise
                warnings = ("token-refused",)  # 410: the list that follows names no deletion, so it is swept
            else:
                return _delta(changes, known, Cursor(changes.token, purpose), calls.wire.sent)
        listing = calls.everything(self._calendar)
        return _full(listing, known.at_once(), Cursor(listing.token, purpose), calls.wire.sent, warnings)

    def _instances(self, calls: Calls, start: datetime, end: datetime) -> tuple[Resource, ...]:
        if self._calendar is None:
            self._calendar = calls.find(self._options.calendar)
        found = calls.instances(self._calendar, start.isoformat(), end.isoformat())
        return _resources(found, Known())[0]


def _purpose(calendar: str) -> str:
    """Of what a token is: calendar, parameters and format, as one hash."""
    text = json.dumps([calendar, PARAMETERS, translate.FORMAT], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _delta(changes: Listing, known: Known, cursor: Cursor, requests: int) -> Batch:
    known = known.at_once() if changes.events else Known()  # a change may concern any piece of a series
    living, gone = _sorted(changes.events)
    found, bad = _resources(living, known)
    named = {each.href for each in found} | {each.href for each in bad} | set(map(_href, living))
    changed = {_href(event) for event in living}
    swept = {each for each in known.etags if _goes_with(each, gone) or _mends(each) in changed}
    swept |= _elsewhere(named, known)
    return Batch(
        kind=Kind.DELTA,
        changed=found,
        deleted=frozenset(swept - named),
        listed=None,
        cursor=cursor.written(),
        requests=requests,
        bad=bad,
    )


def _full(listing: Listing, known: Known, cursor: Cursor, requests: int, warnings: tuple[str, ...]) -> Batch:
    living, _gone = _sorted(listing.events)
    found, bad = _resources(living, known)
    return Batch(
        kind=Kind.FULL,
        changed=found,
        deleted=frozenset(),
        listed=frozenset(filter(None, map(_href, living))) | _still_mending(living, known),
        cursor=cursor.written(),
        requests=requests,
        bad=bad,
        warnings=warnings,
    )


def _sorted(events: Iterable[Json]) -> tuple[list[Json], set[str]]:
    """What is there (cancelled instances too: they take one away), and the hrefs of what is gone.

    An event may come twice, on pages between which it changed: the last one counts.
    """
    last = {str(event.get("id")): event for event in events}.values()
    gone = {_href(event) for event in last if is_cancelled(event) and not is_exception(event)}
    return [event for event in last if is_exception(event) or not is_cancelled(event)], gone


def _goes_with(each: str, gone: set[str]) -> bool:
    """Whether `each` is gone, or its master is: an instance whose series was moved leaves a tombstone without it."""
    return bool({each.partition("/")[0], each.rpartition("/")[2]} & gone)


def _mends(each: str) -> str | None:
    """The master whose instance `each` mends, if an audit put it there; no id of Google's begins with a tilde."""
    master, mark, _instance = each.partition("/~")
    return master if mark else None


def _still_mending(living: Iterable[Json], known: Known) -> frozenset[str]:
    """What an audit put beside a series holds as long as the series itself is the same."""
    same = {_href(event) for event in living if known.etags.get(_href(event)) == etag(event)}
    return frozenset(each for each in known.etags if _mends(each) in same)


def _elsewhere(named: set[str], known: Known) -> set[str]:
    """Where events stood that have another master now: a series was split."""
    places = {each.rpartition("/")[2]: each for each in named if each}
    return {each for each in known.etags if places.get(each.rpartition("/")[2], each) != each}


def _resources(living: Iterable[Json], known: Known) -> tuple[tuple[Resource, ...], tuple[BadResource, ...]]:
    found: list[Resource] = []
    bad: list[BadResource] = []
    for event in living:
        if known.etags.get(_href(event)) == etag(event):
            continue
        try:
            found.append(translate.resource(event))
        except Untranslatable as fault:
            bad.append(BadResource(_href(event) or "no-id", etag(event), fault.code))
    return tuple(found), tuple(bad)


def _href(event: Json) -> str:
    try:
        return href(event)
    except Untranslatable:
        return ""
