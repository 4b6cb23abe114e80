"""When to ask a calendar next: at its interval, and once more shortly before each of its sessions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

# The last looks: late enough to catch a cancellation, early enough for the rungs that follow.
LOOKS = (timedelta(minutes=20), timedelta(minutes=6))


def next_poll(now: datetime, regular: datetime, starts: Iterable[datetime]) -> datetime:
    """`regular`, or an earlier look before one of `starts` (its sessions', aware UTC), whichever comes first."""
    looks = (start - look for start in starts for look in LOOKS)
    return min([regular, *(look for look in looks if look > now)])
