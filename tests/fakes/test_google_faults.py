"""What goes wrong between the fake Google and its clients."""

from __future__ import annotations

import http.client
import threading
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from tests.fakes.google import (
    Account,
    GoogleFake,
    Silence,
    captive_portal,
    cut,
    first,
    hang_up,
    refuse,
)
from tests.fakes.google.errors import USAGE, backend_error, forbidden, too_many_requests, unavailable
from tests.support.google import calendar_client, listed, refused


@pytest.mark.parametrize("reason", sorted(USAGE))
def test_quotas_and_bans_are_403_with_a_reason(google: GoogleFake, client: Any, reason: str) -> None:
    google.faults.next(refuse(forbidden(reason)), path="/events")
    assert refused(lambda: listed(client)) == (403, reason)
    listed(client)


@pytest.mark.parametrize("wait", [None, 30])
def test_429_comes_with_and_without_a_time_to_wait(google: GoogleFake, client: Any, wait: int | None) -> None:
    google.faults.next(refuse(too_many_requests(wait)), path="/events")
    with pytest.raises(HttpError) as caught:
        listed(client)
    assert caught.value.status_code == 429
    assert caught.value.resp.get("retry-after") == (None if wait is None else str(wait))


def test_google_s_own_troubles_last_as_many_requests_as_are_planned(google: GoogleFake, client: Any) -> None:
    google.faults.next(refuse(backend_error()), times=2, path="/events")
    google.faults.next(refuse(unavailable(120)), path="/events")
    answers = [refused(lambda: listed(client)) for _time in range(3)]
    assert answers == [(500, "backendError"), (500, "backendError"), (503, "backendError")]
    listed(client)


def test_a_fault_may_last_until_it_is_cleared_and_hold_for_one_path(
    google: GoogleFake, anna: Account, client: Any
) -> None:
    anna.add_calendar("practice@group")
    google.faults.always(refuse(backend_error()), path="/calendars/practice@group")
    for _time in range(3):
        assert refused(lambda: listed(client, calendarId="practice@group"))[0] == 500
        listed(client)
    google.faults.clear()
    listed(client, calendarId="practice@group")


def test_a_captive_portal_gives_the_client_a_text(google: GoogleFake, client: Any) -> None:
    google.faults.next(captive_portal(), path="/events")
    answer = listed(client)
    assert isinstance(answer, str)
    assert "sign in" in answer


def test_the_token_endpoint_has_faults_too(google: GoogleFake, client: Any) -> None:
    google.faults.always(captive_portal(), path="/token")
    with pytest.raises((TypeError, RefreshError)):  # which one depends on google-auth's version
        listed(client)


def test_a_body_may_end_in_the_middle(google: GoogleFake, anna: Account, client: Any) -> None:
    anna.calendar.create("AB", "2026-03-02T10:00")
    google.faults.always(cut(20), path="/events")
    with pytest.raises(http.client.IncompleteRead):
        listed(client)


def test_a_connection_may_end_without_an_answer(google: GoogleFake, client: Any) -> None:
    google.faults.always(hang_up(), path="/events")
    with pytest.raises((http.client.HTTPException, OSError)):
        listed(client)


def test_silence_lasts_until_it_is_released(google: GoogleFake, client: Any) -> None:
    listed(client)
    silence = Silence()
    google.faults.next(silence, path="/events")
    answers: list[Any] = []
    waiting = threading.Thread(target=lambda: answers.append(listed(client)))
    waiting.start()
    assert silence.begun.wait(10)
    assert answers == []
    silence.release()
    waiting.join(10)
    assert answers[0]["kind"] == "calendar#events"


def test_a_client_gives_up_on_silence(google: GoogleFake, anna: Account) -> None:
    client = calendar_client(google, anna, timeout=0.05)
    silence = Silence()
    google.faults.always(silence, path="/events")
    with pytest.raises(TimeoutError):
        listed(client)
    silence.release()


def test_an_idle_connection_may_be_closed_by_google(google: GoogleFake, client: Any) -> None:
    listed(client)
    (kept,) = client._http.http.connections.values()
    stale = kept.sock
    google.end_connections()
    assert listed(client)["kind"] == "calendar#events"
    assert kept.sock is not stale


def test_something_may_happen_just_before_a_request(google: GoogleFake, anna: Account, client: Any) -> None:
    token = listed(client)["nextSyncToken"]
    google.faults.next(first(anna.calendar.expire_sync_tokens), path="/events")
    assert refused(lambda: listed(client, syncToken=token)) == (410, "fullSyncRequired")


def test_the_log_holds_every_request(google: GoogleFake, client: Any) -> None:
    listed(client, eventTypes=["default", "outOfOffice"])
    assert [(one.method, one.path) for one in google.log] == [
        ("POST", "/token"),
        ("GET", "/calendar/v3/calendars/primary/events"),
    ]
    assert google.log[1].query["eventTypes"] == ["default", "outOfOffice"]
    assert len(google.asked("/events")) == 1


def test_nothing_can_be_written(google: GoogleFake, anna: Account, client: Any) -> None:
    with pytest.raises(HttpError) as caught:
        client.events().insert(calendarId="primary", body={"summary": "AB"}).execute()
    assert caught.value.status_code == 404
    assert anna.calendar.revision == 0
