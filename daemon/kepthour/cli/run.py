"""run: the daemon, in the foreground."""

from __future__ import annotations

import click

from kepthour.cli.context import Setting, common


@click.command()
@common
@click.pass_context
def run(ctx: click.Context) -> None:
    """Watch the calendars and remind, until it is stopped. SIGTERM ends it, SIGHUP reloads the configuration."""
    import asyncio
    import os

    from kepthour.app import App
    from kepthour.config.reading import load
    from kepthour.plugins import Plugins
    from kepthour.runtime.daemon import Daemon
    from kepthour.runtime.lock import StoreLock
    from kepthour.runtime.logs import set_up
    from kepthour.runtime.start import open_to_run, store_path
    from kepthour.runtime.systemd import Systemd

    systemd = Systemd.taken_from(os.environ)  # before anything starts a program
    setting = ctx.ensure_object(Setting)
    set_up(max(setting.verbosity, 1))  # a daemon's events belong in its journal
    plugins = Plugins()
    config = load(setting.config_file(), plugins)
    lock = StoreLock(store_path(config))
    lock.acquire()
    app, damaged = open_to_run(config, plugins)
    if damaged is not None:
        saved = f"{damaged.answers} answers were saved from it"
        click.echo(
            f"The store was damaged. It is kept as {damaged.aside}; {saved}, and the calendars are read anew.",
            err=True,
        )

    def again() -> App:
        plugins = Plugins()
        return App(load(setting.config_file(), plugins), app.store, plugins, app.clock)

    async def watch() -> None:
        await Daemon(app, again, systemd).run()

    names = ", ".join(calendar.name for calendar in app.config.calendars)
    click.echo(f"Kept Hour is watching {names}. Stop it with Ctrl-C.", err=True)
    try:
        asyncio.run(watch())
    finally:
        lock.release()
        app.store.close()
