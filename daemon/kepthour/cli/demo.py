"""demo: one session, half a minute, everything real but the calendar."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, common

if TYPE_CHECKING:
    from kepthour.app import App
    from kepthour.core.verdict import Verdict
    from kepthour.runtime.daemon import Daemon

_LEAD = timedelta(seconds=24)
_SPANS = (2, 4, 6, 9, 12, 20)  # seconds, of which the configuration is made
_PACES = (1, 2, 4)  # how many seconds stand for one: a computer that is too busy for the first gets the next
_LOOK_SECONDS = 0.2
_TIDY_LOOKS = 25

_CONFIG = """\
[[calendars]]
name = "demo"
type = "ics"
path = "{folder}/demo.ics"
poll = "5s"
sessions = "rules"

[[sessions.rules]]
title = '^(?P<client>[A-Z]{{2}})\\b'
is = "session"

# The standard ladder, with seconds for minutes.
[[reminders.rungs]]
at = "-{s20}s"
[[reminders.rungs]]
at = "-{s12}s"
[[reminders.rungs]]
at = "-{s6}s"
urgency = "high"
[[reminders.rungs]]
at = "-{s2}s"
urgency = "critical"
[[reminders.rungs]]
at = "0s"
urgency = "critical"
[[reminders.rungs]]
at = "+{s2}s"
urgency = "critical"
[[reminders.rungs]]
at = "+{s4}s"
urgency = "critical"
[[reminders.rungs]]
at = "+{s6}s"
urgency = "critical"

[verdict]
late_after = "{s2}s"
missed_after = "{s9}s"

[digests]
enabled = false

[channels.terminal]
type = "console"
{desktop}
[store]
url = "{folder}/kepthour.db"
"""

_EVENTS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Kept Hour//demo//EN
{session}BEGIN:VEVENT
UID:demo-lunch@kepthour
DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}
DTSTART:{start:%Y%m%dT%H%M%SZ}
DTEND:{end:%Y%m%dT%H%M%SZ}
SUMMARY:Lunch
END:VEVENT
END:VCALENDAR
"""

_SESSION = """\
BEGIN:VEVENT
UID:demo-session@kepthour
DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}
DTSTART:{start:%Y%m%dT%H%M%SZ}
DTEND:{end:%Y%m%dT%H%M%SZ}
SUMMARY:AB individual
LOCATION:https://meet.jit.si/kept-hour-demo
END:VEVENT
"""


@click.command()
@click.option("--attend", is_flag=True, help="Show the day on which the therapist does come.")
@common
@click.pass_context
def demo(ctx: click.Context, attend: bool) -> None:
    """See it work, in about half a minute. Needs no configuration and leaves nothing behind.

    A calendar with one session is made up; the reminders come with seconds for minutes. Nobody answers: in the
    end Kept Hour asks what happened, and opens a repair card.
    """
    from kepthour.runtime.logs import set_up

    set_up(ctx.ensure_object(Setting).verbosity)
    if not any(_showed(attend, pace) for pace in _PACES):
        click.echo("The demonstration did not end as it should; please report this.", err=True)
        ctx.exit(1)


def _showed(attend: bool, pace: int) -> bool:
    """Whether the story came to an end that it knows. Raises Abort if it was stopped."""
    from kepthour.core.verdict import Verdict

    if pace > 1:
        click.echo("\nThis computer was too busy for all that in so few seconds. Once more, more slowly.\n")
    with tempfile.TemporaryDirectory(prefix="kepthour-demo-") as folder:
        verdict = asyncio.run(_watch(Path(folder), attend, pace))
    if verdict is None:
        raise click.Abort
    return verdict is not Verdict.UNKNOWN


def _now() -> datetime:
    from kepthour.runtime.clock import SystemClock

    return SystemClock().now()


def _configured(folder: Path, pace: int) -> Path:
    """The configuration, with a calendar in which no session stands yet."""
    _put(folder, _now() + _LEAD, "")
    desktop = '[channels.desktop]\ntype = "desktop"\n' if _has_desktop() else ""
    spans = {f"s{span}": span * pace for span in _SPANS}
    config = folder / "config.toml"
    config.write_text(_CONFIG.format(folder=folder, desktop=desktop, **spans), encoding="utf-8")
    return config


def _put(folder: Path, start: datetime, session: str) -> None:
    """The made-up calendar, with a lunch and this session."""
    times = {"stamp": _now(), "start": start, "end": start + timedelta(minutes=50)}
    events = _EVENTS.format(session=session.format(**times), **times).replace("\n", "\r\n")
    new = folder / "demo.new"
    new.write_text(events, encoding="utf-8", newline="")
    new.rename(folder / "demo.ics")


def _has_desktop() -> bool:
    bus = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / "bus"
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) and ("DBUS_SESSION_BUS_ADDRESS" in os.environ or bus.exists())


