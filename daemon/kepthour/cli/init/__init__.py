"""init: a first configuration. Asked for in `guided`, or the defaults."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kepthour.cli.context import Setting, common

_DEFAULT_FILE = "~/sessions.ics"


@click.command()
@click.option("--no-input", is_flag=True, help="Ask nothing; write the defaults.")
@common
@click.pass_context
def init(ctx: click.Context, no_input: bool) -> None:
    """Write a first configuration, asking few questions. Overwrites nothing.

    It reads your calendar, shows what it takes for your sessions, and can start the service.
    """
    from kepthour.core.errors import NeedsPerson

    setting = ctx.ensure_object(Setting)
    file = setting.config_file()
    if _is_there(file):
        raise NeedsPerson(
            f"There is a configuration already: {file}.", "Edit it, or choose another with --config."
        )
    if no_input:
        _write_defaults(file)
        return
    from kepthour.cli.init.guided import guided
    from kepthour.runtime.logs import set_up

    set_up(setting.verbosity)
    guided(ctx, file)


def _is_there(file: Path) -> bool:
    """Whether the name is taken. Raises NeedsPerson if nothing can be written under it: before anything is asked."""
    from kepthour.core.errors import NeedsPerson

    try:
        os.lstat(file)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise NeedsPerson(
            f"{file} cannot be written ({error.strerror}).", "Choose another with --config."
        ) from error
    return True


def _write_defaults(file: Path) -> None:
    from kepthour.cli.init.writing import write
    from kepthour.cli.init.zone import is_told, system_zone
    from kepthour.config.first import text
    from kepthour.core.sessions import Take

    zone, told = system_zone(), is_told()
    write(file, text(zone, {"type": "ics", "path": _DEFAULT_FILE}, Take.ALL, (), follows=told))
    click.echo(f"Written: {file}")
    where = f"your sessions are in {_DEFAULT_FILE}"
    if told:
        there = zone if zone is not None else "this computer's time zone"
        where = f"you are in {there}, and {where}"
    click.echo(f"Taken for granted: {where}. Else edit it.")
    if not told:
        click.echo(
            'This computer does not tell its time zone: write yours into the file, as timezone = "Europe/Berlin".'
        )
    click.echo(
        "Next: kepthour check, then kepthour agenda. When the sessions are right: kepthour service install --now"
    )
