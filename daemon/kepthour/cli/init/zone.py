"""The therapist's time zone."""

from __future__ import annotations

import click

from kepthour.cli.init.asking import ask

_UNSET = "This computer goes by UTC, as one does whose zone was never set."
_TELLS_NOTHING = {"Etc/UTC": _UNSET, "UTC": _UNSET, None: "This computer does not tell its zone's name."}


def system_zone() -> str | None:
    """This machine's, by its IANA name; None if it cannot be told, or only its rules are there: a copied file."""
    from zoneinfo import available_timezones

    from kepthour.config import zone

    found = zone.system_zone()
    named = available_timezones() - {"localtime"}  # Debian's name for whatever zone this machine has
    return found.key if found is not None and found.key in named else None


def is_told() -> bool:
    """Whether this machine tells its zone, if only by its rules."""
    from kepthour.config import zone

    return zone.system_zone() is not None


def asked_zone() -> str:
    """What they say."""
    zone = system_zone()
    if zone in _TELLS_NOTHING:
        click.echo(f'{_TELLS_NOTHING[zone]} A zone is written like this: "Europe/Berlin".')
    return ask("Your time zone", zone, _checked)


def _checked(text: str) -> str:
    from zoneinfo import available_timezones

    if text in available_timezones():
        return text
    raise ValueError('That is no IANA time zone; write it as "Europe/Berlin".')
