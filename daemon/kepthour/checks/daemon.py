"""Whether the daemon runs, and gives signs of life."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.metadata import version

from kepthour.checks.record import Check, ok, problem
from kepthour.config import Configuration
from kepthour.runtime.taken_up import is_waiting
from kepthour.store.engine import Store
from kepthour.store.watches import Watch, latest

NAME = "daemon"
# a sign of life comes every 25 s; without one for so long, the watch has a gap
_FRESH = timedelta(seconds=60)


def examine(config: Configuration, store: Store, pid: int | None, now: datetime) -> list[Check]:
    """`pid` is the daemon's that holds the store's lock; None: none does. Raises TryLater, NeedsPerson."""
    with store.read() as tx:
        watch = latest(tx)
    found = judged(pid, watch, version("kepthour"), now)
    if pid is not None and is_waiting(config):
        what = f"It goes by the configuration of before: {config.file} was changed since."
        remedy = f"Have it taken up: systemctl --user reload kepthour; without systemd: kill -HUP {pid}"
        found.append(problem(NAME, None, what, remedy, critical=False))
    return found


def judged(pid: int | None, watch: Watch | None, installed: str, now: datetime) -> list[Check]:
    """`watch` is the newest one, `installed` this program's version."""
    if pid is None:
        return [
            problem(
                NAME,
                None,
                "It does not run. Nobody is reminded.",
                "Start it: kepthour service install --now; without systemd: kepthour run",
                critical=True,
            )
        ]
    if watch is None or abs(now - watch.until) > _FRESH:
        what = f"It runs (process {pid}), but gave no sign of life within the last minute."
        remedy = "If it was started just now, check again in a minute; else look at its log, and restart it."
        return [problem(NAME, None, what, remedy, critical=True)]
    if watch.version != installed:
        what = f"It runs (process {pid}) in version {watch.version}; installed is {installed}."
        return [problem(NAME, None, what, "Restart it.", critical=False)]
    return [ok(NAME, None, f"It runs (process {pid}) and gave a sign of life within the last minute.")]
