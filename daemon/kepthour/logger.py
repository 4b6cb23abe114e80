"""The log, for whoever has something to tell. What is written of it, and where: runtime/logs.py.

Most commands tell nothing, and the library takes a third as long to import as all of ours: the first event that
is let through loads it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable


class Logger:
    """Tells events: a name with a dot, and facts that name no client."""

    def __init__(self) -> None:
        self._least = 0  # what is below this level is dropped
        self._set_up: Callable[[], None] | None = None
        self._setting_up = threading.Lock()

    def begin(self, least: int, set_up: Callable[[], None]) -> None:
        """From now on events of the level `least` (as `logging` counts) and above are let through.

        `set_up` is called once, before the first of them.
        """
        self._least, self._set_up = least, set_up

    def ready(self) -> None:
        """Set up the library now, if that was put off."""
        with self._setting_up:
            if self._set_up is not None:
                self._set_up()
                self._set_up = None

    def debug(self, event: str, /, **facts: object) -> None:
        self._tell(logging.DEBUG, event, facts)

    def info(self, event: str, /, **facts: object) -> None:
        self._tell(logging.INFO, event, facts)

    def warning(self, event: str, /, **facts: object) -> None:
        self._tell(logging.WARNING, event, facts)

    def error(self, event: str, /, **facts: object) -> None:
        self._tell(logging.ERROR, event, facts)

    def _tell(self, level: int, event: str, facts: dict[str, object]) -> None:
        if level < self._least:
            return
        self.ready()
        import structlog

        # By the method of its name: a fact may be called "level".
        getattr(structlog.get_logger(), logging.getLevelName(level).lower())(event, **facts)


log = Logger()
