"""The therapist's time zone."""

from __future__ import annotations

import click

from kepthour.cli.init.asking import ask

_UNSET = ("Etc/UTC", "UTC")


def system_zone() -> str:
    """This machine's, by its IANA name; UTC if it cannot be told, or has none."""
    from zoneinfo import available_timezones

    from kepthour.config import zone

    found = zone.system_zone()
    return found.key if found is not None and found.key in available_timezones() else "UTC"


def asked_zone() -> str:
    """What they say."""
    if system_zone() in _UNSET:
        click.echo(
            'This computer goes by UTC, as one does whose zone was never set. Yours looks like "Europe/Berlin".'
        )
    return ask("Your time zone", system_zone(), _checked)


def _checked(text: str) -> str:
    from zoneinfo import available_timezones

    if text in available_timezones():
        return text
    raise ValueError('That is no IANA time zone; write it as "Europe/Berlin".')
