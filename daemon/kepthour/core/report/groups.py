"""By what past sessions are told apart: each is in one group of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from kepthour.core.day import LONG_GAP
from kepthour.core.quiet import BACK_TO_BACK
from kepthour.core.report.past import Past

_HALF_AN_HOUR = timedelta(minutes=30)
_MANY = 5  # in a row, and more

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class By(StrEnum):
    """The kinds, in the order in which they are told. The words are those of the JSON."""

    WEEKDAY = "weekday"
    HOUR = "hour"
    GAP = "gap_before"
    ROW = "in_a_row"
    RECURRENCE = "recurrence"
    CHANGE = "change"
    CALENDAR = "calendar"


class Gap(StrEnum):
    """How long nothing was before a session, that day."""

    FIRST = "first_of_the_day"
    NONE = "up_to_10m"
    SHORT = "up_to_30m"
    MIDDLE = "up_to_90m"
    LONG = "90m_or_more"


class Change(StrEnum):
    """Whether it stood where it was first seen."""

    NONE = "as_planned"
    MOVED = "moved"
    RESTORED = "restored"  # after a cancellation; moved or not


def _gap(past: Past) -> str:
    if past.gap is None:
        return Gap.FIRST
    if past.gap <= BACK_TO_BACK:
        return Gap.NONE
    if past.gap >= LONG_GAP:
        return Gap.LONG
    return Gap.SHORT if past.gap <= _HALF_AN_HOUR else Gap.MIDDLE


def _change(past: Past) -> str:
    if past.restored:
        return Change.RESTORED
    return Change.MOVED if past.moved else Change.NONE


_KEYS: Mapping[By, Callable[[Past], str]] = {
    By.WEEKDAY: lambda past: WEEKDAYS[past.start.weekday()],
    By.HOUR: lambda past: f"{past.start.hour:02}",
    By.GAP: _gap,
    By.ROW: lambda past: str(past.in_a_row) if past.in_a_row < _MANY else f"{_MANY}+",
    By.RECURRENCE: lambda past: "series" if past.is_series else "single",
    By.CHANGE: _change,
    By.CALENDAR: lambda past: past.calendar,
}
_ORDER: Mapping[By, Sequence[str]] = {
    By.WEEKDAY: WEEKDAYS,
    By.GAP: tuple(Gap),
    By.RECURRENCE: ("series", "single"),
    By.CHANGE: tuple(Change),
}
# Only these are looked at together, too: a weekday's hour is what a rule of the reminders can be about, and
# "after the long pause on Tuesdays" is how people forget. More pairs would be more comparisons, and less to find.
PAIRS = ((By.WEEKDAY, By.HOUR), (By.WEEKDAY, By.GAP))


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One value of one kind."""

    by: By
    value: str


Group = tuple[Part, ...]  # sessions that are in all of these


def part(past: Past, by: By) -> Part:
    """In which group of this kind a session is."""
    return Part(by, _KEYS[by](past))


def groups_of(past: Past) -> list[Group]:
    """All groups that are compared and in which the session is."""
    single: list[Group] = [(part(past, by),) for by in By]
    return single + [tuple(part(past, by) for by in pair) for pair in PAIRS]


def ordered(by: By, values: Iterable[str]) -> list[str]:
    """The values of one kind in their natural order."""
    order = _ORDER.get(by)
    return sorted(values, key=order.index if order else None)
