"""The way from nothing to a configuration that works: six steps, and one point at which it is written."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kepthour.cli.init import source
from kepthour.cli.init.asking import choose
from kepthour.cli.init.vault import Vault
from kepthour.cli.init.zone import asked_zone

if TYPE_CHECKING:
    from kepthour.checks.trial import Trial
    from kepthour.config import Configuration
    from kepthour.plugins import Plugins

_ASKED: Mapping[str, Callable[[source.Before, Vault], source.Keys]] = {
    "caldav": source.server,
    "feed": source.feed,
    "google": source.google,
    "file": source.file,
}
_CA_FILE = """\
That is said in the file: choose "anyway", write there under [[calendars]]
  ca_file = "/path/to/its/authority.pem"
and try it: kepthour check"""


def guided(ctx: click.Context, file: Path) -> None:
    """Ask, try, show, and write `file`; then see that reminders will come. Raises NeedsPerson, Abort."""
    from kepthour.cli.init.after import see_to_reminders
    from kepthour.plugins import Plugins

    click.echo(
        "Kept Hour's first configuration. Enter takes what stands in [brackets].\n"
        "Ctrl-C stops: then nothing is written.\n"
    )
    plugins, vault = Plugins(), Vault(file.parent)
    try:
        with _all_stops_alike():
            config, readable = _written(file, vault, plugins)
    except BaseException:
        if not file.exists():
            vault.take_back()
        raise
    click.echo(f"\nWritten: {file}")
    see_to_reminders(ctx, config, plugins, readable=readable)


@contextmanager
def _all_stops_alike() -> Iterator[None]:
    """Who closes the terminal, or ends this from outside, stops it as Ctrl-C does: once."""

    def stop(_number: int, _frame: object) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)  # what was stored is to be taken back whole
        raise KeyboardInterrupt

    heard = [one for one in (signal.SIGHUP, signal.SIGTERM) if signal.getsignal(one) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    yield
    for number, handler in before.items():  # after a stop they stay: it is nearly over
        signal.signal(number, handler)


def _written(file: Path, vault: Vault, plugins: Plugins) -> tuple[Configuration, bool]:
    """Everything up to the file, which comes last and whole; and whether the calendar could be read."""
    from kepthour.cli.init.screen import wants_terminal
    from kepthour.cli.init.sessions import agreed_sessions
    from kepthour.cli.init.writing import write
    from kepthour.config.first import text
    from kepthour.config.reading import parse
    from kepthour.runtime.clock import SystemClock

    zone, now = asked_zone(), SystemClock().now()
    keys, trial = _Source(file, zone, vault, plugins, now).asked()
    take, rules = agreed_sessions(trial, now)
    whole = text(zone, keys, take, rules)
    config = parse(file, whole.encode(), plugins)
    if wants_terminal(config, plugins):
        whole = text(zone, keys, take, rules, terminal=True)
        config = parse(file, whole.encode(), plugins)
    write(file, whole)
    return config, trial is not None


class _Source:
    """The one calendar: asked for and tried, until it can be read or they want it as it is."""

    def __init__(self, file: Path, zone: str, vault: Vault, plugins: Plugins, now: datetime) -> None:
        self._file, self._zone, self._vault, self._plugins, self._now = file, zone, vault, plugins, now
        self._keys: source.Keys = {}

    def asked(self) -> tuple[source.Keys, Trial | None]:
        """The keys of its table; and what it holds, if it could be read."""
        from kepthour.cli.init.sessions import is_wanted
        from kepthour.config.faults import Faulty
        from kepthour_connectors.base import ConnectorError

        before = source.Before()
        while True:
            was, kind = before.kind, source.asked_kind(before)
            if kind != was:
                self._vault.take_back(quietly=True)  # what the other one needed, this one does not
            self._keys = _ASKED[kind](before, self._vault)
            try:
                keys, trial = self._tried(before)
                if is_wanted(trial, self._now):
                    return keys, trial
            except Faulty as error:
                for fault in error.faults:
                    click.echo(f"\n{fault}")
            except ConnectorError as error:
                click.echo(f"\n{error.what}\n{error.remedy}")
                if "ca_file" in error.remedy:
                    click.echo(_CA_FILE)
                said = choose(
                    "Correct your answers, or write it as it is anyway", ("correct", "anyway"), "correct"
                )
                if said == "anyway":
                    return self._as_it_is(before), None

    def _tried(self, before: source.Before) -> tuple[source.Keys, Trial]:
        """Raises ConnectorError, Faulty."""
        from kepthour.checks.trial import read_once
        from kepthour.cli.init.google import sign_in
        from kepthour.runtime.start import unopened_app

        if before.kind == "caldav":
            self._choose()
        config = self._config()
        surroundings = unopened_app(config, self._plugins).surroundings(config.calendars[0].name)
        if before.kind == "google":
            sign_in(config, surroundings, self._plugins, self._vault)
        click.echo("\nReading it …")
        return self._keys, read_once(config, surroundings, self._plugins)

    def _choose(self) -> None:
        from kepthour_connectors.base import CalendarGone, OffersCalendars

        kind = self._plugins.connector("caldav")
        assert isinstance(kind, OffersCalendars)
        click.echo("\nLooking for your calendars there …")
        offers = kind.calendars(self._config().calendars[0].options)
        if not offers:
            raise CalendarGone("This account has no calendar.", "Make one there, or give its own address.")
        self._keys = source.chosen(self._keys, offers)

    def _as_it_is(self, before: source.Before) -> source.Keys:
        named = before.kind == "caldav" and "calendar" not in self._keys
        return source.unlisted(self._keys, before) if named else self._keys

    def _config(self) -> Configuration:
        """The configuration as far as it goes. Raises Faulty."""
        from kepthour.config.first import text
        from kepthour.config.reading import parse
        from kepthour.core.sessions import Take

        return parse(self._file, text(self._zone, self._keys, Take.ALL, ()).encode(), self._plugins)
