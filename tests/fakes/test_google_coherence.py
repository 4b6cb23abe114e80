"""Properties of the fake Google: a client that follows its deltas holds what a full list shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.google import Calendar, occurrences
from tests.fakes.google.expansion import originals
from tests.fakes.google.listing import Lister
from tests.fakes.google.times import Json, later, local, parse
from tests.fakes.google.view import View

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = NOW + timedelta(days=200)
VIEW = View("owner", "Europe/Berlin")
RULES = [
    "RRULE:FREQ=WEEKLY;COUNT=8",
    "RRULE:FREQ=DAILY;COUNT=5",
    "RRULE:FREQ=WEEKLY;INTERVAL=2",
    "RRULE:FREQ=MONTHLY;UNTIL=20261231T225959Z",
]
Edit = Callable[[Calendar, str, int], object]
EDITS_OF_ONE: list[Edit] = [
    lambda calendar, event, pick: calendar.update(event, summary=f"S{pick}"),
    lambda calendar, event, pick: calendar.move(event, shifted(calendar, event, pick)),
    lambda calendar, event, pick: calendar.delete(event),
    lambda calendar, event, pick: calendar.set_free(event),
    lambda calendar, event, pick: calendar.change_reminders(event, pick),
]
EDITS_OF_SERIES: list[Edit] = [
    *EDITS_OF_ONE,
    lambda calendar, series, pick: calendar.cancel_instance(series, one_of(calendar, series, pick)),
    lambda calendar, series, pick: calendar.restore_instance(series, one_of(calendar, series, pick)),
    lambda calendar, series, pick: calendar.change_instance(
        series, one_of(calendar, series, pick), location="R"
    ),
    lambda calendar, series, pick: calendar.move_instance(
        series,
        one_of(calendar, series, pick),
        later(one_of(calendar, series, pick), timedelta(days=pick % 3)),
    ),
    lambda calendar, series, pick: calendar.split(series, one_of(calendar, series, pick), summary=f"T{pick}"),
]


def shifted(calendar: Calendar, event: str, pick: int) -> Any:
    return later(parse(calendar.events[event]["start"]), timedelta(days=pick % 4))


def one_of(calendar: Calendar, series: str, pick: int) -> Any:
    """One of the series' first original starts."""
    found = list(originals(calendar.events[series], END))
    return found[pick % len(found)]


def edit(calendar: Calendar, which: int, pick: int) -> None:
    """One thing that a user may do at this point."""
    shown = [
        event for event in calendar.events.values() if "recurringEventId" not in event and "start" in event
    ]
    if not shown or which == 0:
        calendar.create(
            "AB", f"2026-03-{pick % 28 + 1:02}T10:00", recurrence=[RULES[pick % 4]] if pick % 3 else []
        )
        return
    event = shown[pick % len(shown)]
    if event["status"] == "cancelled":
        calendar.restore(event["id"])
        return
    edits = EDITS_OF_SERIES if event.get("recurrence") else EDITS_OF_ONE
    edits[which % len(edits)](calendar, event["id"], pick)


def pages(calendar: Calendar, **values: Any) -> tuple[list[Json], str]:
    """All items of a listing, and the token at its end."""
    lister, items, asked = Lister(), [], values
    while True:
        page = lister.list(calendar, VIEW, asked)
        items += page["items"]
        if "nextPageToken" not in page:
            return items, page["nextSyncToken"]
        asked = {**values, "pageToken": page["nextPageToken"]}


def follow(held: dict[str, Json], delta: list[Json]) -> None:
    """What the documentation tells a client to do with a delta."""
    for item in delta:
        if item["status"] != "cancelled" or "recurringEventId" in item:
            held[item["id"]] = item
            continue
        gone = {item["id"]} | {
            one["id"] for one in held.values() if one.get("recurringEventId") == item["id"]
        }
        for identity in gone & set(held):
            del held[identity]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans()), max_size=25),
    st.lists(st.integers(0, 3), max_size=3),
    st.booleans(),
)
@settings(max_examples=100)
def test_following_the_deltas_comes_to_the_same_as_a_full_list(
    edits: list[tuple[int, int, bool]], sizes: list[int], names_exceptions: bool
) -> None:
    calendar = Calendar("anna@example.org", "Anna", "Europe/Berlin", lambda: NOW)
    calendar.page_sizes, calendar.deletes_exceptions_too = (*sizes, 2), names_exceptions
    items, token = pages(calendar)
    held = {item["id"]: item for item in items}
    for which, pick, polls in edits:
        edit(calendar, which, pick)
        if polls:
            delta, token = pages(calendar, syncToken=token)
            follow(held, delta)
    follow(held, pages(calendar, syncToken=token)[0])
    held = {
        identity: item for identity, item in held.items() if item.get("recurringEventId", identity) in held
    }
    assert held == {item["id"]: item for item in pages(calendar)[0]}


@given(
    st.sampled_from(RULES),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=6),
    st.integers(0, 7),
)
@settings(max_examples=60)
def test_a_split_without_changes_leaves_everything_where_it_stood(
    rule: str, edits: list[tuple[int, int]], at: int
) -> None:
    ticks = count()
    calendar = Calendar(
        "anna@example.org", "Anna", "Europe/Berlin", lambda: NOW + timedelta(minutes=next(ticks))
    )
    series = calendar.create(
        "AB",
        "2026-03-02T10:00",
        recurrence=[rule, "EXDATE;TZID=Europe/Berlin:20260309T100000", "RDATE:20260401T120000Z"],
    )
    for pick, days in edits:
        original = one_of(calendar, series, pick)
        if days:
            calendar.move_instance(series, original, later(original, timedelta(days=days, hours=2)))
        else:
            calendar.cancel_instance(series, original)
    before = [(one.event, one.start, one.original) for one in occurrences(calendar, NOW, END)]
    by_rule = [one for one in originals(calendar.events[series], END) if local(one).hour == 10]
    calendar.split(series, by_rule[at % len(by_rule)])
    assert [(one.event, one.start, one.original) for one in occurrences(calendar, NOW, END)] == before
