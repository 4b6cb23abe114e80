"""Whether the service that watches from outside hears from the daemon."""

from __future__ import annotations

from datetime import datetime

from kepthour.checks.record import Check, ok, problem, skipped
from kepthour.config import HeartbeatConfig
from kepthour.core.heartbeat import Record, is_recent

NAME = "heartbeat"


def examine(record: Record, wanted: HeartbeatConfig | None, now: datetime) -> list[Check]:
    """Looks at what the daemon noted, and sends none itself: that would say that the daemon is well."""
    if wanted is None:
        return [skipped(NAME, None, "No service outside watches; docs/watching.md says how one could.")]
    if is_recent(record.last_success, wanted.every, now):
        return [ok(NAME, None, "The service outside accepted the last one.")]
    why = record.problem
    if why is not None:
        return [problem(NAME, None, why.what, why.remedy, critical=False)]
    what = "The service outside has not heard from the daemon for too long."
    return [problem(NAME, None, what, "See whether the daemon runs: kepthour status", critical=False)]
