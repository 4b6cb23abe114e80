"""What a piece of the program tells its log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kepthour.logger import EVENTS


class _Keeping(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        facts: dict[str, Any] = getattr(record, "facts")  # noqa: B009  `logging` knows nothing of it
        self.kept.append({**facts, "event": record.msg, "log_level": record.levelname.lower()})


@contextmanager
def capture_logs() -> Iterator[list[dict[str, Any]]]:
    """Every event within, at any level, as its facts with "event" and "log_level". None is written."""
    events, keeping = logging.getLogger(EVENTS), _Keeping()
    handlers, level = events.handlers[:], events.level
    events.handlers[:] = [keeping]
    events.setLevel(logging.DEBUG)
    try:
        yield keeping.kept
    finally:
        events.handlers[:] = handlers
        events.setLevel(level)
