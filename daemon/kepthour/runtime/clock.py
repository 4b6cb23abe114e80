"""The one place that reads the wall clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from kepthour.core.timekeeping import Reading


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        return datetime.now(UTC)

    def read(self) -> Reading:
        """Wall, monotonic and boot-time clock."""
        return Reading(self.now(), _span(time.CLOCK_MONOTONIC), _span(time.CLOCK_BOOTTIME))


def _span(clock: int) -> timedelta:
    return timedelta(microseconds=time.clock_gettime_ns(clock) // 1000)
