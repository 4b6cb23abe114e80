"""check: what could keep a reminder from coming, and how to mend it."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.printing import document, table

if TYPE_CHECKING:
    from kepthour.checks.record import Check


@click.command()
@click.option("--send", is_flag=True, help="Send a test notice to each channel.")
@as_json
@common
@click.pass_context
def check(ctx: click.Context, send: bool, as_json: bool) -> None:
    """Look at everything that reminders depend on, and say how to mend what is wrong.

    It asks each calendar now. Exit code 1: a reminder could be missed; 2: the configuration cannot be used.
    """
    from kepthour.checks import configuration
    from kepthour.checks.examine import examine
    from kepthour.plugins import Plugins
    from kepthour.runtime.clock import SystemClock
    from kepthour.runtime.logs import set_up

    setting = ctx.ensure_object(Setting)
    set_up(setting.verbosity)
    with redirect_stdout(sys.stderr):  # where a console channel prints its test notice
        found = examine(setting.config_file(), Plugins(), SystemClock(), send=send)
    if as_json:
        document({"checks": [_shape(one) for one in found]})
    else:
        _tell(found)
    critical = {one.name for one in found if one.critical}
    ctx.exit(2 if configuration.NAME in critical else 1 if critical else 0)


def _shape(one: Check) -> dict[str, Any]:
    return {
        "name": one.name,
        "subject": one.subject,
        "state": one.state.value,
        "what": one.what,
        "remedy": one.remedy,
        "critical": one.critical,
    }


def _tell(found: list[Check]) -> None:
    rows = [
        (
            one.state.value.upper() if one.critical else one.state.value,
            f"{one.name} {one.subject or ''}",
            f"{one.what}\n→ {one.remedy}" if one.remedy else one.what,
        )
        for one in found
    ]
    table(("", "check", "what is found, and what to do"), rows, "Nothing was checked.")
    click.echo()
    click.echo(_summary(found))


def _summary(found: list[Check]) -> str:
    from kepthour.checks.record import State

    if any(one.critical for one in found):
        return "A reminder could be missed: see each PROBLEM."
    if any(one.state is State.PROBLEM for one in found):
        return "The reminders will come. See each problem all the same."
    return "The reminders will come."
