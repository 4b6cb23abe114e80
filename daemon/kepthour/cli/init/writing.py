"""Puts the configuration where it belongs: at one point, whole, for its owner alone."""

from __future__ import annotations

from pathlib import Path


def write(file: Path, text: str) -> None:
    """Write a new file. Raises NeedsPerson, and then has written nothing."""
    from kepthour.cli.files import write_private

    make_folder(file.parent)
    write_private(file, [text], force=False)


def make_folder(folder: Path) -> None:
    """The folder of the configuration, if it is not there. Raises NeedsPerson."""
    from kepthour.core.errors import NeedsPerson

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NeedsPerson(
            f"{folder} could not be made ({error.strerror}).", "Choose another with --config."
        ) from error
