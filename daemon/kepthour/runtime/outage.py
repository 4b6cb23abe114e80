"""A store that cannot be used: since when, whether it is damaged, and whether the therapist has been told."""

from __future__ import annotations

import time
from collections.abc import Callable

from kepthour.core.errors import KeptHourError, NeedsPerson
from kepthour.logger import log

_TELL_AFTER = 20.0  # seconds: a database that is locked for a moment is no news


class Outage:
    """One daemon's store. `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self._cause: KeptHourError | None = None  # what somebody can mend, if that is known
        self._notice_made = False
        self._told = False
        self.damaged = False  # a new store has to be begun

    @property
    def on(self) -> bool:
        """Whether the store could not be used the last time."""
        return self._since is not None

    def hit(self, error: KeptHourError) -> KeptHourError | None:
        """The store refused to work; returns what the therapist is to be told now, if anything.

        That a turn had to wait says nothing of why: what somebody can mend goes before it.
        """
        if isinstance(error, NeedsPerson):
            self._cause = error
        if self._since is None:
            self._since = self._clock()
            log.error("store.unusable", problem=error)
        if self._notice_made or self._clock() - self._since < _TELL_AFTER:
            return None
        self._notice_made = True
        return self._cause or error

    def told(self) -> None:
        """What `hit` returned has reached the therapist."""
        self._told = True

    def over(self) -> bool:
        """The store works; whether the therapist believes that it does not."""
        if self.on:
            log.warning("store.usable_again")
        believed = self._told
        self._since, self._cause, self._notice_made, self._told = None, None, False, False
        return believed
