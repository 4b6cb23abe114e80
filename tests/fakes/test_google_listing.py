"""The listings of the fake Google: pages, sync tokens, deleted events, single events."""

from __future__ import annotations

from typing import Any

import pytest
from googleapiclient.errors import HttpError

from tests.fakes.google import Account
from tests.support.google import Hand, drain, ids, listed, refused

WEEKLY = ["RRULE:FREQ=WEEKLY"]


# pages


def test_the_token_comes_on_the_last_page_only(anna: Account, client: Any) -> None:
    made = [anna.calendar.create("AB", f"2026-03-{day:02}T10:00") for day in range(2, 7)]
    pages = drain(client.events(), client.events().list(calendarId="primary", maxResults=2))
    assert [len(page["items"]) for page in pages] == [2, 2, 1]
    assert ["nextSyncToken" in page for page in pages] == [False, False, True]
    assert ["nextPageToken" in page for page in pages] == [True, True, False]
    assert [identity for page in pages for identity in ids(page)] == made


def test_a_page_may_be_empty_and_still_have_a_next_one(anna: Account, client: Any) -> None:
    for day in range(2, 5):
        anna.calendar.create("AB", f"2026-03-{day:02}T10:00")
    anna.calendar.page_sizes = (0, 2)
    anna.calendar.empty_last_page = True
    pages = drain(client.events(), client.events().list(calendarId="primary"))
    assert [len(page["items"]) for page in pages] == [0, 2, 0, 1, 0]


def test_what_changes_while_paging_is_in_the_next_delta(anna: Account, client: Any) -> None:
    one, two = (anna.calendar.create("AB", f"2026-03-0{day}T10:00") for day in (2, 3))
    anna.calendar.page_sizes = (1,)
    request = client.events().list(calendarId="primary")
    page = request.execute()
    anna.calendar.delete(two)
    last = client.events().list_next(request, page).execute()
    assert ids(last) == [two]
    anna.calendar.page_sizes = ()
    delta = listed(client, syncToken=last["nextSyncToken"])
    assert [(item["id"], item["status"]) for item in delta["items"]] == [(two, "cancelled")]
    assert one not in ids(delta)


def test_a_page_is_250_events_unless_more_are_asked_for_and_never_above_2500(
    anna: Account, client: Any
) -> None:
    for number in range(2501):
        anna.calendar.create("AB", "2026-03-02T10:00", identity=f"event{number}")
    assert len(listed(client)["items"]) == 250
    assert len(listed(client, maxResults=2499)["items"]) == 2499
    assert len(listed(client, maxResults=9999)["items"]) == 2500


def test_a_page_token_belongs_to_its_parameters(anna: Account, client: Any) -> None:
    for day in range(2, 5):
        anna.calendar.create("AB", f"2026-03-{day:02}T10:00")
    token = listed(client, maxResults=1)["nextPageToken"]
    assert len(listed(client, maxResults=2, pageToken=token)["items"]) == 2
    assert refused(lambda: listed(client, pageToken=token, singleEvents=True)) == (400, "invalid")
    assert refused(lambda: listed(client, pageToken=token, q="AB")) == (400, "invalid")
    assert refused(lambda: listed(client, pageToken="made-up")) == (400, "invalid")


# sync tokens


def test_a_delta_has_what_changed_and_the_next_token(anna: Account, client: Any) -> None:
    kept, changed, gone = (anna.calendar.create("AB", f"2026-03-0{day}T10:00") for day in (2, 3, 4))
    first = listed(client)
    anna.calendar.move(changed, "2026-03-03T11:00")
    anna.calendar.delete(gone)
    delta = listed(client, syncToken=first["nextSyncToken"])
    assert ids(delta) == [changed, gone]
    assert delta["items"][0]["start"]["dateTime"] == "2026-03-03T11:00:00+01:00"
    assert kept not in ids(delta)
    assert listed(client, syncToken=delta["nextSyncToken"])["items"] == []


def test_a_token_stays_the_same_while_nothing_changes(anna: Account, client: Any) -> None:
    token = listed(client)["nextSyncToken"]
    assert listed(client, syncToken=token)["nextSyncToken"] == token


def test_a_deleted_event_may_be_an_id_alone(anna: Account, client: Any) -> None:
    made = anna.calendar.create("AB", "2026-03-02T10:00")
    token = listed(client)["nextSyncToken"]
    anna.calendar.delete(made)
    (event,) = listed(client, syncToken=token)["items"]
    assert set(event) == {"kind", "etag", "id", "status"}
    anna.calendar.deleted_keep_details = True
    (event,) = listed(client, syncToken=token)["items"]
    assert (event["status"], event["summary"]) == ("cancelled", "AB")


