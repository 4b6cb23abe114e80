"""explain: why events are, or are not, sessions. What is known of one session is told by `story`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, as_json, common, span, span_options
from kepthour.cli.printing import clock, document, table
from kepthour.cli.story import event_shape, tell, why

if TYPE_CHECKING:
    pass


@click.command()
@click.argument("text", default="")
@span_options("today", "+28d")
@as_json
@common
@click.pass_context
def explain(ctx: click.Context, text: str, start: str, end: str, as_json: bool) -> None:
    """Why events whose title holds TEXT are, or are not, sessions.

    With the ID of a session as TEXT: its reminders, why it has them, your answers, and what was concluded from what.
    """
    from kepthour.views.agenda import explain as read
    from kepthour.views.story import story

    app = ctx.ensure_object(Setting).app()
    zone = app.config.zone
    known = story(app.config, app.store, text, app.clock.now())
    if known is not None:
        tell(known, zone, as_json=as_json)
        return
    first, last = span(app, start, end)
    found = sorted(read(app.config, app.store, text, first, last), key=lambda one: one.occurrence.start)
    if as_json:
        document({"events": [event_shape(one, zone) for one in found]})
        return
    rows = [
        (
            clock(one.occurrence.start, zone),
            one.occurrence.title.reveal() or "-",
            "session" if one.judgement.is_session else "no session",
            why(one),
        )
        for one in found
    ]
    table(("start", "title", "is", "because"), rows, "No event in this span has such a title.")
