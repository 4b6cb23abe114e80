"""Whether this computer's clock is kept right, and whether its time zone is the configuration's."""

from __future__ import annotations

import ctypes
import subprocess
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kepthour.checks.record import Check, ok, problem, skipped
from kepthour.config.zone import system_zone

NAME, ZONE = "clock", "zone"
_SECONDS = 5.0
_UNKEPT = 16_000_000  # microseconds; by this timedatectl goes, too
_YEAR, _WEEK = timedelta(days=366), timedelta(days=7)


def examine(zone: ZoneInfo, now: datetime) -> list[Check]:
    """Asks the system. `zone` is the configuration's."""
    return [clock(synchronised()), zones(zone, system_zone(), now)]


def clock(is_synchronised: bool | None) -> Check:
    """`is_synchronised`: None if that cannot be told."""
    if is_synchronised is None:
        return skipped(
            NAME,
            None,
            "Whether it is kept right cannot be told here: neither timedatectl nor the kernel says so.",
        )
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
    """What systemd says of the kernel's clock, which chrony and ntpd set, too; without it, the kernel itself.

    None if that cannot be told: where the host keeps the clock, as in a container, the kernel knows of nobody.
    """
    said = _by_systemd()
    return True if said is None and kernel_error() < _UNKEPT else said


def kernel_error() -> int:
    """By how many microseconds its clock may be wrong, as the kernel reckons; 16 s or more: nothing sets it."""
    try:
        found = _Timex()
        failed = ctypes.CDLL(None).adjtimex(ctypes.byref(found)) < 0
    except (OSError, AttributeError):
        return _UNKEPT
    return _UNKEPT if failed else int(found.maxerror)


class _Timex(ctypes.Structure):
    """The head of the kernel's `struct timex`, and room for the rest. `modes` 0 only asks."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_byte * 512),
    )


def _by_systemd() -> bool | None:
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
