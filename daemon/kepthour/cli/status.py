"""status and log: how things stand, and what was delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.printing import (
    calendar_shape,
    clock,
    delivery_shape,
    document,
    question_shape,
    session_shape,
    stamp,
    table,
)

if TYPE_CHECKING:
    from datetime import tzinfo

    from kepthour.core.reminder import Reminder
    from kepthour.views.status import CalendarStatus, Status


@click.command()
@as_json
@common
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """The daemon, the calendars and channels, what comes next, and what is asked.

    With a fault in the configuration it tells that first, and goes by the one that the daemon took up last (exit
    code 2).
    """
    from kepthour.cli.faults import tell
    from kepthour.runtime.lock import StoreLock
    from kepthour.runtime.taken_up import is_waiting
    from kepthour.views.status import status as read

    app, faulty = ctx.ensure_object(Setting).app_and_faults()
    if faulty is not None:
        tell(faulty)
        click.echo("What follows goes by the one that the daemon took up last.", err=True)
    zone = app.config.zone
    found = read(app.config, app.store, StoreLock(app.store.path).holder(), app.clock.now())
    if as_json:
        document(_shape(found, zone))
    else:
        _tell_daemon(found, zone, is_waiting=faulty is None and is_waiting(app.config))
        _tell_edges(found, zone)
        _tell_coming(found, zone)
    ctx.exit(0 if faulty is None else 2)


def _shape(found: Status, zone: tzinfo) -> dict[str, Any]:
    return {
        "daemon": {
            "running": found.pid is not None,
            "pid": found.pid,
            "since": stamp(found.since, zone),
            "version": found.version,
        },
        "calendars": [calendar_shape(calendar, zone) for calendar in found.calendars],
        "channels": [
            {
                "name": channel.name,
                "type": channel.type,
                "last_sent": stamp(channel.last_sent, zone),
                "failed": channel.failed,
            }
            for channel in found.channels
        ],
        "heartbeat": _heartbeat_shape(found, zone),
        "next_session": session_shape(found.next_session, zone) if found.next_session else None,
        "next_rung": delivery_shape(found.next_rung, zone) if found.next_rung else None,
        "open_questions": [question_shape(row, zone) for row in found.open_questions],
        "away_until": stamp(found.away.end, zone) if found.away else None,
    }


def _heartbeat_shape(found: Status, zone: tzinfo) -> dict[str, Any] | None:
    if found.heartbeat is None:
        return None
    problem = found.heartbeat.problem
    return {
        "last_success": stamp(found.heartbeat.last_success, zone),
        "problem": f"{problem.what} {problem.remedy}" if problem else None,
    }


def _tell_daemon(found: Status, zone: tzinfo, *, is_waiting: bool) -> None:
    if found.pid is None:
        click.echo("Daemon: not running. Nobody is reminded. Start it with: kepthour run")
    else:
        click.echo(f"Daemon: running since {clock(found.since, zone)} (process {found.pid}).")
        if is_waiting:
            click.echo(
                "It goes by the configuration of before: have what you changed taken up with "
                f"systemctl --user reload kepthour; without systemd: kill -HUP {found.pid}"
            )
    if found.away is not None:
        click.echo(
            f"You are away until {clock(found.away.end, zone)}: no session reminds. See: kepthour away"
        )


def _tell_edges(found: Status, zone: tzinfo) -> None:
    """Calendars and channels."""
    click.echo()
    calendars = [
        (
            one.name,
            one.type,
            one.state.value.replace("_", " "),
            clock(one.last_good_sync, zone),
            _trouble(one, zone),
        )
        for one in found.calendars
    ]
    table(("calendar", "type", "state", "last good sync", "problem"), calendars, "No calendars.")
    click.echo()
    channels = [
        (one.name, one.type, clock(one.last_sent, zone), f"{one.failed} refused" if one.failed else "")
        for one in found.channels
    ]
    table(("channel", "type", "last delivery", "last 24 h"), channels, "No channels.")
    if found.heartbeat is not None:
        problem = found.heartbeat.problem
        trouble = f" {problem.what} {problem.remedy}" if problem else ""
        click.echo(f"\nHeartbeat: last accepted {clock(found.heartbeat.last_success, zone)}.{trouble}")


def _tell_coming(found: Status, zone: tzinfo) -> None:
    """What is next, and what is asked."""
    click.echo()
    if found.next_session:
        coming = found.next_session.session
        silent = ". You are away then: it does not remind you" if found.next_session.away else ""
        click.echo(f"Next session: {clock(coming.start, zone)} ({coming.id}){silent}")
    else:
        click.echo("Next session: none in the next days.")
    if found.next_rung:
        click.echo(f"Next reminder: {clock(found.next_rung.due_at, zone)} ({found.next_rung.rung})")
    for row in found.open_questions:
        when = clock(row.known.start, zone)
        click.echo(f"No check-in for {when}. What happened? Say: kepthour settle {row.id} …")


def _trouble(calendar: CalendarStatus, zone: tzinfo) -> str:
    parts = [calendar.problem] if calendar.problem else []
    if calendar.behind:
        asked = clock(calendar.as_of, zone)
        parts.append(
            f"its answer was asked for on {asked}; what changed since is not known, and no miss is suspected"
        )
    parts += [f"{count} set aside: {reason}" for reason, count in calendar.quarantined.items()]
    parts += [f"{count} in a doubtful time zone: {code}" for code, count in calendar.doubts.items()]
    return "; ".join([*parts, *calendar.warnings])


def _reason(reminder: Reminder) -> str:
    parts = [reminder.why.value.replace("_", " ")] if reminder.why else []
    if reminder.problem is not None and reminder.sent_at is None:
        parts.append(f"refused ({reminder.problem}), attempt {reminder.attempts}")
    return ", ".join(parts)


@click.command()
@as_json
@common
@click.pass_context
def log(ctx: click.Context, as_json: bool) -> None:
    """Every reminder: when it was due, where it went, and what became of it."""
    app = ctx.ensure_object(Setting).app()
    from kepthour.store import reminders

    zone = app.config.zone
    with app.store.read() as tx:
        found = reminders.everything(tx)
    if as_json:
        document({"deliveries": [delivery_shape(reminder, zone) for reminder in found]})
        return
    rows = [
        (
            clock(one.due_at, zone),
            one.rung,
            one.channel,
            one.state.value,
            _reason(one),
            clock(one.sent_at, zone) if one.sent_at else "",
            one.session_id or one.subject,
        )
        for one in found
    ]
    table(("due", "rung", "channel", "state", "why", "sent", "session"), rows, "No reminder was planned yet.")
