"""Logging: events with ids, counts and reasons on standard error; never a title, a name or a secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from kepthour.core.privacy import HIDDEN, Phi
from kepthour.logger import EVENTS
from kepthour.output import write_now

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


class _Line(logging.Formatter):
    """An event in one line: `key=value`, each value as Python writes it."""

    def format(self, record: logging.LogRecord) -> str:
        """When (UTC), level, event, and its facts."""
        when = datetime.fromtimestamp(record.created, UTC)
        told = {
            "timestamp": f"{when:%Y-%m-%dT%H:%M:%S.%fZ}",
            "level": record.levelname.lower(),
            "event": record.msg,
        }
        facts: Mapping[str, object] = getattr(record, "facts", {})
        shown = told | {key: _hidden(value) for key, value in facts.items() if key not in told}
        return " ".join(f"{key}={value!r}" for key, value in shown.items())


def _hidden(value: object) -> object:
    """The last fence: a protected text is dots, an exception its type."""
    if isinstance(value, Phi):
        return HIDDEN
    return type(value).__name__ if isinstance(value, BaseException) else value


def set_up(verbosity: int) -> None:
    """`verbosity` 0: warnings, 1: events too, 2: debug too."""
    logging.basicConfig(
        level=logging.WARNING, handlers=[_to_stderr(_Bare("%(levelname)s %(name)s"))], force=True
    )
    logging.raiseExceptions = False  # a stream that cannot be written would be told what was to be written
    logging.captureWarnings(True)  # icalendar warns with words of the calendar
    for name in _LIBRARIES:  # their messages may hold bodies and addresses: not even with -vv
        logging.getLogger(name).setLevel(logging.CRITICAL)
    events = logging.getLogger(EVENTS)
    events.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)])
    events.handlers[:] = [_to_stderr(_Line())]
    events.propagate = False


class _Patient(logging.StreamHandler[TextIO]):
    """What a terminal does not take just now is left out: nobody must be left waiting for a line of the log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, as far as that does not block."""
        try:
            write_now(self.stream, self.format(record) + self.terminator)
        except Exception:  # noqa: BLE001  it was closed, or is full: said as ever, by nobody
            self.handleError(record)


def _to_stderr(formatter: logging.Formatter) -> logging.Handler:
    handler = _Patient(sys.stderr)
    handler.setFormatter(formatter)
    return handler
