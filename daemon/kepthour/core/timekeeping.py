"""What the clocks of a machine tell of each other: that it slept, or that its wall clock was set.

The wall clock can be set; the monotonic one goes on, but stands still in suspend; the boot-time one goes on in
suspend, too. So boot minus monotonic is how long the machine slept, and wall minus boot tells that the clock was set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# A clock may be slewed, and three clocks are not read in one instant: less than this is no leap.
LEAST = timedelta(seconds=2)
# What was said at most so much too early need not be said again, and an answer to it counts.
EARLY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reading:
    """The three clocks at one instant."""

    wall: datetime  # aware UTC
    monotonic: timedelta  # since the machine was started, without the time that it was suspended
    boot: timedelta  # since the machine was started


@dataclass(frozen=True, slots=True)
class Leap:
    """What happened between two readings besides the passing of time. Both may be nothing."""

    slept: timedelta
    stepped: timedelta  # negative: the wall clock was set back

    @property
    def noticeable(self) -> bool:
        """Whether plans, timers and conclusions have to be looked at again."""
        return self.slept >= LEAST or abs(self.stepped) >= LEAST


def leap(before: Reading, after: Reading) -> Leap:
    """What happened between `before` and `after`. Never raises."""
    passed = after.boot - before.boot
    return Leap(passed - (after.monotonic - before.monotonic), (after.wall - before.wall) - passed)
