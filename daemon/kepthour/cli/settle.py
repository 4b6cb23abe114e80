"""settle: what became of a session, or will."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kepthour.cli.confirming import confirm
from kepthour.cli.context import Setting, as_json, common, tell_if_nobody_reminds
from kepthour.cli.printing import clock, document, question_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kepthour.app import App
    from kepthour.core.verdict import Verdict
    from kepthour.pipeline.settle import Settled
    from kepthour.store.sessions import SessionRow

VERDICTS = {
    "on_time": "you were there by the start, or two minutes after it",
    "late": "you came later than that",
    "near_miss": "you came, and nearly had not",
    "missed": "you did not come: opens a repair card",
    "client_no_show": "you were there, your client was not",
    "client_cancelled": "your client called it off",
    "therapist_cancelled": "you called it off",
    "technical": "the connection failed",
    "covered": "a colleague took it",
    "not_a_session": "it was none",
    "unknown": "you cannot tell; up to a quarter of an hour after the start: takes back what you said",
}

_MOST = 10  # sessions without a verdict, named one by one


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """A verdict may stand in either place. No ID is offered: it would take the store."""
    return [name for name in VERDICTS if name.startswith(incomplete)]


@click.command(
    epilog="\b\nVERDICT is one of:\n"
    + "\n".join(f"  {name:<20} {meaning}" for name, meaning in VERDICTS.items()),
)
@click.argument("session_id", metavar="[ID]", required=False, shell_complete=_complete)
@click.argument("verdict", metavar="VERDICT", required=False, shell_complete=_complete)
@click.option(
    "--reason", help="Why, for your own records; a correction needs it from the day after the next on."
)
@as_json
@common
@click.pass_context
def settle(
    ctx: click.Context, session_id: str | None, verdict: str | None, reason: str | None, as_json: bool
) -> None:
    """Say, or correct, what became of the session ID. The program never overrules it.

    A correction is free until the end of the next day; after that it has a --reason. Every version is kept.
    Without ID: the one session that is asked about. Without anything: what is asked.
    """
    from kepthour.views.status import open_questions

    app = ctx.ensure_object(Setting).app_to_answer()
    if session_id is None:
        tell_questions(app, open_questions(app.store), as_json=as_json)
        return
    if verdict is None:
        session_id, verdict = _the_one_asked_about(app, session_id), session_id
    if verdict not in VERDICTS:
        raise click.BadParameter(f"{verdict!r} is not one of: {', '.join(VERDICTS)}.", param_hint="VERDICT")
    _settle(app, session_id, verdict, reason, as_json=as_json)


def _settle(app: App, session_id: str, verdict: str, reason: str | None, *, as_json: bool) -> None:
    from kepthour.core.verdict import Verdict, is_premature
    from kepthour.runtime.bell import ring
    from kepthour.views.agenda import entry_of

    said = Verdict(verdict)
    start = entry_of(app.config, app.store, session_id, app.clock.now()).session.start
    early = is_premature(said, start, app.clock.now())
    if early and sys.stdin.isatty() and sys.stdout.isatty():
        confirm(f"This session begins only at {clock(start, app.config.zone)}. Really?", abort=True)
    settled = _settled(app, session_id, said, reason, ask=not as_json)
    ring(app.store.path)
    if as_json:
        document({"session": session_id, "verdict": verdict})
    else:
        click.echo(f"{_sentence(said, settled, clock(start, app.config.zone))}{_card(app, said, settled)}")
    if early:
        click.echo(_slip(session_id), err=True)
    if settled.anew:
        tell_if_nobody_reminds(app)


def _settled(app: App, session_id: str, said: Verdict, reason: str | None, *, ask: bool) -> Settled:
    """A late correction has a reason: on a terminal it is asked for. Raises ReasonWanted if there is none to be had."""
    from kepthour.core.corrections import ReasonWanted

    try:
        return app.settle(session_id, said, reason)
    except ReasonWanted as wanted:
        if not (ask and sys.stdin.isatty() and sys.stdout.isatty()):
            raise
        click.echo(wanted.what)
    return app.settle(session_id, said, click.prompt("Why"))


def _sentence(verdict: Verdict, settled: Settled, when: str) -> str:
    if settled.anew:
        return f"Taken back. The session of {when} reminds you again."
    silent = " The session does not remind you any more." if settled.early else ""
    return f"Settled: {verdict.value.replace('_', ' ')}, the session of {when}.{silent}"


def _card(app: App, verdict: Verdict, settled: Settled) -> str:
    """Where to go on after a miss, with what is urgent first; and that a late start has a card, too."""
    from kepthour.store import cards

    if verdict.value not in {"missed", "late"}:
        return ""
    with app.store.read() as tx:
        card = cards.of_session(tx, settled.session)
    if card is None:
        return ""
    if verdict.value == "late":
        return f" It has a short repair card: kepthour repair {card.id}"
    return (
        f" A text for the client: kepthour repair {card.id} draft. What else helps: kepthour repair {card.id}"
    )


def _slip(session_id: str) -> str:
    return (
        "kepthour: this session has not begun. "
        f"If that was a slip, take it back: kepthour settle {session_id} unknown"
    )


def tell_questions(app: App, asked: Sequence[SessionRow], *, as_json: bool) -> None:
    """What is asked, and how to answer; and of which sessions nothing is known yet."""
    from kepthour.views.status import undecided

    zone = app.config.zone
    unknown = undecided(app.store, app.clock.now())
    if as_json:
        questions, others = ([question_shape(row, zone) for row in rows] for rows in (asked, unknown))
        document({"open_questions": questions, "undecided": others})
        return
    if not asked and not unknown:
        click.echo(
            "Every session is accounted for. Any can be settled all the same: kepthour settle ID VERDICT"
        )
        return
    for row in asked:
        click.echo(f"No check-in for {clock(row.known.start, zone)} ({row.id}). What happened?")
    if unknown:
        _tell_undecided(app, unknown)
    click.echo(f"Say it with: kepthour settle ID VERDICT. VERDICT is one of: {', '.join(VERDICTS)}.")


def _tell_undecided(app: App, unknown: Sequence[SessionRow]) -> None:
    """Not asked about: too early, or nobody watched then."""
    from kepthour.views.status import watched_since

    since = watched_since(app.store)
    for row in unknown[-_MOST:]:
        when = f"{clock(row.known.start, app.config.zone)} ({row.id})"
        if since is None or row.known.end <= since:
            click.echo(f"No verdict for {when}: Kept Hour did not run yet, so it is not asked about.")
        else:
            click.echo(f"No verdict yet for {when}: it is asked about, if need be, when its time is over.")
    if len(unknown) > _MOST:
        click.echo(f"No verdict for {len(unknown) - _MOST} earlier ones. See: kepthour agenda --from -30d")


def _the_one_asked_about(app: App, said: str) -> str:
    """For one argument alone, which is a verdict. Raises a usage error, Ambiguous, NotFound."""
    from kepthour.core.errors import Ambiguous, NotFound
    from kepthour.views.status import open_questions

    if said not in VERDICTS:
        raise click.UsageError(
            f"Say what became of it: kepthour settle {said} VERDICT. See: kepthour settle -h"
        )
    ids = tuple(row.id for row in open_questions(app.store))
    if not ids:
        raise NotFound("Nothing is asked.", f"Name the session: kepthour settle ID {said}.")
    if len(ids) > 1:
        raise Ambiguous("Several sessions are asked about.", f"Name one: {', '.join(ids)}.", ids)
    return ids[0]
