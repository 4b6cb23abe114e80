"""repair ID cause: what the data suggests, and what the therapist says it was."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import as_json, common
from kepthour.cli.keys import LATER, STOP, keys
from kepthour.cli.printing import document, table
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.measures import INSTEAD
from kepthour.cli.repair.told import SHORT, fact, named
from kepthour.core.causes import Cause

if TYPE_CHECKING:
    from kepthour.app import App
    from kepthour.core.privacy import Phi
    from kepthour.views.causes import Looked

_NONE = "none"
_KEYS = "123456789abcdefghijk"  # as many as there are causes; none of them means anything else
_OTHER, _NO = "o", "n"


@click.command()
@click.argument(
    "code", required=False, type=click.Choice([*(one.value for one in Cause), _NONE]), metavar="[CODE]"
)
@click.option("--word", metavar="TEXT", help='With "other": what it was, in your own words; for you alone.')
@as_json
@common
@click.pass_context
def cause(ctx: click.Context, code: str | None, word: str | None, as_json: bool) -> None:
    """What may have been the cause, as the data tells of this session: facts, and no reproach.

    On a terminal it asks which of them it was. CODE says it: one of the codes that --json lists, "other" with --word,
    or "none". It may be said anew at any time.
    """
    from kepthour.core.privacy import Phi
    from kepthour.views.causes import look

    if word is not None and (code != Cause.OTHER or not word.strip()):
        raise click.UsageError('--word belongs to "other", and says something.', ctx)
    app, wanted = chosen(ctx, as_json=as_json)
    looked = look(app.config, app.store, wanted.card(app), app.clock.now())
    if code is not None:
        _name(app, looked, None if code == _NONE else Cause(code), Phi(word.strip()) if word else None)
    elif not wanted.as_json and sys.stdin.isatty() and sys.stdout.isatty():
        _ask(app, looked)
        return
    if wanted.as_json:
        looked = look(app.config, app.store, wanted.card(app), app.clock.now())
        document(_shape(app, looked))
    elif code is not None:
        _tell_named(app, looked, code)
    else:
        _list(app, looked)


def _name(app: App, looked: Looked, said: Cause | None, word: Phi | None) -> None:
    from kepthour.pipeline.prevent import name_cause

    name_cause(app.store, looked.card, said, word, app.clock.now())


def _list(app: App, looked: Looked) -> None:
    rows = [(one.value, fact(one, looked.facts, app.config.zone)) for one in looked.causes]
    table(("code", "what the data tells"), rows, "Nothing stands out about this session.")
    now = named(looked.card)
    if now is not None:
        click.echo(f"You said that it was: {now}.")
    command = f"kepthour repair {looked.card.id} cause"
    if rows:
        click.echo(f"Was it one of these? {command} CODE; or: cause other --word “…”; or: cause none")
    else:
        click.echo(f"Do you know what it was? {command} other --word “…”; or: cause none")


def _ask(app: App, looked: Looked) -> None:
    from kepthour.core.privacy import Phi

    offered = dict(zip(_KEYS, looked.causes, strict=False))
    for key, one in offered.items():
        click.echo(f"  {key}  {fact(one, looked.facts, app.config.zone)}")
    if not offered:
        click.echo("Nothing stands out about this session.")
    click.echo(f"  {_OTHER}  Something else.")
    click.echo(f"  {_NO}  None, or nobody knows.")
    said = named(looked.card)
    left = f"leave it as it is ({said})" if said else "leave it open"
    click.echo(f"One key, which counts at once. Enter: {left}.\nWhat was it, mostly? ", nl=False)
    key = next(keys({*offered, _OTHER, _NO, *LATER, *STOP}))
    if key in LATER | STOP:
        click.echo("left as it is")
        return
    picked = Cause.OTHER if key == _OTHER else offered.get(key)
    click.echo(SHORT[picked] if picked else "none")
    word = ""
    if key == _OTHER:
        word = click.prompt("In your own words, for you alone (Enter: none)", default="", show_default=False)
    _name(app, looked, picked, Phi(word.strip()) if word.strip() else None)
    _tell_named(app, looked, picked.value if picked else _NONE)


def _tell_named(app: App, looked: Looked, code: str) -> None:
    """And what helps: a change of the configuration is offered only where there is one."""
    from kepthour.config.rules import setup_of
    from kepthour.core.rules import Help, rule_for

    click.echo("It is on the card.")
    if code in {_NONE, Cause.OTHER}:
        return
    found = rule_for(Cause(code), looked.facts, looked.session, setup_of(app.config))
    if isinstance(found, Help):
        click.echo(INSTEAD[found])
    else:
        click.echo(f"One change that would help: kepthour repair {looked.card.id} prevent")


def _shape(app: App, looked: Looked) -> dict[str, Any]:
    card, zone = looked.card, app.config.zone
    return {
        "card": str(card.id),
        "session": card.session_id,
        "cause": card.cause.value if card.cause else None,
        "cause_word": card.cause_word.reveal() if card.cause_word else None,
        "suggested": [{"cause": one.value, "fact": fact(one, looked.facts, zone)} for one in looked.causes],
    }
