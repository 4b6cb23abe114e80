"""The same session in two calendars is one session: the calendar that is configured first keeps it."""

from __future__ import annotations

from collections.abc import Iterable
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


def duplicates(sessions: Iterable[Placed]) -> set[str]:
    """Ids of sessions that another one, earlier in `sessions`, stands for.

    Two are one if they share UID and original start; or start, end and join link; or start, end and alias.
    Never within one calendar: there, two events are two. Nor where a later one was moved to a start that the earlier
    ones have not heard of: they may be hours behind, and nothing would remind of it.
    """
    first: dict[tuple[object, ...], str] = {}
    found: set[str] = set()
    for session in sessions:
        there = "moved", session.uid, session.original_start, session.start
        of_instance, *others = _keys(session)
        known_by = [there if session.start != session.original_start else of_instance, *others]
        if any(first.get(key, session.calendar) != session.calendar for key in known_by):
            found.add(session.id)
            continue
        for key in (there, of_instance, *others):
            first.setdefault(key, session.calendar)
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
