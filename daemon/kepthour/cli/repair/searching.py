"""What `slots` and `hold` share: where to look, and what to say of calendars that may not be up to date."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Moment, moment, wrong_way
from kepthour.cli.printing import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from kepthour.app import App
    from kepthour.store.cards import Card
    from kepthour.views.slots import SlotSearch
    from kepthour.views.status import CalendarStatus

_LONGEST = timedelta(days=367)  # "within" at its longest, to the end of its day

_FARTHEST = timedelta(days=3 * 366)

start_option = click.option(
    "--from",
    "start",
    type=Moment(),
    help="From here on: a date, a local time, tomorrow, +7d or +2h. [default: in 2 h]",
)
end_option = click.option(
    "--to", "end", type=Moment(), help='Up to here; without it, as far ahead as "within" says.'
)


def search_of(app: App, card: Card) -> SlotSearch:
    """The search for times for the session of this card. Raises NotFound."""
    from kepthour.views.slots import SlotSearch

    return SlotSearch(app.config, app.store, card, app.clock.now())


def span_of(app: App, start: str | None, end: str | None) -> tuple[datetime, datetime]:
    """Where to look, aware UTC. Raises a usage error."""
    from kepthour.core.choice import SOONEST, horizon

    soonest = (app.clock.now() + SOONEST).replace(second=0, microsecond=0)
    first = time_of(app, start, "--from") if start else soonest
    last = time_of(app, end, "--to") if end else horizon(first, app.config.repair.within, app.config.zone)
    if last <= first:
        raise click.UsageError(wrong_way(start or "in 2 h", end or "as far as [repair] within says"))
    if last - first > _LONGEST:
        raise click.UsageError("The span is longer than a year.")
    return first, last


def time_of(app: App, text: str, option: str) -> datetime:
    """A time for a session as a user writes it, aware UTC. Raises a usage error that names the option."""
    at = moment(app, text, option)
    if abs(at - app.clock.now()) > _FARTHEST:
        raise click.BadParameter("lies more than three years away", param_hint=option)
    return at.astimezone(UTC)


def start_of(app: App, text: str, option: str) -> datetime:
    """As `time_of`, for when a session would begin: a day alone would be its midnight, which nobody means."""
    from kepthour.core.spans import names_day

    at = time_of(app, text, option)
    if names_day(text):
        raise click.BadParameter(
            f"is a day; say the time, too: {at.astimezone(app.config.zone):%Y-%m-%d}T15:00", param_hint=option
        )
    return at


def warn(calendars: Iterable[CalendarStatus], zone: ZoneInfo, *, err: bool) -> None:
    """Say which calendars may hold something that is not known here."""
    for calendar in calendars:
        for doubt in _doubts(calendar, zone):
            click.echo(f'Careful: the calendar "{calendar.name}" {doubt}', err=err)


def warn_of_others(others: Sequence[int], *, err: bool) -> None:
    """Say which other cards are offered the same times: two clients must not be."""
    if not others:
        return
    named, look = (f"card {others[0]}", "looks") if len(others) == 1 else (f"cards {_listed(others)}", "look")
    click.echo(f"Careful: {named} {look} for a time, too: what you offer here, do not offer there.", err=err)


def _listed(numbers: Sequence[int]) -> str:
    return " and ".join([", ".join(map(str, numbers[:-1])), str(numbers[-1])])


def _doubts(calendar: CalendarStatus, zone: ZoneInfo) -> Iterator[str]:
    if calendar.last_good_sync is None:
        yield "was never read, so that nothing in it is known here. Read it: kepthour sync"
    elif calendar.state.value != "fresh":
        yield f"was last read on {clock(calendar.last_good_sync, zone)}. Read it again: kepthour sync"
    if count := sum(calendar.quarantined.values()):
        yield f"has {count} that could not be read, and may stand at these times."
