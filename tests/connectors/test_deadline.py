"""A poll goes on as long as its source answers."""

from __future__ import annotations

import pytest

from kepthour_connectors import deadline
from kepthour_connectors.base import Transient
from kepthour_connectors.deadline import ANSWER, POLL, Deadline
from kepthour_connectors.google.wire import Wire
from tests.fakes.scripted_http import Answer, ScriptedServer


class Time:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    now = Time()
    monkeypatch.setattr(deadline, "monotonic", now)
    return now


def test_each_answer_has_its_time_and_all_of_them_have_theirs(time: Time) -> None:
    poll = Deadline("dav.example.org")
    while time.at + ANSWER <= POLL:
        time.at += ANSWER
        poll.check()
        poll.answered()
    time.at = POLL + 1
    with pytest.raises(Transient, match=r"^dav\.example\.org took longer than 30 min\.$"):
        poll.check()


def test_an_answer_that_takes_too_long_is_the_last(time: Time) -> None:
    poll = Deadline("dav.example.org")
    time.at += ANSWER + 1
    with pytest.raises(Transient, match=r"^dav\.example\.org took longer than 240 s\.$"):
        poll.check()


def test_google_is_asked_as_long_as_it_answers(time: Time) -> None:
    with ScriptedServer(lambda _request: Answer(200, "{}")) as server:
        wire = Wire()
        wire.begin()
        for _ in range(3):
            time.at += ANSWER
            wire.request(server.url)
        assert wire.sent == 3
        time.at += ANSWER + 1
        with pytest.raises(Transient, match=r"^Google took longer than 240 s\.$"):
            wire.request(server.url)
        wire.begin()
        wire.request(server.url)
        wire.close()


def test_of_a_poll_that_was_given_up_nothing_more_is_asked(time: Time) -> None:
    poll = Deadline("dav.example.org")
    poll.check()
    poll.end()
    poll.answered()
    with pytest.raises(Transient):
        poll.check()