@pytest.mark.parametrize(
    "restriction",
    [
        {"timeMin": "2026-03-01T00:00:00Z"},
        {"timeMax": "2026-03-01T00:00:00Z"},
        {"updatedMin": "2026-03-01T00:00:00Z"},
        {"q": "AB"},
        {"iCalUID": "x@google.com"},
        {"orderBy": "updated"},
        {"privateExtendedProperty": "a=b"},
        {"sharedExtendedProperty": "a=b"},
        {"showDeleted": False},
    ],
)
def test_restrictions_beside_a_token_are_refused(client: Any, restriction: dict[str, Any]) -> None:
    token = listed(client)["nextSyncToken"]
    expected = (400, "syncTokenWithRequestRestrictions")
    assert refused(lambda: listed(client, syncToken=token, **restriction)) == expected


@pytest.mark.parametrize(
    "changed",
    [{"singleEvents": True}, {"eventTypes": ["default"]}, {"showDeleted": True}, {"timeZone": "UTC"}],
)
def test_other_parameters_than_the_first_request_s_are_refused(client: Any, changed: dict[str, Any]) -> None:
    token = listed(client)["nextSyncToken"]
    assert refused(lambda: listed(client, syncToken=token, **changed)) == (400, "invalid")
    listed(client, syncToken=token, maxResults=7, singleEvents=False)


def test_an_unknown_and_an_expired_token_are_410(anna: Account, client: Any) -> None:
    token = listed(client)["nextSyncToken"]
    assert refused(lambda: listed(client, syncToken="1" + token)) == (410, "fullSyncRequired")
    anna.calendar.expire_sync_tokens()
    assert refused(lambda: listed(client, syncToken=token)) == (410, "fullSyncRequired")
    fresh = listed(client)["nextSyncToken"]
    assert fresh != token
    listed(client, syncToken=fresh)


def test_a_token_may_expire_in_the_middle_of_a_delta(anna: Account, client: Any) -> None:
    token = listed(client)["nextSyncToken"]
    for day in range(2, 5):
        anna.calendar.create("AB", f"2026-03-{day:02}T10:00")
    request = client.events().list(calendarId="primary", syncToken=token, maxResults=1)
    page = request.execute()
    anna.calendar.expire_sync_tokens()
    with pytest.raises(HttpError) as caught:
        client.events().list_next(request, page).execute()
    assert caught.value.status_code == 410


def test_a_window_leads_to_a_token_whose_deltas_ignore_it(anna: Account, client: Any) -> None:
    inside = anna.calendar.create("AB", "2026-03-02T10:00")
    first = listed(client, timeMin="2026-03-01T00:00:00Z", timeMax="2026-03-08T00:00:00Z")
    assert ids(first) == [inside]
    outside = anna.calendar.create("CD", "2027-03-02T10:00")
    assert ids(listed(client, syncToken=first["nextSyncToken"])) == [outside]
    assert "nextSyncToken" not in listed(client, orderBy="updated")
    assert "nextSyncToken" not in listed(client, q="AB")


def test_updated_min_brings_deletions_and_reaches_back_only_so_far(
    hand: Hand, anna: Account, client: Any
) -> None:
    old, gone = (anna.calendar.create("AB", f"2026-03-0{day}T10:00") for day in (2, 3))
    hand.forward(hours=1)
    anna.calendar.delete(gone)
    assert ids(listed(client, updatedMin="2026-03-01T12:30:00Z")) == [gone]
    assert ids(listed(client)) == [old]
    too_old = refused(lambda: listed(client, updatedMin="2025-01-01T00:00:00Z"))
    assert too_old == (410, "updatedMinTooLongAgo")


# deleted events in full lists


def test_a_full_list_has_no_deleted_events_but_the_cancelled_instances_of_living_series(
    anna: Account, client: Any
) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=WEEKLY)
    cancelled = anna.calendar.cancel_instance(series, "2026-03-09T10:00")
    anna.calendar.delete(anna.calendar.create("CD", "2026-03-02T11:00"))
    page = listed(client)
    assert ids(page) == [series, cancelled]
    assert page["items"][1] == {
        "kind": "calendar#event",
        "etag": page["items"][1]["etag"],
        "id": f"{series}_20260309T090000Z",
        "status": "cancelled",
        "recurringEventId": series,
        "originalStartTime": {"dateTime": "2026-03-09T10:00:00+01:00", "timeZone": "Europe/Berlin"},
    }
    anna.calendar.delete(series)
    assert listed(client)["items"] == []
    assert len(listed(client, showDeleted=True)["items"]) == 3


