"""Whether a calendar can be trusted: when it was last heard, and what it said since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum

from kepthour.core.gaps import GAP

_SLEW = timedelta(minutes=1)
_NEAR = timedelta(minutes=20)
_LONG = timedelta(hours=1)
SOON = timedelta(hours=2)  # a session so near makes one failed poll worth an alert


class Freshness(StrEnum):
    """Whether a calendar can be trusted."""

    FRESH = "fresh"
    STALE = "stale"
    SIGN_IN_NEEDED = "sign_in_needed"
    NEVER_SYNCED = "never_synced"


def freshness(
    problem: str | None,
    last_good: datetime | None,
    stale_after: timedelta,
    now: datetime,
    *,
    soon: bool = False,
) -> Freshness:
    """A calendar's freshness at `now`. `problem` is the last poll's code, None if it was good.

    `soon`: one of its sessions is due within SOON. Then one failed poll is enough to call it stale.
    """
    if problem == "sign_in_needed":
        return Freshness.SIGN_IN_NEEDED
    if last_good is None:
        return Freshness.NEVER_SYNCED
    if not timely(last_good, now):
        return Freshness.STALE  # the clock was set back: nobody knows how long ago that was
    if now - last_good > stale_after or (soon and problem is not None):
        return Freshness.STALE
    return Freshness.FRESH


def timely(at: datetime, now: datetime) -> bool:
    """Whether an instant that was noted as past can be trusted at `now`: none that lies ahead can."""
    return at <= now + _SLEW


def tells_of(at: datetime, as_of: datetime, stale_after: timedelta) -> bool:
    """Whether a calendar that was asked `as_of` for its last good answer says how things stood `at`.

    An answer that is long under way may come when it says that no more.
    """
    return as_of >= at - stale_after - GAP


class Level(IntEnum):
    """How insistently a calendar's trouble is told."""

    TOLD = 0
    URGED = 1  # it has lasted an hour, or one of its sessions is due within SOON
    ALARMED = 2  # one of its sessions is due within twenty minutes


def episode(since: datetime, reached: Level) -> int:
    """The revision of the notice about a trouble that began at `since` (aware UTC) and has reached this level."""
    return int(since.timestamp()) // 60 * len(Level) + reached


def since_of(episode: int) -> datetime:
    """When the trouble of such a notice began, to the minute (aware UTC)."""
    return datetime.fromtimestamp(episode // len(Level) * 60, UTC)


def level(since: datetime, next_session: datetime | None, now: datetime) -> Level:
    """The level that a trouble has reached which began at `since`; `next_session` is that calendar's, if it is near."""
    if next_session is not None and next_session - now <= _NEAR:
        return Level.ALARMED
    if next_session is not None and next_session - now <= SOON:
        return Level.URGED
    return Level.URGED if now - since >= _LONG else Level.TOLD
