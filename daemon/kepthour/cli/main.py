"""The entry point: finds the command, and turns every error into a sentence and an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from kepthour import collecting
from kepthour.cli.context import Setting, common
from kepthour.cli.loading import LoadedGroup

_COMMANDS = {
    "demo": "kepthour.cli.demo:demo",
    "init": "kepthour.cli.init:init",
    "auth": "kepthour.cli.auth:auth",
    "check": "kepthour.cli.check:check",
    "run": "kepthour.cli.run:run",
    "sync": "kepthour.cli.calendars:sync",
    "agenda": "kepthour.cli.calendars:agenda",
    "explain": "kepthour.cli.explain:explain",
    "rehearse": "kepthour.cli.calendars:rehearse",
    "status": "kepthour.cli.status:status",
    "log": "kepthour.cli.status:log",
    "here": "kepthour.cli.answers:here",
    "ack": "kepthour.cli.answers:ack",
    "snooze": "kepthour.cli.answers:snooze",
    "late": "kepthour.cli.answers:late",
    "out": "kepthour.cli.answers:out",
    "away": "kepthour.cli.away:away",
    "settle": "kepthour.cli.settle:settle",
    "sweep": "kepthour.cli.sweep:sweep",
    "repair": "kepthour.cli.repair:repair",
    "report": "kepthour.cli.report:report",
    "service": "kepthour.cli.service:service",
    "store": "kepthour.cli.store:store",
    "export": "kepthour.cli.export:export",
    "purge": "kepthour.cli.purge:purge",
}


@click.group(
    cls=LoadedGroup,
    table=_COMMANDS,
    kind="command",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@common
@click.version_option(package_name="kepthour", prog_name="Kept Hour")
def cli() -> None:
    """Kept Hour keeps psychotherapists from forgetting their clients.

    It watches your calendars, reminds you before each session, more and more insistently, until you check in;
    asks when nobody came; and helps to repair it when a session was missed.

    New here? Run "kepthour demo", then "kepthour init".
    """


def main() -> None:
    """Run the command line; never shows a traceback. Exit codes: 0 done, 1 could not be done, 2 wrong usage."""
    collecting.seldom()
    sys.exit(_run())


def _run() -> int:
    from kepthour.core.errors import KeptHourError

    setting = Setting()
    try:
        _check_text(sys.argv[1:])
        result = cli.main(standalone_mode=False, obj=setting)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        return 1
    except click.ClickException as error:
        return _refuse(error)
    except KeptHourError as error:
        return _explain(error)
    except BrokenPipeError:
        # Whoever read our output has gone; what is left must not be flushed into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001  supervised: the outermost edge
        return _confess(error)
    return result if isinstance(result, int) else 0


def _check_text(words: Sequence[str]) -> None:
    """Bytes that are no text cannot be stored or looked up. Raises a usage error."""
    for number, word in enumerate(words, start=1):
        try:
            word.encode()
        except UnicodeEncodeError:
            raise click.UsageError(f"Word {number} of this command is not a text in UTF-8.") from None


def _refuse(error: click.ClickException) -> int:
    """Wrong usage, in click's words."""
    said = io.StringIO()
    error.show(said)
    _say(said.getvalue().rstrip("\n"))
    return error.exit_code


def _explain(error: Exception) -> int:
    from kepthour.config.faults import Faulty

    if isinstance(error, Faulty):
        from kepthour.cli.faults import tell

        tell(error)
        return 2
    _say(f"kepthour: {error}")
    return 1


def _say(text: str) -> None:
    from kepthour.core.plain import plain

    click.echo(plain(text), err=True)


def _confess(error: BaseException) -> int:
    """A bug: its kind and place, never its text, which may hold a client's words."""
    from kepthour.core.errors import place

    click.echo(
        f"kepthour: something went wrong inside ({type(error).__name__} at {place(error)}). Nothing was lost; "
        "please report this line.",
        err=True,
    )
    return 1
