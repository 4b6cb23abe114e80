"""Logging: events with ids, counts and reasons on standard error; never a title, a name or a secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import Any

from kepthour.core.privacy import HIDDEN, Phi
from kepthour.logger import log

_LIBRARIES = (
    "apprise",
    "apscheduler",
    "caldav",
    "niquests",
    "google",
    "google_auth_oauthlib",
    "oauthlib",
    "requests_oauthlib",
    "urllib3",
    "urllib3_future",
    "alembic",
    "sqlalchemy",
    "dbus_fast",
    "asyncio",
    "keyring",
    "py.warnings",
)


class _Bare(logging.Formatter):
    """That a library complained, and which: never its text or traceback, which may hold a body."""

    def format(self, record: logging.LogRecord) -> str:
        """Level and logger's name."""
        return self.formatMessage(record)


def set_up(verbosity: int) -> None:
    """`verbosity` 0: warnings, 1: events too, 2: debug too."""
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Bare("%(levelname)s %(name)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)  # icalendar warns with words of the calendar
    for name in _LIBRARIES:  # their messages may hold bodies and addresses: not even with -vv
        logging.getLogger(name).setLevel(logging.CRITICAL)
    log.begin(level, partial(_configure, level))


def _configure(level: int) -> None:
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _hide(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The last fence: a protected text is dots, an exception its type."""
    for key, value in list(event.items()):
        if isinstance(value, Phi):
            event[key] = HIDDEN
        elif isinstance(value, BaseException):
            event[key] = type(value).__name__
    return event
