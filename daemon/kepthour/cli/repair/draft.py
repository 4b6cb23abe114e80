"""repair ID draft: a text for the client who waited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import as_json, common
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.handing import to_clipboard, to_mail
from kepthour.cli.repair.searching import search_of, span_of, warn, warn_of_others
from kepthour.cli.repair.texts import tell, text_options, wish_of, write
from kepthour.core.drafts import Length, choose
from kepthour.core.errors import NeedsPerson

if TYPE_CHECKING:
    from datetime import datetime

    from kepthour.app import App
    from kepthour.store.cards import Card


@click.command()
@click.option(
    "--length",
    type=click.Choice([one.value for one in Length]),
    default=Length.MESSAGE.value,
    show_default=True,
    help="A few lines, a letter, or notes for a call.",
)
@click.option("--times", "with_times", is_flag=True, help='Offer the free times that "slots" finds now.')
@text_options
@click.option("--mail", is_flag=True, help="Begin a mail with it, to nobody yet, in your mail program.")
@as_json
@common
@click.pass_context
def draft(
    ctx: click.Context,
    length: str,
    with_times: bool,
    language: str | None,
    reason: str | None,
    clients: tuple[str, ...],
    repeat: bool | None,
    copy: bool,
    mail: bool,
    as_json: bool,
) -> None:
    """A text for the client who waited, yours to change and to send. Nothing is sent by the program.

    What stands in square brackets is for you to fill in. You can write templates of your own: docs/drafts.md.
    """
    if copy and mail:
        raise click.UsageError("--copy or --mail, not both.")
    if mail and length == Length.PHONE:
        raise click.UsageError("Notes for a call are for you alone: they go into no mail.")
    app, wanted = chosen(ctx, as_json=as_json)
    card = wanted.card(app)
    wish = wish_of(clients, reason, repeat=repeat, length=Length(length))
    if with_times:
        wish = replace(wish, times=_times(app, card))
    written = write(app, card, language, wish, choose)
    taken_by = None
    if copy:
        taken_by = to_clipboard(written.made.text)
    elif mail:
        taken_by = to_mail(written.made.subject, written.made.text)
    tell(written, app, as_json=wanted.as_json, taken_by=taken_by)
    if (copy or mail) and taken_by is None:
        ctx.exit(1)


def _times(app: App, card: Card) -> tuple[datetime, ...]:
    """The starts that `slots` offers, by the client's clock if that is known to be another. Raises NeedsPerson."""
    offers = search_of(app, card).offers(*span_of(app, None, None))
    if not offers.slots:
        raise NeedsPerson(
            "No time is free.", f"Look further: kepthour repair {card.id} slots --to T. Or leave --times out."
        )
    warn_of_others(offers.others, err=True)
    warn(offers.calendars, app.config.zone, err=True)
    theirs = offers.wish.client_zone
    if theirs is not None:
        click.echo(f"For you: the times are by the client's clock, {theirs.key}.", err=True)
    return tuple(slot.start.astimezone(theirs or app.config.zone) for slot in offers.slots)
