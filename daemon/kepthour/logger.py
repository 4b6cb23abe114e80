"""The log, for whoever has something to tell. What is written of it, and where: runtime/logs.py.

Events are told through `logging`, each with its facts beside it: a text with facts in it would invite names.
"""

from __future__ import annotations

import logging

EVENTS = "kepthour"  # the logger of `logging` that has them; a record's `facts` are a dict


class Logger:
    """Tells events: a name with a dot, and facts that name no client."""

    def __init__(self) -> None:
        self._events = logging.getLogger(EVENTS)

    def debug(self, event: str, /, **facts: object) -> None:
        self._tell(logging.DEBUG, event, facts)

    def info(self, event: str, /, **facts: object) -> None:
        self._tell(logging.INFO, event, facts)

    def warning(self, event: str, /, **facts: object) -> None:
        self._tell(logging.WARNING, event, facts)

    def error(self, event: str, /, **facts: object) -> None:
        self._tell(logging.ERROR, event, facts)

    def _tell(self, level: int, event: str, facts: dict[str, object]) -> None:
        self._events.log(level, event, extra={"facts": facts})


log = Logger()
