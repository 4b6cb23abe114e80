"""repair ID export: one card with all that happened on it, for the therapist's own records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import as_json, common
from kepthour.cli.files import STDOUT, place_for, write_private
from kepthour.cli.printing import card_shape, change_shape, clock, document, said_shape, stamp
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.told import named

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from kepthour.store.cards import CardStep
    from kepthour.views.cards import Record


@click.command()
@click.option(
    "--output", default=STDOUT, show_default=True, metavar="FILE|DIR", help="Where to, for you alone (0600)."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@as_json
@common
@click.pass_context
def export(ctx: click.Context, output: str, force: bool, as_json: bool) -> None:
    """The card as Markdown, or with --json as JSON: what became of the session, the steps, and all that happened.

    It names no client, but for what you wrote yourself as a reason.
    """
    from kepthour.views.cards import record

    app, wanted = chosen(ctx, as_json=as_json)
    zone = app.config.zone
    kept = record(app.store, wanted.card(app))
    if wanted.as_json:
        document(_shape(kept, zone))
        return
    lines = "\n".join(_markdown(kept, zone)) + "\n"
    if output == STDOUT:
        click.echo(lines, nl=False)
        return
    file = place_for(output, f"repair-card-{kept.card.id}.md")
    write_private(file, [lines], force=force)
    click.echo(f"Written: {file}. Keep it as you keep your notes.")


def _shape(kept: Record, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "card": card_shape(kept.card, zone),
        "start": stamp(kept.start, zone),
        "end": stamp(kept.end, zone),
        "verdicts": [said_shape(said, zone) for said in kept.verdicts],
        "changes": [change_shape(one, zone) for one in kept.changes],
    }


def _markdown(kept: Record, zone: ZoneInfo) -> Iterator[str]:
    from kepthour.core.repair import KINDS

    card = kept.card
    yield f"# Repair card {card.id}"
    yield ""
    yield f"- session: {clock(kept.start, zone)}–{kept.end.astimezone(zone):%H:%M} ({zone.key})"
    yield f"- severity: {card.severity}"
    yield f"- state: {card.state.value}{f', {_plain(card.outcome.value)}' if card.outcome else ''}"
    yield f"- opened: {clock(card.opened_at, zone)}"
    if card.confirmed_at:
        yield f"- confirmed: {clock(card.confirmed_at, zone)}"
    if card.make_up:
        yield f"- make-up session: {clock(card.make_up.start, zone)} ({card.make_up.session})"
    if card.closed_at:
        yield f"- closed: {clock(card.closed_at, zone)}"
    if cause := named(card):
        yield f"- cause: {cause}"
    yield ""
    yield "| | step | what | due | became of it |"
    yield "|---|---|---|---|---|"
    for step in card.steps:
        kind = KINDS[step.n]
        became = _became(step, zone).replace("|", "\\|").replace("\n", " ")
        yield f"| {step.n} | {kind.name} | {kind.what} | {clock(step.due_at, zone)} | {became} |"
    yield ""
    yield "## What was said and done"
    yield ""
    told = [(said.at, f"{_plain(said.verdict.value)}, by the {said.by}") for said in kept.verdicts]
    told += [(one.at, " ".join(filter(None, (_plain(one.what.value), one.about)))) for one in kept.changes]
    for at, what in sorted(told, key=lambda one: one[0]):
        yield f"- {clock(at, zone)}: {what}"


def _became(step: CardStep, zone: ZoneInfo) -> str:
    from kepthour.core.trail import Who

    if step.done_at:
        by = ", as the calendar has it" if step.done_by is Who.CALENDAR else ""
        return f"done {clock(step.done_at, zone)}{by}"
    if step.skipped_at:
        why = f": {step.reason.reveal()}" if step.reason else ""
        return f"skipped {clock(step.skipped_at, zone)}{why}"
    return ""


def _plain(code: str) -> str:
    return code.replace("_", " ")
