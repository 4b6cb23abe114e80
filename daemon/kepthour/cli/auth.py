"""auth: the sign-in for calendars that have one of their own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, common

if TYPE_CHECKING:
    from kepthour.app import App
    from kepthour.config import Calendar
    from kepthour_connectors.base import ConnectorError

SECONDS = 600  # as long as Google's own code lasts


@click.group()
@common
def auth() -> None:
    """Sign in to a calendar that wants it done in a browser."""


@auth.command()
@click.argument("name")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="N",
    help="Listen for the browser's answer on this port; default: any that is free.",
)
@common
@click.pass_context
def google(ctx: click.Context, name: str, no_browser: bool, port: int | None) -> None:
    """Sign in to Google for the calendar NAME of the configuration. It asks for reading only.

    Without a desktop, or with --no-browser, it prints the address to open, and how to do that by SSH.
    """
    from kepthour.core.errors import NeedsPerson
    from kepthour.plugins import Plugins
    from kepthour_connectors.base import ConnectorError, SignsIn

    app = ctx.ensure_object(Setting).app()
    calendar = _calendar(app, name)
    kind = Plugins().connector(calendar.type)
    if calendar.type != "google" or not isinstance(kind, SignsIn):
        raise NeedsPerson(
            f'The calendar "{name}" is of type "{calendar.type}", and that has no sign-in at Google.',
            _google_ones(app),
        )
    try:
        kind.new_sign_in(
            calendar.options,
            app.surroundings(name),
            say=_say,
            browser=not no_browser and has_desktop(),
            port=port or 0,
            timeout=SECONDS,
        )
    except ConnectorError as error:
        raise _explained(app, calendar, error) from None
    click.echo(f'Signed in to Google for the calendar "{name}".')
    click.echo(f"Next: kepthour sync {_quoted(name)}")


def _calendar(app: App, name: str) -> Calendar:
    from kepthour.core.errors import NotFound

    for calendar in app.config.calendars:
        if calendar.name == name:
            return calendar
    raise NotFound(f'There is no calendar "{name}" in the configuration.', _google_ones(app))


def _google_ones(app: App) -> str:
    names = ", ".join(f'"{one.name}"' for one in app.config.calendars if one.type == "google")
    others = ", ".join(f'"{one.name}"' for one in app.config.calendars)
    if names:
        return f"Those of type google are: {names}."
    return f'None there is of type "google"; the calendars are: {others}. See docs/calendars/google.md.'


def _explained(app: App, calendar: Calendar, error: ConnectorError) -> Exception:
    from kepthour.core.errors import NeedsPerson
    from kepthour_connectors.base import WrongKey

    if not isinstance(error, WrongKey):
        return NeedsPerson(error.what, error.remedy)
    place = [one.name for one in app.config.calendars].index(calendar.name)
    return NeedsPerson(f"calendars[{place}].{error.key}: {error.what}", error.remedy)


def has_desktop() -> bool:
    """Whether a browser can be opened here."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say(line: str) -> None:
    click.echo(line)


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)
