"""Whether a file stays the one that its owner put there. Told, and never refused: reminders go on."""

from __future__ import annotations

import shlex
from pathlib import Path

from kepthour.checks.record import Check, problem
from kepthour_connectors.folders import open_folder


def replaceable(name: str, subject: str | None, file: Path) -> list[Check]:
    """A problem if others may put another in the place of `file`; else nothing."""
    if (folder := open_folder(file)) is None:
        return []
    what = f"Others may put another file in the place of {file}."
    return [problem(name, subject, what, f"Run: chmod go-w {shlex.quote(str(folder))}", critical=False)]
