"""sync, agenda, rehearse: what the calendars hold, and what follows from it."""

from __future__ import annotations

import click

from kepthour.cli.context import Setting, as_json, common, span, span_options
from kepthour.cli.printing import (
    calendar_shape,
    clock,
    document,
    session_shape,
    stamp,
    standing,
    table,
    verdict_of,
)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@as_json
@common
@click.pass_context
def sync(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Ask the calendars now what changed. All of them, or those named."""
    from kepthour.runtime.bell import ring

    app = ctx.ensure_object(Setting).app()
    polled = app.sync(names)
    ring(app.store.path)
    if as_json:
        shapes = [
            {
                "name": one.name,
                "kind": one.kind.value,
                "changed": one.changed,
                "deleted": one.deleted,
                "quarantined": one.quarantined,
                "requests": one.requests,
                "problem": f"{one.what} {one.remedy}" if one.problem else None,
                "warnings": list(one.warnings),
            }
            for one in polled
        ]
        document({"calendars": shapes})
    for one in polled if not as_json else []:
        if one.problem:
            click.echo(f"{one.name}: {one.what} {one.remedy}")
            continue
        aside = f", {one.quarantined} set aside: see kepthour status" if one.quarantined else ""
        click.echo(f"{one.name}: in sync ({one.changed} changed, {one.deleted} deleted{aside})")
    if any(one.problem for one in polled):
        ctx.exit(1)


@click.command()
@span_options("today", "+2d")
@as_json
@common
@click.pass_context
def agenda(ctx: click.Context, start: str, end: str, as_json: bool) -> None:
    """The sessions of a span, with their state; by default today's and tomorrow's."""
    from kepthour.core.spans import spoken
    from kepthour.core.tongue import ENGLISH
    from kepthour.core.verdict import SessionState
    from kepthour.core.words.odd import phrase
    from kepthour.views.agenda import agenda as read
    from kepthour.views.status import calendar_statuses

    app = ctx.ensure_object(Setting).app()
    first, last = span(app, start, end)
    now, zone = app.clock.now(), app.config.zone
    entries = read(app.config, app.store, first, last, now)
    calendars = calendar_statuses(app.config, app.store, now)
    if as_json:
        document(
            {
                "sessions": [session_shape(entry, zone) for entry in entries],
                "calendars": [calendar_shape(calendar, zone) for calendar in calendars],
            }
        )
        return
    rows = [
        (
            clock(entry.session.start, zone),
            spoken(entry.session.end - entry.session.start),
            entry.session.client.reveal() or "-",
            "video" if entry.session.join_url else entry.session.place.reveal() or "-",
            standing(entry),
            verdict_of(entry),
            entry.session.id,
        )
        for entry in entries
    ]
    table(("start", "length", "client", "where", "state", "verdict", "id"), rows, "No sessions in this span.")
    for entry in entries:
        if entry.oddities and entry.state not in {SessionState.CANCELLED, SessionState.ENDED}:
            said = ", ".join(phrase(ENGLISH, code) for code in entry.oddities)
            click.echo(f"Mind: {clock(entry.session.start, zone)} {said}.")
    for calendar in calendars:
        if calendar.problem or calendar.state.value != "fresh":
            trouble = calendar.problem or "The last good sync is too long ago. Run: kepthour sync"
            state = "" if calendar.state.value == "fresh" else f" ({calendar.state.value.replace('_', ' ')})"
            click.echo(f"Attention, calendar {calendar.name}{state}: {trouble}")


@click.command()
@span_options("now", "+2d")
@as_json
@common
@click.pass_context
def rehearse(ctx: click.Context, start: str, end: str, as_json: bool) -> None:
    """Which reminders would go out if nobody answered any more: when, where and with which text. Sends nothing."""
    from kepthour.views.rehearse import rehearse as read
    from kepthour.views.status import calendar_statuses

    app = ctx.ensure_object(Setting).app()
    first, last = span(app, start, end)
    zone, now = app.config.zone, app.clock.now()
    found = read(app.config, app.store, first, last, now)
    if as_json:
        shapes = [
            {
                "at": stamp(one.at, zone),
                "session": one.session,
                "rung": one.rung,
                "urgency": one.urgency.value,
                "channels": list(one.channels),
                "text": one.text,
                "waits_in": [session.id for session in one.waits_in],
            }
            for one in found
        ]
        document({"reminders": shapes})
        return
    rows = [
        (
            clock(one.at, zone),
            one.rung,
            one.urgency.value,
            ", ".join(one.channels),
            ", ".join(f"{session.start.astimezone(zone):%H:%M}" for session in one.waits_in),
            one.text,
        )
        for one in found
    ]
    columns = ("at", "rung", "urgency", "channels", "waits in", "text")
    table(columns, rows, "No reminder would go out in this span.")
    if not found and all(one.last_good_sync is None for one in calendar_statuses(app.config, app.store, now)):
        click.echo("No calendar was read yet: kepthour sync")
    if any(one.waits_in for one in found):
        click.echo(
            "It waits while you are checked in to that session; what is of use then comes when it is over."
        )
