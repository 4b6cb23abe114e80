"""From a configuration file to an application on its open store."""

from __future__ import annotations

from pathlib import Path

from kepthour.app import App
from kepthour.config import Configuration
from kepthour.config.reading import load
from kepthour.plugins import Plugins
from kepthour.runtime.clock import SystemClock
from kepthour.store.engine import Damaged, open_store
from kepthour.store.rescue import Rescued, begin_anew


def store_path(config: Configuration) -> Path:
    """Where the store of this configuration is."""
    if config.store is not None:
        return config.store
    import platformdirs

    return platformdirs.user_state_path("kepthour") / "kepthour.db"


def open_to_run(config: Configuration, plugins: Plugins) -> tuple[App, Rescued | None]:
    """As `open_app`, for the daemon, which holds the lock: a damaged store is kept aside and a new one begun.

    Returns what was saved of the damaged one, too; None if there was none. Raises NeedsPerson, TryLater.
    """
    path, clock = store_path(config), SystemClock()
    try:
        store = open_store(path)
        store.check()
        return App(config, store, plugins, clock), None
    except Damaged:
        rescued = begin_anew(path, clock.now())
        return App(config, open_store(path), plugins, clock), rescued


def open_app(config_file: Path, plugins: Plugins) -> App:
    """Load the configuration and open its store. Raises Faulty, NeedsPerson, TryLater."""
    config = load(config_file, plugins)
    return App(config, open_store(store_path(config)), plugins, SystemClock())
