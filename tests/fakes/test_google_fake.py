"""The fake Google's Calendar, asked by Google's own client library."""

from __future__ import annotations

from typing import Any

from tests.fakes.google import Account, GoogleFake
from tests.support.google import Hand, calendar_client, drain, ids, listed, refused

WEEKLY = ["RRULE:FREQ=WEEKLY"]


# calendars


def test_the_calendar_list_has_pages_and_roles(anna: Account, client: Any) -> None:
    anna.add_calendar("practice@group", "Practice")
    anna.add_calendar("shared@group", role="reader")
    anna.add_calendar("busy@group", role="freeBusyReader")
    anna.add_calendar("old@group", hidden=True)
    anna.page_size = 2
    pages = drain(client.calendarList(), client.calendarList().list())
    assert [len(page["items"]) for page in pages] == [2, 2]
    roles = {item["id"]: item["accessRole"] for page in pages for item in page["items"]}
    assert roles == {
        "anna@example.org": "owner",
        "practice@group": "owner",
        "shared@group": "reader",
        "busy@group": "freeBusyReader",
    }
    assert pages[0]["items"][0]["primary"] is True


def test_primary_is_the_account_s_own_calendar(google: GoogleFake, anna: Account, client: Any) -> None:
    ben = google.add_account("ben@example.org", zone="America/New_York")
    assert client.calendars().get(calendarId="primary").execute()["id"] == "anna@example.org"
    other = calendar_client(google, ben).calendars().get(calendarId="primary").execute()
    assert (other["id"], other["timeZone"]) == ("ben@example.org", "America/New_York")


def test_an_unknown_calendar_is_404_and_so_is_one_that_was_lost(anna: Account, client: Any) -> None:
    practice = anna.add_calendar("practice@group")
    listed(client, calendarId="practice@group")
    anna.lose(practice)
    assert refused(lambda: listed(client, calendarId="practice@group")) == (404, "notFound")
    assert refused(lambda: client.calendars().get(calendarId="nobody@group").execute()) == (404, "notFound")


def test_a_reader_of_free_busy_sees_busy_blocks_and_no_titles(
    google: GoogleFake, anna: Account, client: Any
) -> None:
    ben = google.add_account("ben@example.org")
    busy = ben.calendar.create("AB", "2026-03-02T10:00", location="Room 1")
    free = ben.calendar.create("Lunch", "2026-03-02T12:00")
    anna.share(ben.calendar, "freeBusyReader")
    first = listed(client, calendarId="ben@example.org")
    assert ids(first) == [busy, free]
    assert "summary" not in first["items"][0]
    assert "location" not in first["items"][0]
    ben.calendar.set_free(free)
    delta = listed(client, calendarId="ben@example.org", syncToken=first["nextSyncToken"])
    assert [(item["id"], item["status"]) for item in delta["items"]] == [(free, "cancelled")]


def test_a_reader_does_not_see_what_a_private_event_is(
    google: GoogleFake, anna: Account, client: Any
) -> None:
    ben = google.add_account("ben@example.org")
    ben.calendar.create("AB", "2026-03-02T10:00", visibility="private")
    anna.share(ben.calendar, "reader")
    (event,) = listed(client, calendarId="ben@example.org")["items"]
    assert "summary" not in event
    assert event["visibility"] == "private"


# events


