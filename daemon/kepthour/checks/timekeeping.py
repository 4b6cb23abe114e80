"""Whether this computer's clock is kept right, and whether its time zone is the configuration's."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.checks.record import Check, ok, problem, skipped
from kepthour.config.zone import system_zone

NAME, ZONE = "clock", "zone"
_SECONDS = 5.0
_YEAR, _WEEK = timedelta(days=366), timedelta(days=7)


def examine(zone: ZoneInfo, now: datetime) -> list[Check]:
    """Asks the system. `zone` is the configuration's."""
    return [clock(synchronised()), zones(zone, system_zone(), now)]


def clock(is_synchronised: bool | None) -> Check:
    """`is_synchronised`: None if that cannot be told."""
    if is_synchronised is None:
        return skipped(NAME, None, "Whether it is kept right cannot be told here: timedatectl does not say.")
    if is_synchronised:
        return ok(NAME, None, "It is kept right over the network.")
    what = "Nothing keeps it right: every reminder comes as wrong as the clock is."
    return problem(NAME, None, what, "Run: timedatectl set-ntp true", critical=True)


def zones(configured: ZoneInfo, system: ZoneInfo | None, now: datetime) -> Check:
    """Whether both mean the same times in the coming year. `system`: None if that cannot be told."""
    if system is None:
        return skipped(ZONE, None, "The system's time zone cannot be told.")
    if _same(configured, system, now):
        return ok(ZONE, None, f"{configured.key}, as the system has it.")
    what = f"The configuration says {configured.key}, the system {system.key}: times are shown and read in the first."
    remedy = "If you have moved, change timezone in the configuration; while you travel, leave it."
    return problem(ZONE, None, what, remedy, critical=False)


def _same(one: ZoneInfo, other: ZoneInfo, now: datetime) -> bool:
    """Many zones have several names. Two that differ in the coming year do so in some week."""
    weeks = (now + number * _WEEK for number in range(_YEAR // _WEEK))
    return all(at.astimezone(one).utcoffset() == at.astimezone(other).utcoffset() for at in weeks)


def synchronised() -> bool | None:
    """What systemd says of the kernel's clock, which chrony and ntpd set, too; None if it is not there to say."""
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(done.stdout.strip())
