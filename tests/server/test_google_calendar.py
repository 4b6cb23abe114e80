"""The google connector against the fake Google, through the client library that Google gives out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kepthour_connectors.base import Kind
from tests.fakes.google import captive_portal, cut, first, hang_up, refuse
from tests.fakes.google import errors as google_says
from tests.support.google_day import GoogleDay, google_day


@pytest.fixture
def at_google(tmp_path: Path) -> Iterator[GoogleDay]:
    with google_day(tmp_path) as day:
        yield day


@pytest.fixture
def synced(at_google: GoogleDay) -> GoogleDay:
    """Two sessions, known already."""
    at_google.calendar.create("AB", "2026-03-02T10:00")
    at_google.calendar.create("CD", "2026-03-03T10:00")
    assert at_google.poll().problem is None
    return at_google


# What a poll costs


def test_nothing_changed_is_one_request(synced: GoogleDay) -> None:
    synced.poll()
    polled = synced.poll()
    assert (polled.kind, polled.changed, polled.deleted, polled.requests) == (Kind.DELTA, 0, 0, 1)


def test_ten_thousand_events_come_in_pages_of_the_largest_size(at_google: GoogleDay) -> None:
    for number in range(10_000):
        at_google.calendar.create("AB", f"2026-0{1 + number % 9}-{1 + number % 28:02}T10:00")
    polled = at_google.poll()
    assert polled.changed == 10_000
    assert at_google.requests() == 4


# Pages and tokens


def test_the_token_of_the_last_page_counts_and_an_empty_page_ends_nothing(synced: GoogleDay) -> None:
    synced.calendar.page_sizes = (0, 1, 0, 2)
    for day in range(4, 9):
        synced.calendar.create("EF", f"2026-03-0{day}T10:00")
    assert synced.poll().changed == 5
    assert synced.poll().changed == 0
    assert len(synced.starts()) == 7


def test_a_token_that_is_not_known_any_more_brings_all_and_what_is_not_in_it_is_gone(
    synced: GoogleDay,
) -> None:
    """twentyhq/twenty#24096: 410 was swallowed as "nothing changed". The list that follows names no deletion."""
    synced.calendar.delete(next(iter(synced.calendar.events)))
    synced.calendar.create("EF", "2026-03-04T10:00")
    synced.calendar.expire_sync_tokens()
    polled = synced.settle()
    assert (polled.kind, polled.changed, polled.deleted) == (Kind.FULL, 1, 1)
    assert polled.warnings == ("token-refused",)
    assert synced.starts() == ["03-03 10:00", "03-04 10:00"]


def test_a_token_that_ends_between_two_pages_loses_nothing(synced: GoogleDay) -> None:
    synced.calendar.page_sizes = (1,)
    for day in (4, 5, 6):
        synced.calendar.create("EF", f"2026-03-0{day}T10:00")
    pages = iter(range(9))
    synced.google.faults.always(
        first(lambda: synced.calendar.expire_sync_tokens() if next(pages) == 1 else None), path="/events"
    )
    polled = synced.poll()
    assert (polled.problem, polled.kind) == (None, Kind.FULL)
    assert len(synced.starts()) == 5


def test_the_parameters_are_the_same_in_every_request_and_no_search_is_among_them(synced: GoogleDay) -> None:
    """home-assistant/core#81532: the same sync token was given out for different searches."""
    synced.poll()
    synced.calendar.expire_sync_tokens()
    synced.poll()
    asked = [dict(one.query) for one in synced.google.asked("/events")]
    for query in asked:
        query.pop("syncToken", None)
    assert len(asked) == 4
    assert all(query == asked[0] for query in asked)
    assert {"q", "timeMin", "timeMax", "orderBy", "updatedMin"}.isdisjoint(asked[0])


def test_of_people_nothing_but_their_answers_is_asked_for(synced: GoogleDay) -> None:
    fields = synced.google.asked("/events")[0].query["fields"][0]
    assert "attendees(self,responseStatus)" in fields
    assert {"email", "displayName", "creator", "organizer"}.isdisjoint(fields.replace("(", ",").split(","))


