"""From a configuration to an application on its open store."""

from __future__ import annotations

import os
from pathlib import Path

from kepthour.app import App
from kepthour.config import Configuration
from kepthour.plugins import Plugins
from kepthour.runtime.clock import SystemClock
from kepthour.store.access import PLAIN, Access, Encrypted, KeyUnavailable
from kepthour.store.engine import Store, open_store
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


def open_app(config: Configuration, plugins: Plugins) -> App:
    """On the open store of `config`. Raises NeedsPerson, TryLater."""
    return App(config, open_store(store_path(config), store_access(config)), plugins, SystemClock())


def unopened_app(config: Configuration, plugins: Plugins) -> App:
    """On a store that is not opened, nor made: for what needs none."""
    return App(config, store_of(config), plugins, SystemClock())
