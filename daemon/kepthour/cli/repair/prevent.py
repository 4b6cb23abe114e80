"""repair ID prevent: one concrete change of the configuration, shown as a difference, and written only when told so."""

from __future__ import annotations

import difflib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.confirming import confirm
from kepthour.cli.context import as_json, common
from kepthour.cli.printing import clock, document, stamp
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.measures import INSTEAD, for_whom, what, whom
from kepthour.cli.repair.told import SHORT
from kepthour.core.causes import Cause
from kepthour.core.errors import NeedsPerson, TryLater

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from kepthour.app import App
    from kepthour.store.cards import Card
    from kepthour.views.prevention import Proposal

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command()
@click.argument("code", required=False, type=click.Choice([one.value for one in Cause]), metavar="[CODE]")
@click.option(
    "--write", is_flag=True, help="Write it. Without this it is asked on a terminal, else not written."
)
@as_json
@common
@click.pass_context
def prevent(ctx: click.Context, code: str | None, write: bool, as_json: bool) -> None:
    """One change of your configuration that would help, as a difference of the file. Default CODE: the card's cause.

    Nothing else in the file changes, a copy of it is kept beside it, and step 7 is ticked off.
    """
    from kepthour.config.reading import load
    from kepthour.plugins import Plugins
    from kepthour.views.causes import look
    from kepthour.views.prevention import propose

    app, wanted = chosen(ctx, as_json=as_json)
    card = wanted.card(app)
    cause = Cause(code) if code else card.cause
    if cause is None:
        raise NeedsPerson("No cause is named on this card.", f"Say which: kepthour repair {card.id} cause")
    plugins = Plugins()
    config = load(app.config.file, plugins)  # the file itself, whatever answers may go by
    looked = look(config, app.store, card, app.clock.now())
    proposal = propose(config, plugins, app.store, looked, cause)
    if not wanted.as_json:
        _show(proposal, app)
    asked = not (write or wanted.as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    if proposal.after is None:
        _refuse_to_write(proposal, write)
    elif not write and asked:
        write = _is_wanted(config.file)
    backup = _write(app, card, proposal) if write and proposal.after is not None else None
    if wanted.as_json:
        document(_shape(app, card, proposal, backup))
    elif backup is not None:
        _tell_written(app, card, backup)
    elif proposal.after is not None and not asked:
        _tell_how(app, card, cause)


def _show(proposal: Proposal, app: App) -> None:
    """The rule in words, and as a difference; or what helps instead."""
    zone, rule = app.config.zone, proposal.rule
    if proposal.help is not None:
        click.echo(INSTEAD[proposal.help])
        return
    assert rule is not None
    click.echo(f"Cause: {SHORT[proposal.cause]}. What would help: {what(rule)} ({whom(rule.scope)}).")
    if proposal.written is not None:
        click.echo(
            f"It was written on {clock(proposal.written.written_at, zone)}, and stands. See: kepthour repair rules"
        )
    elif proposal.after is None:
        click.echo("Your configuration has it already.")
    if proposal.extends is not None:
        click.echo(
            f"This session has the rungs of rule {proposal.extends} of [[reminders.rules]]: it goes in there, for all "
            f"sessions that this rule is for: {for_whom(app.config.ladder.specials[proposal.extends - 1])}."
        )
    for line in _difference(proposal, app.config.file):
        click.secho(line, fg=_COLOURS.get(line[:1]) if line[:3] not in {"+++", "---"} else None)


def _difference(proposal: Proposal, file: Path) -> list[str]:
    """The lines of a unified difference, without their ends."""
    if proposal.after is None:
        return []
    before, after = (_lines(part.decode()) for part in (proposal.before, proposal.after))
    return list(difflib.unified_diff(before, after, str(file), str(file), lineterm=""))


def _lines(content: str) -> list[str]:
    """A line ends with a line feed alone, as in the file; what the last one lacks is told as diff does."""
    *lines, rest = content.split("\n")
    return [*lines, f"{rest}\n\\ No newline at end of file"] if rest else lines


def _refuse_to_write(proposal: Proposal, write: bool) -> None:
    if write and proposal.help is not None:
        raise NeedsPerson("There is nothing to write.", INSTEAD[proposal.help])


def _tell_how(app: App, card: Card, cause: Cause) -> None:
    from kepthour.config.replacing import check_writable

    try:
        check_writable(app.config.file)
        click.echo(
            f"Nothing is written. To write it: kepthour repair {card.id} prevent {cause.value} --write"
        )
    except NeedsPerson as error:
        click.echo(f"Nothing is written. {error}")


def _is_wanted(file: Path) -> bool:
    from kepthour.config.replacing import check_writable

    check_writable(file)  # no use to ask, if it cannot be done
    if confirm("\nWrite it into the file?"):
        return True
    click.echo("Nothing is written.")
    return False


def _write(app: App, card: Card, proposal: Proposal) -> Path:
    from kepthour.config.replacing import replaced
    from kepthour.core.repair import PREVENT
    from kepthour.core.trail import What
    from kepthour.pipeline.prevent import remember
    from kepthour.pipeline.repair import mark_step

    assert proposal.after is not None and proposal.rule is not None
    now = app.clock.now()
    backup = replaced(app.config.file, proposal.before, proposal.after, now)
    try:
        remember(app.store, card, proposal.cause, proposal.rule, now)
        if any(step.n == PREVENT and step.done_at is None for step in card.steps):
            mark_step(app.store, str(card.id), PREVENT, now, What.STEP_DONE)
    except (TryLater, NeedsPerson) as error:
        raise NeedsPerson(
            f"The rule stands in {app.config.file} (as it was: {backup}), but the card could not note it: {error}",
            f"Tick the step off later: kepthour repair {card.id} step {PREVENT} done.",
        ) from error
    return backup


def _tell_written(app: App, card: Card, backup: Path) -> None:
    from kepthour.runtime.lock import StoreLock
    from kepthour.service.wanted import SYSTEM_CONFIG

    click.echo(f"Written: {app.config.file}. As it was, it is kept in {backup}.")
    pid = StoreLock(app.store.path).holder()
    if app.config.file == SYSTEM_CONFIG:  # systemd hands it in at the start
        click.echo("The service takes it up with: kepthour service install --system --now")
    elif pid is not None and pid > 0:
        click.echo(f"The daemon takes it up with: kill -HUP {pid}")
    else:
        click.echo("It holds from the next start of the daemon on.")
    click.echo(
        f"Step 7 is ticked off (kepthour repair {card.id} step 7 undone). On {_look_at(app):%d %b %Y} it is looked at "
        "whether it helped; until then: kepthour repair rules"
    )


def _look_at(app: App) -> datetime:
    from kepthour.core.looking_back import LOOK_AGAIN

    return (app.clock.now() + LOOK_AGAIN).astimezone(app.config.zone)


def _shape(app: App, card: Card, proposal: Proposal, backup: Path | None) -> dict[str, Any]:
    from kepthour.cli.repair.rules import rule_shape

    lines = _difference(proposal, app.config.file)
    return {
        "card": str(card.id),
        "cause": proposal.cause.value,
        "rule": rule_shape(proposal.rule) if proposal.rule else None,
        "help": proposal.help.value if proposal.help else None,
        "stands": proposal.rule is not None and proposal.after is None,
        "file": os.fspath(app.config.file),
        "difference": "\n".join(lines) + "\n" if lines else None,
        "written": backup is not None,
        "backup": os.fspath(backup) if backup is not None else None,
        "look_at": stamp(_look_at(app), app.config.zone) if backup is not None else None,
    }
