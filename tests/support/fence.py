"""Words that stand in the events of all tests, and may stand in no log, no notice and no message to anybody.

Every event that `calendars.event` makes holds them where the program has no use for what is written. `fenced` is
called wherever a test sees something leave the program: by its own channels and servers, and by whoever reads what a
process has said.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from kepthour.logger import log

TITLE, WORDS = "fencedtitle", "fencedwords"
LINES = (f"DESCRIPTION:{WORDS}", f"COMMENT:{WORDS}")


def fenced(said: str) -> str:
    """What was said, unless it tells a client's words."""
    told = [word for word in (TITLE, WORDS) if word in said.lower()]
    assert not told, f"{told} left the program: {said}"
    return said


def watch_logs() -> list[str]:
    """From now on every event of this process's log, at any level, is kept in the list that is returned."""
    kept: list[str] = []

    def keep(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        kept.append(repr(dict(event)))
        if event.get("level") in {"debug", "info"}:
            raise structlog.DropEvent  # a test that fails is read without them
        return event

    log.ready()
    *first, render = structlog.get_config()["processors"]
    structlog.configure(processors=[*first, keep, render])
    return kept
