"""Where reminders are shown, if this machine has no desktop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kepthour.cli.init.asking import agree

if TYPE_CHECKING:
    from kepthour.config import Configuration
    from kepthour.plugins import Plugins


def wants_terminal(config: Configuration, plugins: Plugins) -> bool:
    """Whether they shall come to a terminal, too. Asks only where the desktop cannot be reached."""
    from kepthour.checks import channels
    from kepthour.checks.record import State

    reached, *_surface = channels.examine(config, plugins, send=False)
    if reached.state is not State.PROBLEM:
        return False
    click.echo(f"\nNo notice can be shown on a desktop from here. {reached.what}")
    return agree('Show reminders in the terminal in which "kepthour run" runs, too', default=True)
