"""repair: the cards of missed sessions, and what is done with one. Another action is one line in the table."""

from __future__ import annotations

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.loading import LoadedGroup
from kepthour.cli.repair.chosen import Chosen
from kepthour.cli.repair.showing import tell, tell_all

_ACTIONS = {
    "work": "kepthour.cli.repair.work:work",
    "step": "kepthour.cli.repair.step:step",
    "close": "kepthour.cli.repair.close:close",
    "slots": "kepthour.cli.repair.slots:slots",
    "hold": "kepthour.cli.repair.hold:hold",
    "makeup": "kepthour.cli.repair.makeup:makeup",
    "draft": "kepthour.cli.repair.draft:draft",
    "note": "kepthour.cli.repair.note:note",
    "export": "kepthour.cli.repair.export:export",
    "cause": "kepthour.cli.repair.cause:cause",
    "prevent": "kepthour.cli.repair.prevent:prevent",
    "rules": "kepthour.cli.repair.rules:rules",
}
_OF_NO_CARD = {"rules"}  # no id of a card or a session is a word


class _WithCard(LoadedGroup):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What stands before the action is for the card, in any order; what stands after it is the action's own."""
        at = next((index for index, word in enumerate(args) if word in self.table), len(args))
        alone = args[at : at + 1] and args[at] in _OF_NO_CARD
        rest = super().parse_args(ctx, [*args[:at], "--", *([""] if alone else []), *args[at:]])
        if alone and ctx.params["card_id"]:
            raise click.UsageError(f'"{args[at]}" is of no card: kepthour repair {args[at]}', ctx)
        if ctx.params["card_id"] in self.table:
            raise click.UsageError("Which card? Its ID comes before the action.", ctx)
        return rest


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """What may stand where the ID does. No ID is offered: it would take the store."""
    return [word for word in _OF_NO_CARD if word.startswith(incomplete)]


@click.group(
    cls=_WithCard,
    table=_ACTIONS,
    kind="action",
    invoke_without_command=True,
    subcommand_metavar="[ACTION …]",
    context_settings={"allow_interspersed_args": True},
)
@click.argument("card_id", metavar="[ID]", required=False, shell_complete=_complete)
@as_json
@common
@click.pass_context
def repair(ctx: click.Context, card_id: str | None, as_json: bool) -> None:
    """Repair cards: all of them; with an ID one; with an action behind the ID what is to be done with it.

    "kepthour repair ID ACTION --help" says more of an action.
    """
    from kepthour.pipeline.repair import find_card
    from kepthour.store.cards import everything

    if card_id is not None and ctx.invoked_subcommand is not None:
        ctx.obj = Chosen(card_id, as_json)
        return
    app = ctx.ensure_object(Setting).app_to_answer()
    if card_id is not None:
        tell(app, find_card(app.store, card_id), as_json=as_json)
        return
    with app.store.read() as tx:
        found = everything(tx)
    tell_all(app, found, as_json=as_json)
