"""The same session in two calendars is one session: the calendar that is configured first keeps it."""

from __future__ import annotations

from collections.abc import Iterable

from kepthour.core.sessions import Session


def duplicates(sessions: Iterable[Session]) -> set[str]:
    """Ids of sessions that another one, earlier in `sessions`, stands for.

    Two are one if they share UID and original start; or start, end and join link; or start, end and alias.
    Never within one calendar: there, two events are two.
    """
    first: dict[tuple[object, ...], str] = {}
    found: set[str] = set()
    for session in sessions:
        keys = _keys(session)
        if any(first.get(key, session.calendar) != session.calendar for key in keys):
            found.add(session.id)
            continue
        for key in keys:
            first.setdefault(key, session.calendar)
    return found


def _keys(session: Session) -> list[tuple[object, ...]]:
    keys: list[tuple[object, ...]] = [("uid", session.uid, session.original_start)]
    if session.join_url:
        keys.append(("link", session.start, session.end, session.join_url))
    if session.client:
        keys.append(("client", session.start, session.end, session.client))
    return keys
