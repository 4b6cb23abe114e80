"""However a Google calendar came to be what it is, and whenever it was asked: what is stored is what Google shows."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.google.expansion import occurrences
from tests.fakes.google.times import instant
from tests.support.google_day import GoogleDay, google_day

FIRST = datetime(2026, 3, 2, 9)
STARTS = st.integers(0, 60).map(
    lambda step: (FIRST + timedelta(hours=8 * step)).isoformat(timespec="minutes")
)
RULES = st.sampled_from(
    [
        [],
        [],
        ["RRULE:FREQ=WEEKLY"],
        ["RRULE:FREQ=DAILY;COUNT=9"],
        ["RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260420T215959Z"],
        ["RRULE:FREQ=WEEKLY;INTERVAL=2", "EXDATE;TZID=Europe/Berlin:20260316T090000"],
    ]
)
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York"])
WHICH = st.integers(0, 5)  # of the events there are
NUMBER = st.integers(0, 6)  # of the instances of a series
ANSWERS = st.sampled_from(["declined", "accepted"])
EDITS = st.one_of(
    st.tuples(st.just("create"), STARTS, RULES, ZONES),
    st.tuples(st.just("create"), STARTS, RULES, ZONES),
    st.tuples(st.just("all-day"), STARTS),
    st.tuples(st.sampled_from(["delete", "restore", "free", "rename"]), WHICH),
    st.tuples(st.just("move"), WHICH, STARTS),
    st.tuples(st.just("answer"), WHICH, ANSWERS),
    st.tuples(
        st.sampled_from(["cancel-instance", "restore-instance", "split", "rename-instance"]), WHICH, NUMBER
    ),
    st.tuples(st.just("move-instance"), WHICH, NUMBER, STARTS),
    st.tuples(st.just("answer-instance"), WHICH, NUMBER, ANSWERS),
    st.tuples(st.sampled_from(["poll", "poll", "audit", "expire", "small-pages", "big-pages"])),
)


@given(st.lists(EDITS, max_size=18))
@settings(max_examples=60)
def test_after_the_next_good_poll_our_occurrences_are_googles(edits: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, google_day(Path(folder)) as day:
        for edit in edits:
            _apply(day, *edit)
        assert day.settle().problem is None
        assert _ours(day) == _googles(day)


def _apply(day: GoogleDay, what: str, *how: Any) -> None:
    if what in _MACHINE:
        _MACHINE[what](day)
    elif what == "create":
        start, rule, zone = how
        day.calendar.create("AB", start, recurrence=rule, zone=zone, attendees=["anna@example.org"])
    elif what == "all-day":
        day.calendar.create("Holiday", how[0][:10])
    elif what.endswith("instance") or what == "split":
        _apply_to_instance(day, what, *how)
    else:
        _apply_to_event(day, what, *how)


_MACHINE: dict[str, Callable[[GoogleDay], Any]] = {
    "poll": lambda day: day.poll(),
    "audit": lambda day: (setattr(day.day.clock, "at", day.day.clock.at + timedelta(days=1)), day.poll()),
    "expire": lambda day: day.calendar.expire_sync_tokens(),
    "small-pages": lambda day: setattr(day.calendar, "page_sizes", (0, 1, 2)),
    "big-pages": lambda day: setattr(day.calendar, "page_sizes", ()),
}


def _apply_to_event(day: GoogleDay, what: str, which: int, *how: Any) -> None:
    cancelled = what == "restore"
    there = [
        event["id"]
        for event in day.calendar.events.values()
        if "start" in event
        and "recurringEventId" not in event
        and (event["status"] == "cancelled") is cancelled
    ]
    if not there:
        return
    event = there[which % len(there)]
    calls: dict[str, Callable[..., Any]] = {
        "delete": day.calendar.delete,
        "restore": day.calendar.restore,
        "free": day.calendar.set_free,
        "rename": lambda identity: day.calendar.update(identity, summary="CD"),
        "move": day.calendar.move,
        "answer": day.calendar.respond,
    }
    if what == "move" and "date" in day.calendar.events[event]["start"]:
        how = (how[0][:10],)
    if what == "move" and _ends_before(day.calendar.events[event], how[0]):
        return  # what Google makes of a series that ends before it begins is not known
    if what == "delete":
        # Whether an instance that changed in the same moment as its series went lives on, Google does not document.
        day.poll()
    if what == "answer" and "attendees" not in day.calendar.events[event]:
        return
    calls[what](event, *how)


def _ends_before(event: Any, start: str) -> bool:
    limits = re.findall(r"UNTIL=(\d{8})", " ".join(event.get("recurrence", [])))
    return any(limit < start[:10].replace("-", "") for limit in limits)


def _apply_to_instance(day: GoogleDay, what: str, which: int, number: int, *how: Any) -> None:
    series = [
        event["id"]
        for event in day.calendar.events.values()
        if event.get("recurrence") and event["status"] != "cancelled"
    ]
    if not series:
        return
    event = series[which % len(series)]
    from tests.fakes.google.expansion import originals

    starts = list(originals(day.calendar.events[event], day.day.clock.at + timedelta(days=60)))
    if not starts:
        return
    original = starts[number % len(starts)]
    calls: dict[str, Callable[..., Any]] = {
        "cancel-instance": day.calendar.cancel_instance,
        "restore-instance": day.calendar.restore_instance,
        "split": day.calendar.split,
        "rename-instance": lambda identity, at: day.calendar.change_instance(identity, at, summary="EF"),
        "move-instance": day.calendar.move_instance,
        "answer-instance": lambda identity, at, answer: day.calendar.respond(identity, answer, at),
    }
    if what == "split" and number % len(starts) == 0:
        return  # at its first instance there is nothing to split
    calls[what](event, original, *how)


def _span(day: GoogleDay) -> tuple[datetime, datetime]:
    return datetime(2026, 2, 1, tzinfo=UTC), day.day.clock.at + timedelta(days=60)


def _ours(day: GoogleDay) -> list[tuple[Any, ...]]:
    return sorted(
        (one.start, one.end, one.title.reveal(), one.declined, not one.free)
        for one in day.stored(*_span(day))
        if not one.cancelled
    )


def _googles(day: GoogleDay) -> list[tuple[Any, ...]]:
    zone = day.calendar.zone
    return sorted(
        (instant(one.start, zone), instant(one.end, zone), one.summary, one.declined, one.busy)
        for one in occurrences(day.calendar, *_span(day))
    )
