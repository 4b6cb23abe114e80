"""The same session in two calendars is one session: the calendar that is configured first keeps it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from kepthour.core.privacy import Phi


class Placed(Protocol):
    """What tells two sessions apart. Instants are aware."""

    @property
    def id(self) -> str: ...
    @property
    def calendar(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def original_start(self) -> datetime: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...
    @property
    def client(self) -> Phi: ...
    @property
    def join_url(self) -> Phi: ...


Left = Mapping[tuple[str, datetime, datetime], Collection[str]]


def duplicates(sessions: Iterable[Placed], left: Left | None = None) -> dict[str, str]:
    """Ids of sessions that another one, earlier in `sessions`, stands for; each with the id of that one.

    Two are one if they share UID and original start; or start, end and join link; or start, end and alias.
    Never within one calendar: there, two events are two. Nor where a later one was moved to a start that the earlier
    ones have not heard of: they may be hours behind, and nothing would remind of it. They have if it stood there in
    them and was moved on: `left` says in which calendars, by UID, original start and that start.
    """
    first: dict[tuple[object, ...], Placed] = {}
    found: dict[str, str] = {}
    for session in sessions:
        there = "moved", session.uid, session.original_start, session.start
        of_instance, *others = _keys(session)
        was_in = (left or {}).get((session.uid, session.original_start, session.start), ())
        is_news = session.start != session.original_start and all(one == session.calendar for one in was_in)
        known_by = [there if is_news else of_instance, *others]
        standing = (first[key] for key in known_by if key in first)
        double = next((one for one in standing if one.calendar != session.calendar), None)
        if double is not None:
            found[session.id] = double.id
            continue
        for key in (there, of_instance, *others):
            first.setdefault(key, session)
    return found


def same(one: Placed, other: Placed) -> bool:
    """Whether these two, of different calendars, are one session."""
    return not set(_keys(one)).isdisjoint(_keys(other))


def _keys(session: Placed) -> list[tuple[object, ...]]:
    keys: list[tuple[object, ...]] = [("uid", session.uid, session.original_start)]
    if session.join_url:
        keys.append(("link", session.start, session.end, session.join_url))
    if session.client:
        keys.append(("client", session.start, session.end, session.client))
    return keys
