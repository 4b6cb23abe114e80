"""Which recurrence rules (RFC 5545, 3.3.10) may be expanded at all, decided before anything is.

The expander steps from DTSTART through every period until it is past the window. So the cost is known beforehand, but
for rules that match nothing any more: those would be stepped through up to the year 9999. Whether a rule matches is
tried where that is near: the Gregorian calendar repeats itself every 400 years, weekdays included, so that the
same rule begun a multiple of 400 years later has the same matches, and few years left to look for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, date, datetime, time
from math import prod
from typing import Any

from kepthour.core.reading.resources import Unreadable

_Rule = Mapping[str, Sequence[Any]]

_DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
_MOST_STEPS = 100_000  # 270 years of days; about a tenth of a second
_MOST_VALUES = 366  # of one BY… part: the days of a year
_MOST_TIMES = 24  # a day, by BYHOUR, BYMINUTE and BYSECOND
_YEARS_TO_LOOK = 40  # a 29 February on a given weekday may take so long
_CYCLE = 400
# Rules with no other limits than these match in every period, or in one of a few years.
_PLAIN = {"WEEKLY": frozenset({"BYDAY"})}
_NO_LIMITS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYHOUR", "BYMINUTE", "BYSECOND"})


def check(rule: _Rule) -> None:
    """Whether `rule` says something that can be expanded at all. Raises Unreadable."""
    frequency = _frequency(rule)
    if not frequency:
        raise Unreadable("bad-rrule")
    if frequency not in _DAYS:
        raise Unreadable("rrule-too-frequent")
    _check_values(rule)


def check_cost(rule: _Rule, begins: date, horizon: date) -> None:
    """Whether a rule that passed `check` takes a bounded time from DTSTART to `horizon`. Raises Unreadable."""
    frequency = _frequency(rule)
    times = prod(len(rule.get(name, [])) or 1 for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    days = horizon.toordinal() - begins.toordinal()
    if times > _MOST_TIMES or days / _DAYS[frequency] * times > _MOST_STEPS:
        raise Unreadable("rrule-too-frequent")
    if set(rule) - _NO_LIMITS - _PLAIN.get(frequency, frozenset()) and not _ever_matches(rule, begins):
        raise Unreadable("rrule-never-matches")


def _frequency(rule: _Rule) -> str:
    return str(next(iter(rule.get("FREQ", [])), "")).upper()


def _check_values(rule: _Rule) -> None:
    for name in ("INTERVAL", "COUNT"):
        if any(not isinstance(value, int) or value < 1 for value in rule.get(name, [])):
            raise Unreadable("bad-rrule")
    if any(len(values) > (_MOST_VALUES if name.startswith("BY") else 1) for name, values in rule.items()):
        raise Unreadable("bad-rrule")


def _ever_matches(rule: _Rule, begins: date) -> bool:
    from dateutil.rrule import rrulestr
    from icalendar import vRecur

    later = (MAXYEAR - _YEARS_TO_LOOK - begins.year) // _CYCLE * _CYCLE
    start = datetime.combine(begins.replace(year=begins.year + later), time())
    endless = vRecur({name: values for name, values in rule.items() if name not in {"UNTIL", "COUNT"}})
    text = endless.to_ical().decode()  # type: ignore[no-untyped-call]
    return next(iter(rrulestr(text, dtstart=start)), None) is not None
