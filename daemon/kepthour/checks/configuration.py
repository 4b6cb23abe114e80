"""Whether the configuration can be used, and is for its owner's eyes only."""

from __future__ import annotations

import stat
from pathlib import Path

from kepthour.checks.placing import replaceable
from kepthour.checks.record import Check, ok, problem
from kepthour.config import Configuration
from kepthour.config.faults import Fault, Faulty
from kepthour.config.reading import load
from kepthour.plugins import Plugins

NAME = "configuration"


def examine(file: Path, plugins: Plugins) -> tuple[Configuration | None, list[Check]]:
    """The configuration if it can be used, and what there is to say."""
    try:
        config = load(file, plugins)
    except Faulty as error:
        return None, [_problem(file, fault) for fault in error.faults]
    calendars, channels = len(config.calendars), len(config.channels)
    found = [
        ok(NAME, None, f"{file} can be used: {_count(calendars, 'calendar')}, {_count(channels, 'channel')}.")
    ]
    # It holds no secret; but user names, servers, and aliases in rules are nobody's business.
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        found.append(
            problem(NAME, None, f"Others may read {file}.", f"Run: chmod 600 {file}", critical=False)
        )
    found += replaceable(NAME, None, file)  # it names programs that are run
    return config, found


def _problem(file: Path, fault: Fault) -> Check:
    remedy = f"Mend it in {file}; docs/configuration.md explains every key."
    if fault.remedy:
        remedy = f"{fault.remedy[:1].upper()}{fault.remedy[1:]}"
    return problem(NAME, None, fault.what, remedy, critical=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