def _introduce(start: datetime, attend: bool, pace: int, config: Path) -> None:
    local = start.astimezone()
    some = {1: "seconds", 2: "two seconds each", 4: "four seconds each"}[pace]
    whom = "and the therapist comes." if attend else "and nobody answers the reminders."
    click.echo(
        f"""\
Kept Hour keeps psychotherapists from forgetting their clients. This is a demonstration of about half a minute.

A made-up calendar holds a video session with the client "AB" at {local:%H:%M:%S}, and a lunch, which is none of
our business. Real reminders would begin an hour before; here {some} stand for minutes, {whom}
No reminder names the client: somebody else may see your screen.
"""
    )
    if not attend:
        click.echo(
            f"""\
You may answer, too: in another terminal, run  {_program()} here --config {config}
(The commands under the reminders, without --config, are for a calendar of your own.)
"""
        )


def _program() -> str:
    """How this command is called: by its path, where its name alone leads elsewhere, or nowhere."""
    import shutil
    import sys

    found, called = shutil.which("kepthour"), Path(sys.argv[0])
    return "kepthour" if found is not None and called.exists() and called.samefile(found) else sys.argv[0]


async def _watch(folder: Path, attend: bool, pace: int) -> Verdict | None:
    """Run the daemon until the session has a verdict; None: it was stopped before."""
    from kepthour.app import App
    from kepthour.config.reading import load
    from kepthour.plugins import Plugins
    from kepthour.runtime.daemon import Daemon
    from kepthour.runtime.start import open_app

    config, plugins = _configured(folder, pace), Plugins()
    app = open_app(load(config, plugins), plugins)
    daemon = Daemon(app, lambda: App(app.config, app.store, plugins, app.clock))
    running = asyncio.create_task(daemon.run())
    try:
        if not await _is_watching(app, running):
            return None
        # There is nothing to take up anew: whoever closes the terminal ends it.
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, daemon.stop)
        start = datetime.fromtimestamp(_now().timestamp() // 1, UTC) + _LEAD * pace
        _introduce(start, attend, pace, config)
        _put(folder, start, _SESSION)
        await asyncio.to_thread(app.ask, "demo")
        daemon.wake()
        return await _told(app, daemon, running, attend, f"-{2 * pace}s")
    finally:
        daemon.stop()
        await running
        app.store.close()


async def _is_watching(app: App, running: asyncio.Task[None]) -> bool:
    """Once the daemon is there and has read the calendar: only then the clock of the story begins to run."""
    from kepthour.store import calendars, watches

    while not running.done():
        with app.store.read() as tx:
            row = calendars.get(tx, "demo")
            if watches.latest(tx) is not None and row is not None and row.last_good_at is not None:
                return True
        await asyncio.sleep(_LOOK_SECONDS)
    await running
    return False


async def _told(
    app: App, daemon: Daemon, running: asyncio.Task[None], attend: bool, comes_at: str
) -> Verdict | None:
    from kepthour.core.response import Kind
    from kepthour.core.verdict import Verdict

    came = False
    while not running.done():
        await asyncio.sleep(_LOOK_SECONDS)
        verdict, sent = _look(app)
        if attend and not came and sent & {comes_at, "0s"}:
            came = True
            click.echo('\nThe therapist answers: "I\'m here".\n')
            app.answer(Kind.HERE, None, "demo")
            daemon.wake()
        elif verdict is not None and (verdict is not Verdict.SUSPECTED_MISS or "question" in sent):
            _conclude(app, verdict)
            await _tidy_up(app, daemon)
            return verdict
    await running
    return None


async def _tidy_up(app: App, daemon: Daemon) -> None:
    """Take the last notice from the screen: nobody is to answer for a made-up session."""
    from kepthour.core.verdict import Verdict
    from kepthour.store import reminders, sessions

    with app.store.read() as tx:
        asked = sessions.open_questions(tx)
    for row in asked:
        app.settle(row.id, Verdict.NOT_A_SESSION, None)
    daemon.wake()
    for _look in range(_TIDY_LOOKS):
        with app.store.read() as tx:
            if not reminders.to_recall(tx):
                return
        await asyncio.sleep(_LOOK_SECONDS)


def _look(app: App) -> tuple[Verdict | None, set[str]]:
    """The made-up session's verdict so far, and the rungs that went out."""
    from kepthour.store import reminders, sessions

    now = app.clock.now()
    with app.store.read() as tx:
        rows = sessions.between(tx, now - timedelta(hours=1), now + timedelta(hours=1))
        sent = {one.rung for one in reminders.everything(tx) if one.sent_at is not None}
    return (rows[0].verdict if rows else None), sent


def _conclude(app: App, verdict: Verdict) -> None:
    from kepthour.cli.repair.showing import show
    from kepthour.core.verdict import Verdict
    from kepthour.store import cards

    if verdict is Verdict.UNKNOWN:
        return
    if verdict is not Verdict.SUSPECTED_MISS:
        how = "Checked in" if verdict in {Verdict.ON_TIME, Verdict.LATE} else "Settled"
        click.echo(
            f"{how}. The reminders are over, and the session is noted as: {verdict.value.replace('_', ' ')}."
        )
        return
    click.echo(
        """
Nobody checked in, so the nagging has stopped, and the session is flagged as a suspected miss: a question to the
therapist, never an accusation. In case it was missed, a repair card has opened:
"""
    )
    with app.store.read() as tx:
        card = cards.everything(tx)[0]
    show(app, card)
    click.echo(f"\nThat was the demonstration. Begin with your own calendar: {_program()} init")
