"""The log: which events are written, and how."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kepthour.core.privacy import Phi
from kepthour.logger import Logger
from kepthour.runtime.logs import set_up
from tests.support.logs import capture_logs


@pytest.mark.parametrize("name", ["debug", "info", "warning", "error"])
def test_an_event_may_have_facts_of_any_name(name: str) -> None:
    facts: dict[str, Any] = {"level": "daily", "name": 1, "method": 2, "msg": 3, "facts": 4}
    with capture_logs() as told:
        getattr(Logger(), name)("a.thing", **facts)
    (one,) = told
    assert (one["event"], one["log_level"]) == ("a.thing", name)
    assert {key: one[key] for key in facts} == facts


@pytest.mark.parametrize(
    ("verbosity", "levels"),
    [
        (0, ["warning", "error"]),
        (1, ["info", "warning", "error"]),
        (2, ["debug", "info", "warning", "error"]),
        (3, ["debug", "info", "warning", "error"]),
    ],
)
def test_what_is_below_the_level_is_dropped(
    verbosity: int, levels: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(verbosity)
    log = Logger()
    for tell in (log.debug, log.info, log.warning, log.error):
        tell("a.thing")
    assert re.findall(r" level='(\w+)' event='a.thing'\n", capsys.readouterr().err) == levels


def test_an_event_is_a_line_without_what_is_protected(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(0)
    facts: dict[str, Any] = {"event": "b", "level": "daily", "timestamp": "c"}  # the log tells these itself
    Logger()._tell(
        30, "100% {a}.thing", {"session": "é\n", "title": Phi("AB"), "why": ValueError("AB"), **facts, "n": 1}
    )
    line = capsys.readouterr().err
    when, rest = line.split(" ", 1)
    assert re.fullmatch(r"timestamp='\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z'", when)
    assert rest == "level='warning' event='100% {a}.thing' session='é\\n' title='•••' why='ValueError' n=1\n"
