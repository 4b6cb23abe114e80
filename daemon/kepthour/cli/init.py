"""init: a first configuration."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from kepthour.cli.context import Setting, common

_DEFAULT_FILE = "~/sessions.ics"
_HEAD = """\
# Kept Hour's configuration. Every key there is, with its meaning: config.example.toml, and docs/configuration.md.
# Try it with: kepthour sync, kepthour agenda, kepthour rehearse. Then start: kepthour service install --now

timezone = {zone}

"""

_SESSIONS = """\
# Which events are sessions: "all", "none" or "rules". To go by rules, set sessions = "rules" above, and write e.g.:
#
# [[sessions.rules]]
# title = '^(?P<client>[A-Z]{2})\\b'   # titles that begin with two initials; they become the client's alias
# is = "session"

[reminders]
profile = "standard"                   # standard | gentle | persistent

[channels.desktop]
type = "desktop"

# [channels.bell]                       # rings until you answer, and is silent in a call: docs/sound.md
# type = "sound"

[privacy]
notice = "time"                        # time: no client on any screen | alias
"""


@click.command()
@click.option("--no-input", is_flag=True, help="Ask nothing; write the defaults.")
@common
@click.pass_context
def init(ctx: click.Context, no_input: bool) -> None:
    """Write a first configuration, asking few questions. Overwrites nothing."""
    from kepthour.core.errors import NeedsPerson

    file = ctx.ensure_object(Setting).config_file()
    if os.path.lexists(file):
        raise NeedsPerson(
            f"There is a configuration already: {file}.", "Edit it, or choose another with --config."
        )
    zone = _zone(no_input)
    calendar = _calendar(no_input)
    text = _HEAD.format(zone=json.dumps(zone)) + calendar + "\n" + _SESSIONS
    _write_privately(file, text)
    click.echo(f"Written: {file}")
    if no_input:
        click.echo(
            f"Taken for granted: you are in {zone}, and your sessions are in {_DEFAULT_FILE}. Else edit it."
        )
    click.echo(
        "Next: kepthour check, then kepthour agenda. When the sessions are right: kepthour service install --now"
    )


def _zone(no_input: bool) -> str:
    import tzlocal

    found = tzlocal.get_localzone_name() or "UTC"
    if no_input:
        return found
    from zoneinfo import available_timezones

    while True:
        zone: str = click.prompt("Your time zone", default=found)
        if zone in available_timezones():
            return zone
        click.echo('That is no IANA time zone; write it as "Europe/Berlin".')


def _calendar(no_input: bool) -> str:
    if no_input:
        return _file(_DEFAULT_FILE)
    click.echo("A Google calendar is set up by hand: see docs/calendars/google.md. For the others:")
    kind = click.prompt(
        "Your calendar is: a CalDAV server, an iCal feed (an address), or a file",
        type=click.Choice(["caldav", "feed", "file"]),
        default="caldav",
    )
    if kind == "file":
        return _file(click.prompt("The file", default=_DEFAULT_FILE))
    if kind == "feed":
        return _feed(
            click.prompt(
                "A name under which your keyring is to keep the feed's address", default="kepthour-feed"
            )
        )
    return _caldav(_address(), click.prompt("Your user name there"))


def _address() -> str:
    from kepthour_connectors.base import checked_url

    while True:
        url: str = click.prompt("The calendar's address (https://…)")
        try:
            return checked_url(url)
        except ValueError as error:
            click.echo(f"That address {error}.")


def _file(path: str) -> str:
    return f'[[calendars]]\nname = "practice"\ntype = "ics"\npath = {json.dumps(path)}\nsessions = "all"\n'


def _feed(service: str) -> str:
    click.echo(f"The address is a secret: store it with  keyring set {service} kepthour")
    return (
        f'[[calendars]]\nname = "practice"\ntype = "ics"\nurl = {{ keyring = {json.dumps(service)} }}\npoll = "5m"\n'
        'sessions = "all"\n'
    )


def _caldav(url: str, username: str) -> str:
    click.echo("The password is a secret: store it with  keyring set kepthour-practice kepthour")
    return (
        f'[[calendars]]\nname = "practice"\ntype = "caldav"\nurl = {json.dumps(url)}\n'
        f'username = {json.dumps(username)}\npassword = {{ keyring = "kepthour-practice" }}\npoll = "2m"\n'
        'sessions = "all"\n'
    )


def _write_privately(file: Path, text: str) -> None:
    from kepthour.core.errors import NeedsPerson

    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        raise NeedsPerson(
            f"{file} could not be written ({error.strerror}).", "Choose another with --config."
        ) from error
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)
