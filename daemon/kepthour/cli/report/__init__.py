"""report: what happened over a span, as tables, as JSON, or as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kepthour.cli.context import MOMENT_HELP, Setting, as_json, common, span

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from kepthour.core.report.findings import Findings


@click.command()
@click.option("--from", "start", show_default="12 months ago", metavar="T", help=f"From here: {MOMENT_HELP}.")
@click.option(
    "--to", "end", default="now", show_default=True, metavar="T", help=f"Up to here: {MOMENT_HELP}."
)
@click.option(
    "--html",
    "page",
    metavar="FILE|DIR",
    help="Write a page with plots; into a folder under a name with the span.",
)
@click.option("--force", is_flag=True, help="Write over a file that is no earlier report, too.")
@as_json
@common
@click.pass_context
def report(
    ctx: click.Context, start: str | None, end: str, page: str | None, force: bool, as_json: bool
) -> None:
    """Punctuality, near misses and misses, which reminder worked, and how many there were. Names no client.

    Nothing is said on fewer than five cases, and a pattern is stated only if chance does not explain it.
    """
    from kepthour.cli.printing import document, stamp
    from kepthour.cli.report.shape import shape
    from kepthour.views.report import report as read
    from kepthour.views.status import watched_since

    app = ctx.ensure_object(Setting).app()
    zone, now = app.config.zone, app.clock.now()
    first, last = span(app, start or _a_year_before(now, zone), end)
    found = read(app.config, app.store, first, last, now)
    since = watched_since(app.store)
    written = _write(found, zone, since, page, force=force) if page is not None else None
    if as_json:
        begun = {"watched_since": stamp(since, zone)}
        document(shape(found, zone) | begun | ({"written": written} if written else {}))
    elif written:
        click.echo(f"Written: {written}.")
    else:
        _tell(found, zone, since)


def _a_year_before(now: datetime, zone: ZoneInfo) -> str:
    from dateutil.relativedelta import relativedelta

    return (now.astimezone(zone).date() - relativedelta(months=12)).isoformat()


def _write(found: Findings, zone: ZoneInfo, since: datetime | None, place: str, *, force: bool) -> str:
    """The page's place."""
    from kepthour.cli.files import place_for, write_private
    from kepthour.report.page import INSTALL, is_ours, page

    made = page(found, zone, since)
    days = [at.astimezone(zone).date().isoformat() for at in (found.start, found.end)]
    file = place_for(place, f"kepthour-report-{'-to-'.join(days)}.html")
    write_private(file, [made.text], force=force or is_ours(file))
    if not made.has_plots:
        click.echo(f"kepthour: the page has its numbers as tables only; for plots: {INSTALL}", err=True)
    return str(file)


def _tell(found: Findings, zone: ZoneInfo, since: datetime | None) -> None:
    from kepthour.cli.printing import clock, table
    from kepthour.core.report.telling import sections, watched
    from kepthour.core.report.words import many

    def day(at: datetime) -> str:
        return f"{clock(at, zone)} {at.astimezone(zone):%Y}"

    click.echo(f"{day(found.start)} to {day(found.end)}: {many(found.sessions, 'session')}.")
    if sentence := watched(since, found.start, day):
        click.echo(sentence)
    if not found.sessions:
        return
    for section in sections(found):
        click.secho(f"\n{section.title}", bold=True)
        for sentence in section.says:
            click.echo(sentence)
        if section.table is not None:
            table(section.table.columns, section.table.rows, "")
