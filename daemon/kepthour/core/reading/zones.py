"""The name of a time zone, as calendars write it -> its rules.

The order, each step taken only if the one before gave nothing:

1. the name is IANA's, in any spelling of case, or Windows' name for one, or ends in one (`/vendor/Europe/Berlin`):
   IANA's rules, also where the resource brings a VTIMEZONE of that name that says otherwise
2. the VTIMEZONE of that name points to IANA's (X-LIC-LOCATION, as libical writes it)
3. the name is nearly one ("Eastern", "Pacific Time (US & Canada)"): IANA's rules, and a doubt
4. the VTIMEZONE of that name, as it is
5. the calendar's own zone (X-WR-TIMEZONE), else the therapist's, and a doubt
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from kepthour.core.reading.remembering import of_short

if TYPE_CHECKING:
    from icalendar import Timezone

    from kepthour.core.reading.once import AnyCalendar

GUESSED = "guessed-zone"  # a doubt: the name was nearly that of a known zone
UNKNOWN = "unknown-zone"  # a doubt: nothing is known by that name; the calendar's zone, or the therapist's, was taken

_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
# IANA knows these as fixed offsets; who writes them beside a VTIMEZONE mostly means a place with summer time.
_ABBREVIATIONS = frozenset({"EST", "MST", "HST"})
_MOST_OBSERVANCES = 400  # STANDARD and DAYLIGHT parts; Evolution lists a century of them
_EARLIEST_ONSET = 1500  # Outlook begins its rules in 1601


class Zones:
    """The zones that one resource names. `doubts` grows as names are looked up."""

    def __init__(self, calendar: AnyCalendar, therapist: tzinfo) -> None:
        self._own = {str(one.get("TZID", "")): one for one in calendar.timezones}
        own_zone = calendar.get("X-WR-TIMEZONE")
        self.default = (named(str(own_zone)) if own_zone else None) or therapist
        self.therapist = therapist
        self.doubts: set[str] = set()
        self._found: dict[str, tzinfo] = {}

    def find(self, name: str) -> tzinfo:
        """The zone that this resource means by `name`. Always one; what is doubtful about it is in `doubts`."""
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> tzinfo:
        own = self._own.get(name)
        if (known := named(name)) is not None and not (own is not None and _may_be_a_place(name)):
            return known
        if own is not None and (located := named(str(own.get("X-LIC-LOCATION", "")))) is not None:
            return located
        if (guess := _nearly(name)) is not None:
            self.doubts.add(GUESSED)
            return guess
        if own is not None and (custom := _custom(own)) is not None:
            return custom
        if known is not None:
            return known
        self.doubts.add(UNKNOWN)
        return self.default


@of_short
def named(name: str) -> tzinfo | None:
    """The zone which everybody means by `name`; None if there is none."""
    for candidate in _candidates(name.strip().strip('"')):
        if (key := _keys().get(candidate.casefold())) is not None:
            return ZoneInfo(key)
    if (match := _OFFSET.fullmatch(name.strip())) is not None:
        return _fixed(*match.groups())
    return None


def probable(name: str) -> tzinfo | None:
    """The zone that `name` is, or nearly is; None where it may be known only by the resource that uses it."""
    return named(name) or _nearly(name)


def is_needed(name: str) -> bool:
    """Whether a VTIMEZONE of this name could ever count: IANA's rules win over it if the name is known."""
    return _may_be_a_place(name) or named(name) is None


def _may_be_a_place(name: str) -> bool:
    """Whether who writes `name`, a fixed offset, beside a VTIMEZONE may mean one with summer time."""
    return name in _ABBREVIATIONS or _OFFSET.fullmatch(name.strip().strip('"')) is not None


def _candidates(name: str) -> Iterator[str]:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    yield name
    if name in WINDOWS_TO_OLSON:
        yield WINDOWS_TO_OLSON[name]
    # RFC 5545, 3.2.19: "/vendor/…"; several vendors leave out the first slash. The longest ending counts.
    parts = name.strip("/").split("/")
    for length in (3, 2):
        if len(parts) >= length:
            yield "/".join(parts[-length:])
    if name.startswith("/"):
        yield parts[-1]


def _nearly(name: str) -> tzinfo | None:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    short = re.sub(r"\s*\(US (?:&|and) Canada\)$|\s*\(Mexico\)$", "", name.strip(), flags=re.IGNORECASE)
    short = re.sub(r"\s+(?:Standard |Daylight )?Time$", "", short, flags=re.IGNORECASE)
    windows = WINDOWS_TO_OLSON.get(f"{short} Standard Time")
    return named(windows) if windows else named(f"US/{short}")


def _fixed(sign: str, hours: str, minutes: str | None) -> tzinfo | None:
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset >= timedelta(hours=24):
        return None
    return timezone(-offset if sign == "-" else offset)


def _custom(component: Timezone) -> tzinfo | None:
    """The rules that `component` itself defines; None if they cannot be used, or would take for ever."""
    if not _is_tame(component):
        return None
    try:
        made: tzinfo = component.to_tz(lookup_tzid=False)
        made.utcoffset(datetime(2026, 1, 1, tzinfo=made))
    except Exception:  # noqa: BLE001  (supervised: dateutil throws whatever its parts throw; the name stays unknown)
        return None
    return made


def _is_tame(component: Timezone) -> bool:
    """Whether each of its parts begins in our era and recurs yearly at most."""
    parts = component.subcomponents
    return 0 < len(parts) <= _MOST_OBSERVANCES and all(_is_tame_part(part) for part in parts)


def _is_tame_part(part: object) -> bool:
    start = getattr(part.get("DTSTART"), "dt", None)  # type: ignore[attr-defined]
    if start is None or start.year < _EARLIEST_ONSET:
        return False
    rules = part.get("RRULE")  # type: ignore[attr-defined]
    for rule in rules if isinstance(rules, list) else [rules] if rules else []:
        if rule.get("FREQ", [""])[0] != "YEARLY" or any(value != 1 for value in rule.get("INTERVAL", [])):
            return False
    return True


@lru_cache(maxsize=1)
def _keys() -> dict[str, str]:
    """IANA's names by their case-folded form."""
    keys = {key.casefold(): key for key in available_timezones()}
    return {**keys, "z": "UTC"}


def is_utc(zone: tzinfo | None) -> bool:
    """Whether a value in `zone` was written in UTC (with a Z)."""
    return zone is not None and (zone is UTC or getattr(zone, "key", None) == "UTC")
