"""repair ID note: what the therapist keeps for themselves."""

from __future__ import annotations

import click

from kepthour.cli.context import as_json, common
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.handing import to_clipboard
from kepthour.cli.repair.texts import tell, text_options, wish_of, write
from kepthour.core.drafts import Note, choose_note


@click.command()
@click.argument("kind", type=click.Choice([one.value for one in Note]), default=Note.RECORD.value)
@text_options
@as_json
@common
@click.pass_context
def note(
    ctx: click.Context,
    kind: str,
    language: str | None,
    reason: str | None,
    clients: tuple[str, ...],
    repeat: bool | None,
    copy: bool,
    as_json: bool,
) -> None:
    """A note for yourself: for the record, for supervision (without anybody's identity), or for billing."""
    wish = wish_of(clients, reason, repeat=repeat)
    app, wanted = chosen(ctx, as_json=as_json)
    written = write(
        app, wanted.card(app), language, wish, lambda happened, said: choose_note(happened, Note(kind), said)
    )
    taken_by = to_clipboard(written.made.text) if copy else None
    tell(written, app, as_json=wanted.as_json, taken_by=taken_by)
    if copy and taken_by is None:
        ctx.exit(1)
