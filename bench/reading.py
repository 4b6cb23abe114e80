"""From the text of resources to the starts of a year, beside icalendar and recurring-ical-events one by one.

Each round is a process of its own: what a reader remembers of one round helps it in no other.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bench.calendar_of_a_practice import ZONE, monday, resources
from bench.measuring import OURS, Failed, Row, Setting, in_process, in_turn, seconds

LIBRARIES = "the libraries"
OF_PEER = 0.4
_YEAR = timedelta(days=365)


def measure(setting: Setting) -> Iterator[Row]:
    work = f"read and expand {setting.events:,} resources for a year"
    works = {who: lambda who=who: in_process("bench.reading", who, str(setting.events)) for who in _READERS}
    if not setting.peers:
        del works[LIBRARIES]
    turns = in_turn(setting, work, works)
    answers = {(one["starts"], one["digest"]) for ones in turns.of.values() for one in ones}
    if len(answers) != 1:
        raise Failed(f"the readers do not find the same starts: {sorted(answers)}")
    yield turns.row(work, "s", lambda one: one["seconds"], of_peer=OF_PEER)


def kepthour(texts: dict[str, str], start: datetime, end: datetime) -> Iterable[datetime]:
    """Reduced to what is kept, and expanded from that: what a first sync does, but for network and store."""
    from kepthour.core.reading.digest import Reader, expanded, reduced

    reader = Reader(hosts=(), addresses=())
    held = [reduced(reader, name, "1", text, None) for name, text in texts.items()]
    return [one.start for each in expanded(held, ZoneInfo(ZONE), start, end) for one in each.occurrences]


def libraries(texts: dict[str, str], start: datetime, end: datetime) -> Iterable[datetime]:
    """As the documentation of both says."""
    import icalendar
    import recurring_ical_events

    found: list[datetime] = []
    for text in texts.values():
        events = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(start, end)
        found += [event["DTSTART"].dt for event in events]
    return found


_READERS = {OURS: kepthour, LIBRARIES: libraries}


def once(who: str, events: int) -> dict[str, Any]:
    """One round: how long it took, how many starts it found, and their digest."""
    texts = resources(events)
    start = datetime.combine(monday(), time(), ZoneInfo(ZONE)).astimezone(UTC)
    _READERS[who]({name: texts[name] for name in list(texts)[:1]}, start, start + _YEAR)  # imports
    found: list[datetime] = []
    took = seconds(lambda: found.extend(_READERS[who](texts, start, start + _YEAR)))
    starts = sorted(f"{one.astimezone(UTC):%Y%m%dT%H%M%SZ}" for one in found)
    digest = hashlib.sha256(" ".join(starts).encode()).hexdigest()[:12]
    return {"seconds": took, "starts": len(starts), "digest": digest}


if __name__ == "__main__":
    print(json.dumps(once(sys.argv[1], int(sys.argv[2]))))
