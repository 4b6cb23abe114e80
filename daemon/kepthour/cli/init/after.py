"""Behind the file: whether a notice is seen, and whether somebody is there to send it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from kepthour.cli.init.asking import agree

if TYPE_CHECKING:
    from kepthour.config import Configuration
    from kepthour.plugins import Plugins

_SOON = timedelta(days=7)
_LOOK = """\
Then reminders would come unseen. Look at this:
  - "do not disturb" is off, and your desktop's settings allow notices of Kept Hour
  - on a small desktop, a notification daemon runs: dunst, say
  - then try again: kepthour check --send. More: docs/desktop.md#if-nothing-comes
  - another way to reach you, beside it: docs/channels.md"""


def see_to_reminders(ctx: click.Context, config: Configuration, plugins: Plugins, *, readable: bool) -> None:
    """Send a test notice, install the service, and tell the first reminder of a calendar that is `readable`.

    Raises NeedsPerson, TryLater, Abort: the configuration stands.
    """
    _notice(config, plugins)
    _service(ctx)
    if readable:
        _first_reminder(config, plugins)
    click.echo("All that would come: kepthour rehearse. Is all well: kepthour check")


def _notice(config: Configuration, plugins: Plugins) -> None:
    from kepthour.checks import channels
    from kepthour.checks.record import State

    click.echo("\nSending a test notice to your desktop …")
    found = channels.examine(config, plugins, send=True)  # whether it was taken comes first
    for one in found:
        if one.state is State.PROBLEM:
            click.echo(f"{one.what}\n{one.remedy}\nTry again later: kepthour check --send")
    if found[0].state is State.OK and not agree("Did you see it", default=False):
        click.echo(_LOOK)


def _first_reminder(config: Configuration, plugins: Plugins) -> None:
    from kepthour.cli.printing import clock
    from kepthour.runtime.bell import ring
    from kepthour.runtime.start import open_app
    from kepthour.views.rehearse import rehearse

    app = open_app(config, plugins)
    (polled,) = app.sync()
    ring(app.store.path)
    now = app.clock.now()
    coming = rehearse(app.config, app.store, now, now + _SOON, now)
    first = next((one for one in coming if one.session is not None), None)
    if polled.problem:
        click.echo(f"\n{polled.what} {polled.remedy}")
    elif first is None:
        click.echo(f"\nNo session in the coming {_SOON.days} days.")
    else:
        click.echo(f"\nThe first reminder: {clock(first.at, config.zone)}. {first.text}")


def _service(ctx: click.Context) -> None:
    from kepthour.cli.service import install
    from kepthour.core.errors import NeedsPerson
    from kepthour.service.manager import Manager

    click.echo()
    try:
        is_there = Manager().is_there()
    except NeedsPerson as error:
        click.echo(f"{error.what} {error.remedy}")
        return
    if not is_there:
        click.echo(
            "Your systemd cannot be reached from here. At your desktop: kepthour service install --now\n"
            "Or in a terminal, as long as that is open: kepthour run"
        )
        return
    if not agree("Install it as a service that starts with your login, and start it now", default=True):
        click.echo("Nobody is reminded until you do: kepthour service install --now")
        return
    ctx.invoke(install, system=False, now=True, dry_run=False)
