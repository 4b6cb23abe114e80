"""repair ID makeup: says which session makes up for the missed one."""

from __future__ import annotations

import click

from kepthour.cli.context import as_json, common
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.showing import tell

_NONE, _ANY = "none", "any"


@click.command()
@click.argument("session", metavar="SESSION_ID|none|any")
@as_json
@common
@click.pass_context
def makeup(ctx: click.Context, session: str, as_json: bool) -> None:
    """Say, or correct, which session makes up for the missed one: by its id, as "kepthour agenda --json" shows it.

    "none" says that there is none, and that none is to be looked for; "any" takes back what you said, so that the
    calendar tells it again.
    """
    app, wanted = chosen(ctx, as_json=as_json)
    if session == _ANY:
        app.forget_make_up(wanted.card(app).id)
    else:
        app.say_make_up(wanted.card(app).id, None if session == _NONE else session)
    tell(app, wanted.card(app), as_json=wanted.as_json)
