"""away: leave and sick days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import Moment, Setting, as_json, common, moment
from kepthour.cli.printing import clock, document, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from kepthour.app import App
    from kepthour.views.leaves import Leave


@click.command()
@click.option(
    "--until",
    type=Moment(),
    help="You are away up to here: a date, a local time, tomorrow, +7d or +2h. A day begins at 00:00: until +1d, or "
    "until tomorrow, means that you are back tomorrow.",
)
@click.option("--from", "start", type=Moment(), help="From here on; without it, from now on.")
@click.option("--end", is_flag=True, help="You are back: every leave that was noted ends now.")
@as_json
@common
@click.pass_context
def away(ctx: click.Context, until: str | None, start: str | None, end: bool, as_json: bool) -> None:
    """Leave or sickness: nothing reminds you until its end. Without options: what is noted.

    Sessions that stand inside are listed: somebody expects you there. They are asked about when you are back.
    """
    from kepthour.runtime.bell import ring
    from kepthour.views.leaves import leaves as read

    if end and (until or start):
        raise click.UsageError("--end goes alone.")
    if start and not until:
        raise click.UsageError("--from needs --until: a leave has an end.")
    app = ctx.ensure_object(Setting).app()
    zone = app.config.zone
    if end:
        app.come_back()
    noted = _note(app, start, until) if until else None
    if end or until:
        ring(app.store.path)
    leaves = read(app.config, app.store, app.leaves(), app.clock.now())
    if as_json:
        document({"away": [_shape(one, zone) for one in leaves]})
        return
    if end:
        click.echo("Welcome back. Reminders come again.")
    elif not leaves:
        click.echo("No leave is noted. Note one with: kepthour away --until T")
    told = [one for one in leaves if noted in {None, (one.absence.start, one.absence.end)}]
    _tell(told, zone)
    if len(told) < len(leaves):
        click.echo("Others were noted before: kepthour away shows all.")


def _note(app: App, start: str | None, until: str) -> tuple[datetime, datetime]:
    begins = moment(app, start, "--from") if start else app.clock.now().replace(second=0, microsecond=0)
    ends = moment(app, until, "--until")
    if ends <= max(begins, app.clock.now()):
        raise click.BadParameter("must lie after now, and after --from", param_hint="--until")
    app.away(begins, ends)
    return begins, ends


def _shape(leave: Leave, zone: tzinfo) -> dict[str, Any]:
    return {
        "from": stamp(leave.absence.start, zone),
        "to": stamp(leave.absence.end, zone),
        "source": leave.absence.source.value,
        "sessions": [
            {"id": entry.session.id, "start": stamp(entry.session.start, zone)} for entry in leave.sessions
        ],
    }


def _tell(leaves: Sequence[Leave], zone: tzinfo) -> None:
    for leave in leaves:
        of = " (by your calendar)" if leave.absence.source.value == "calendar" else ""
        click.echo(f"Away from {clock(leave.absence.start, zone)} to {clock(leave.absence.end, zone)}{of}.")
        for entry in leave.sessions:
            click.echo(f"  silent: {clock(entry.session.start, zone)}  {entry.session.id}")
        if leave.sessions:
            click.echo("  These stand in the calendar, and somebody expects you. Move or cancel them there.")
