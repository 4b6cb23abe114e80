"""A regular expression of the configuration that would take for ever holds no reminder up."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kepthour.config import patterns
from kepthour.config.keys import RuleKeys
from kepthour.config.patterns import Bounded, compiled
from kepthour.core.patterns import LONGEST, Undecided, find, stands_in
from kepthour.core.privacy import Phi
from tests.fuzz.values import SLOW, SLOW_TITLE
from tests.support.day import CONFIG, Day
from tests.support.logs import capture_logs

USUAL = [
    r"^(?P<client>[A-Z]{2})\b",
    "^Room 2",
    r"Room \d",
    "Clinic|Hospital",
    "",
    "(?i)super.*vision",
    "^AB( |$)",
    "(?x) (?P<client>a+) # the first",
    "(?P<client>a+?)(?!b)[^:]",
    "(a|a)*b",
    "(ab){2,}",
]
TOO_SLOW = [
    (SLOW, SLOW_TITLE),
    (r"(?x)(?:\w+\s?){0,50} [:;]", SLOW_TITLE),
    ("(a|aa)+$", "a" * 60 + "!"),
    ("(a|aa)" * 25 + "[bc]", "a" * 60 + "!"),
    (r"(.+)+\d", "Anna Berta " * 40),
    (r"(?:\w?){400}[!?]", "a" * LONGEST),
]


@given(st.sampled_from(USUAL), st.text("abABRom 2:\n", max_size=12))
def test_what_re_finds_is_found(pattern: str, text: str) -> None:
    found, expected = find(compiled(pattern), Phi(text)), re.search(pattern, text)
    assert (found and (found.span(), found.groupdict())) == (
        expected and (expected.span(), expected.groupdict())
    )


@pytest.mark.parametrize(("pattern", "text"), TOO_SLOW)
def test_what_takes_for_ever_is_given_up(pattern: str, text: str) -> None:
    with pytest.raises(Undecided):
        find(compiled(pattern), Phi(text))
    assert stands_in(compiled(pattern), Phi(text), if_undecided=True)
    assert not stands_in(compiled(pattern), Phi(text), if_undecided=False)


def test_meanwhile_other_threads_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 1.0)
    turns, over = [0], threading.Event()

    def turn() -> None:
        while not over.wait(0.001):
            turns[0] += 1

    other = threading.Thread(target=turn)
    other.start()
    try:
        with pytest.raises(Undecided):
            find(compiled(SLOW), Phi(SLOW_TITLE))
    finally:
        over.set()
        other.join()
    assert turns[0] > 10  # between two searches that hold all threads there is room for a few


def test_what_was_given_up_is_not_tried_again_and_told_once_without_its_text() -> None:
    slow = compiled(SLOW)
    with capture_logs() as logged:
        for text in (*(f"{SLOW_TITLE} {number}" for number in range(60)), "a:"):
            with pytest.raises(Undecided):
                find(slow, Phi(text))
    assert logged == [{"event": "pattern.too_slow", "log_level": "warning"}]
    assert find(compiled(SLOW), Phi("a:"))  # of another configuration


class Stalling:
    """Answers as scripted, as a machine does that has no time, or no memory, for a moment."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def search(self, *_: Any, **__: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("fault", [TimeoutError(), MemoryError()])
def test_one_stall_decides_nothing(fault: Exception) -> None:
    once = Bounded(re.compile("a"), Stalling(fault, None, "found"))
    assert (once.search("b"), once.search("a")) == (None, "found")
    twice = Bounded(re.compile("a"), Stalling(fault, fault, "found"))
    for _ in range(2):
        with pytest.raises(Undecided):
            twice.search("a")


@pytest.mark.parametrize(
    "text", ["(((a{100}){100}){100}){100}", "a{4000000000}", "(?x)((a {999}) {999}) {9}"]
)
def test_what_would_fill_the_memory_is_no_pattern(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex, "compile", lambda _: pytest.fail("it is tried"))
    with pytest.raises(OverflowError):
        compiled(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(", "missing ), unterminated subpattern at position 0"),
        ("{e}", "nothing for fuzzy constraint at position 0"),  # `re` takes it
        (r"\p{L}", r"bad escape \p at position 0"),  # `regex` takes it
    ],
)
def test_what_one_of_the_two_refuses_is_refused_in_one_sentence(text: str, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        RuleKeys.model_validate({"title": text, "is": "session"})
    (error,) = refused.value.errors()
    assert error["msg"] == f"Value error, is no regular expression ({why})"


def test_many_repeats_beside_each_other_are_a_pattern() -> None:
    assert find(compiled(r"\d{100}" * 4), Phi("1" * 400))
    assert find(compiled(r"(?:\w{8} ){3}" * 4), Phi("12345678 " * 12))


def test_two_of_the_same_text_are_equal() -> None:
    assert {compiled("a"), compiled("a"), compiled("b")} == {compiled("b"), compiled("a")}


def test_no_more_of_a_text_is_looked_at_than_any_title_has() -> None:
    assert find(compiled("b"), Phi("a" * (LONGEST - 1) + "b")) is not None
    assert find(compiled("b"), Phi("a" * LONGEST + "b")) is None


RULES = """
[[sessions.rules]]
title = '(?:\\w+\\s?){0,50}[!?]$'
is = "other"
[[sessions.rules]]
title = '^(?P<client>(?:\\w+\\s?){0,50})[:;]$'
is = "session"
"""


async def test_an_event_whose_rule_cannot_be_decided_is_a_session_and_reminds(tmp_path: Path) -> None:
    config = CONFIG.replace('sessions = "all"', 'sessions = "rules"') + RULES
    day = Day(tmp_path, "2026-03-02 08:30", config)
    day.put("one", "2026-03-02T10:00:00", title=SLOW_TITLE)
    with capture_logs() as logged:
        day.sync()
        await day.until("2026-03-02 10:01")
    assert "0m" in [rung for _at, rung in day.rungs()]
    assert [one["event"] for one in logged].count("pattern.too_slow") == 2
