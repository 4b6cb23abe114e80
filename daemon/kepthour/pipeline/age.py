"""Lets go of what is older than it has to be."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from kepthour.logger import log
from kepthour.store import aging, backups, watches
from kepthour.store.engine import Store

_COPY = timedelta(days=30)  # the copy of the store from before an update is kept
_TO_BE_SURE = timedelta(days=7)  # so long a clock has to have been right, before anything goes by it


def housekeep(store: Store, now: datetime, keep: timedelta) -> int:
    """Delete what was over `keep` before `now` (aware UTC), unless the clock may be years ahead: then nothing goes.

    Somebody has to have watched a week ago by this very clock. Raises TryLater, NeedsPerson.
    """
    since, until = now - 2 * _TO_BE_SURE, now - _TO_BE_SURE
    with store.read() as tx:
        is_sure = any(one.until >= since for one in watches.around(tx, since, until))
    if not is_sure:
        return 0
    with suppress(OSError):
        backups.forget(store.path, now - _COPY)
    return forget(store, now - keep)


def forget(store: Store, before: datetime) -> int:
    """Delete what was over `before` (aware UTC), for good; returns how many sessions. Raises TryLater, NeedsPerson."""
    with store.write() as tx:
        count, others = aging.forget(tx, before)
    if count or others:
        log.info("sessions.purged", count=count, others=others)
        store.shrink_journal()
    return count
