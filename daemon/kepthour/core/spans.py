"""Durations and dates as people write them: `90s`, `15m`, `1h30m`, `-5m`; `today`, `+7d`, `2026-11-24`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_LONGEST = timedelta(days=366 * 30)
DURATION_HELP = 'write a duration as "90s", "15m", "1h30m" or "1d"'
MOMENT_HELP = (
    "write a date (2026-11-24), a local time (2026-11-24T14:00, or 14:00 today), "
    '"today", "tomorrow", "+7d", "-7d", or a span from now ("+1h30m")'
)


def parse_duration(text: str) -> timedelta:
    """`text` as a duration of zero or more, at most 30 years. Raises ValueError with what would be right."""
    match = _DURATION.fullmatch(text.strip())
    if text.strip().isdecimal():
        raise ValueError(f'has no unit; for minutes write "{text.strip()}m"')
    if not match or not any(match.groups()) or len(text) > 24:
        raise ValueError(f"is no duration; {DURATION_HELP}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        found = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        found = _LONGEST + timedelta(1)
    if found > _LONGEST:
        raise ValueError("is longer than thirty years")
    return found


def parse_offset(text: str) -> timedelta:
    """An offset from a session's start: negative before it (`-15m`), positive after (`+2m`, `2m`)."""
    text = text.strip()
    sign = -1 if text.startswith("-") else 1
    try:
        return sign * parse_duration(text.removeprefix("-") if sign < 0 else text.removeprefix("+"))
    except ValueError:
        raise ValueError('is no offset; write "-15m" for before the start, "+2m" for after it') from None


def format_duration(span: timedelta) -> str:
    """`span` (zero or more) in the shortest form that `parse_duration` reads: `1h30m`, `45s`, `0m`."""
    seconds = round(span.total_seconds())
    parts = []
    for unit, size in _UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0m"


def format_offset(offset: timedelta) -> str:
    """An offset as a rung's name: `-15m`, `0m`, `+2m`."""
    if not offset:
        return "0m"
    return ("-" if offset < timedelta() else "+") + format_duration(abs(offset))


def in_seconds(offset: timedelta, later: int = 0) -> str:
    """An offset as a rung's other name, where the usual one is taken: `+300s`; or the name of one so much `later`."""
    return f"{round(offset.total_seconds()) + later:+d}s"


def parts(span: timedelta) -> list[tuple[int, str]]:
    """`span` by units, exact to the second, without what is zero: `[(2, "h"), (10, "min")]`. Nothing is 0 min."""
    seconds = round(abs(span).total_seconds())
    found = []
    for unit, size in (("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            found.append((count, unit))
    return found or [(0, "min")]


def spoken(span: timedelta) -> str:
    """`span` for the command line, exact to the second: `5 min`, `1 min 55 s`, `1 h`, `2 h 10 min`."""
    return " ".join(f"{count} {unit}" for count, unit in parts(span))


_DAY = re.compile(r"today|tomorrow|[+-]\d{1,5}d|\d{4}-?\d\d-?\d\d|\d{4}-?W\d\d(-?\d)?")


def day(moment: date) -> date:
    """The day of a time, as it is written; a date is its own."""
    return moment.date() if isinstance(moment, datetime) else moment


def names_day(text: str) -> bool:
    """Whether a moment as `parse_moment` reads it is a whole day, of which it gives the midnight."""
    return _DAY.fullmatch(text.strip()) is not None


def parse_moment(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A point in time as a user types it, aware, in `zone`. A date is its midnight. Raises ValueError.

    Days from now are midnights, too; hours, minutes and seconds are counted from now on.
    """
    text = text.strip()
    today = now.astimezone(zone).date()
    if text in {"now"}:
        return now.astimezone(zone)
    if text == "today":
        return midnight(today, zone)
    if text == "tomorrow":
        return midnight(today + timedelta(days=1), zone)
    try:
        if match := re.fullmatch(r"([+-]\d{1,5})d", text):
            return midnight(today + timedelta(days=int(match[1])), zone)
        if re.fullmatch(r"[+-](\d{1,5}[dhms])+", text):
            return (now.astimezone(UTC).replace(microsecond=0) + parse_offset(text)).astimezone(zone)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return midnight(date.fromisoformat(text), zone)
        if re.fullmatch(r"\d\d:\d\d", text):
            return local(today, time.fromisoformat(text), zone)
        found = datetime.fromisoformat(text)
        return found.astimezone(zone) if found.tzinfo else found.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        raise ValueError(f"is no date or time; {MOMENT_HELP}") from None


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which `day` begins in `zone`."""
    return datetime.combine(day, time(), zone)


def local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """`clock` on `day` in `zone`; a time that the spring change skips is the instant after the gap."""
    naive_fold = datetime.combine(day, clock, zone)
    # A skipped time converts to UTC and back to another wall time: an hour later, which is the one that exists.
    return datetime.fromtimestamp(naive_fold.timestamp(), zone)
