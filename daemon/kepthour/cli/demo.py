"""demo: one session, half a minute, everything real but the calendar."""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, common

if TYPE_CHECKING:
    from kepthour.app import App
    from kepthour.runtime.daemon import Daemon

_LEAD = timedelta(seconds=24)
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
at = "-20s"
[[reminders.rungs]]
at = "-12s"
[[reminders.rungs]]
at = "-6s"
urgency = "high"
[[reminders.rungs]]
at = "-2s"
urgency = "critical"
[[reminders.rungs]]
at = "0s"
urgency = "critical"
[[reminders.rungs]]
at = "+2s"
urgency = "critical"
[[reminders.rungs]]
at = "+4s"
urgency = "critical"
[[reminders.rungs]]
at = "+6s"
urgency = "critical"

[verdict]
late_after = "2s"
missed_after = "9s"

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
BEGIN:VEVENT
UID:demo-session@kepthour
DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}
DTSTART:{start:%Y%m%dT%H%M%SZ}
DTEND:{end:%Y%m%dT%H%M%SZ}
SUMMARY:AB individual
LOCATION:https://meet.jit.si/kept-hour-demo
END:VEVENT
BEGIN:VEVENT
UID:demo-lunch@kepthour
DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}
DTSTART:{start:%Y%m%dT%H%M%SZ}
DTEND:{end:%Y%m%dT%H%M%SZ}
SUMMARY:Lunch
END:VEVENT
END:VCALENDAR
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
    with tempfile.TemporaryDirectory(prefix="kepthour-demo-") as folder:
        config = _write(Path(folder))
        app = _opened(
            config
        )  # which takes some seconds on a slow computer: the session is not to be any nearer for it
        start = datetime.fromtimestamp(_now().timestamp() // 1 + _LEAD.total_seconds(), UTC)
        _fill(Path(folder), start)
        _introduce(start, attend, config)
        flagged = asyncio.run(_watch(app, attend))
    if not flagged:
        click.echo("The demonstration did not end as it should; please report this.", err=True)
        ctx.exit(1)


def _now() -> datetime:
    from kepthour.runtime.clock import SystemClock

    return SystemClock().now()


def _fill(folder: Path, start: datetime) -> None:
    """The made-up calendar."""
    events = _EVENTS.format(stamp=_now(), start=start, end=start + timedelta(minutes=50))
    (folder / "demo.ics").write_text(events.replace("\n", "\r\n"), encoding="utf-8", newline="")


def _write(folder: Path) -> Path:
    """The configuration."""
    desktop = '[channels.desktop]\ntype = "desktop"\n' if _has_desktop() else ""
    config = folder / "config.toml"
    config.write_text(_CONFIG.format(folder=folder, desktop=desktop), encoding="utf-8")
    return config


def _has_desktop() -> bool:
    bus = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent")) / "bus"
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) and ("DBUS_SESSION_BUS_ADDRESS" in os.environ or bus.exists())


def _introduce(start: datetime, attend: bool, config: Path) -> None:
    local = start.astimezone()
    whom = "and the therapist comes." if attend else "and nobody answers the reminders."
    click.echo(
        f"""\
Kept Hour keeps psychotherapists from forgetting their clients. This is a demonstration of about half a minute.

A made-up calendar holds a video session with the client "AB" at {local:%H:%M:%S}, and a lunch, which is none of
our business. Real reminders would begin an hour before; here seconds stand for minutes, {whom}
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


def _opened(config: Path) -> App:
    import kepthour.runtime.daemon  # noqa: F401  all that is loaded later
    from kepthour.config.reading import load
    from kepthour.plugins import Plugins
    from kepthour.runtime.start import open_app

    plugins = Plugins()
    return open_app(load(config, plugins), plugins)


async def _watch(app: App, attend: bool) -> bool:
    """Run the daemon until the session has a verdict; whether it was one that the story knows."""
    from kepthour.runtime.daemon import Daemon

    daemon = Daemon(app, lambda: app)
    running = asyncio.create_task(daemon.run())
    try:
        return await _tell(app, daemon, running, attend)
    finally:
        daemon.stop()
        await running
        app.store.close()


async def _tell(app: App, daemon: Daemon, running: asyncio.Task[None], attend: bool) -> bool:
    from kepthour.core.response import Kind
    from kepthour.core.verdict import Verdict

    came = False
    while not running.done():
        await asyncio.sleep(_LOOK_SECONDS)
        verdict, sent = _look(app)
        if attend and not came and "-2s" in sent:
            came = True
            click.echo('\nThe therapist answers: "I\'m here".\n')
            app.answer(Kind.HERE, None, "demo")
            daemon.wake()
        elif verdict is not None and (verdict is not Verdict.SUSPECTED_MISS or "question" in sent):
            _conclude(app, verdict)
            await _tidy_up(app, daemon)
            return True
    await running
    return False


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


def _look(app: App) -> tuple[object | None, set[str]]:
    """The made-up session's verdict so far, and the rungs that went out."""
    from kepthour.store import reminders, sessions

    now = app.clock.now()
    with app.store.read() as tx:
        rows = sessions.between(tx, now - timedelta(hours=1), now + timedelta(hours=1))
        sent = {one.rung for one in reminders.everything(tx) if one.sent_at is not None}
    return (rows[0].verdict if rows else None), sent


def _conclude(app: App, verdict: object) -> None:
    from kepthour.cli.repair.showing import show
    from kepthour.core.verdict import Verdict
    from kepthour.store import cards

    if verdict is Verdict.UNKNOWN:
        click.echo(
            "This computer was too busy to keep watch, so nothing is concluded from the silence. Run it again."
        )
        return
    if verdict is not Verdict.SUSPECTED_MISS:
        assert isinstance(verdict, Verdict)
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
