"""How far two time zones are apart, which changes when the clocks of only one of them do."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_MONTH, _MONTHS = timedelta(days=28), 13  # a month, since Morocco changes its clocks for Ramadan
_WEEK = timedelta(days=7)
_WEEKS = 8  # the US change their clocks at most four weeks before or after Europe
_NOWHERE = re.compile(r"Etc/.*|UTC|UCT|GMT.*|Zulu|Universal|Greenwich")


def is_place(zone: tzinfo) -> bool:
    """Whether `zone` is the time of a place, not a fixed distance from UTC."""
    return isinstance(zone, ZoneInfo) and not _NOWHERE.fullmatch(zone.key)


def apart(zone: tzinfo, other: tzinfo, at: datetime) -> timedelta:
    """By how much the clocks of `zone` are ahead of those of `other` at the aware instant `at`."""
    return _offset(zone, at) - _offset(other, at)


def usually_apart(zone: tzinfo, other: tzinfo, at: datetime) -> timedelta:
    """The same, as it was in most of the eight weeks before `at`."""
    ((usual, _count),) = Counter(
        apart(zone, other, at - week * _WEEK) for week in range(1, _WEEKS + 1)
    ).most_common(1)
    return usual


def changes(zone: tzinfo, start: datetime, end: datetime) -> bool:
    """Whether the clocks of `zone` say another time at `end` than at `start`, but for what has passed between."""
    return _offset(zone, start) != _offset(zone, end)


def has_summer_time(zone: tzinfo, at: datetime) -> bool:
    """Whether the clocks of `zone` are changed in the course of the year after `at`."""
    return any(changes(zone, at, at + month * _MONTH) for month in range(1, _MONTHS))


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
