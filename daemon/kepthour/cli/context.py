"""What every command shares: the options, the configuration and the open store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from datetime import datetime

    from kepthour.app import App
    from kepthour.config import Configuration
    from kepthour.config.faults import Faulty
    from kepthour.plugins import Plugins

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass
class Setting:
    """The options that may stand before or after the command."""

    config: Path | None = None
    verbosity: int = 0

    def config_file(self) -> Path:
        """Where the configuration is: --config, KEPTHOUR_CONFIG, or the user's own folder."""
        if self.config is not None:
            return self.config
        import platformdirs

        return platformdirs.user_config_path("kepthour") / "config.toml"

    def app(self) -> App:
        """The configured application on its open store. Raises Faulty, NeedsPerson."""
        from kepthour.config.reading import load
        from kepthour.plugins import Plugins
        from kepthour.runtime.logs import set_up
        from kepthour.runtime.start import open_app

        set_up(self.verbosity)
        plugins = Plugins()
        return open_app(load(self.config_file(), plugins), plugins)

    def app_to_answer(self) -> App:
        """As `app`, for an answer, which cannot wait: with a fault in the file, by what the daemon took up last."""
        app, faulty = self.app_and_faults()
        if faulty is not None:
            _tell_fault(faulty, "this goes by the configuration that the daemon took up last")
        return app

    def app_and_faults(self) -> tuple[App, Faulty | None]:
        """The same, and what is wrong with the file, of which nothing was said yet."""
        from kepthour.plugins import Plugins
        from kepthour.runtime.logs import set_up
        from kepthour.runtime.start import open_app
        from kepthour.runtime.taken_up import load_to_answer

        set_up(self.verbosity)
        plugins = Plugins()
        config, faulty = load_to_answer(self.config_file(), plugins)
        return open_app(config, plugins), faulty

    def app_of_the_store(self) -> App:
        """As `app`, for what is about the store alone: with a fault in the file, too. Makes no store then."""
        from kepthour.core.errors import NeedsPerson
        from kepthour.plugins import Plugins
        from kepthour.runtime.logs import set_up
        from kepthour.runtime.start import open_app, store_path

        set_up(self.verbosity)
        plugins = Plugins()
        config, is_sound = self.configuration_of_the_store(plugins, with_key=True)
        if not is_sound and not store_path(config).exists():
            raise NeedsPerson(f"There is no store at {store_path(config)}.", "Mend the configuration first.")
        return open_app(config, plugins)

    def configuration_of_the_store(self, plugins: Plugins, *, with_key: bool) -> tuple[Configuration, bool]:
        """What is needed to find the store, and to open it `with_key`; and whether the file has no fault.

        Raises Faulty if it is not there, may not be read, or leaves open which store is meant.
        """
        from kepthour.runtime.start import store_path
        from kepthour.runtime.taken_up import load_for_the_store

        file = self.config_file()
        config, faulty = load_for_the_store(
            file, plugins, with_key=with_key, by_default=file == Setting().config_file()
        )
        if faulty is not None:
            _tell_fault(faulty, f"this is about the store at {store_path(config)}")
        return config, faulty is None


def _tell_fault(faulty: Faulty, so: str) -> None:
    click.echo(
        f"kepthour: {faulty.file} has a fault ({faulty.faults[0]}; all are told by: kepthour check), so {so}.",
        err=True,
    )


def _set_config(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Setting).config = value


def _set_verbosity(ctx: click.Context, _param: click.Parameter, value: int) -> None:
    ctx.ensure_object(Setting).verbosity += value


def common(command: _F) -> _F:
    """The options of every command."""
    command = click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar="KEPTHOUR_CONFIG",
        expose_value=False,
        callback=_set_config,
        metavar="FILE",
        help="The configuration to use.",
    )(command)
    return click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        callback=_set_verbosity,
        help="Say what happens, on standard error; twice: more. Never a client's word.",
    )(command)


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")


class Moment(click.ParamType[str]):
    """A date or time as people write it; resolved by the command, which knows the zone."""

    name = "T"


def moment(app: App, text: str, option: str) -> datetime:
    """`text` as an instant in the therapist's zone. Raises a usage error that names the option."""
    from kepthour.core.spans import parse_moment

    try:
        return parse_moment(text, app.clock.now(), app.config.zone)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error


def tell_if_nobody_reminds(app: App) -> None:
    """Of what was answered something is still to come, and no daemon runs: say so on standard error."""
    from kepthour.runtime.lock import StoreLock

    if StoreLock(app.store.path).holder() is None:
        start = "kepthour service install --now; without systemd: kepthour run"
        click.echo(f"kepthour: no daemon runs, so nobody reminds you: {start}", err=True)


MOMENT_HELP = "a date, a local time, today, tomorrow, +7d, -7d or +2h"


def span_options(start: str, end: str) -> Callable[[_F], _F]:
    """--from and --to with these defaults."""

    def decorate(command: _F) -> _F:
        command = click.option(
            "--to", "end", default=end, show_default=True, metavar="T", help=f"Up to here: {MOMENT_HELP}."
        )(command)
        return click.option(
            "--from",
            "start",
            default=start,
            show_default=True,
            metavar="T",
            help=f"From here: {MOMENT_HELP}.",
        )(command)

    return decorate


def span(app: App, start: str, end: str) -> tuple[datetime, datetime]:
    """Both ends of a span. Raises a usage error if they are not in order, or more than 30 years apart."""
    from datetime import MAXYEAR, MINYEAR

    first, last = moment(app, start, "--from"), moment(app, end, "--to")
    if last < first:
        raise click.UsageError(wrong_way(start, end))
    if (last - first).days > 366 * 30:
        raise click.UsageError("The span is longer than thirty years.")
    if first.year == MINYEAR or last.year == MAXYEAR:  # some days around it are looked at, too
        raise click.UsageError("The span is too far away.")
    return first, last


def wrong_way(start: str, end: str) -> str:
    """What to say of a span that ends before it begins; each as it was said, or is taken where nothing was."""
    return f'--to lies before --from: the span would be from "{start}" to "{end}". Say both.'
