"""However a calendar came to be what it is: what is stored equals a fresh look at it."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kepthour.core.reading.occurrences import Occurrence
from kepthour.store import calendars, instances
from tests.support.day import Day, when

HREFS = st.sampled_from(["a", "b", "c", "d"])
START = datetime(2026, 3, 20, 10)
STARTS = st.integers(0, 40).map(lambda hours: START + timedelta(hours=6 * hours))
RULES = st.sampled_from(
    [(), ("RRULE:FREQ=WEEKLY;COUNT=6",), ("RRULE:FREQ=DAILY;UNTIL=20260415T000000Z",), ("STATUS:CANCELLED",)]
)
BROKEN_RULE = (("RRULE:FREQ=SECONDLY",),)
BROKEN = st.sampled_from(BROKEN_RULE)
EDITS = st.one_of(
    st.tuples(st.just("put"), HREFS, STARTS, RULES | BROKEN),
    st.tuples(st.just("delete"), HREFS),
    st.tuples(st.just("poll")),
    st.tuples(st.just("audit")),
)


@given(st.lists(EDITS, max_size=14))
@settings(max_examples=60)
def test_any_edits_and_any_polls_end_where_a_fresh_sync_ends(edits: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        day = Day(Path(folder), "2026-03-02 08:00")
        there: set[object] = set()
        spoiled: set[object] = set()
        for edit in edits:
            _apply(day, there, edit)
            if edit[0] == "put":
                (spoiled.add if edit[3:] == BROKEN_RULE else spoiled.discard)(edit[1])
        _settle(day)
        # Of what cannot be read there may be more than a fresh look finds: what was known before.
        mended = [one for one in _stored(day) if one.uid not in spoiled]
        assert mended == [one for one in _fresh(day, Path(folder)) if one.uid not in spoiled]


def _apply(day: Day, there: set[object], edit: tuple[object, ...]) -> None:
    match edit:
        case ("put", str(href), datetime() as start, tuple(rule)):
            day.put(href, start.isoformat(), 50, *(str(line) for line in rule))
            there.add(href)
        case ("delete", href) if href in there:
            day.calendar.delete(f"{href}.ics")
            there.discard(href)
        case ("poll",):
            day.sync()
        case ("audit",):
            day.clock.at += timedelta(days=1)
            day.sync()


def _settle(day: Day) -> None:
    """Poll until an answer is believed: the loss of much needs a second that agrees."""
    for _time in range(3):
        if day.app.ask("practice").problem is None:
            return
    raise AssertionError("an unchanging calendar is still not believed")


def _stored(day: Day) -> list[Occurrence]:
    with day.app.store.read() as tx:
        calendar = calendars.get(tx, "practice")
        assert calendar is not None
        return sorted(
            instances.between(tx, calendar, when("2026-01-01 00:00"), when("2026-06-01 00:00")), key=repr_of
        )


def repr_of(one: Occurrence) -> str:
    return f"{one.start} {one.uid} {one.recurrence_id}"


def _fresh(day: Day, folder: Path) -> list[Occurrence]:
    """The same calendar, seen by a store that knows nothing."""
    fresh = Day(folder, "2026-03-02 08:00")
    fresh.app.store.close()
    fresh.store_path = folder / "fresh.db"
    fresh.plugins.memory.made = day.plugins.memory.made
    fresh.start()
    fresh.app.ask("practice")
    # The window is fixed by the first poll; both are compared where both have been expanded.
    return _stored(fresh)
