"""explain: why events are, or are not, sessions; and all that is known of one session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import Setting, as_json, common, span, span_options
from kepthour.cli.printing import clock, delivery_shape, document, session_shape, stamp, standing, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from kepthour.core.response import Response
    from kepthour.core.trail import Noted
    from kepthour.core.verdict import Because
    from kepthour.store.history import Said
    from kepthour.views.agenda import Explained
    from kepthour.views.story import Story


@click.command()
@click.argument("text", default="")
@span_options("today", "+28d")
@as_json
@common
@click.pass_context
def explain(ctx: click.Context, text: str, start: str, end: str, as_json: bool) -> None:
    """Why events whose title holds TEXT are, or are not, sessions.

    With the ID of a session as TEXT: its reminders, your answers, and what was concluded from what.
    """
    from kepthour.views.agenda import explain as read
    from kepthour.views.story import story

    app = ctx.ensure_object(Setting).app()
    zone = app.config.zone
    known = story(app.config, app.store, text, app.clock.now())
    if known is not None:
        _tell_story(known, zone, as_json=as_json)
        return
    first, last = span(app, start, end)
    found = sorted(read(app.config, app.store, text, first, last), key=lambda one: one.occurrence.start)
    if as_json:
        document({"events": [_event_shape(one, zone) for one in found]})
        return
    rows = [
        (
            clock(one.occurrence.start, zone),
            one.occurrence.title.reveal() or "-",
            "session" if one.judgement.is_session else "no session",
            _why(one),
        )
        for one in found
    ]
    table(("start", "title", "is", "because"), rows, "No event in this span has such a title.")


def _why(event: Explained) -> str:
    judgement = event.judgement
    if judgement.rule:
        return f"{judgement.why.value} (rule {judgement.rule})"
    return (
        f"{judgement.why.value} ({'; '.join(judgement.missed)})" if judgement.missed else judgement.why.value
    )


def _event_shape(one: Explained, zone: tzinfo) -> dict[str, Any]:
    return {
        "calendar": one.calendar,
        "title": one.occurrence.title.reveal(),
        "start": stamp(one.occurrence.start, zone),
        "is_session": one.judgement.is_session,
        "why": one.judgement.why.value,
        "rule": one.judgement.rule,
        "client": one.judgement.client.reveal() or None,
        "id": one.id,
        "rules_missed": list(one.judgement.missed),
    }


def _tell_story(story: Story, zone: tzinfo, *, as_json: bool) -> None:
    if as_json:
        document(
            {
                "events": [_event_shape(story.event, zone)] if story.event else [],
                "session": session_shape(story.entry, zone),
                "deliveries": [delivery_shape(one, zone) for one in story.reminders],
                "answers": [_answer_shape(one, zone) for one in story.answers],
                "earlier_answers": [_answer_shape(one, zone) for one in story.earlier_answers],
                "verdicts": [_verdict_shape(one, zone) for one in story.verdicts],
                "changes": [_change_shape(one, zone) for one in story.changes],
            }
        )
        return
    _tell_head(story, zone)
    rows = [
        (
            clock(one.due_at, zone),
            one.rung,
            one.channel,
            one.state.value,
            one.why.value.replace("_", " ") if one.why else "",
        )
        for one in story.reminders
    ]
    table(("due", "reminder", "channel", "state", "why"), rows, "No reminder is planned.")
    click.echo()
    for at, what in sorted(_course(story, zone), key=lambda one: one[0]):
        click.echo(f"{clock(at, zone)}  {what}")
    if not story.verdicts:
        click.echo("Nothing is concluded yet.")


def _course(story: Story, zone: tzinfo) -> Iterator[tuple[datetime, str]]:
    """What happened to it, what you answered, and what was concluded."""
    for change in story.changes:
        yield change.at, _happened(change, story.entry.session.id, zone)
    for answer in (*story.earlier_answers, *story.answers):
        until = f", until {clock(answer.until, zone)}" if answer.until else ""
        yield answer.at, f"you answered “{answer.kind.value}” ({answer.surface}){until}"
    for said in story.verdicts:
        yield said.at, _sentence(said)


def _happened(change: Noted, session: str, zone: tzinfo) -> str:
    """A change in words: "moved; before: Mon 02 Mar 10:00 (calendar)"."""
    why = f": {change.why.replace('_', ' ')}" if change.why else ""
    about = f", {change.about}" if change.about not in {None, session} else ""
    before = f"; before: {clock(change.start, zone)}" if change.start else ""
    return f"{change.what.value.replace('_', ' ')}{why}{about}{before} ({change.by.value})"


def _tell_head(story: Story, zone: tzinfo) -> None:
    from kepthour.core.tongue import ENGLISH
    from kepthour.core.words.odd import phrase

    session = story.entry.session
    click.echo(
        f"Session {session.id}, {clock(session.start, zone)}, calendar {session.calendar}: {standing(story.entry)}"
    )
    if story.event is None:
        click.echo("No calendar holds it any more.")
    else:
        click.echo(f"It is a session because {_why(story.event)}.")
    for code in story.entry.oddities:
        click.echo(f"Mind: it {phrase(ENGLISH, code)}.")
    click.echo()


def _answer_shape(answer: Response, zone: tzinfo) -> dict[str, Any]:
    return {
        "answer": answer.kind.value,
        "at": stamp(answer.at, zone),
        "until": stamp(answer.until, zone),
        "surface": answer.surface,
    }


def _change_shape(change: Noted, zone: tzinfo) -> dict[str, Any]:
    return {
        "what": change.what.value,
        "by": change.by.value,
        "at": stamp(change.at, zone),
        "why": change.why,
        "about": change.about,
        "start_before": stamp(change.start, zone),
        "end_before": stamp(change.end, zone),
    }


def _verdict_shape(said: Said, zone: tzinfo) -> dict[str, Any]:
    return {
        "verdict": said.verdict.value,
        "because": said.because.value,
        "by": said.by,
        "at": stamp(said.at, zone),
        "reason": said.reason.reveal() if said.reason else None,
    }


def _sentence(said: Said) -> str:
    verdict = said.verdict.value.replace("_", " ")
    reason = f" ({said.reason.reveal()})" if said.reason else ""
    return f"{verdict}, because {because(said.because)}{reason}"


def because(ground: Because) -> str:
    """A ground of a verdict, in words."""
    return {
        "checked_in": "you checked in",
        "checked_out": "you said that it was over",
        "in_the_room": "you were seen in the video room",
        "no_evidence": "nobody checked in by the deadline, and everything was watched",
        "daemon_was_not_running": "nobody checked in, but Kept Hour did not run all the time",
        "calendar_was_not_fresh": "nobody checked in, but the calendar was out of date",
        "reminders_did_not_go_out": "nobody checked in, but not all reminders reached you",
        "therapist_was_away": "you were away",
        "said_by_the_therapist": "you said so",
    }[ground.value]
