"""sweep: the sessions that are not accounted for, one by one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.printing import clock, document, question_shape
from kepthour.cli.settle import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kepthour.app import App
    from kepthour.store.sessions import SessionRow

_LATER = "later"


@click.command()
@as_json
@common
@click.pass_context
def sweep(ctx: click.Context, as_json: bool) -> None:
    """The sessions of which nobody said what became. On a terminal, each is asked about in turn."""
    from kepthour.runtime.bell import ring
    from kepthour.views.status import open_questions

    app = ctx.ensure_object(Setting).app()
    asked = open_questions(app.store)
    if as_json:
        document({"open_questions": [question_shape(row, app.config.zone) for row in asked]})
        return
    if not asked:
        click.echo("Every session is accounted for.")
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        _list(app, asked)
        return
    for row in asked:
        _ask(app, row)
    ring(app.store.path)


def _list(app: App, asked: Sequence[SessionRow]) -> None:
    for row in asked:
        click.echo(f"{clock(row.known.start, app.config.zone)}  {row.id}  What happened?")
    click.echo(f"Say it with: kepthour settle ID VERDICT. VERDICT is one of: {', '.join(VERDICTS)}.")


def _ask(app: App, row: SessionRow) -> None:
    from kepthour.core.verdict import Verdict

    click.echo(f"\n{clock(row.known.start, app.config.zone)} ({row.id}): no check-in. What happened?")
    for name, meaning in VERDICTS.items():
        click.echo(f"  {name:<20} {meaning}")
    said = click.prompt("It was", type=click.Choice([*VERDICTS, _LATER]), default=_LATER, show_choices=False)
    if said == _LATER:
        click.echo("It stays open.")
        return
    app.settle(row.id, Verdict(said), None)
    click.echo(f"Settled: {said.replace('_', ' ')}.")
