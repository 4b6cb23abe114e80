"""repair ID step: ticks off a step of the card, or skips it."""

from __future__ import annotations

import click

from kepthour.cli.context import as_json, common
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.showing import tell


@click.command()
@click.argument("n", metavar="N", type=int)
@click.argument("what", type=click.Choice(["done", "undone", "skip"]))
@click.option("--reason", metavar="TEXT", help="Why it is skipped; for you alone.")
@as_json
@common
@click.pass_context
def step(ctx: click.Context, n: int, what: str, reason: str | None, as_json: bool) -> None:
    """Step N is done, or not after all; or it is skipped, since it does not fit here.

    When none is open any more the card closes.
    """
    from kepthour.core.privacy import Phi
    from kepthour.core.trail import What
    from kepthour.pipeline.repair import mark_step

    if reason is not None and what != "skip":
        raise click.UsageError('--reason belongs to "skip".', ctx)
    marks = {"done": What.STEP_DONE, "undone": What.STEP_UNDONE, "skip": What.STEP_SKIPPED}
    why = Phi(reason.strip()) if reason and reason.strip() else None
    app, wanted = chosen(ctx, as_json=as_json)
    card = mark_step(app.store, wanted.card_id, n, app.clock.now(), marks[what], why)
    app.follow_cards()
    tell(app, card, as_json=wanted.as_json)
