"""repair ID step: ticks off a step of the card."""

from __future__ import annotations

import click

from kepthour.cli.context import as_json, common
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.showing import tell


@click.command()
@click.argument("n", metavar="N", type=int)
@click.argument("what", type=click.Choice(["done", "undone"]))
@as_json
@common
@click.pass_context
def step(ctx: click.Context, n: int, what: str, as_json: bool) -> None:
    """Step N, 1 to 9, is done, or not done after all. When all nine are done the card closes."""
    from kepthour.pipeline.repair import finish_step

    app, wanted = chosen(ctx, as_json=as_json)
    card = finish_step(app.store, wanted.card_id, n, app.clock.now(), done=what == "done")
    tell(app, card, as_json=wanted.as_json)
