"""How cards look: all of them in a table, and one with its steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from kepthour.cli.printing import card_shape, clock, document, table
from kepthour.cli.repair.told import named
from kepthour.core.repair import CardState

if TYPE_CHECKING:
    from datetime import datetime

    from kepthour.app import App
    from kepthour.store.cards import Card


_PREVENT = 7  # the step
_HELD_WITHIN = timedelta(days=60)


def tell_all(app: App, found: list[Card], *, as_json: bool) -> None:
    """All cards, a line each."""
    zone = app.config.zone
    if as_json:
        document({"cards": [card_shape(card, zone) for card in found]})
        return
    starts = _starts(app, found)
    rows = [
        (
            str(card.id),
            clock(card.opened_at, zone),
            card.state.value,
            str(card.severity),
            _done(card),
            f"{clock(starts[card.id], zone)} ({card.session_id})" if card.id in starts else card.session_id,
        )
        for card in found
    ]
    table(
        ("card", "opened", "state", "severity", "steps done", "session"), rows, "There is nothing to repair."
    )


def _done(card: Card) -> str:
    """How many of its steps were done, and how many skipped."""
    skipped = sum(1 for step in card.steps if step.skipped_at is not None)
    done = sum(1 for step in card.steps if step.done_at is not None)
    return f"{done} of {len(card.steps)}" + (f", {skipped} skipped" if skipped else "")


def _starts(app: App, found: Sequence[Card]) -> dict[int, datetime]:
    """By card: the start that it is about, of those whose session is stored still."""
    from kepthour.store import misses

    with app.store.read() as tx:
        known = [(card.id, misses.about(tx, card)) for card in found]
    return {number: about.start for number, about in known if about is not None}


def tell(app: App, card: Card, *, as_json: bool) -> None:
    """One card."""
    if as_json:
        document({"cards": [card_shape(card, app.config.zone)]})
    else:
        show(app, card)
        _tell_meetings(app, card)
        if card.state is not CardState.CLOSED:
            click.echo(f"A text for the client, yours to change and to send: kepthour repair {card.id} draft")
            if card.cause is None and any(step.n == _PREVENT and step.is_open for step in card.steps):
                click.echo(
                    f"What may have been the cause, and what would help: kepthour repair {card.id} cause"
                )


_BECAUSE = {
    "moved": "the missed session was moved there",
    "hold": "it is the entry that was made to hold the time",
    "one_off": "it came into the calendar after the miss, and is none of the client's regular ones",
    "said": "you said so",
}


def _tell_meetings(app: App, card: Card) -> None:
    """Which session makes up for the missed one, and how that is known; where they meet first, if that is another."""
    from kepthour.core.repair import RESCHEDULE

    zone, number, make_up = app.config.zone, card.id, card.make_up
    if make_up is not None:
        click.echo(
            f"Make-up session: {clock(make_up.start, zone)} ({make_up.session}): {_BECAUSE[make_up.why.value]}."
        )
        if card.state is not CardState.CLOSED:
            click.echo(f"If that is wrong: kepthour repair {number} makeup SESSION_ID, or: makeup none.")
            if others := _other_holds(app, card):
                click.echo(
                    f"Held, too: {', '.join(others)}. What is not taken, delete in your calendar: it reminds you."
                )
    elif any(step.n == RESCHEDULE for step in card.steps) and card.state is not CardState.CLOSED:
        said = (
            "There is no make-up session, you said."
            if card.is_without
            else "There is no make-up session yet."
        )
        click.echo(f"{said} Free times to offer: kepthour repair {number} slots")
        if (held := _other_holds(app, card)) and not card.is_without:
            click.echo(f"Held: {', '.join(held)}. Which is it? kepthour repair {number} makeup SESSION_ID")
        if card.is_without:
            click.echo(f"To have one looked for again: kepthour repair {number} makeup any")
    first = _first_meeting(app, card)
    if first is not None:
        click.echo(f"You meet first on {clock(first, zone)} ({card.meeting}).")


def _other_holds(app: App, card: Card) -> list[str]:
    """When the entries are that were made to hold a time, and are in the calendar, but for the one that is taken."""
    from kepthour.store import sessions

    now, zone = app.clock.now(), app.config.zone
    taken = card.make_up.session if card.make_up is not None else None
    with app.store.read() as tx:
        near = sessions.between(tx, now, now + _HELD_WITHIN)
    return [
        f"{clock(row.known.start, zone)} ({row.id})"
        for row in near
        if row.known.uid in card.holds and row.id != taken and not (row.hidden or row.known.cancelled)
    ]


def _first_meeting(app: App, card: Card) -> datetime | None:
    """When they meet first, if it is not at the make-up session."""
    from kepthour.store import sessions

    if card.meeting is None or (card.make_up is not None and card.meeting == card.make_up.session):
        return None
    with app.store.read() as tx:
        row = sessions.get(tx, card.meeting)
    return row.known.start if row is not None else None


def _nothing_to_repair(app: App, card: Card) -> str | None:
    """What became of its session, in words, if that is nothing to repair."""
    from kepthour.core.repair import severity
    from kepthour.store import misses

    with app.store.read() as tx:
        it = misses.about(tx, card)
    if card.state is not CardState.CLOSED or it is None or it.verdict is None:
        return None
    return it.verdict.value.replace("_", " ") if severity(it.verdict) is None else None


def show(app: App, card: Card) -> None:
    """One card with its nine steps, for reading."""
    from kepthour.core.repair import CALL, KINDS

    zone, nothing = app.config.zone, _nothing_to_repair(app, card)
    outcome = f", {card.outcome.value.replace('_', ' ')}" if card.outcome else ""
    start = _starts(app, [card]).get(card.id)
    of = f"the session of {clock(start, zone)} ({card.session_id})" if start else f"session {card.session_id}"
    click.echo(f"Repair card {card.id} ({card.state.value}{outcome}), for {of}")
    click.echo("Nothing is sent to anybody: this card is for you alone.")
    if nothing is not None:
        click.echo(f"This session counts as “{nothing}”: there is nothing to repair, and nobody to contact.")
    elif card.severity >= CALL:
        click.echo("This one weighs more: call, do not write; and talk it over with a colleague.")
    if (cause := named(card)) is not None:
        click.echo(f"You said that it was: {cause}.")
    click.echo()
    rows = [
        (
            "✓" if step.done_at else "–" if step.skipped_at else " ",
            str(step.n),
            KINDS[step.n].name,
            KINDS[step.n].what,
            clock(step.due_at, zone),
        )
        for step in card.steps
        if nothing is None or not step.is_open
    ]
    table(("", "n", "step", "what", "due"), rows, "Nothing was done on it.")
    for step in card.steps:
        if step.reason:
            click.echo(f"Step {step.n} was skipped: {step.reason.reveal()}")
