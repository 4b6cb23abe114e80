"""The log, for whoever has something to tell. What is written of it, and where: runtime/logs.py.

Most commands tell nothing, and the library takes a third as long to import as all of ours: the first event that
is let through loads it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_least = 0  # what is below this level is dropped
_set_up: Callable[[], None] | None = None
_setting_up = threading.Lock()


def begin(least: int, set_up: Callable[[], None]) -> None:
    """From now on events of the level `least` (as `logging` counts) and above are let through.

    `set_up` is called once, before the first of them.
    """
    global _least, _set_up
    _least, _set_up = least, set_up


def ready() -> None:
    """Set up the library now, if that was put off."""
    global _set_up
    with _setting_up:
        if _set_up is not None:
            _set_up()
            _set_up = None


class Logger:
    """Tells events: a name with a dot, and facts that name no client."""

    def debug(self, event: str, /, **facts: object) -> None:
        _tell(logging.DEBUG, event, facts)

    def info(self, event: str, /, **facts: object) -> None:
        _tell(logging.INFO, event, facts)

    def warning(self, event: str, /, **facts: object) -> None:
        _tell(logging.WARNING, event, facts)

    def error(self, event: str, /, **facts: object) -> None:
        _tell(logging.ERROR, event, facts)


log = Logger()


def _tell(level: int, event: str, facts: dict[str, object]) -> None:
    if level < _least:
        return
    ready()
    import structlog

    structlog.get_logger().log(level, event, **facts)
