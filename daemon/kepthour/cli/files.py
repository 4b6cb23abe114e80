"""A file for its owner alone, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

STDOUT = "-"


def place_for(output: str, name: str) -> Path:
    """The file that `output` means: itself, or one called `name` in it if it is a folder. Raises NeedsPerson."""
    from kepthour.core.errors import NeedsPerson

    try:
        path = Path(output).expanduser()
        if path.is_dir():
            return path / name
    except (OSError, ValueError, RuntimeError):  # too long; nobody of this name has a home
        raise NeedsPerson("That is no place for a file.", "Name a file, or a folder that is there.") from None
    if output.endswith(os.sep):
        raise NeedsPerson(f"There is no folder {path}.", "Make it first, or name a file.")
    return path


def write_private(file: Path, pieces: Iterable[str], *, force: bool) -> None:
    """Write `pieces` into `file`, mode 0600; over one that is there only with `force`. Raises NeedsPerson."""
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
            raise NeedsPerson(f"{file} is there already.", "Name another file, or add --force.") from None
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
