"""repair: the cards of missed sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.printing import card_shape, clock, document, table

if TYPE_CHECKING:
    from kepthour.app import App
    from kepthour.store.cards import Card


@click.command()
@click.argument("card_id", metavar="[ID]", required=False)
@click.argument("action", nargs=-1, metavar="[step N done|undone]")
@as_json
@common
@click.pass_context
def repair(ctx: click.Context, card_id: str | None, action: tuple[str, ...], as_json: bool) -> None:
    """Repair cards: all of them, one, or "kepthour repair ID step N done" to tick off a step."""
    from kepthour.pipeline import repair as cards
    from kepthour.store.cards import everything

    app = ctx.ensure_object(Setting).app()
    if card_id is None:
        with app.store.read() as tx:
            found = everything(tx)
        _list(app, found, as_json)
        return
    if action:
        n, done = _step(action)
        card = cards.finish_step(app.store, card_id, n, app.clock.now(), done=done)
    else:
        card = cards.find_card(app.store, card_id)
    if as_json:
        document({"cards": [card_shape(card, app.config.zone)]})
    else:
        show(app, card)


def _step(action: tuple[str, ...]) -> tuple[int, bool]:
    match action:
        case ("step", n, ("done" | "undone") as what) if n.isdigit():
            return int(n), what == "done"
    raise click.UsageError('After the card\'s ID write "step N done" or "step N undone", with N from 1 to 9.')


def _list(app: App, found: list[Card], as_json: bool) -> None:
    zone = app.config.zone
    if as_json:
        document({"cards": [card_shape(card, zone) for card in found]})
        return
    rows = [
        (
            str(card.id),
            clock(card.opened_at, zone),
            card.state.value,
            str(card.severity),
            f"{sum(1 for step in card.steps if step.done_at)} of {len(card.steps)}",
            card.session_id,
        )
        for card in found
    ]
    table(
        ("card", "opened", "state", "severity", "steps done", "session"), rows, "There is nothing to repair."
    )


def show(app: App, card: Card) -> None:
    """One card with its nine steps, for reading."""
    from kepthour.core.repair import STEPS

    zone = app.config.zone
    click.echo(f"Repair card {card.id} ({card.state.value}), for session {card.session_id}")
    click.echo("Nothing is sent to anybody: this card is for you alone.")
    click.echo()
    kinds = {step.n: step for step in STEPS}
    rows = [
        (
            "✓" if step.done_at else " ",
            str(step.n),
            kinds[step.n].name,
            kinds[step.n].what,
            clock(step.due_at, zone),
        )
        for step in card.steps
    ]
    table(("", "n", "step", "what", "due"), rows, "")
