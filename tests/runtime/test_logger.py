"""The log, whose library is loaded by the first event that is let through."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from structlog.testing import capture_logs

from kepthour.logger import Logger


@pytest.mark.parametrize("name", ["debug", "info", "warning", "error"])
def test_an_event_may_have_facts_of_any_name(name: str) -> None:
    facts: dict[str, Any] = {"level": "daily", "name": 1, "method": 2}
    with capture_logs() as told:
        getattr(Logger(), name)("a.thing", **facts)
    (one,) = told
    assert (one["event"], one["log_level"]) == ("a.thing", name)
    assert {key: one[key] for key in facts} == facts


def test_what_is_below_the_level_is_dropped_and_sets_nothing_up() -> None:
    made = list[str]()
    log = Logger()
    log.begin(logging.WARNING, lambda: made.append("set up"))
    with capture_logs() as told:
        log.info("a.thing")
        assert (told, made) == ([], [])
        log.warning("a.thing")
        log.error("another.thing")
    assert [one["event"] for one in told] == ["a.thing", "another.thing"]
    assert made == ["set up"]
