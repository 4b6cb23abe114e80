"""repair ID slots: free times for a make-up session, and why another one is not free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import Moment, as_json, common
from kepthour.cli.printing import calendar_shape, document, stamp, table
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.refusals import between, sentence
from kepthour.cli.repair.searching import (
    end_option,
    search_of,
    span_of,
    start_of,
    start_option,
    warn,
    warn_of_others,
)
from kepthour.core.offsets import apart

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from kepthour.app import App
    from kepthour.core.choice import Slot
    from kepthour.core.slots import Wish
    from kepthour.store.cards import Card
    from kepthour.views.slots import Judged, Offers


@click.command()
@start_option
@end_option
@click.option(
    "--why", "at", type=Moment(), help="Is this time free? If it is not: why. 2026-03-04T15:00, say."
)
@as_json
@common
@click.pass_context
def slots(ctx: click.Context, start: str | None, end: str | None, at: str | None, as_json: bool) -> None:
    """Free times for a make-up session, over all calendars and within your working hours. Nothing is booked.

    Each is as long as the session that is to be made up for. Hold one with "kepthour repair ID hold START".
    """
    app, wanted = chosen(ctx, as_json=as_json)
    card = wanted.card(app)
    search = search_of(app, card)
    span = span_of(app, start, end)
    offers = search.offers(*span)
    judged = search.judge(start_of(app, at, "--why"), offers) if at is not None else None
    if wanted.as_json:
        document(_reason(judged, offers, app) if judged else _offers(card, offers, app.config.zone))
        return
    if judged:
        click.echo(_answer(judged, app))
    else:
        _tell(card, offers, span, app)
        warn_of_others(offers.others, err=False)
    warn(offers.calendars, app.config.zone, err=False)


def slot_shape(slot: Slot, wish: Wish, zone: ZoneInfo) -> dict[str, Any]:
    """One time; with the client's own clock, if that is known to be another one."""
    theirs = wish.client_zone
    return {
        "start": stamp(slot.start, zone),
        "end": stamp(slot.end, zone),
        "client_start": stamp(slot.start, theirs) if theirs else None,
        "client_end": stamp(slot.end, theirs) if theirs else None,
        "usual": slot.is_usual,
    }


def _offers(card: Card, offers: Offers, zone: ZoneInfo) -> dict[str, Any]:
    theirs = offers.wish.client_zone
    numbered = enumerate(offers.slots, start=1)
    return {
        "card": str(card.id),
        "session": card.session_id,
        "timezone": zone.key,
        "client_timezone": theirs.key if theirs else None,
        "slots": [{"n": n, **slot_shape(slot, offers.wish, zone)} for n, slot in numbered],
        "other_cards": [str(one) for one in offers.others],
        "calendars": [calendar_shape(calendar, zone) for calendar in offers.calendars],
    }


def _reason(judged: Judged, offers: Offers, app: App) -> dict[str, Any]:
    zone, refusal = app.config.zone, judged.refusal
    entry = (refusal.entry or refusal.absence) if refusal else None
    return {
        **slot_shape(judged.slot, offers.wish, zone),
        "n": judged.number,
        "free": refusal is None,
        "because": refusal.why.value if refusal else None,
        "calendar": refusal.entry.calendar if refusal and refusal.entry else None,
        "from": stamp(entry.start, zone) if entry else None,
        "to": stamp(entry.end, zone) if entry else None,
        "what": _answer(judged, app),
        "calendars": [calendar_shape(calendar, zone) for calendar in offers.calendars],
    }


def _answer(judged: Judged, app: App) -> str:
    if judged.refusal is not None:
        return sentence(judged.refusal, judged.slot.start, app.config.practice, app.config.zone)
    if judged.number is not None:
        return f"It is free, and offered as number {judged.number}."
    return "It is free. It is not listed, since only a few are: those that are not too soon, and differ most."


def _tell(card: Card, offers: Offers, span: tuple[datetime, datetime], app: App) -> None:
    from kepthour.core.tongue import ENGLISH

    zone = app.config.zone
    length = ENGLISH.span(offers.wish.length)
    if not offers.slots:
        click.echo(f"There are no free {length} in {between(*span, zone)}. Look further with --to, or ask")
        click.echo(f"of a time why it is not free: kepthour repair {card.id} slots --why T")
        return
    click.echo(f"Free times of {length} for a make-up session. Nothing is booked.")
    zones = _zones(offers, zone)
    rows = [
        (
            str(n),
            *(between(slot.start, slot.end, one) for one in zones),
            "the usual time" if slot.is_usual else "",
        )
        for n, slot in enumerate(offers.slots, start=1)
    ]
    table(("", *(one.key for one in zones), ""), rows, "")
    if len(offers.slots) < app.config.repair.offer:
        click.echo(f"There are no more in {between(*span, zone)}. Look further with --to.")
    first = offers.slots[0].start.astimezone(zone)
    click.echo(f"Hold one, as a file to import: kepthour repair {card.id} hold {first:%Y-%m-%dT%H:%M}")


def _zones(offers: Offers, zone: ZoneInfo) -> list[ZoneInfo]:
    """The therapist's, and the client's if its clocks show something else at one of these times."""
    theirs = offers.wish.client_zone
    if theirs is None or not any(apart(theirs, zone, slot.start) for slot in offers.slots):
        return [zone]
    return [zone, theirs]
