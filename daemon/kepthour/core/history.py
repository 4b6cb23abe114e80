"""The sessions that are known, to find those around one, and those with its client before it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from kepthour.core import duplicates
from kepthour.core.privacy import Phi

LOOKED_BACK = timedelta(days=100)  # a client who comes every other week has seven sessions in it
_AROUND = timedelta(hours=12)
Slot = tuple[int, int, int]  # weekday (Monday is 0), hour, minute


class Placed(duplicates.Placed, Protocol):
    """A session, as far as it is looked at here. Instants are aware UTC."""

    @property
    def place(self) -> Phi: ...


@dataclass(frozen=True, slots=True)
class Met:
    """A session, and when it is by the therapist's clocks; `week` is the number of its week, which begins on Monday."""

    session: Placed
    slot: Slot
    week: int


class History:
    """Sessions, and when they are in `zone`, the therapist's: converted once each, and looked at by all that follow.

    Without an alias the series stands for the client.
    """

    def __init__(self, sessions: Iterable[Placed], zone: ZoneInfo) -> None:
        self.zone = zone
        self._by_start = sorted(sessions, key=_start)
        self._by_client: defaultdict[tuple[str, ...], list[Met]] = defaultdict(list)
        for session in self._by_start:
            theirs = self._by_client[_client(session)]
            if theirs and theirs[-1].session.start == session.start:
                theirs.pop()  # a client is met once at a time
            theirs.append(self.met(session))

    def met(self, session: Placed) -> Met:
        """When `session` is, which need not be one of these."""
        local = session.start.astimezone(self.zone)
        week = (local.toordinal() - 1) // 7  # day 1 was a Monday
        return Met(session, (local.weekday(), local.hour, local.minute), week)

    def around(self, session: Placed) -> list[Placed]:
        """Those that begin in the twelve hours before or after it, and itself."""
        first = bisect_left(self._by_start, session.start - _AROUND, key=_start)
        last = bisect_right(self._by_start, session.start + _AROUND, key=_start)
        return self._by_start[first:last]

    def before(self, session: Placed) -> Sequence[Met]:
        """The sessions with this client in the weeks before this one, by start."""
        theirs = self._by_client.get(_client(session), [])
        first = bisect_left(theirs, session.start - LOOKED_BACK, key=_met_at)
        return theirs[first : bisect_left(theirs, session.start, key=_met_at)]


def _client(session: Placed) -> tuple[str, ...]:
    alias = session.client.reveal()
    return ("client", alias) if alias else ("series", session.calendar, session.uid)


def _start(session: Placed) -> datetime:
    return session.start


def _met_at(met: Met) -> datetime:
    return met.session.start