def test_an_event_has_the_fields_of_the_reference(anna: Account, client: Any) -> None:
    made = anna.calendar.create(
        "AB",
        "2026-03-02T10:00",
        attendees=["anna@example.org", "ab@example.org"],
        location="Room 1",
        extendedProperties={"private": {"key": "value"}},
    )
    anna.calendar.add_conference(made, "abc-mnop-xyz")
    event = client.events().get(calendarId="primary", eventId=made).execute()
    assert event["kind"] == "calendar#event"
    assert event["start"] == {"dateTime": "2026-03-02T10:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert event["end"] == {"dateTime": "2026-03-02T10:50:00+01:00", "timeZone": "Europe/Berlin"}
    assert event["organizer"] == {"email": "anna@example.org", "self": True}
    assert event["attendees"][0] == {
        "email": "anna@example.org",
        "responseStatus": "needsAction",
        "self": True,
    }
    assert event["updated"] == "2026-03-01T12:00:00.000Z"
    assert event["iCalUID"] == f"{made}@google.com"
    assert event["hangoutLink"] == event["conferenceData"]["entryPoints"][0]["uri"]
    assert event["conferenceData"]["conferenceId"] == "abc-mnop-xyz"
    assert event["eventType"] == "default"


def test_an_all_day_event_has_dates_and_ends_on_the_next(anna: Account, client: Any) -> None:
    anna.calendar.create("Holiday", "2026-03-02")
    (event,) = listed(client)["items"]
    assert (event["start"], event["end"]) == ({"date": "2026-03-02"}, {"date": "2026-03-03"})


def test_times_are_shown_in_the_zone_that_is_asked_for(anna: Account, client: Any) -> None:
    anna.calendar.create("AB", "2026-03-02T10:00")
    page = listed(client, timeZone="UTC")
    assert page["timeZone"] == "UTC"
    assert page["items"][0]["start"] == {"dateTime": "2026-03-02T09:00:00Z", "timeZone": "Europe/Berlin"}
    assert refused(lambda: listed(client, timeZone="Berlin/Mitte")) == (400, "invalid")


def test_reminders_move_neither_updated_nor_the_etag(hand: Hand, anna: Account, client: Any) -> None:
    made = anna.calendar.create("AB", "2026-03-02T10:00")
    before = client.events().get(calendarId="primary", eventId=made).execute()
    hand.forward(minutes=5)
    anna.calendar.change_reminders(made, 30)
    after = client.events().get(calendarId="primary", eventId=made).execute()
    assert after["reminders"] != before["reminders"]
    assert (after["updated"], after["etag"]) == (before["updated"], before["etag"])
    anna.calendar.update(made, location="Room 2")
    edited = client.events().get(calendarId="primary", eventId=made).execute()
    assert edited["updated"] > before["updated"]
    assert edited["etag"] != before["etag"]


def test_too_many_attendees_leave_the_participant_only(anna: Account, client: Any) -> None:
    anna.calendar.create("Team", "2026-03-02T10:00", attendees=["anna@example.org", "b@x.org", "c@x.org"])
    (event,) = listed(client, maxAttendees=2)["items"]
    assert [guest["email"] for guest in event["attendees"]] == ["anna@example.org"]
    assert event["attendeesOmitted"] is True


def test_event_types_are_a_filter_that_may_be_repeated(anna: Account, client: Any) -> None:
    session = anna.calendar.create("AB", "2026-03-02T10:00")
    away = anna.calendar.create("Away", "2026-03-03T10:00", eventType="outOfOffice")
    anna.calendar.create("Home", "2026-03-04", eventType="workingLocation")
    page = listed(client, eventTypes=["default", "outOfOffice"])
    assert ids(page) == [session, away]
    home = anna.calendar.create("Home", "2026-03-05", eventType="workingLocation")
    anna.calendar.delete(home)
    delta = listed(client, eventTypes=["outOfOffice", "default"], syncToken=page["nextSyncToken"])
    assert delta["items"] == []


# partial responses


def test_a_response_may_be_asked_for_in_part(anna: Account, client: Any) -> None:
    made = anna.calendar.create("AB", "2026-03-02T10:00", attendees=[anna.email])
    page = listed(client, fields="nextSyncToken,items(id,start/dateTime,attendees(self))")
    assert set(page) == {"nextSyncToken", "items"}
    assert page["items"] == [
        {"id": made, "start": {"dateTime": "2026-03-02T10:00:00+01:00"}, "attendees": [{"self": True}]}
    ]
    assert listed(client, fields="items/*")["items"][0]["summary"] == "AB"
    assert refused(lambda: listed(client, fields="items(id")) == (400, "invalid")
