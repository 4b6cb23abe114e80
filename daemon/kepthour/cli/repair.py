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
@click.argument("action", nargs=-1, metavar="[step N done|undone|skip] [close OUTCOME]")
@click.option("--reason", metavar="TEXT", help="Why a step is skipped.")
@as_json
@common
@click.pass_context
def repair(
    ctx: click.Context, card_id: str | None, action: tuple[str, ...], reason: str | None, as_json: bool
) -> None:
    """Repair cards: all of them, or one.

    \b
    kepthour repair ID step N done|undone    tick off a step, or take that back
    kepthour repair ID step N skip           it is not for this client (--reason says why)
    kepthour repair ID close OUTCOME         repaired, continues, paused, ended, not_reached
    """
    from kepthour.pipeline.repair import find_card
    from kepthour.store.cards import everything

    app = ctx.ensure_object(Setting).app()
    if card_id is None:
        with app.store.read() as tx:
            found = everything(tx)
        _list(app, found, as_json)
        return
    card = _act(app, card_id, action, reason) if action else find_card(app.store, card_id)
    if as_json:
        document({"cards": [card_shape(card, app.config.zone)]})
    else:
        show(app, card)


def _act(app: App, card_id: str, action: tuple[str, ...], reason: str | None) -> Card:
    from kepthour.core.privacy import Phi
    from kepthour.core.repair import Outcome
    from kepthour.core.trail import What
    from kepthour.pipeline import repair as cards

    marks = {"done": What.STEP_DONE, "undone": What.STEP_UNDONE, "skip": What.STEP_SKIPPED}
    if reason is not None and action[2:] != ("skip",):
        raise click.UsageError('--reason belongs to "step N skip".')
    match action:
        case ("step", n, mark) if n.isdigit() and mark in marks:
            why = Phi(reason.strip()) if reason and reason.strip() else None
            return cards.mark_step(app.store, card_id, int(n), app.clock.now(), marks[mark], why)
        case ("close", outcome) if outcome in set(Outcome):
            return cards.close(app.store, card_id, Outcome(outcome), app.clock.now())
        case ("close", *_):
            raise click.UsageError(f'After "close" write what became of it: {", ".join(Outcome)}.')
    raise click.UsageError(
        'After the card\'s ID write "step N done", "step N undone" or "step N skip", with the N of a step; '
        'or "close" and what became of it.'
    )


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
            f"{sum(1 for step in card.steps if not step.is_open)} of {len(card.steps)}",
            card.session_id,
        )
        for card in found
    ]
    table(
        ("card", "opened", "state", "severity", "steps done", "session"), rows, "There is nothing to repair."
    )


def show(app: App, card: Card) -> None:
    """One card with its steps, for reading."""
    from kepthour.core.repair import CALL, STEPS

    zone = app.config.zone
    outcome = f", {card.outcome.value.replace('_', ' ')}" if card.outcome else ""
    click.echo(f"Repair card {card.id} ({card.state.value}{outcome}), for session {card.session_id}")
    click.echo("Nothing is sent to anybody: this card is for you alone.")
    if card.severity >= CALL:
        click.echo("This one weighs more: call, do not write; and talk it over with a colleague.")
    click.echo()
    kinds = {step.n: step for step in STEPS}
    rows = [
        (
            "✓" if step.done_at else "–" if step.skipped_at else " ",
            str(step.n),
            kinds[step.n].name,
            kinds[step.n].what,
            clock(step.due_at, zone),
        )
        for step in card.steps
    ]
    table(("", "n", "step", "what", "due"), rows, "")
    for step in card.steps:
        if step.reason:
            click.echo(f"Step {step.n} was skipped: {step.reason.reveal()}")
