"""The fake Google's record of calls, asked by Google's own client library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from tests.fakes.google import Account, GoogleFake
from tests.support.google import EVENTS, Hand, drain, meet_client, refused

TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROOM = 'space.meeting_code = "abc-mnop-xyz"'


@pytest.fixture
def meet(google: GoogleFake, anna: Account) -> Any:
    return meet_client(google, anna)


def records(meet: Any, **parameters: Any) -> Any:
    return meet.conferenceRecords().list(**parameters).execute()


def test_the_calls_of_a_room_are_found_by_its_code_the_newest_first(anna: Account, meet: Any) -> None:
    older = anna.meet.hold("abc-mnop-xyz", TEN - 7 * 24 * HOUR, TEN - 7 * 24 * HOUR + HOUR)
    newer = anna.meet.hold("abc-mnop-xyz", TEN, None)
    anna.meet.hold("zzz-zzzz-zzz", TEN, TEN + HOUR)
    found = records(meet, filter=ROOM)["conferenceRecords"]
    assert [one["name"] for one in found] == [newer, older]
    assert found[1]["startTime"] == "2026-02-22T10:00:00.000000Z"
    assert "endTime" not in found[0]
    assert "conferenceRecords" not in records(meet, filter='space.meeting_code = "no-such-room"')


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('start_time>="2026-03-01T10:00:00Z"', 2),
        ('start_time>"2026-03-01T10:00:00Z"', 1),
        ('start_time>="2026-03-01T09:00:00Z" AND start_time<="2026-03-01T10:00:00.000Z"', 1),
        (f'{ROOM} AND start_time<"2026-03-01T10:30:00Z"', 1),
        ("end_time IS NULL", 1),
    ],
)
def test_filters_compare_times(anna: Account, meet: Any, text: str, count: int) -> None:
    anna.meet.hold("abc-mnop-xyz", TEN, TEN + HOUR)
    anna.meet.hold("abc-mnop-xyz", TEN + HOUR, None)
    assert len(records(meet, filter=text)["conferenceRecords"]) == count


def test_a_wrong_filter_is_refused_in_the_new_shape(meet: Any) -> None:
    with pytest.raises(HttpError) as caught:
        records(meet, filter="meeting_code = abc")
    assert caught.value.status_code == 400
    assert b"INVALID_ARGUMENT" in caught.value.content


def test_participants_and_their_sessions(anna: Account, meet: Any) -> None:
    call = anna.meet.hold("abc-mnop-xyz", TEN, TEN + HOUR)
    me = anna.meet.join(
        call, [(TEN, TEN + HOUR / 6), (TEN + HOUR / 3, TEN + HOUR)], user=anna.user, name="Anna"
    )
    anna.meet.join(call, [(TEN + HOUR / 12, None)])
    participants = meet.conferenceRecords().participants()
    guest, found = participants.list(parent=call).execute()["participants"]
    assert "latestEndTime" not in guest
    assert guest["anonymousUser"] == {"displayName": "Guest"}
    assert found["name"] == me
    assert found["signedinUser"] == {"user": anna.user, "displayName": "Anna"}
    assert (found["earliestStartTime"], found["latestEndTime"]) == (
        "2026-03-01T10:00:00.000000Z",
        "2026-03-01T11:00:00.000000Z",
    )
    sessions = participants.participantSessions().list(parent=me).execute()["participantSessions"]
    assert [one["startTime"][11:16] for one in sessions] == ["10:20", "10:00"]
    assert meet.conferenceRecords().get(name=call).execute()["name"] == call


def test_lists_have_pages(anna: Account, meet: Any) -> None:
    for number in range(5):
        anna.meet.hold("abc-mnop-xyz", TEN + number * HOUR, TEN + number * HOUR)
    pages = drain(meet.conferenceRecords(), meet.conferenceRecords().list(pageSize=2))
    assert [len(page["conferenceRecords"]) for page in pages] == [2, 2, 1]
    anna.meet.page_size = 1
    pages = drain(meet.conferenceRecords(), meet.conferenceRecords().list(pageSize=2))
    assert len(pages) == 5


def test_a_record_lasts_thirty_days(hand: Hand, anna: Account, meet: Any) -> None:
    call = anna.meet.hold("abc-mnop-xyz", TEN, TEN + HOUR)
    hand.forward(days=31)
    assert records(meet) == {}
    with pytest.raises(HttpError) as caught:
        meet.conferenceRecords().participants().list(parent=call).execute()
    assert caught.value.status_code == 404


def test_it_needs_its_own_scope(google: GoogleFake, anna: Account) -> None:
    client = meet_client(google, anna, [EVENTS])
    with pytest.raises(HttpError) as caught:
        records(client)
    assert b"PERMISSION_DENIED" in caught.value.content
    assert refused(lambda: records(client)) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
