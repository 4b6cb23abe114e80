"""A regular expression of the configuration that would take for ever holds no reminder up."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kepthour.config import patterns
from kepthour.config.patterns import Apart, compiled, ends_soon
from kepthour.core.patterns import LONGEST, Undecided, find, stands_in
from kepthour.core.privacy import Phi
from tests.fuzz.values import SLOW, SLOW_TITLE
from tests.support.day import CONFIG, Day

HARMLESS = [
    r"^(?P<client>[A-Z]{2})\b",
    "^Room 2",
    r"Room \d",
    "Clinic|Hospital",
    "",
    "(?i)super.*vision",
    "^AB( |$)",
]
SUSPICIOUS = [SLOW, "(a|a)*b", "(a+)+$", r"(?P<client>\w+)+", "x*x*x*y", "a?" * 20 + "a", "(ab){2,}"]


@pytest.mark.parametrize("text", HARMLESS)
def test_a_usual_pattern_is_looked_for_here(text: str) -> None:
    assert isinstance(compiled(text), re.Pattern)


@pytest.mark.parametrize("text", SUSPICIOUS)
def test_what_may_take_for_ever_is_looked_for_elsewhere(text: str) -> None:
    assert isinstance(compiled(text), Apart)


def test_what_takes_for_ever_is_given_up_and_other_threads_go_on() -> None:
    turns = threading.Event()
    threading.Timer(0.05, turns.set).start()
    with pytest.raises(Undecided):
        find(compiled(SLOW), Phi(SLOW_TITLE))
    assert turns.is_set()
    assert stands_in(compiled(SLOW), Phi(SLOW_TITLE), if_undecided=True)
    assert not stands_in(compiled(SLOW), Phi(SLOW_TITLE), if_undecided=False)


@given(st.sampled_from(SUSPICIOUS), st.text("abxy :\n", max_size=12))
def test_elsewhere_the_same_is_found(pattern: str, text: str) -> None:
    there, here = find(compiled(pattern), Phi(text)), re.search(pattern, text)
    assert there == (here.groupdict() if here else None)


def test_who_looks_is_begun_anew_when_it_is_gone() -> None:
    assert find(compiled("(a+)+"), Phi("a-1")) == {}
    process = patterns._seeker._process
    assert process is not None
    os.kill(process.pid, 9)
    process.wait()
    assert find(compiled("(a+)+"), Phi("a-2")) == {}


def test_no_more_of_a_text_is_looked_at_than_any_title_has() -> None:
    assert find(compiled("b"), Phi("a" * (LONGEST - 1) + "b")) is not None
    assert find(compiled("b"), Phi("a" * LONGEST + "b")) is None


def test_a_quantifier_on_its_own_ends_soon() -> None:
    assert ends_soon("(?:a|b)?c*") and not ends_soon("(?:a|b)*")


RULES = """
[[sessions.rules]]
title = '(\\w+\\s?)*!$'
is = "other"
[[sessions.rules]]
title = '^(?P<client>(\\w+\\s?)*):$'
is = "session"
"""


async def test_an_event_whose_rule_cannot_be_decided_is_a_session_and_reminds(tmp_path: Path) -> None:
    config = CONFIG.replace('sessions = "all"', 'sessions = "rules"') + RULES
    day = Day(tmp_path, "2026-03-02 08:30", config)
    day.put("one", "2026-03-02T10:00:00", title=SLOW_TITLE)
    day.sync()
    await day.until("2026-03-02 10:01")
    assert "0m" in [rung for _at, rung in day.rungs()]
