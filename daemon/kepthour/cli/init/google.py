"""The sign-in at Google, before there is a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kepthour.cli.auth import SECONDS, has_desktop
from kepthour.cli.init.asking import agree
from kepthour.cli.init.vault import Vault

if TYPE_CHECKING:
    from kepthour.config import Configuration
    from kepthour.plugins import Plugins
    from kepthour_connectors.base import Surroundings


def sign_in(config: Configuration, surroundings: Surroundings, plugins: Plugins, vault: Vault) -> None:
    """As `kepthour auth google` does it. Raises ConnectorError, Faulty."""
    from kepthour.cli.init.writing import make_folder
    from kepthour_connectors.base import SignsIn
    from kepthour_connectors.google.tokens import place

    (calendar,) = config.calendars
    kind = plugins.connector(calendar.type)
    assert isinstance(kind, SignsIn)
    kept = place(surroundings)
    was_there = kept.exists()
    if was_there and agree("\nThere is a sign-in for this calendar already. Use it", default=True):
        return
    make_folder(surroundings.data.parent.parent)  # the data folder, which is the therapist's alone
    if not was_there:
        vault.made("The sign-in", kept)
    kind.new_sign_in(
        calendar.options, surroundings, say=click.echo, browser=has_desktop(), port=0, timeout=SECONDS
    )
    click.echo(f"Signed in. That is kept in a file that only you can read: {kept}")
