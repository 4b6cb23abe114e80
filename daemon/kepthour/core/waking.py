"""When a sleeping machine has to be awake again."""

from __future__ import annotations

from datetime import datetime, timedelta


def wake_at(rung: datetime, before: timedelta, now: datetime) -> datetime:
    """For the next rung at `rung` (later than `now`): `before` it; or, if that has passed, at the rung itself."""
    ahead = rung - before
    return ahead if ahead > now else rung
