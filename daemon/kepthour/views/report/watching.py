"""When nobody watched around the start of sessions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from kepthour.core.gaps import Pause, gaps
from kepthour.store import watches
from kepthour.store.engine import Tx

Span = tuple[datetime, datetime]


class Watching:
    """The gaps in the watch over [start, end]. Instants are aware UTC."""

    def __init__(self, tx: Tx, start: datetime, end: datetime) -> None:
        found = gaps(watches.around(tx, start, end), start, end) if start < end else []
        self._gaps = [(one.since or start, one.until or end, one.why) for one in found]
        self._untils = [until for _since, until, _why in self._gaps]

    def missing(self, span: Span) -> dict[Pause | None, timedelta]:
        """For how long nobody watched within `span`, by why."""
        found: dict[Pause | None, timedelta] = {}
        for since, until, why in self._gaps[bisect_right(self._untils, span[0]) :]:
            if since >= span[1]:
                break
            length = min(until, span[1]) - max(since, span[0])
            found[why] = found.get(why, timedelta()) + length
        return found


def unwatched(found: Sequence[Mapping[Pause | None, timedelta]]) -> dict[Pause | None, timedelta]:
    """All of them together."""
    together: dict[Pause | None, timedelta] = {}
    for one in found:
        for why, length in one.items():
            together[why] = together.get(why, timedelta()) + length
    return together
