"""sweep: the sessions that are not accounted for, one by one, a key each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.keys import LATER, STOP, keys
from kepthour.cli.printing import clock
from kepthour.cli.settle import VERDICTS, tell_questions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kepthour.app import App
    from kepthour.store.sessions import SessionRow

_KEYS = {
    "o": "on_time",
    "l": "late",
    "n": "near_miss",
    "m": "missed",
    "a": "client_no_show",
    "c": "client_cancelled",
    "t": "therapist_cancelled",
    "f": "technical",
    "v": "covered",
    "x": "not_a_session",
    "u": "unknown",
}
_BACK = "b"
_MEANT = {*_KEYS, *LATER, *STOP, _BACK}


@click.command()
@as_json
@common
@click.pass_context
def sweep(ctx: click.Context, as_json: bool) -> None:
    """The sessions of which nobody said what became. On a terminal, each is asked about in turn."""
    from kepthour.views.status import open_questions

    app = ctx.ensure_object(Setting).app_to_answer()
    asked = open_questions(app.store)
    if asked and not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        _ask_all(app, asked)
    else:
        tell_questions(app, asked, as_json=as_json)


def _ask_all(app: App, asked: Sequence[SessionRow]) -> None:
    from kepthour.core.verdict import Verdict
    from kepthour.runtime.bell import ring

    for key, name in _KEYS.items():
        click.echo(f"  {key}  {name.replace('_', ' '):<20} {VERDICTS[name]}")
    click.echo(
        "One key each, which counts at once. Enter: leave it open. b: back to the one before. q: stop here.\n"
    )
    pressed, at = keys(_MEANT), 0
    settled: dict[str, str] = {}
    while at < len(asked):
        row = asked[at]
        click.echo(f"{clock(row.known.start, app.config.zone)} ({row.id}). What happened? ", nl=False)
        said = next(pressed)
        if said in STOP:
            click.echo("Stopped.")
            break
        if said == _BACK:
            click.echo("back")
            at = max(at - 1, 0)
            continue
        if said in _KEYS and not _stands(app, row):
            click.echo("It was moved or taken away meanwhile: nothing is said of it. See: kepthour agenda")
        elif said in _KEYS:
            app.settle(row.id, Verdict(_KEYS[said]), None)
            settled[row.id] = _KEYS[said].replace("_", " ")
            click.echo(settled[row.id])
        else:
            click.echo(f"still {settled[row.id]}" if row.id in settled else "left open")
        at += 1
    ring(app.store.path)


def _stands(app: App, row: SessionRow) -> bool:
    """Whether it is where it was when it was asked about: of another start nobody has been asked what became."""
    from kepthour.store import sessions

    with app.store.read() as tx:
        now = sessions.living(tx, row.id)
    return now is not None and not now.hidden and now.known.start == row.known.start
