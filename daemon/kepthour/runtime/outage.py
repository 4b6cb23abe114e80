"""A store that cannot be used: since when, and whether the therapist has been told."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from kepthour.core.errors import KeptHourError, NeedsPerson
from kepthour.core.notice import Notice, store_notice

log = structlog.get_logger()

_TELL_AFTER = 20.0  # seconds: a database that is locked for a moment is no news


class Outage:
    """One daemon's store. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._told = False

    @property
    def on(self) -> bool:
        """Whether the store could not be used the last time."""
        return self._since is not None

    def hit(self, error: KeptHourError) -> Notice | None:
        """The store refused to work; returns what the therapist is to be told now, if anything."""
        if self._since is None:
            self._since = self._clock()
            log.error("store.unusable", problem=error)
        if self._told or self._clock() - self._since < _TELL_AFTER:
            return None
        self._told = True
        what, remedy = (error.what, error.remedy) if isinstance(error, NeedsPerson) else _BUSY
        return store_notice(what, remedy)

    def over(self) -> bool:
        """The store works; whether it did not before."""
        was_on, self._since, self._told = self.on, None, False
        if was_on:
            log.warning("store.usable_again")
        return was_on


_BUSY = ("The store has been busy for a while.", "End the program that holds it open, a backup perhaps.")
