"""The machine's time zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def system_zone() -> ZoneInfo | None:
    """As it is at present; None if it cannot be told."""
    import tzlocal  # only where it is asked for

    try:
        return tzlocal.reload_localzone()  # the other one remembers the zone from before a journey
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
