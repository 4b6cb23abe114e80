"""What a user does to a calendar of the fake Google, as its API and its own expansion tell it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.google import Account, occurrences
from tests.support.google import ids, listed

WEEKLY = ["RRULE:FREQ=WEEKLY"]
MARCH, MAY = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)


def starts(anna: Account, begin: datetime = MARCH, end: datetime = MAY) -> list[str]:
    """The local starts of what stands in the calendar, to the minute."""
    return [one.start.isoformat()[:16] for one in occurrences(anna.calendar, begin, end)]


def changes(client: Any, token: str) -> list[tuple[str, str]]:
    return [(item["id"], item["status"]) for item in listed(client, syncToken=token)["items"]]


# edits


@pytest.mark.parametrize(
    "edit",
    [
        lambda calendar, event: calendar.update(event, summary="CD"),
        lambda calendar, event: calendar.move(event, "2026-03-02T12:00"),
        lambda calendar, event: calendar.respond(event, "declined"),
        lambda calendar, event: calendar.set_free(event),
        lambda calendar, event: calendar.add_conference(event),
        lambda calendar, event: calendar.change_reminders(event, 5),
        lambda calendar, event: calendar.delete(event),
        lambda calendar, event: calendar.restore(event),
    ],
)
def test_every_edit_raises_the_revision_and_is_in_the_delta(anna: Account, client: Any, edit: Any) -> None:
    made = anna.calendar.create("AB", "2026-03-02T10:00", attendees=[anna.email])
    token, revision = listed(client)["nextSyncToken"], anna.calendar.revision
    edit(anna.calendar, made)
    assert anna.calendar.revision > revision
    assert ids(listed(client, syncToken=token)) == [made]


def test_a_series_hands_changes_on_except_to_what_an_exception_has_of_its_own(
    anna: Account, client: Any
) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=WEEKLY, location="Room 1")
    own = anna.calendar.change_instance(series, "2026-03-09T10:00", location="Room 9")
    anna.calendar.update(series, location="Room 2", summary="CD")
    found = client.events().get(calendarId="primary", eventId=own).execute()
    assert (found["location"], found["summary"]) == ("Room 9", "CD")


def test_an_exception_keeps_its_original_start_when_it_moves(anna: Account, client: Any) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=WEEKLY)
    token = listed(client)["nextSyncToken"]
    moved = anna.calendar.move_instance(series, "2026-03-09T10:00", "2026-03-10T15:00")
    assert anna.calendar.move_instance(series, "2026-03-09T10:00", "2026-03-11T15:00") == moved
    (event,) = listed(client, syncToken=token)["items"]
    assert (event["id"], event["recurringEventId"]) == (f"{series}_20260309T090000Z", series)
    assert event["originalStartTime"]["dateTime"] == "2026-03-09T10:00:00+01:00"
    assert event["start"]["dateTime"] == "2026-03-11T15:00:00+01:00"
    assert "recurrence" not in event


def test_a_cancelled_instance_may_come_back(anna: Account, client: Any) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])
    gone = anna.calendar.cancel_instance(series, "2026-03-09T10:00")
    assert starts(anna) == ["2026-03-02T10:00", "2026-03-16T10:00"]
    token = listed(client)["nextSyncToken"]
    anna.calendar.restore_instance(series, "2026-03-09T10:00")
    assert changes(client, token) == [(gone, "confirmed")]
    assert len(starts(anna)) == 3


def test_a_moved_series_takes_its_exceptions_along(anna: Account, client: Any) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=DAILY;COUNT=4"])
    anna.calendar.cancel_instance(series, "2026-03-03T10:00")
    anna.calendar.change_instance(series, "2026-03-04T10:00", summary="CD")
    token = listed(client)["nextSyncToken"]
    anna.calendar.move(series, "2026-03-03T10:00")
    assert starts(anna) == ["2026-03-03T10:00", "2026-03-05T10:00", "2026-03-06T10:00"]
    titles = [one.summary for one in occurrences(anna.calendar, MARCH, MAY)]
    assert titles == ["AB", "CD", "AB"]
    assert sorted(changes(client, token)) == sorted(
        [
            (series, "confirmed"),
            (f"{series}_20260303T090000Z", "cancelled"),
            (f"{series}_20260304T090000Z", "cancelled"),
            (f"{series}_20260305T090000Z", "confirmed"),
        ]
    )


def test_this_and_following_makes_a_second_series_and_takes_later_exceptions_over(
    anna: Account, client: Any
) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=6"])
    early = anna.calendar.cancel_instance(series, "2026-03-09T10:00")
    late = anna.calendar.move_instance(series, "2026-03-30T10:00", "2026-03-31T15:00")
    token = listed(client)["nextSyncToken"]
    made = anna.calendar.split(series, "2026-03-16T10:00", summary="CD")
    assert made == f"{series}_R20260316T100000"
    old, new, exception = listed(client, syncToken=token)["items"]
    assert old["recurrence"] == ["RRULE:FREQ=WEEKLY;UNTIL=20260315T225959Z"]
    assert (new["id"], new["recurrence"]) == (made, ["RRULE:FREQ=WEEKLY;COUNT=4"])
    assert new["iCalUID"] == f"{made}@google.com"
    assert (exception["id"], exception["recurringEventId"]) == (late, made)
    assert anna.calendar.events[early]["recurringEventId"] == series
    assert starts(anna) == [
        "2026-03-02T10:00",
        "2026-03-16T10:00",
        "2026-03-23T10:00",
        "2026-03-31T15:00",
        "2026-04-06T10:00",
    ]
    again = anna.calendar.split(made, "2026-03-23T10:00")
    assert again == f"{series}_R20260323T100000"


def test_a_split_may_move_the_following_ones(anna: Account) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"])
    anna.calendar.cancel_instance(series, "2026-03-23T10:00")
    anna.calendar.split(series, "2026-03-16T10:00", start="2026-03-16T14:00")
    assert starts(anna) == ["2026-03-02T10:00", "2026-03-09T10:00", "2026-03-16T14:00"]


def test_a_split_shares_out_listed_dates_and_counts_left_out_ones(anna: Account) -> None:
    lines = [
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "EXDATE;TZID=Europe/Berlin:20260309T100000,20260323T100000",
        "RDATE:20260401T100000Z",
    ]
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=lines)
    before = starts(anna)
    made = anna.calendar.split(series, "2026-03-16T10:00")
    assert anna.calendar.events[series]["recurrence"][1:] == ["EXDATE;TZID=Europe/Berlin:20260309T100000"]
    assert anna.calendar.events[made]["recurrence"] == [
        "RRULE:FREQ=WEEKLY;COUNT=3",
        "EXDATE;TZID=Europe/Berlin:20260323T100000",
        "RDATE:20260401T100000Z",
    ]
    assert starts(anna) == before


def test_a_split_at_the_first_instance_changes_the_series_as_a_whole(anna: Account) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
    assert anna.calendar.split(series, "2026-03-02T10:00", start="2026-03-02T11:00") == series
    assert starts(anna) == ["2026-03-02T11:00", "2026-03-09T11:00"]


def test_an_event_that_goes_to_another_calendar_leaves_a_deleted_one_behind(
    anna: Account, client: Any
) -> None:
    practice = anna.add_calendar("practice@group")
    made = anna.calendar.create("AB", "2026-03-02T10:00")
    token = listed(client)["nextSyncToken"]
    anna.calendar.hand_over(made, practice)
    assert changes(client, token) == [(made, "cancelled")]
    (event,) = listed(client, calendarId="practice@group")["items"]
    assert (event["id"], event["iCalUID"]) == (made, f"{made}@google.com")


def test_an_all_day_series_splits_by_days(anna: Account) -> None:
    series = anna.calendar.create("Away", "2026-03-02", recurrence=["RRULE:FREQ=DAILY;COUNT=4"])
    made = anna.calendar.split(series, "2026-03-04")
    assert made == f"{series}_R20260304"
    assert anna.calendar.events[series]["recurrence"] == ["RRULE:FREQ=DAILY;UNTIL=20260303"]
    assert len(starts(anna)) == 4


def test_a_declined_series_or_instance_stays_with_the_answer(anna: Account, client: Any) -> None:
    series = anna.calendar.create(
        "AB", "2026-03-02T10:00", recurrence=WEEKLY, attendees=[anna.email], organizer="boss@example.org"
    )
    anna.calendar.respond(series, "accepted")
    anna.calendar.respond(series, "declined", "2026-03-09T10:00")
    found = occurrences(anna.calendar, MARCH, datetime(2026, 3, 17, tzinfo=UTC))
    assert [one.declined for one in found] == [False, True, False]
    assert client.events().get(calendarId="primary", eventId=series).execute()["organizer"] == {
        "email": "boss@example.org"
    }


def test_the_deletion_of_a_series_may_or_may_not_name_its_exceptions(anna: Account, client: Any) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=WEEKLY)
    moved = anna.calendar.move_instance(series, "2026-03-09T10:00", "2026-03-10T10:00")
    token = listed(client)["nextSyncToken"]
    anna.calendar.delete(series)
    assert changes(client, token) == [(series, "cancelled")]
    assert starts(anna) == []
    anna.calendar.restore(series)
    assert changes(client, token) == [(series, "confirmed"), (moved, "confirmed")]
    anna.calendar.deletes_exceptions_too = True
    anna.calendar.delete(series)
    assert changes(client, token) == [(series, "cancelled"), (moved, "cancelled")]


def test_a_ghost_master_is_listed_and_has_no_occurrence(anna: Account, client: Any) -> None:
    ghost = anna.calendar.ghost_master("AB", "2026-03-02T10:00", count=3)
    page = listed(client)
    assert [item["status"] for item in page["items"]] == ["confirmed"] + ["cancelled"] * 3
    assert page["items"][0]["id"] == ghost
    assert starts(anna) == []
    assert listed(client, singleEvents=True)["items"] == []


# the expansion


def test_a_series_keeps_its_local_time_over_the_clock_change(anna: Account) -> None:
    anna.calendar.create("AB", "2026-03-23T10:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
    found = occurrences(anna.calendar, MARCH, MAY)
    assert [one.start.isoformat() for one in found] == [
        "2026-03-23T10:00:00+01:00",
        "2026-03-30T10:00:00+02:00",
    ]


def test_a_start_in_the_gap_is_the_instant_after_it(anna: Account) -> None:
    anna.calendar.create("AB", "2026-03-28T02:30", recurrence=["RRULE:FREQ=DAILY;COUNT=2"])
    assert starts(anna) == ["2026-03-28T02:30", "2026-03-29T03:30"]


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (["RRULE:FREQ=WEEKLY;UNTIL=20260309T090000Z"], [2, 9]),
        (["RRULE:FREQ=WEEKLY;UNTIL=20260309T085959Z"], [2]),
        (["RRULE:FREQ=WEEKLY;UNTIL=20260309"], [2, 9]),
        (["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20260309T100000"], [2, 16]),
        (["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20260309T090000Z,20260316T090000Z"], [2]),
        (["RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;VALUE=DATE:20260309"], [2, 16]),
        (["RRULE:FREQ=WEEKLY;COUNT=2", "RDATE;TZID=America/New_York:20260311T050000"], [2, 9, 11]),
        (["RRULE:FREQ=WEEKLY;COUNT=2;BYDAY=TU"], [2, 3, 10]),
    ],
)
def test_rules_ends_and_exceptions(anna: Account, lines: list[str], days: list[int]) -> None:
    anna.calendar.create("AB", "2026-03-02T10:00", recurrence=lines)
    assert starts(anna) == [f"2026-03-{day:02}T10:00" for day in days]


def test_the_expansion_agrees_with_the_listing(anna: Account, client: Any) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=WEEKLY;BYDAY=MO,TH"])
    anna.calendar.cancel_instance(series, "2026-03-09T10:00")
    anna.calendar.move_instance(series, "2026-03-05T10:00", "2026-04-30T23:30")
    anna.calendar.create("Away", "2026-04-30")
    window = {"timeMin": MARCH.isoformat(), "timeMax": MAY.isoformat()}
    page = listed(client, singleEvents=True, orderBy="startTime", **window)
    assert ids(page) == [one.event for one in occurrences(anna.calendar, MARCH, MAY)]
