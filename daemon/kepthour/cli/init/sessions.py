"""Shows what a calendar holds on the therapist's own terminal, and asks which of it are sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from kepthour.cli.init.asking import agree, choose

if TYPE_CHECKING:
    from kepthour.checks.trial import Trial
    from kepthour.core.sessions import Rule, Take
    from kepthour.core.suggest import Judged, Suggestion

_SPAN = timedelta(weeks=4)
_MOST_ROWS = 40
_HOW = "docs/configuration.md#which-events-are-sessions"


def is_wanted(trial: Trial, now: datetime) -> bool:
    """Whether it is the right calendar: one without any event is perhaps another. `now` is aware UTC."""
    if trial.between(now - _SPAN, now + _SPAN):
        return True
    click.echo("It can be read, but holds no event of the last four weeks, nor of the next.")
    return agree("Is it the right one all the same", default=False)


def agreed_sessions(trial: Trial | None, now: datetime) -> tuple[Take, tuple[Rule, ...]]:
    """Which events are sessions, as they say. Without a trial: all. `now` is aware UTC."""
    from kepthour.config.first import CALENDAR
    from kepthour.core.sessions import Take
    from kepthour.core.suggest import suggest, take_all

    if trial is None:
        click.echo(f"\nEvery event of the calendar will be a session. Other rules: {_HOW}")
        return Take.ALL, ()
    zone = trial.config.zone
    here = now.astimezone(zone)  # weeks by the wall clock: one may have an hour more or less
    before, after = (here - _SPAN).astimezone(UTC), (here + _SPAN).astimezone(UTC)
    words, events = "last", trial.begun(before, now)
    if not events:  # a new calendar, or a feed that holds only what is to come
        words, events = "next", trial.begun(now, after)
    found = suggest(events, CALENDAR, zone)
    _show(found, words, zone)
    if trial.unreadable:
        click.echo(
            f"\nEntries that cannot be read, and would not remind you: {trial.unreadable}. See: kepthour check"
        )
    if found.take is Take.RULES and _wants_all(found):
        found = take_all(found, CALENDAR)
    return found.take, found.rules


def _wants_all(found: Suggestion) -> bool:
    click.echo("\nYou can change that at any time; whatever is new counts as a session.")
    said = choose("Write it so, or take all as sessions", ("so", "all"), "so")
    return said == "all"


def _show(found: Suggestion, words: str, zone: ZoneInfo) -> None:
    from kepthour.cli.printing import table

    if not found.judged:
        click.echo(
            f"\nIt can be read, and holds no event of the {words} four weeks. Every event will be a session."
        )
        return
    click.echo(
        f"\nOf the {words} four weeks it takes {len(found.taken)} of {len(found.judged)} events for sessions:\n"
    )
    columns = ("", "at", "title", "lasts", "client", "times")
    table(columns, _shortened(_rows(found.taken, zone)), "None.")
    if found.left:
        click.echo("\nAnd not these:\n")
        rows = Counter((_title(one), _why(one)) for one in found.left)
        named: list[tuple[str, ...]] = [
            (title, why, f"{count}×") for (title, why), count in sorted(rows.items())
        ]
        table(("title", "because", "times"), _shortened(named), "")
    else:
        click.echo(f"\nIf something of this is no session, leave it out later: {_HOW}")


def _rows(judged: Sequence[Judged], zone: ZoneInfo) -> list[tuple[str, ...]]:
    """A line for what recurs, by weekday and hour."""
    from kepthour.core.spans import spoken

    found: Counter[tuple[int, str, str, str, str]] = Counter()
    names: dict[int, str] = {}
    for one in judged:
        local, end = one.occurrence.start.astimezone(zone), one.occurrence.end
        assert end is not None, "an event without an end is never a session"
        names[local.weekday()] = f"{local:%a}"
        client = one.judgement.client.reveal() or "-"
        length = spoken(end - one.occurrence.start)
        found[(local.weekday(), f"{local:%H:%M}", _title(one), length, client)] += 1
    return [(names[day], *rest, f"{count}×") for (day, *rest), count in sorted(found.items())]


def _shortened(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    if len(rows) <= _MOST_ROWS:
        return rows
    more = ("…", f"{len(rows) - _MOST_ROWS} more", *("" for _ in rows[0][2:]))
    return [*rows[:_MOST_ROWS], more]


def _why(one: Judged) -> str:
    from kepthour.core.sessions import Why

    return "its title says so" if one.judgement.why is Why.OTHER_RULE else one.judgement.why.value


def _title(one: Judged) -> str:
    return one.occurrence.title.reveal() or "(without a title)"
