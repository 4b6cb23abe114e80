"""A question that somebody may never answer."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from kepthour.threads import Question


class Keyring:
    """Asks its owner, who answers when the test says so."""

    def __init__(self) -> None:
        self.prompts = 0
        self.answer: Callable[[], str] = lambda: "the key"
        self.answered = threading.Event()

    def reveal(self) -> str:
        self.prompts += 1
        self.answered.wait()
        return self.answer()


def refuse() -> str:
    raise LookupError("dismissed")


@pytest.fixture
def keyring() -> Keyring:
    return Keyring()


def question(keyring: Keyring, seconds: float = 0.0) -> Question[str]:
    return Question(keyring.reveal, seconds, "test", clock=lambda: 0.0)


def answer(keyring: Keyring) -> None:
    keyring.answered.set()
    for thread in threading.enumerate():
        if thread.name == "test":
            thread.join()


def test_who_waited_in_vain_is_told_and_a_later_one_is_about_the_same_question(keyring: Keyring) -> None:
    asked = question(keyring)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            asked()
    answer(keyring)
    assert asked() == "the key"
    assert keyring.prompts == 1


def test_what_was_answered_is_asked_anew_the_next_time(keyring: Keyring) -> None:
    keyring.answered.set()
    asked = question(keyring, seconds=60)
    assert (asked(), asked()) == ("the key", "the key")
    assert keyring.prompts == 2


def test_a_refusal_is_handed_on_once(keyring: Keyring) -> None:
    asked = question(keyring)
    with pytest.raises(TimeoutError):
        asked()
    keyring.answer = refuse
    answer(keyring)
    with pytest.raises(LookupError):
        asked()
    assert keyring.prompts == 1
