"""Small files beside the database, for their owner alone."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all. Raises OSError.

    It is written often: under one name in between, so that the next time takes away what a crash left.
    """
    new = path.with_name(path.name + "-new")
    handle = os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    new.replace(path)
