"""Google Meet's record of calls, asked through the real client library: was the therapist in the room?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kepthour_connectors.base import Surroundings
from kepthour_connectors.google import Options
from kepthour_connectors.google.meet import Meet, Presence, Stay, meeting_code
from tests.fakes.google import Account, GoogleFake
from tests.fakes.google.errors import Refusal, rpc_error, too_many_requests, unavailable
from tests.fakes.google.faults import captive_portal, hang_up, refuse
from tests.support.google import Hand

ROOM = "abc-mnop-xyz"
TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
END = TEN + timedelta(minutes=50)
NOT_SEEN = Presence()
SCOPES = Options(meet=True).scopes


def minutes(n: float) -> datetime:
    return TEN + timedelta(minutes=n)


@pytest.fixture
def hand() -> Hand:
    return Hand("2026-03-02T10:02:00+00:00")


@pytest.fixture
def google(hand: Hand) -> Iterator[GoogleFake]:
    with GoogleFake(hand) as fake:
        yield fake


@pytest.fixture
def anna(google: GoogleFake) -> Account:
    return google.add_account("anna@example.org")


@pytest.fixture
def token(google: GoogleFake, anna: Account, tmp_path: Path) -> Path:
    path = tmp_path / "token.json"
    path.touch(0o600)
    sign_in(path, google, anna, SCOPES)
    return path


def sign_in(path: Path, google: GoogleFake, account: Account, scopes: Sequence[str]) -> None:
    path.write_text(json.dumps(google.authorized_user(account, scopes)), "utf-8")


@pytest.fixture
def meet(google: GoogleFake, token: Path, tmp_path: Path) -> Meet:
    options = Options(meet=True, meet_endpoint=google.meet_endpoint, token=token)
    return Meet(options, Surroundings("practice", tmp_path / "data"))


def ask(meet: Meet) -> Presence:
    return meet.presence(ROOM, TEN, END)


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("https://meet.google.com/abc-mnop-xyz", ROOM),
        ("https://meet.google.com/abc-mnop-xyz?authuser=0&hs=122", ROOM),
        ("https://meet.google.com/abc-mnop-xyz/", ROOM),
        ("http://meet.google.com/abc-mnop-xyz", None),
        ("https://meet.google.com.example.org/abc-mnop-xyz", None),
        ("https://anna@meet.google.com/abc-mnop-xyz", None),
        ("https://meet.google.com/lookup/abc-mnop-xyz", None),
        ("https://meet.google.com/abc-mnop-xyzz", None),
        ('https://meet.google.com/abc-mnop-xy"', None),
        ("https://meet.google.com/ABC-MNOP-XYZ", None),
        ("https://meet.google.com/abc-mnop-xyz\n", None),
        ("https://example.org/?u=https://meet.google.com/abc-mnop-xyz", None),
        ("https://zoom.us/j/123", None),
        ("", None),
    ],
)
def test_only_a_link_to_a_room_of_meet_holds_a_code(link: str, code: str | None) -> None:
    assert meeting_code(link) == code


def test_who_is_in_the_room_has_joined_since_then(anna: Account, meet: Meet) -> None:
    call = anna.meet.hold(ROOM, minutes(-3), None)
    anna.meet.join(call, [(minutes(-2), None)], user=anna.user, name="Anna")
    assert ask(meet) == Presence((Stay(minutes(-2), None),))


def test_who_left_and_came_again_was_there_twice(anna: Account, meet: Meet) -> None:
    call = anna.meet.hold(ROOM, minutes(-3), None)
    anna.meet.join(call, [(minutes(-2), minutes(1)), (minutes(1.5), None)], user=anna.user)
    assert ask(meet) == Presence((Stay(minutes(-2), minutes(1)), Stay(minutes(1.5), None)))


def test_others_in_the_room_are_not_the_therapist_even_under_the_same_name(
    anna: Account, meet: Meet, google: GoogleFake
) -> None:
    client = google.add_account("ab@example.org")
    call = anna.meet.hold(ROOM, minutes(-3), None)
    anna.meet.join(call, [(minutes(-2), None)], user=client.user, name="Anna")
    anna.meet.join(call, [(minutes(-2), None)], name="Anna")
    assert ask(meet) == NOT_SEEN
    assert not google.asked("participantSessions")  # nobody else's times are asked for


def test_the_call_of_last_week_in_the_same_room_is_another_one(
    anna: Account, meet: Meet, google: GoogleFake
) -> None:
    week = timedelta(days=7)
    call = anna.meet.hold(ROOM, TEN - week, END - week)
    anna.meet.join(call, [(TEN - week, END - week)], user=anna.user)
    assert ask(meet) == NOT_SEEN
    assert not google.asked("participants")


def test_a_call_earlier_on_the_same_day_is_another_one(anna: Account, meet: Meet) -> None:
    call = anna.meet.hold(ROOM, minutes(-120), minutes(-16))
    anna.meet.join(call, [(minutes(-120), minutes(-16))], user=anna.user)
    assert ask(meet) == NOT_SEEN


def test_a_call_that_has_been_going_on_for_hours_counts(anna: Account, meet: Meet) -> None:
    call = anna.meet.hold(ROOM, minutes(-300), None)
    anna.meet.join(call, [(minutes(-300), minutes(-200)), (minutes(-1), None)], user=anna.user)
    assert ask(meet) == Presence((Stay(minutes(-1), None),))


def test_another_room_says_nothing(anna: Account, meet: Meet) -> None:
    call = anna.meet.hold("zzz-zzzz-zzz", minutes(-3), None)
    anna.meet.join(call, [(minutes(-2), None)], user=anna.user)
    assert ask(meet) == NOT_SEEN


def test_no_record_is_not_seen(meet: Meet) -> None:
    assert ask(meet) == NOT_SEEN


def test_every_page_is_read(anna: Account, meet: Meet) -> None:
    anna.meet.page_size = 1
    for since in (-14, -9, -4):
        call = anna.meet.hold(ROOM, minutes(since), minutes(since + 4))
        for number in range(3):
            anna.meet.join(call, [(minutes(since), None)], user=f"users/{number}")
        spans = [(minutes(since + n), minutes(since + n + 1)) for n in range(3)]
        anna.meet.join(call, spans, user=anna.user)
    found = ask(meet)
    assert found.unknown is None
    assert [stay.since for stay in found.stays] == [minutes(s + n) for s in (-14, -9, -4) for n in range(3)]


def test_nobodys_name_is_asked_for(anna: Account, meet: Meet, google: GoogleFake) -> None:
    call = anna.meet.hold(ROOM, minutes(-3), None)
    anna.meet.join(call, [(minutes(-2), None)], user=anna.user, name="Anna")
    ask(meet)
    asked = [one.query["fields"] for one in google.asked("conferenceRecords")]
    assert len(asked) == 3
    assert not any("displayName" in one or "*" in one for (one,) in asked)


def test_who_the_therapist_is_is_asked_once_a_sign_in(
    anna: Account, meet: Meet, google: GoogleFake, token: Path
) -> None:
    ask(meet)
    ask(meet)
    assert len(google.asked("token")) == 1
    other = google.add_account("berta@example.org")
    call = other.meet.hold(ROOM, minutes(-3), None)
    other.meet.join(call, [(minutes(-2), None)], user=other.user)
    sign_in(token, google, other, SCOPES)
    assert ask(meet).stays == (Stay(minutes(-2), None),)


def test_the_renewed_sign_in_is_kept(meet: Meet, token: Path) -> None:
    ask(meet)
    assert json.loads(token.read_text())["token"].startswith("ya29.")


def test_an_access_token_that_ended_is_renewed(anna: Account, meet: Meet, google: GoogleFake) -> None:
    ask(meet)
    google.sign_in.expire_access_tokens()
    assert ask(meet) == NOT_SEEN


@pytest.mark.parametrize("left_out", SCOPES[2:])
def test_a_right_that_was_not_given_leaves_it_unknown(
    google: GoogleFake, anna: Account, meet: Meet, token: Path, left_out: str
) -> None:
    sign_in(token, google, anna, [scope for scope in SCOPES if scope != left_out])
    assert ask(meet) == Presence(unknown="scope_missing")


def test_a_revoked_sign_in_leaves_it_unknown(google: GoogleFake, anna: Account, meet: Meet) -> None:
    ask(meet)
    google.sign_in.revoke(anna.email)
    assert ask(meet) == Presence(unknown="sign_in_needed")


def test_without_a_sign_in_it_is_unknown(meet: Meet, token: Path) -> None:
    token.unlink()
    assert ask(meet) == Presence(unknown="sign_in_needed")


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (rpc_error(500, "INTERNAL", "Internal error encountered."), "transient"),
        (unavailable(), "transient"),
        (too_many_requests(30), "rate_limited"),
        (rpc_error(403, "PERMISSION_DENIED", "The caller does not have permission"), "refused"),
        (rpc_error(404, "NOT_FOUND", "Requested entity was not found."), "refused"),
        (rpc_error(400, "INVALID_ARGUMENT", "Invalid filter."), "nonsense"),
    ],
)
@pytest.mark.parametrize("path", ["/conferenceRecords", "/participants", "/participantSessions"])
def test_a_refusal_leaves_it_unknown(
    google: GoogleFake, anna: Account, meet: Meet, refusal: Refusal, code: str, path: str
) -> None:
    call = anna.meet.hold(ROOM, minutes(-3), None)
    anna.meet.join(call, [(minutes(-2), None)], user=anna.user)
    google.faults.always(refuse(refusal), path=path)
    assert ask(meet) == Presence(unknown=code)


def test_a_login_page_and_a_broken_connection_leave_it_unknown(google: GoogleFake, meet: Meet) -> None:
    google.faults.always(captive_portal(), path="/conferenceRecords")
    assert ask(meet) == Presence(unknown="nonsense")
    google.faults.clear()
    google.faults.always(hang_up(), path="/conferenceRecords")
    assert ask(meet) == Presence(unknown="transient")
