"""run: the daemon, in the foreground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, common

if TYPE_CHECKING:
    from kepthour.runtime.start_to_run import Opened


@click.command()
@common
@click.pass_context
def run(ctx: click.Context) -> None:
    """Watch the calendars and remind, until it is stopped. SIGTERM ends it, SIGHUP reloads the configuration."""
    import asyncio
    import os

    from kepthour import collecting
    from kepthour.app import App
    from kepthour.app import load as load_all
    from kepthour.config.reading import load
    from kepthour.plugins import Plugins
    from kepthour.runtime.daemon import Daemon
    from kepthour.runtime.lock import StoreLock
    from kepthour.runtime.logs import set_up
    from kepthour.runtime.start import store_path
    from kepthour.runtime.start_to_run import open_to_run
    from kepthour.runtime.systemd import Systemd
    from kepthour.runtime.taken_up import keep

    load_all()
    collecting.usually()
    systemd = Systemd.taken_from(os.environ)  # before anything starts a program
    setting = ctx.ensure_object(Setting)
    set_up(max(setting.verbosity, 1))  # a daemon's events belong in its journal
    plugins = Plugins()
    config = load(setting.config_file(), plugins)
    lock = StoreLock(store_path(config))
    lock.acquire()
    opened = open_to_run(config, plugins)
    app = opened.app
    keep(config)
    _say(opened)

    def again() -> App:
        plugins = Plugins()
        config = load(setting.config_file(), plugins)
        return App(config, app.store, plugins, app.clock)

    async def watch() -> None:
        await Daemon(app, again, systemd, opened.trouble, keep).run()

    names = ", ".join(calendar.name for calendar in app.config.calendars)
    what = f"waits for the key of its store, to watch {names}" if _waits(opened) else f"is watching {names}"
    click.echo(f"Kept Hour {what}. Stop it with Ctrl-C.", err=True)
    try:
        asyncio.run(watch())
    finally:
        lock.release()
        app.store.close()


def _waits(opened: Opened) -> bool:
    """For the key of the store: nothing of it could be read into memory either."""
    from kepthour.store.access import KeyUnavailable

    return isinstance(opened.trouble, KeyUnavailable)


def _say(opened: Opened) -> None:
    """What is wrong with the store, if anything is."""
    if _waits(opened):
        click.echo(
            f"kepthour: {opened.trouble} Until then nothing can remind you; it is tried again every half minute.",
            err=True,
        )
    elif opened.trouble is not None:
        click.echo(f"kepthour: {opened.trouble} Until then reminders go out from memory.", err=True)
    if opened.rescued is not None:
        kept = f"It is kept as {opened.rescued.aside}; "
        saved = f"{opened.rescued.answers} answers were saved from it"
        click.echo(f"The store was damaged. {kept}{saved}, and the calendars are read anew.", err=True)
