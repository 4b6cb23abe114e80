"""Whether the daemon does its work, for those who watch it from outside: systemd's watchdog, a dead man's switch.

A process that runs proves nothing. What has to be fresh is the work itself: a turn of the pump that came to its end,
and a pass of the auditor.
"""

from __future__ import annotations

import time
from collections.abc import Callable

TURN_SECONDS = 60.0  # four turns of a pump with nothing to do; a longer gap is a gap in the watch, too
AUDIT_SECONDS = 660.0  # two passes of the auditor, and a minute


class Health:
    """Fresh or not, by `clock`: seconds that stand still while the machine sleeps, so that waking up is no fault."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turned_at: float | None = None
        self._audited_at: float | None = None
        self._coped_at: float | None = None

    def turned(self) -> None:
        """A turn of the pump came to its end and failed at nothing."""
        self._turned_at = self._clock()

    def audited(self) -> None:
        """The auditor went through the whole plan."""
        self._audited_at = self._clock()

    def coped(self) -> None:
        """The store could not be used, and the reminders that are known in memory were seen to."""
        self._coped_at = self._clock()

    def ok(self) -> bool:
        """Whether turns and audits are fresh. Not before the first of each."""
        return self._fresh(self._turned_at, TURN_SECONDS) and self._fresh(self._audited_at, AUDIT_SECONDS)

    def alive(self) -> bool:
        """Whether a restart would make nothing better: all is well, or what is known in memory goes out.

        A new process could not read what this one still knows.
        """
        return self.ok() or self._fresh(self._coped_at, TURN_SECONDS)

    def _fresh(self, at: float | None, seconds: float) -> bool:
        return at is not None and self._clock() - at <= seconds
