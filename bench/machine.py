"""Of which machine a table is: what its speed depends on, and no name of it."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from bench.clients import versions
from bench.measuring import BUILD


def facts() -> dict[str, str]:
    """What stands above the table."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "memory": f"{memory:.0f} GB",
        "file system": _file_system(),
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "kepthour": version("kepthour"),
        **versions(),
        **{name: version(name) for name in ("radicale", "xandikos", "apscheduler", "icalendar")},
        "recurring-ical-events": version("recurring-ical-events"),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system() -> str:
    command = ["stat", "--file-system", "--format", "%T", str(BUILD)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
