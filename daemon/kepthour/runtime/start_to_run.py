"""The start of a daemon, which goes on where a command would give up: on a damaged store, or one not to be had yet."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from kepthour.app import App
from kepthour.config import Configuration
from kepthour.core.errors import KeptHourError, TryLater
from kepthour.plugins import Plugins
from kepthour.runtime.clock import SystemClock
from kepthour.runtime.start import store_of
from kepthour.store import sessions
from kepthour.store.access import KeyUnavailable, Unusable
from kepthour.store.engine import Damaged, Store
from kepthour.store.rescue import Rescued, begin_anew, finish, in_memory


@dataclass(frozen=True, slots=True)
class Opened:
    """An application to run, and what there is to say about its store."""

    app: App
    rescued: Rescued | None = None  # it was damaged, and a new one was begun
    trouble: KeptHourError | None = None  # it cannot be used now


def open_to_run(config: Configuration, plugins: Plugins) -> Opened:
    """As `start.open_app`, for the daemon, which holds the lock.

    A damaged store is kept aside and a new one begun. One that cannot be used just now is no reason not to start: what
    it holds can be read, and whoever is to be reminded should not have to wait until it is mended. A new one that
    cannot be made is: nothing is known then. A key that is not to be had yet is none either: it is asked for again and
    again, and the therapist is told. Raises NeedsPerson, TryLater.
    """
    clock = SystemClock()
    app = App(config, store_of(config), plugins, clock)
    try:
        return Opened(app, rescued=_opened_or_anew(app.store, clock.now()))
    except KeyUnavailable as error:
        return Opened(app, trouble=error)
    except (Unusable, TryLater) as error:
        if not _holds_sessions(app.store):
            raise
        return Opened(app, trouble=error)


def _holds_sessions(store: Store) -> bool:
    """Whether there is anything to remind of. Never raises."""
    with suppress(Unusable), in_memory(store) as copy, copy.read() as tx:
        return sessions.any_at_all(tx)
    return False


def _opened_or_anew(store: Store, now: datetime) -> Rescued | None:
    finish(store.path, now)
    try:
        store.open()
        store.check()
    except Damaged:
        rescued = begin_anew(store, now)
        store.reopen()
        return rescued
    return None
