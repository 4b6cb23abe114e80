"""From a configuration to an application on its open store."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kepthour.app import App
from kepthour.config import Configuration
from kepthour.core.errors import KeptHourError, TryLater
from kepthour.plugins import Plugins
from kepthour.runtime.clock import SystemClock
from kepthour.store import sessions
from kepthour.store.access import PLAIN, Access, Encrypted, KeyUnavailable, Unusable
from kepthour.store.engine import Damaged, Store, open_store
from kepthour.store.rescue import Rescued, begin_anew, finish, in_memory
from kepthour.threads import Question
from kepthour_connectors.secrets import Secret, SecretUnavailable

_KEY_SECONDS = 20.0  # as a command has; systemd waits longer for a start, and for a sign of life


def store_path(config: Configuration) -> Path:
    """Where the store of this configuration is: the file itself, if a link leads to it. A new one takes its place."""
    path = config.store or _usual_path()
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _usual_path() -> Path:
    import platformdirs

    return platformdirs.user_state_path("kepthour") / "kepthour.db"


def store_access(config: Configuration) -> Access:
    """How that is opened."""
    return PLAIN if config.store_key is None else access_with(config.store_key)


def access_with(key: Secret) -> Encrypted:
    """With the key that is kept there."""
    question = Question(key.reveal, _KEY_SECONDS, "key of the store")
    return Encrypted(lambda: _answered(question))


def _answered(question: Question[str]) -> str:
    try:
        return question()
    except SecretUnavailable as error:
        raise _unavailable(str(error)) from error
    except TimeoutError as error:
        why = f"no answer within {_KEY_SECONDS:.0f} seconds; where it is kept may be locked, and ask for you"
        raise _unavailable(why) from error


def _unavailable(why: str) -> KeyUnavailable:
    return KeyUnavailable(
        f"The key of the store is not to be had: {why}.",
        "Unlock where it is kept, or say under [store] key where it is.",
    )


def store_of(config: Configuration) -> Store:
    """The store of this configuration, not opened yet."""
    return Store(store_path(config), store_access(config))


@dataclass(frozen=True, slots=True)
class Opened:
    """An application to run, and what there is to say about its store."""

    app: App
    rescued: Rescued | None = None  # it was damaged, and a new one was begun
    trouble: KeptHourError | None = None  # it cannot be used now


def open_to_run(config: Configuration, plugins: Plugins) -> Opened:
    """As `open_app`, for the daemon, which holds the lock.

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


def open_app(config: Configuration, plugins: Plugins) -> App:
    """On the open store of `config`. Raises NeedsPerson, TryLater."""
    return App(config, open_store(store_path(config), store_access(config)), plugins, SystemClock())


def unopened_app(config: Configuration, plugins: Plugins) -> App:
    """On a store that is not opened, nor made: for what needs none."""
    return App(config, store_of(config), plugins, SystemClock())
