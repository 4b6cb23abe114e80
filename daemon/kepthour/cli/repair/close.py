"""repair ID close: says what became of it."""

from __future__ import annotations

import click

from kepthour.cli.context import as_json, common
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.showing import tell
from kepthour.core.repair import Outcome


@click.command()
@click.argument("outcome", type=click.Choice([one.value for one in Outcome]))
@as_json
@common
@click.pass_context
def close(ctx: click.Context, outcome: str, as_json: bool) -> None:
    """Close the card, whatever is open on it, with what became of the work with this client.

    \b
    repaired      it was spoken about, and it goes on
    continues     it goes on
    paused        for a while
    ended         the client left, or you parted
    not_reached   no word came back
    """
    from kepthour.pipeline import repair

    app, wanted = chosen(ctx, as_json=as_json)
    card = repair.close(app.store, wanted.card_id, Outcome(outcome), app.clock.now())
    app.follow_cards()
    tell(app, card, as_json=wanted.as_json)
