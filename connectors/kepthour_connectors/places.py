"""Files as people name them in a configuration: `~` is a home folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator


def at_home(path: Path) -> Path:
    """`path` with its home folder in the place of `~` or `~somebody`. Raises ValueError if that is nobody's."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("names a home folder that does not exist") from None


File = Annotated[Path, AfterValidator(at_home)]
