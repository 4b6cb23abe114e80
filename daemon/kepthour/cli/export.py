"""export: one's own data out, readable without the program."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.files import STDOUT, place_for, write_private
from kepthour.cli.printing import document

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.command()
@click.option(
    "--output",
    default=STDOUT,
    show_default=True,
    metavar="FILE|DIR",
    help="Where to; into a folder under a name with the time.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@as_json
@common
@click.pass_context
def export(ctx: click.Context, output: str, force: bool, as_json: bool) -> None:
    """All that is stored, as one JSON document: sessions, verdicts with every version, answers, reminders, cards.

    It may name clients: the file is made for you alone (0600). Keep it as you keep your notes.
    """
    from kepthour.views.export import export as read

    app = ctx.ensure_object(Setting).app_of_the_store()
    pieces, now = read(app.store, app.config.zone, app.clock.now()), app.clock.now()
    if output == STDOUT:
        _print(pieces)
        return
    file = place_for(output, f"kepthour-export-{now:%Y%m%dT%H%M%SZ}.json")
    write_private(file, pieces, force=force)
    if as_json:
        document({"written": str(file)})
    else:
        click.echo(f"Written: {file}. It may name clients: keep it as you keep your notes.")


def _print(pieces: Iterable[str]) -> None:
    if sys.stdout.isatty():
        click.echo("kepthour: this may name clients; into a file: kepthour export --output FILE", err=True)
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode())  # whatever the locale: JSON is UTF-8
    sys.stdout.flush()
