"""here, ack, snooze, late, out: what the therapist answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kepthour.cli.context import Setting, as_json, common, tell_if_nobody_reminds
from kepthour.cli.printing import clock, document, stamp

if TYPE_CHECKING:
    from kepthour.app import App
    from kepthour.core.response import Kind
    from kepthour.pipeline.respond import Answered
    from kepthour.store.sessions import SessionRow

_F = TypeVar("_F", bound=Callable[..., Any])

_session = click.option(
    "--session", "session_id", metavar="ID", help="The session meant; without it, the one that is due."
)


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """A length of time such as 15m."""
        from kepthour.core.spans import parse_duration

        if isinstance(value, timedelta):
            return value
        try:
            found = parse_duration(str(value))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)
        if not found:
            self.fail("must be longer than nothing", param, ctx)
        return found


def _answer(ctx: click.Context, kind: Kind, session_id: str | None, span: timedelta | None = None) -> None:
    from kepthour.core.errors import Ambiguous
    from kepthour.core.response import Kind
    from kepthour.runtime.bell import ring

    app = ctx.ensure_object(Setting).app_to_answer()
    try:
        answered = app.answer(kind, session_id, "cli", span)
    except Ambiguous as error:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise
        answered = app.answer(kind, _choose(error.ids), "cli", span)
    ring(app.store.path)
    _tell(ctx, app, answered)
    if kind in {Kind.ACK, Kind.SNOOZE, Kind.LATE}:
        tell_if_nobody_reminds(app)


def _choose(ids: tuple[str, ...]) -> str:
    chosen: str = click.prompt("Several sessions are due. Which one?", type=click.Choice(ids))
    return chosen


def _tell(ctx: click.Context, app: App, answered: Answered) -> None:
    from kepthour.views.agenda import entry_of

    entry = entry_of(app.config, app.store, answered.session.id, app.clock.now())
    zone = app.config.zone
    if ctx.params["as_json"]:
        document(
            {
                "session": entry.session.id,
                "answer": answered.response.kind.value,
                "changed": answered.changed,
                "until": stamp(answered.response.until, zone),
                "state": entry.state.value,
                "verdict": entry.verdict.value if entry.verdict else None,
                "draft": _draft(app, answered),
                "passed_over": [row.id for row in answered.passed_over],
            }
        )
        return
    click.echo(_sentence(answered, entry.session.start, zone))
    for row in answered.passed_over:
        click.echo(_other(answered, row, zone))
    if draft := _draft(app, answered):
        click.echo(draft)


def _draft(app: App, answered: Answered) -> str | None:
    """What a therapist who is running late may want to send; None for other answers."""
    from kepthour.core.words.late import late_text

    if answered.response.kind.value != "late" or answered.response.until is None:
        return None
    words = late_text(app.config.showing.tongue, answered.response.until, app.config.zone)
    return f"{words.title}\n{words.body}"


def _sentence(answered: Answered, start: datetime, zone: Any) -> str:
    when = clock(start, zone)
    until = clock(answered.response.until, zone)
    sentence = {
        "here": f"Checked in for {when}. The reminders are over.",
        "ack": _on_my_way(answered, start, when),
        "snooze": f"The reminders of the session of {when} are quiet until {until}.",
        "late": f"Noted: you expect to begin the session of {when} at {until}. Its reminders wait until then.",
        "out": f"The session of {when} is over.{_slip(answered, start)}",
    }[answered.response.kind.value]
    return sentence if answered.changed else f"That was known already. {sentence}"


def _other(answered: Answered, other: SessionRow, zone: Any) -> str:
    """The nearest start was taken; of this one, which has begun, nothing was said."""
    kind = answered.response.kind.value
    back = f"kepthour settle {answered.session.id} unknown, then: " if kind == "here" else ""
    return (
        f"The session of {clock(other.known.start, zone)} has no check-in. If you meant that one: "
        f"{back}kepthour {_again(answered)} --session {other.id}"
    )


def _again(answered: Answered) -> str:
    """The command, with what it was given."""
    from kepthour.core.spans import format_duration

    said = click.get_current_context().params.get("duration")
    return " ".join([answered.response.kind.value, *([format_duration(said)] if said else [])])


def _on_my_way(answered: Answered, start: datetime, when: str) -> str:
    if answered.response.at >= start:
        return f"Noted: you are on your way to {when}. The reminders go on until you check in."
    return f"Noted: you are on your way to {when}. You will be asked to check in at the start."


def _slip(answered: Answered, start: datetime) -> str:
    """A session that is over before it is well begun: perhaps it was another that was meant."""
    if answered.response.at >= answered.session.deadline:
        return ""
    return f" If that was a slip, take it back: kepthour settle {answered.session.id} unknown"


@click.command()
@_session
@as_json
@common
@click.pass_context
def here(ctx: click.Context, session_id: str | None, as_json: bool) -> None:
    """I'm here: check in. Ends the reminders of the session that is due."""
    from kepthour.core.response import Kind

    _answer(ctx, Kind.HERE, session_id)


@click.command()
@_session
@as_json
@common
@click.pass_context
def ack(ctx: click.Context, session_id: str | None, as_json: bool) -> None:
    """On my way: silence the reminders before the start, not the one at the start."""
    from kepthour.core.response import Kind

    _answer(ctx, Kind.ACK, session_id)


@click.command()
@click.argument("duration", type=_Duration(), required=False)
@_session
@as_json
@common
@click.pass_context
def snooze(ctx: click.Context, duration: timedelta | None, session_id: str | None, as_json: bool) -> None:
    """Quiet for DURATION (5m), but never past the start of the session."""
    from kepthour.core.response import Kind

    _answer(ctx, Kind.SNOOZE, session_id, duration)


@click.command()
@click.argument("duration", type=_Duration())
@_session
@as_json
@common
@click.pass_context
def late(ctx: click.Context, duration: timedelta, session_id: str | None, as_json: bool) -> None:
    """Running late by DURATION (10m): move the reminders. Tells nobody else."""
    from kepthour.core.response import Kind

    _answer(ctx, Kind.LATE, session_id, duration)


@click.command()
@_session
@as_json
@common
@click.pass_context
def out(ctx: click.Context, session_id: str | None, as_json: bool) -> None:
    """The session is over: check out."""
    from kepthour.core.response import Kind

    _answer(ctx, Kind.OUT, session_id)