def test_get_gives_deleted_events_and_instances_that_never_changed(anna: Account, client: Any) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=WEEKLY)
    found = client.events().get(calendarId="primary", eventId=f"{series}_20260309T090000Z").execute()
    assert found["recurringEventId"] == series
    anna.calendar.delete(series)
    assert client.events().get(calendarId="primary", eventId=series).execute()["status"] == "cancelled"
    missing = refused(lambda: client.events().get(calendarId="primary", eventId="nothing").execute())
    assert missing == (404, "notFound")


# single events


def test_single_events_are_instances_in_place_of_series(anna: Account, client: Any) -> None:
    series = anna.calendar.create("AB", "2026-03-23T10:00", recurrence=WEEKLY)
    moved = anna.calendar.move_instance(series, "2026-04-06T10:00", "2026-04-07T15:00")
    anna.calendar.cancel_instance(series, "2026-04-13T10:00")
    single = anna.calendar.create("CD", "2026-03-24T10:00")
    window = {"timeMin": "2026-03-23T00:00:00Z", "timeMax": "2026-04-20T00:00:00Z"}
    page = listed(client, singleEvents=True, orderBy="startTime", **window)
    assert ids(page) == [f"{series}_20260323T090000Z", single, f"{series}_20260330T080000Z", moved]
    instance = page["items"][2]
    assert "recurrence" not in instance
    assert instance["recurringEventId"] == series
    assert instance["start"] == instance["originalStartTime"]
    assert instance["start"]["dateTime"] == "2026-03-30T10:00:00+02:00"
    assert page["items"][3]["originalStartTime"]["dateTime"] == "2026-04-06T10:00:00+02:00"


def test_instances_of_an_all_day_series_have_days_in_their_ids(anna: Account, client: Any) -> None:
    series = anna.calendar.create("Birthday", "2026-03-02", recurrence=["RRULE:FREQ=DAILY;COUNT=2"])
    assert ids(listed(client, singleEvents=True)) == [f"{series}_20260302", f"{series}_20260303"]


def test_both_bounds_of_the_window_are_exclusive(anna: Account, client: Any) -> None:
    made = anna.calendar.create("AB", "2026-03-02T10:00", zone="UTC")
    for window, found in (
        ({"timeMin": "2026-03-02T10:50:00Z"}, []),
        ({"timeMin": "2026-03-02T10:49:00Z"}, [made]),
        ({"timeMax": "2026-03-02T10:00:00Z"}, []),
        ({"timeMax": "2026-03-02T10:01:00Z"}, [made]),
    ):
        assert ids(listed(client, singleEvents=True, **window)) == found


def test_impossible_windows_and_orders_are_refused(client: Any) -> None:
    empty = {"timeMin": "2026-03-02T00:00:00Z", "timeMax": "2026-03-02T00:00:00Z"}
    assert refused(lambda: listed(client, **empty)) == (400, "timeRangeEmpty")
    assert refused(lambda: listed(client, timeMin="2026-03-02T00:00:00"))[0] == 400
    assert refused(lambda: listed(client, orderBy="startTime")) == (400, "invalid")


def test_the_instances_of_a_series_can_be_asked_for(anna: Account, client: Any) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=5"])
    gone = anna.calendar.cancel_instance(series, "2026-03-09T10:00")
    request = client.events().instances(calendarId="primary", eventId=series, maxResults=3)
    pages = drain(client.events(), request)
    assert [len(page["items"]) for page in pages] == [3, 1]
    assert gone not in [identity for page in pages for identity in ids(page)]
    shown = client.events().instances(calendarId="primary", eventId=series, showDeleted=True).execute()
    assert gone in ids(shown)


def test_a_delta_of_single_events_has_the_instances_of_what_changed(anna: Account, client: Any) -> None:
    series = anna.calendar.create("AB", "2026-03-02T10:00", recurrence=["RRULE:FREQ=WEEKLY;COUNT=3"])
    anna.calendar.create("CD", "2026-03-03T10:00")
    token = listed(client, singleEvents=True)["nextSyncToken"]
    gone = anna.calendar.cancel_instance(series, "2026-03-09T10:00")
    delta = listed(client, singleEvents=True, syncToken=token)
    assert [(item["id"], item["status"]) for item in delta["items"]] == [(gone, "cancelled")]
    anna.calendar.delete(series)
    delta = listed(client, singleEvents=True, syncToken=delta["nextSyncToken"])
    assert sorted(ids(delta)) == [
        f"{series}_{stamp}T090000Z" for stamp in ("20260302", "20260309", "20260316")
    ]
    assert {item["status"] for item in delta["items"]} == {"cancelled"}
