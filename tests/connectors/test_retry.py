"""The retry policy: backoff, Retry-After, and the circuit of an account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kepthour_connectors.base import ConnectorError, RateLimited, SignInNeeded, Transient
from kepthour_connectors.retry import Account, Policy

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TWO_MINUTES = timedelta(minutes=2)
ACCOUNT = Account.of("https://Cloud.example.org/dav/anna/", "anna")
LOST = Transient("No answer.", "Look at the network.")


def policy(jitter: float = 1.0) -> Policy:
    """With the longest pauses (jitter near 1), the arithmetic can be read. Calendar "a" has answered once."""
    made = Policy(lambda: jitter)
    made.succeeded("a", ACCOUNT)
    return made


def test_what_has_never_answered_is_asked_again_soon_since_the_network_may_be_coming() -> None:
    made = Policy(lambda: 1.0)
    pauses = [made.failed("a", None, LOST, TWO_MINUTES, NOON) - NOON for _time in range(9)]
    assert [pause.total_seconds() for pause in pauses] == [5, 10, 20, 40, 80, 160, 320, 640, 900]


def test_so_are_several_calendars_of_one_account_which_together_open_its_circuit_at_once_and_once() -> None:
    made = Policy(lambda: 1.0)
    again = [made.failed(name, ACCOUNT, LOST, TWO_MINUTES, NOON) - NOON for name in "abcd"]
    assert [pause.total_seconds() for pause in again] == [5, 5, 5, 5]


def test_what_has_answered_since_then_has_its_usual_pause_and_so_has_what_is_no_matter_of_the_network() -> (
    None
):
    made = Policy(lambda: 1.0)
    refused = SignInNeeded("The password was refused.", "Store the new one.")
    assert minutes(made.failed("a", ACCOUNT, refused, TWO_MINUTES, NOON)) == 2
    made.succeeded("a", ACCOUNT)
    assert minutes(made.failed("a", ACCOUNT, LOST, TWO_MINUTES, NOON)) == 2


def test_what_is_asked_every_second_is_not_asked_more_seldom_for_that() -> None:
    often = timedelta(seconds=1)
    assert Policy(lambda: 1.0).failed("a", None, LOST, often, NOON) - NOON == often


def minutes(at: datetime) -> float:
    return (at - NOON) / timedelta(minutes=1)


def test_each_failure_in_a_row_doubles_the_pause_up_to_a_quarter_of_an_hour() -> None:
    made = policy()
    pauses = [minutes(made.failed("a", None, LOST, TWO_MINUTES, NOON)) for _time in range(6)]
    assert pauses == [2, 4, 8, 15, 15, 15]


def test_a_calendar_that_is_asked_seldom_is_not_asked_more_often_because_it_failed() -> None:
    assert minutes(policy().failed("a", None, LOST, timedelta(hours=1), NOON)) == 60


def test_jitter_takes_up_to_half_of_the_pause_away() -> None:
    assert minutes(policy(0.0).failed("a", None, LOST, TWO_MINUTES, NOON)) == 1
    assert 1 <= minutes(policy(0.5).failed("a", None, LOST, TWO_MINUTES, NOON)) <= 2


def test_a_success_forgets_the_failures() -> None:
    made = policy()
    for _time in range(5):
        made.failed("a", ACCOUNT, LOST, TWO_MINUTES, NOON)
    made.succeeded("a", ACCOUNT)
    assert made.opens_at(ACCOUNT, NOON) == NOON
    assert minutes(made.failed("a", ACCOUNT, LOST, TWO_MINUTES, NOON)) == 2


@pytest.mark.parametrize(("asked", "kept"), [(600.0, 10), (30.0, 2), (86_400.0, 60), (None, 2)])
def test_what_the_source_asks_for_is_kept_to_up_to_an_hour(asked: float | None, kept: float) -> None:
    error = RateLimited("Too many.", "Wait.", asked)
    assert minutes(policy().failed("a", ACCOUNT, error, TWO_MINUTES, NOON)) == kept


def test_a_pause_that_one_calendar_was_asked_for_holds_for_the_account() -> None:
    made = policy()
    made.failed("a", ACCOUNT, RateLimited("Too many.", "Wait.", 600.0), TWO_MINUTES, NOON)
    assert minutes(made.opens_at(ACCOUNT, NOON)) == 10
    assert made.opens_at(Account.of("https://cloud.example.org/dav/", "ben"), NOON) == NOON


def test_three_failures_of_any_calendars_open_the_circuit_of_their_account() -> None:
    made = policy()
    for name in ("a", "b"):
        made.failed(name, ACCOUNT, LOST, TWO_MINUTES, NOON)
    assert made.opens_at(ACCOUNT, NOON) == NOON
    made.failed("c", ACCOUNT, LOST, TWO_MINUTES, NOON)
    assert minutes(made.opens_at(ACCOUNT, NOON)) == 1


def test_a_probe_that_fails_opens_the_circuit_for_twice_as_long() -> None:
    made = policy()
    now = NOON
    rests = []
    for _time in range(8):
        made.failed("a", ACCOUNT, LOST, TWO_MINUTES, now)
        rests.append((made.opens_at(ACCOUNT, now) - now) / timedelta(minutes=1))
        now = made.opens_at(ACCOUNT, now)
    assert rests == [0, 0, 1, 2, 4, 8, 15, 15]


def test_at_a_half_open_circuit_one_asks_and_the_others_wait_for_its_answer() -> None:
    made = policy()
    for _time in range(3):
        made.failed("a", ACCOUNT, LOST, TWO_MINUTES, NOON)
    later = NOON + timedelta(minutes=1)
    assert made.take_turn(ACCOUNT, NOON) == later
    assert made.take_turn(ACCOUNT, later) == later
    assert made.take_turn(ACCOUNT, later) > later
    made.succeeded("a", ACCOUNT)
    assert made.take_turn(ACCOUNT, later) == later


@pytest.mark.parametrize("error", [SignInNeeded("Refused.", "Sign in."), ConnectorError("Odd.", "Look.")])
def test_what_only_a_person_can_mend_does_not_open_the_circuit_of_others(error: ConnectorError) -> None:
    made = policy()
    for _time in range(9):
        made.failed("a", ACCOUNT, error, TWO_MINUTES, NOON)
    assert made.opens_at(ACCOUNT, NOON) == NOON


def test_an_account_is_told_apart_by_scheme_host_port_and_user() -> None:
    urls = ("https://a.example/", "http://a.example/", "https://a.example:8443/", "https://b.example/")
    assert len({Account.of(url) for url in urls} | {Account.of(urls[0], "anna")}) == 5
    assert Account.of("https://A.example/x") == Account.of("https://a.example/y")
