"""repair ID hold: a tentative entry for a free time, as a file that the therapist imports."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import as_json, common
from kepthour.cli.files import STDOUT, place_for, write_private
from kepthour.cli.printing import document, stamp
from kepthour.cli.repair.chosen import chosen
from kepthour.cli.repair.refusals import between, sentence
from kepthour.cli.repair.searching import end_option, search_of, span_of, start_of, start_option, warn

if TYPE_CHECKING:
    from kepthour.app import App
    from kepthour.core.choice import Slot
    from kepthour.views.slots import Offers, SlotSearch


@click.command()
@click.argument("which", metavar="START|N")
@click.option(
    "--title", default="Hold", show_default=True, help="Of the entry. Name no client in a shared calendar."
)
@click.option("--output", default=".", metavar="FILE|DIR", help='Where to; "-" prints it.  [default: here]')
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@start_option
@end_option
@as_json
@common
@click.pass_context
def hold(
    ctx: click.Context,
    which: str,
    title: str,
    output: str,
    force: bool,
    start: str | None,
    end: str | None,
    as_json: bool,
) -> None:
    """A tentative entry for a free time, as an .ics file for you alone (0600). Import it yourself: nothing is booked.

    Name the time by its START (2026-03-04T15:00), or by its number in "kepthour repair ID slots" with the same --from
    and --to. Calendars change, and the numbers with them: the start is the surer way.
    """
    import uuid

    from kepthour.core.hold import hold as entry
    from kepthour.pipeline.repair import note_hold

    app, wanted = chosen(ctx, as_json=as_json)
    zone = app.config.zone
    card = wanted.card(app)
    search = search_of(app, card)
    offers = search.offers(*span_of(app, start, end))
    slot = _slot(app, search, offers, which)
    uid = str(uuid.uuid4())
    text = entry(slot.start, slot.end, zone, title, uid, app.clock.now())
    warn(offers.calendars, zone, err=True)
    if output == STDOUT:
        sys.stdout.buffer.write(text.encode())  # whatever the locale: iCalendar is UTF-8
        note_hold(app.store, card, uid, slot.start, slot.end, app.clock.now())
        return
    file = place_for(output, f"hold-{slot.start.astimezone(zone):%Y-%m-%d-%H%M}.ics")
    write_private(file, [text], force=force)
    note_hold(app.store, card, uid, slot.start, slot.end, app.clock.now())
    if wanted.as_json:
        when = {"start": stamp(slot.start, zone), "end": stamp(slot.end, zone)}
        document({"written": str(file), "uid": uid, **when})
        return
    click.echo(f"Written: {file}, a tentative entry for {between(slot.start, slot.end, zone)}.")
    click.echo("It stands in no calendar until you import it. If the time is not taken, delete it there.")
    if not _may_be_a_session(app, title):
        click.echo("Careful: by your rules an entry with this title is no session, and reminds nobody. "
                   "Give it another (--title) once the time is agreed.")  # fmt: skip


def _may_be_a_session(app: App, title: str) -> bool:
    """Whether some calendar would take an entry with this title for one, as far as the title tells."""
    from kepthour.core.patterns import stands_in
    from kepthour.core.privacy import Phi
    from kepthour.core.sessions import Take

    takes = {calendar.take for calendar in app.config.calendars}
    fits = any(
        rule.is_session and (rule.title is None or stands_in(rule.title, Phi(title), if_undecided=True))
        for rule in app.config.rules
    )
    return Take.ALL in takes or (Take.RULES in takes and fits)


def _slot(app: App, search: SlotSearch, offers: Offers, which: str) -> Slot:
    from kepthour.core.errors import NeedsPerson, NotFound

    if which.isdecimal():
        if not 1 <= int(which) <= len(offers.slots):
            raise NotFound(
                f"There is no free time number {which}.", "See them with: kepthour repair ID slots."
            )
        return offers.slots[int(which) - 1]
    judged = search.judge(start_of(app, which, "START"), offers)
    if judged.refusal is not None:
        why = sentence(judged.refusal, judged.slot.start, app.config.practice, app.config.zone)
        raise NeedsPerson("That time is not free.", why)
    return judged.slot
