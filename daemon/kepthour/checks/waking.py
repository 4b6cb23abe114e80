"""Whether the sleeping machine can be woken in time for a session, if that is wanted."""

from __future__ import annotations

from kepthour.checks.record import Check, ok, problem, skipped
from kepthour.config import Configuration
from kepthour.runtime import wake

NAME = "waking"


def examine(config: Configuration) -> list[Check]:
    """Tries it with a timer that is taken back at once."""
    if config.wake_before is None:
        return [skipped(NAME, None, "Nothing wakes this machine from sleep: [wake] is not enabled.")]
    obstacles = wake.examine(config)
    return [problem(NAME, None, what, remedy, critical=True) for what, remedy in obstacles] or [
        ok(NAME, None, "This machine can be woken for a session.")
    ]
