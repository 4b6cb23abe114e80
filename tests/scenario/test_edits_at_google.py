"""Edits as evidence, in a calendar at Google: single events, series in pieces, and what Google does by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kepthour.core.verdict import Because, Verdict
from kepthour.store import sessions
from tests.support.google_day import GoogleDay, google_day

EDITED = (Verdict.UNKNOWN, Because.ENTRY_EDITED)
SUSPECTED = (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)
GUEST = "client@example.org"


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[GoogleDay]:
    more = '[[evidence]]\ntype = "edits"\n[sweep]\nenabled = false'
    with google_day(tmp_path, "2026-03-02 09:30", more) as day:
        for date in ("05", "06", "07", "08"):
            day.calendar.create("CD", f"2026-03-{date}T15:00")
        yield day


async def outcome(anna: GoogleDay) -> tuple[Verdict | None, Because | None]:
    """At twenty past ten, of the session at ten."""
    await anna.day.until("2026-03-02 10:20")
    with anna.day.app.store.read() as tx:
        (row,) = sessions.between(tx, anna.day.clock.at, anna.day.clock.at)
    return row.verdict, row.because


async def test_a_note_in_the_session(anna: GoogleDay) -> None:
    event = anna.calendar.create("AB", "2026-03-02T10:00")
    anna.poll()
    await anna.day.until("2026-03-02 10:04:20")
    anna.calendar.update(event, description="Paid.")
    assert await outcome(anna) == EDITED


async def test_a_note_for_one_instance_of_a_series_makes_a_piece_that_was_not_there(anna: GoogleDay) -> None:
    series = anna.calendar.create("AB", "2026-02-16T10:00", recurrence=["RRULE:FREQ=WEEKLY"])
    anna.poll()
    await anna.day.until("2026-03-02 10:04:20")
    anna.calendar.change_instance(series, "2026-03-02T10:00", description="Paid.")
    assert await outcome(anna) == EDITED


async def test_the_next_instance_moved_or_cancelled_is_no_edit_of_this_one(anna: GoogleDay) -> None:
    series = anna.calendar.create("AB", "2026-02-16T10:00", recurrence=["RRULE:FREQ=WEEKLY"])
    anna.poll()
    await anna.day.until("2026-03-02 10:04:20")
    anna.calendar.move_instance(series, "2026-03-09T10:00", "2026-03-10T10:00")
    anna.calendar.cancel_instance(series, "2026-03-16T10:00")
    assert await outcome(anna) == SUSPECTED


async def test_a_guest_s_answer_and_reminders_are_no_edit(anna: GoogleDay) -> None:
    event = anna.calendar.create("AB", "2026-03-02T10:00", attendees=["anna@example.org", GUEST])
    anna.poll()
    await anna.day.until("2026-03-02 10:04:20")
    guests = [{**one, "responseStatus": "accepted"} for one in anna.calendar.events[event]["attendees"]]
    anna.calendar.update(event, attendees=guests)
    anna.calendar.change_reminders(event, 5)
    assert await outcome(anna) == SUSPECTED


async def test_what_was_edited_just_before_the_start_says_so(anna: GoogleDay) -> None:
    event = anna.calendar.create("AB", "2026-03-02T10:00")
    anna.poll()
    await anna.day.until("2026-03-02 09:59:30")
    anna.calendar.update(event, description="Room 2 today")
    assert await outcome(anna) == SUSPECTED
