"""What every action of `kepthour repair` is told: the card, and how to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting

if TYPE_CHECKING:
    from kepthour.app import App
    from kepthour.store.cards import Card


@dataclass(frozen=True)
class Chosen:
    """What stands before the action: "kepthour repair --json ID …"."""

    card_id: str
    as_json: bool

    def card(self, app: App) -> Card:
        """The card itself. Raises NotFound."""
        from kepthour.pipeline.repair import find_card

        return find_card(app.store, self.card_id)


def chosen(ctx: click.Context, *, as_json: bool) -> tuple[App, Chosen]:
    """The application, and what was chosen before this action; `--json` may stand before it or after it."""
    before = ctx.find_object(Chosen)
    assert before is not None, "an action stands behind a card's id"
    return ctx.ensure_object(Setting).app_to_answer(), Chosen(before.card_id, before.as_json or as_json)