# Series


def test_a_series_its_moved_instance_and_its_cancelled_one(synced: GoogleDay) -> None:
    series = synced.calendar.create("EF", "2026-03-04T15:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"])
    synced.poll()
    synced.calendar.cancel_instance(series, "2026-03-11T15:00")
    synced.calendar.move_instance(series, "2026-03-18T15:00", "2026-03-19T09:00")
    synced.poll()
    assert synced.starts()[2:] == ["03-04 15:00", "03-19 09:00", "03-25 15:00"]
    assert synced.settle().changed == 0


def test_a_cancelled_instance_is_kept_as_long_as_its_series(synced: GoogleDay) -> None:
    """home-assistant/core#82097: an instance that was deleted fired all the same."""
    series = synced.calendar.create("EF", "2026-03-04T15:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])
    synced.calendar.cancel_instance(series, "2026-03-11T15:00")
    synced.poll()
    synced.calendar.update(series, summary="GH")  # the master comes again, the cancelled instance does not
    synced.poll()
    assert synced.starts()[2:] == ["03-04 15:00", "03-18 15:00"]


def test_a_series_that_goes_takes_its_instances_along(synced: GoogleDay) -> None:
    series = synced.calendar.create("EF", "2026-03-04T15:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])
    synced.calendar.move_instance(series, "2026-03-11T15:00", "2026-03-12T15:00")
    synced.poll()
    synced.calendar.delete(series)
    synced.settle()
    assert synced.starts() == ["03-02 10:00", "03-03 10:00"]


def test_this_and_following_leaves_one_session_a_week(synced: GoogleDay) -> None:
    """odoo/odoo#287171: after a split for "this and following" a duplicate was left."""
    series = synced.calendar.create("EF", "2026-03-04T15:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=5"])
    synced.calendar.move_instance(series, "2026-03-25T15:00", "2026-03-26T15:00")
    synced.poll()
    synced.calendar.split(series, "2026-03-18T15:00", start="2026-03-18T16:00")
    synced.poll()
    starts = synced.starts()[2:]
    assert starts[:3] == ["03-04 15:00", "03-11 15:00", "03-18 16:00"]
    assert len(starts) == 5


def test_a_series_all_of_whose_instances_are_cancelled_is_none(synced: GoogleDay) -> None:
    """phw198/OutlookGoogleCalendarSync#2123: ghost masters."""
    ghost = synced.calendar.ghost_master("EF", "2026-03-04T15:00")
    synced.poll()
    assert synced.starts() == ["03-02 10:00", "03-03 10:00"]
    synced.calendar.delete(ghost)
    assert synced.settle().problem is None


def test_an_instance_whose_series_is_elsewhere_stands_alone(synced: GoogleDay) -> None:
    synced.calendar.create(
        "EF",
        "2026-03-11T15:00",
        identity="elsewhere_20260311T140000Z",
        recurringEventId="elsewhere",
        originalStartTime={"dateTime": "2026-03-11T15:00:00+01:00", "timeZone": "Europe/Berlin"},
    )
    synced.poll()
    assert synced.starts()[2:] == ["03-11 15:00"]


# What is no session


@pytest.mark.parametrize("kind", ["workingLocation", "focusTime", "outOfOffice"])
def test_an_entry_of_another_kind_is_no_session(synced: GoogleDay, kind: str) -> None:
    """home-assistant/core#125329: a working location was taken for an event."""
    synced.calendar.create("Home", "2026-03-04T09:00", eventType=kind)
    synced.poll()
    assert _sessions(synced) == ["03-02 10:00", "03-03 10:00"]


def test_declined_free_and_all_day_entries_are_no_sessions(synced: GoogleDay) -> None:
    calendar = synced.calendar
    calendar.respond(calendar.create("EF", "2026-03-04T10:00", attendees=["anna@example.org"]), "declined")
    calendar.set_free(calendar.create("GH", "2026-03-05T10:00"))
    calendar.create("Holiday", "2026-03-06")
    series = calendar.create(
        "IJ", "2026-03-07T10:00", recurrence=["RRULE:FREQ=DAILY;COUNT=2"], attendees=["anna@example.org"]
    )
    calendar.respond(series, "declined", "2026-03-08T10:00")
    synced.poll()
    assert _sessions(synced) == ["03-02 10:00", "03-03 10:00", "03-07 10:00"]


# What a session is told with


def test_link_place_and_uid_are_googles(synced: GoogleDay) -> None:
    event = synced.calendar.create("EF", "2026-03-02T15:00", location="Room 2")
    synced.calendar.add_conference(event, "abc-mnop-xyz")
    synced.poll()
    session = synced.day.agenda("2026-03-02 14:00", "2026-03-02 16:00")[0].session
    assert session.join_url.reveal() == "https://meet.google.com/abc-mnop-xyz"
    assert session.place.reveal() == "Room 2"
    assert session.uid == f"{event}@google.com"


def test_changed_reminders_change_nothing(synced: GoogleDay) -> None:
    synced.calendar.change_reminders(next(iter(synced.calendar.events)), 7)
    assert synced.poll().changed == 0


# Calendars


def test_a_calendar_is_found_by_its_name(tmp_path: Path) -> None:
    with google_day(tmp_path, more='calendar = "Practice"') as day:
        practice = day.anna.add_calendar("Practice")
        practice.create("AB", "2026-03-02T10:00")
        assert day.poll().changed == 1
        day.poll()
        assert len(day.google.asked("/calendarList")) == 1


def test_a_name_that_is_not_there_is_told(tmp_path: Path) -> None:
    with google_day(tmp_path, more='calendar = "Practise"') as day:
        polled = day.poll()
        assert polled.problem == "calendar_gone"
        assert "no calendar of the name" in (polled.what or "")


def test_a_calendar_of_which_only_busy_times_are_shared_reminds_without_words(tmp_path: Path) -> None:
    with google_day(tmp_path, more='calendar = "ben@example.org"') as day:
        ben = day.google.add_account("ben@example.org")
        ben.calendar.create("AB", "2026-03-02T10:00")
        day.anna.share(ben.calendar, "freeBusyReader")
        assert day.poll().problem is None
        assert day.starts() == ["03-02 10:00"]


SECOND = """
[[calendars]]
name = "practice two"
type = "google"
calendar = "Practice"
endpoint = "{endpoint}"
token = "{token}"
sessions = "all"
"""


def test_two_calendars_of_one_account_share_its_sign_in(tmp_path: Path) -> None:
    with google_day(tmp_path) as day:
        day.calendar.create("AB", "2026-03-02T10:00")
        day.anna.add_calendar("Practice").create("CD", "2026-03-02T15:00")
        config = day.day.config.replace(
            "[channels", SECOND.format(endpoint=day.google.endpoint, token=day.token) + "[channels", 1
        )
        day.day.app.close()
        day.day.config = config
        day.day.start()
        assert [one.problem for one in day.day.app.sync()] == [None, None]
        assert _sessions(day) == ["03-02 10:00", "03-02 15:00"]
        day.google.sign_in.revoke(day.anna.email)
        day.google.sign_in.expire_access_tokens()
        assert [one.problem for one in day.day.app.sync()] == ["sign_in_needed"] * 2


# Troubles: the state is named, what is stored stays, the next good poll heals


TROUBLES = {
    **{
        f"403 {reason}": (refuse(google_says.forbidden(reason)), "rate_limited")
        for reason in ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded")
    },
    "403 not enabled": (refuse(google_says.forbidden("accessNotConfigured")), "sign_in_needed"),
    "403 forbidden": (refuse(google_says.forbidden("forbidden")), "calendar_gone"),
    "403 scope": (refuse(google_says.scope_missing()), "sign_in_needed"),
    "401": (refuse(google_says.bad_credentials()), "sign_in_needed"),
    "404": (refuse(google_says.not_found()), "calendar_gone"),
    "429": (refuse(google_says.too_many_requests()), "rate_limited"),
    "429 with a pause": (refuse(google_says.too_many_requests(30)), "rate_limited"),
    "500": (refuse(google_says.backend_error()), "transient"),
    "503": (refuse(google_says.unavailable()), "transient"),
    "a captive portal": (captive_portal(), "nonsense"),
    "cut off": (cut(), "transient"),
    "hung up": (hang_up(), "transient"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_trouble_is_named_and_nothing_is_lost(synced: GoogleDay, trouble: str) -> None:
    fault, problem = TROUBLES[trouble]
    synced.google.faults.always(fault, path="/events")
    gone = next(iter(synced.calendar.events))
    synced.calendar.delete(gone)
    synced.calendar.create("EF", "2026-03-04T10:00")
    assert synced.poll().problem == problem
    assert synced.starts() == ["03-02 10:00", "03-03 10:00"]
    synced.google.faults.clear()
    assert synced.settle().problem is None
    assert synced.starts() == ["03-03 10:00", "03-04 10:00"]


def test_no_network_is_told_and_nothing_is_lost(synced: GoogleDay) -> None:
    synced.google.stop()
    polled = synced.poll()
    assert polled.problem == "transient"
    assert "cannot be reached" in (polled.what or "")
    assert synced.starts() == ["03-02 10:00", "03-03 10:00"]


def test_retry_after_is_kept_to(synced: GoogleDay) -> None:
    synced.google.faults.next(refuse(google_says.too_many_requests(900)), path="/events")
    polled = synced.poll()
    opens = synced.day.app.next_poll("practice", polled)
    assert opens - synced.day.clock.at >= timedelta(seconds=900)


def test_a_connection_that_the_server_has_closed_is_none(synced: GoogleDay) -> None:
    """googleapis/google-api-python-client#563: a kept socket was dead, and every call on it failed."""
    for _time in range(2):
        synced.google.end_connections()
        synced.poll()
    assert synced.poll().problem is None


# The sign-in


def test_a_renewed_sign_in_is_kept_and_nobody_else_may_read_it(synced: GoogleDay) -> None:
    before = synced.token.read_text()
    synced.google.sign_in.expire_access_tokens()
    assert synced.poll().problem is None
    assert synced.token.read_text() != before
    assert synced.token.stat().st_mode & 0o777 == 0o600


def test_a_revoked_sign_in_asks_for_another_and_says_how(synced: GoogleDay) -> None:
    synced.google.sign_in.revoke(synced.anna.email)
    polled = synced.poll()
    assert polled.problem == "sign_in_needed"
    assert 'kepthour auth google "practice"' in (polled.remedy or "")
    synced.sign_in()
    assert synced.poll().problem is None


def test_an_app_in_testing_signs_out_after_seven_days_and_that_is_told(synced: GoogleDay) -> None:
    synced.google.sign_in.testing = True
    synced.sign_in()
    synced.day.hang_up()
    assert synced.poll().problem is None
    synced.day.clock.at += timedelta(days=8)
    assert synced.poll().problem == "sign_in_needed"


def test_whoever_never_signed_in_is_told_so(at_google: GoogleDay) -> None:
    at_google.token.unlink()
    polled = at_google.poll()
    assert polled.problem == "sign_in_needed"
    assert "Nobody has signed in" in (polled.what or "")


def test_a_portal_where_the_sign_in_is_renewed_is_no_end_of_the_sign_in(synced: GoogleDay) -> None:
    synced.google.faults.always(captive_portal(), path="/token")
    synced.google.sign_in.expire_access_tokens()
    assert synced.poll().problem == "nonsense"
    synced.google.faults.clear()
    assert synced.poll().problem is None


def _sessions(day: GoogleDay) -> list[str]:
    zone = day.day.app.config.zone
    entries = day.day.agenda("2026-03-01 00:00", "2026-04-01 00:00")
    return [f"{entry.session.start.astimezone(zone):%m-%d %H:%M}" for entry in entries]
