"""What has to hold for every resource, whatever it says."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kepthour.core.reading.occurrences import Expansion, expand
from kepthour.core.reading.resources import Unreadable, read, slim

ZONE = ZoneInfo("Europe/Berlin")
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


def judge(payload: str) -> str:
    """What became of `payload`: "set-aside" or "expanded". Any other end is an exception, and a fault."""
    try:
        kept = slim(read(payload))
        found = expand(read(kept), ZONE, START, END)
    except Unreadable as error:
        assert error.code
        return "set-aside"
    _check(found)
    return "expanded"


def _check(found: Expansion) -> None:
    starts = [one.start for one in found.occurrences]
    assert starts == sorted(starts)
    for one in found.occurrences:
        assert one.start.tzinfo is UTC
        assert one.start < END
        assert one.end is None or (one.end.tzinfo is UTC and one.end > START and one.end >= one.start)
        assert one.uid
    instances = [(one.uid, one.recurrence_id) for one in found.occurrences]
    assert len(instances) == len(set(instances)), "two occurrences are one instance"
