"""All checks, in the order in which they are to be read: what the others stand on comes first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kepthour.app import App
from kepthour.checks import (
    calendars,
    channels,
    configuration,
    daemon,
    evidence,
    heartbeat,
    secrets,
    service,
    store,
    templates,
    timekeeping,
    waking,
)
from kepthour.checks.record import Check, failed, skipped
from kepthour.core.errors import KeptHourError
from kepthour.plugins import Plugins
from kepthour.ports import Clock
from kepthour.runtime.lock import StoreLock
from kepthour.runtime.start import store_access, store_path
from kepthour.store.heartbeat import kept
from kepthour.views.status import status


def examine(file: Path, plugins: Plugins, clock: Clock, *, send: bool) -> list[Check]:
    """Looks at everything there is, for a minute at most. With `send` each channel gets a test notice.

    A group that cannot be looked at is a problem of its own, and stops no other.
    """
    config, found = configuration.examine(file, plugins)
    if config is None:
        return found
    access = store_access(config)  # one for all: a keyring that is locked asks its owner each time
    opened, stored = store.examine(store_path(config), access)
    app = App(config, opened, plugins, clock) if opened is not None else None
    return [
        *found,
        *stored,
        *secrets.examine(config, access),
        *_of_the_store(calendars.NAME, app, calendars.examine),
        *channels.examine(config, plugins, send=send),
        *evidence.examine(config, plugins),
        *timekeeping.examine(config.zone, clock.now()),
        *_of_the_store(daemon.NAME, app, _daemon),
        *service.examine(config.file, StoreLock(store_path(config)).holder()),
        *waking.examine(config),
        *heartbeat.examine(kept(store_path(config)), config.heartbeat, clock.now()),
        *templates.examine(config.templates),
    ]


def _of_the_store(name: str, app: App | None, group: Callable[[App], list[Check]]) -> list[Check]:
    """A group that reads the store; `app` None: that cannot be used."""
    if app is None:
        return [skipped(name, None, "The store cannot be used.")]
    try:
        return group(app)
    except KeptHourError as error:
        return [failed(name, None, error)]


def _daemon(app: App) -> list[Check]:
    """The daemon, and what it has met with at the channels."""
    pid, now = StoreLock(app.store.path).holder(), app.clock.now()
    met = channels.refusals(status(app.config, app.store, pid, now).channels)
    return [*met, *daemon.examine(app.config, app.store, pid, now)]
