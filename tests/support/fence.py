"""Words that stand in the events of all tests, and may stand in no log, no notice and no message to anybody.

Every event that `calendars.event` makes holds them where the program has no use for what is written. `fenced` is
called wherever a test sees something leave the program: by its own channels and servers, and by whoever reads what a
process has said.
"""

from __future__ import annotations

import logging

from kepthour.logger import EVENTS

TITLE, WORDS = "fencedtitle", "fencedwords"
LINES = (f"DESCRIPTION:{WORDS}", f"COMMENT:{WORDS}")


def fenced(said: str) -> str:
    """What was said, unless it tells a client's words."""
    told = [word for word in (TITLE, WORDS) if word in said.lower()]
    assert not told, f"{told} left the program: {said}"
    return said


class _Keeping(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(self.format(record))


def watch_logs() -> list[str]:
    """From now on every event of this process's log, at any level, is kept as it is written in the list returned."""
    events, keeping = logging.getLogger(EVENTS), _Keeping()
    (writing,) = events.handlers
    writing.setLevel(logging.WARNING)  # a test that fails is read without the others
    keeping.setFormatter(writing.formatter)
    events.addHandler(keeping)
    return keeping.kept
