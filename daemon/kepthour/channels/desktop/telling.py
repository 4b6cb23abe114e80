"""When a notice on the screen is to read anew: at its later instants by the wall clock, wherever that leaps to."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime, timedelta

from kepthour.ports import Clock, Notice

# A rung that is due at the same minute goes first; it takes the notice's place, and ends this.
_LAG = timedelta(seconds=2)
_LOOK = timedelta(seconds=15)  # how soon a sleep or a step of the clock is noticed

Sleep = Callable[[float], Awaitable[None]]  # seconds


async def readings(notice: Notice, clock: Clock, sleep: Sleep) -> AsyncGenerator[Notice, None]:
    """`notice` as it is to read from now on, each time that changes; ends with the last time."""
    told = _passed(notice, clock.now())
    while told < len(notice.later):
        left = notice.later[told].at + _LAG - clock.now()
        await sleep(min(max(left, timedelta()), _LOOK).total_seconds())
        now = clock.now()
        if _passed(notice, now) != told:
            told = _passed(notice, now)
            yield notice.as_of(now)


def _passed(notice: Notice, now: datetime) -> int:
    return sum(one.at + _LAG <= now for one in notice.later)
