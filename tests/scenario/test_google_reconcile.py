"""Once a day our expansion is compared with Google's: what differs is mended and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from kepthour.store.tables import occurrences
from kepthour_connectors.base import Resource
from kepthour_connectors.google.connector import GoogleConnector
from tests.support.google_day import GoogleDay, google_day


@pytest.fixture
def day(tmp_path: Path) -> Iterator[GoogleDay]:
    with google_day(tmp_path) as made:
        yield made


def tomorrow(day: GoogleDay) -> None:
    """The daily audit is due."""
    day.day.clock.at += timedelta(days=1)


def test_what_agrees_costs_one_request_and_no_word(day: GoogleDay) -> None:
    day.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=WEEKLY"])
    day.poll()
    before = day.requests()
    tomorrow(day)
    assert day.poll().warnings == ()
    # Everything, asked twice because the access token of yesterday is over; and Google's own instances.
    assert day.requests() - before == 3
    day.poll()
    assert day.requests() - before == 4


def test_a_series_that_is_set_aside_reminds_all_the_same(day: GoogleDay) -> None:
    day.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=HOURLY;INTERVAL=24;COUNT=30"])
    polled = day.poll()
    assert polled.quarantined == 1
    assert "audit-healed" in polled.warnings
    assert day.starts()[:3] == ["03-02 10:00", "03-03 10:00", "03-04 10:00"]
    assert len(day.starts()) == 14
    tomorrow(day)
    assert day.poll().problem is None
    assert len(day.starts()) == 14  # from today on: one is over, and one more can be seen


def test_what_mends_goes_when_the_series_changes(day: GoogleDay) -> None:
    series = day.calendar.create(
        "AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=HOURLY;INTERVAL=24;COUNT=5"]
    )
    day.poll()
    day.calendar.update(series, recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
    day.settle()
    assert day.starts() == ["03-02 10:00", "03-03 10:00", "03-04 10:00"]
    day.calendar.delete(series)
    day.settle()
    assert day.starts() == []


def test_a_session_that_we_lost_comes_back(day: GoogleDay) -> None:
    day.calendar.create("AB", "2026-03-03T10:00")
    day.calendar.create("CD", "2026-03-04T10:00", recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
    day.poll()
    with day.day.app.store.write() as tx:
        tx.connection.execute(delete(occurrences))
    tomorrow(day)
    assert "audit-healed" in day.settle().warnings
    assert day.starts() == ["03-03 10:00", "03-04 10:00", "03-05 10:00", "03-06 10:00"]


def test_an_instance_that_google_does_not_have_goes(day: GoogleDay, monkeypatch: pytest.MonkeyPatch) -> None:
    series = day.calendar.create("CD", "2026-03-04T10:00", recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
    day.poll()
    cancelled = day.calendar.cancel_instance(series, "2026-03-05T10:00")
    # As if Google had never told of it: neither in a delta nor in a listing.
    monkeypatch.setattr("kepthour_connectors.google.connector._sorted", _without(cancelled))
    tomorrow(day)
    assert "audit-healed" in day.settle().warnings
    assert day.starts() == ["03-04 10:00", "03-06 10:00"]


def test_what_was_stored_while_google_was_compared_is_not_taken_back(
    day: GoogleDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer is older: a client who was entered meanwhile would be cancelled for a day."""
    day.calendar.create("AB", "2026-03-03T10:00")
    day.poll()
    instances = GoogleConnector.instances

    def slow(self: GoogleConnector, start: datetime, end: datetime) -> tuple[Resource, ...]:
        answer = instances(self, start, end)
        monkeypatch.undo()
        day.calendar.create("CD", "2026-03-04T10:00", recurrence=["RRULE:FREQ=DAILY;COUNT=3"])
        day.day.app.sync()
        return answer

    monkeypatch.setattr(GoogleConnector, "instances", slow)
    tomorrow(day)
    day.settle()
    assert day.starts() == ["03-03 10:00", "03-04 10:00", "03-05 10:00", "03-06 10:00"]


def _without(identity: str):  # type: ignore[no-untyped-def]
    from kepthour_connectors.google.connector import _sorted

    return lambda events: _sorted([event for event in events if event["id"] != identity])
