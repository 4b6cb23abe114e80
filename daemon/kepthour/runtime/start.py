"""From a configuration file to an application on its open store."""

from __future__ import annotations

from pathlib import Path

from kepthour.app import App
from kepthour.config import Configuration
from kepthour.config.reading import load
from kepthour.plugins import Plugins
from kepthour.runtime.clock import SystemClock
from kepthour.store.engine import open_store


def store_path(config: Configuration) -> Path:
    """Where the store of this configuration is."""
    if config.store is not None:
        return config.store
    import platformdirs

    return platformdirs.user_state_path("kepthour") / "kepthour.db"


def open_app(config_file: Path, plugins: Plugins) -> App:
    """Load the configuration and open its store. Raises Faulty, NeedsPerson, TryLater."""
    config = load(config_file, plugins)
    return App(config, open_store(store_path(config)), plugins, SystemClock())
