"""export: one's own data out, readable without the program."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kepthour.cli.context import Setting, as_json, common
from kepthour.cli.printing import document

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_STDOUT = "-"


@click.command()
@click.option(
    "--output",
    default=_STDOUT,
    show_default=True,
    metavar="FILE|DIR",
    help="Where to; into a folder under a name with the time.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@as_json
@common
@click.pass_context
def export(ctx: click.Context, output: str, force: bool, as_json: bool) -> None:
    """All that is stored, as one JSON document: sessions, verdicts with every version, answers, reminders, cards.

    It may name clients: the file is made for you alone (0600). Keep it as you keep your notes.
    """
    from kepthour.views.export import export as read

    app = ctx.ensure_object(Setting).app()
    pieces, now = read(app.store, app.config.zone, app.clock.now()), app.clock.now()
    if output == _STDOUT:
        _print(pieces)
        return
    file = _file(output, now)
    _write(file, pieces, force=force)
    if as_json:
        document({"written": str(file)})
    else:
        click.echo(f"Written: {file}. It may name clients: keep it as you keep your notes.")


def _print(pieces: Iterable[str]) -> None:
    if sys.stdout.isatty():
        click.echo("kepthour: this may name clients; into a file: kepthour export --output FILE", err=True)
    for piece in pieces:
        sys.stdout.buffer.write(piece.encode())  # whatever the locale: JSON is UTF-8
    sys.stdout.flush()


def _file(output: str, now: datetime) -> Path:
    from kepthour.core.errors import NeedsPerson

    path = Path(output).expanduser()
    if path.is_dir():
        return path / f"kepthour-export-{now:%Y%m%dT%H%M%SZ}.json"
    if output.endswith(os.sep):
        raise NeedsPerson(f"There is no folder {path}.", "Make it first, or name a file.")
    return path


def _write(file: Path, pieces: Iterable[str], *, force: bool) -> None:
    """Whole or not at all, for its owner alone. Raises NeedsPerson."""
    from kepthour.core.errors import NeedsPerson

    claimed = False
    try:
        claimed = _claim(file, force=force)
        _replace(file, pieces)
    except BaseException as error:
        if claimed:
            file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            why = error.strerror or "the disk refuses it"
            raise NeedsPerson(f"{file} could not be written ({why}).", "Choose another place.") from error
        raise


def _claim(file: Path, *, force: bool) -> bool:
    """Whether the name is free, and ours from now on; False: a file is there that may be written over."""
    from kepthour.core.errors import NeedsPerson

    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if not file.is_file():
            raise NeedsPerson(f"{file} is no file.", "Name a file, or a folder that is there.") from None
        if not force:
            raise NeedsPerson(f"{file} is there already.", "Name another, or add --force.") from None
        return False
    return True


def _replace(file: Path, pieces: Iterable[str]) -> None:
    """The new content takes the place of the old at once: who is cut off in between has the old one still."""
    import tempfile

    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # made with mode 0600
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.writelines(pieces)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
