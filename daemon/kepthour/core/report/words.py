"""How a report names what it tells: groups, outcomes, numbers. In English, like all that commands print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from kepthour.core.gaps import Pause
from kepthour.core.report.groups import By, Change, Gap, Group, Part
from kepthour.core.report.spread import Spread
from kepthour.core.spans import spoken
from kepthour.core.verdict import Because, Verdict

TOO_FEW = "fewer than five: nothing is said"
_MILLION = 1_000_000

TITLES: Mapping[By, str] = {
    By.WEEKDAY: "By weekday",
    By.HOUR: "By hour",
    By.GAP: "By the gap before",
    By.ROW: "By place in a row",
    By.RECURRENCE: "By recurrence",
    By.CHANGE: "Moved or restored",
    By.CALENDAR: "By calendar",
}
COLUMNS: Mapping[By, str] = {
    By.WEEKDAY: "weekday",
    By.HOUR: "begins from",
    By.GAP: "since the session before",
    By.ROW: "number in a row",
    By.RECURRENCE: "recurrence",
    By.CHANGE: "change",
    By.CALENDAR: "calendar",
}
_LABELS: Mapping[str, str] = {
    Gap.FIRST: "first of the day",
    Gap.NONE: "10 min or less",
    Gap.SHORT: "10 to 30 min",
    Gap.MIDDLE: "30 to 90 min",
    Gap.LONG: "90 min or more",
    "series": "in a series",
    "single": "single",
    Change.NONE: "as planned",
    Change.MOVED: "moved",
    Change.RESTORED: "back after a cancellation",
    "5+": "5 or later",
}
_PHRASES: Mapping[str, str] = {
    Gap.FIRST: "as the first of the day",
    Gap.NONE: "within 10 min of the session before",
    Gap.SHORT: "10 to 30 min after the session before",
    Gap.MIDDLE: "30 to 90 min after the session before",
    Gap.LONG: "after a gap of 90 min or more",
    "series": "in a series",
    "single": "that are single",
    Change.NONE: "that stood as planned",
    Change.MOVED: "that were moved",
    Change.RESTORED: "that were back after a cancellation",
}
VERDICTS: Mapping[Verdict, str] = {
    Verdict.CLIENT_NO_SHOW: "the client did not come",
    Verdict.CLIENT_CANCELLED: "cancelled by the client",
    Verdict.THERAPIST_CANCELLED: "cancelled by you",
    Verdict.TECHNICAL: "technical failure",
    Verdict.COVERED: "covered by a colleague",
    Verdict.NOT_A_SESSION: "not a session",
}
BECAUSE: Mapping[Because, str] = {
    Because.IN_SOME_CALL: "a call was seen, perhaps another session's",
    Because.ENTRY_EDITED: "its entry was edited while it was on",
    Because.IN_PERSON: "it was in person, where silence says nothing",
    Because.DAEMON_GAP: "Kept Hour did not run all the time",
    Because.CALENDAR_STALE: "the calendar was not up to date",
    Because.LADDER_GAP: "not all reminders went out",
    Because.AWAY: "you were away",
    Because.SAID: "you said so",
}
PAUSES: Mapping[Pause | None, str] = {
    Pause.ASLEEP: "the computer slept",
    Pause.OFF: "the computer was off",
    Pause.NOT_RUNNING: "Kept Hour did not run",
    Pause.CLOCK_SET: "the clock was set",
    Pause.HELD_UP: "Kept Hour was held up",
    None: "nobody knows why",
}


def label(part: Part) -> str:
    """Of one row, and of one bar."""
    if part.by is By.WEEKDAY:
        return part.value.capitalize()
    if part.by is By.HOUR:
        return f"{part.value}:00"
    if part.by is By.CALENDAR:
        return part.value
    return _LABELS.get(part.value, part.value)


def phrase(group: Group) -> str:
    """Behind "sessions": "on Tuesdays, after a gap of 90 min or more"."""
    return ", ".join(_phrase(part) for part in group)


def _phrase(part: Part) -> str:
    if part.by is By.WEEKDAY:
        return f"on {part.value.capitalize()}s"
    if part.by is By.HOUR:
        return f"that begin between {part.value}:00 and {part.value}:59"
    if part.by is By.ROW:
        return f"as number {_LABELS.get(part.value, part.value)} in a row"
    if part.by is By.CALENDAR:
        return f"in the calendar {part.value}"
    return _PHRASES[part.value]


def share(some: int, of: int) -> str:
    """A part in percent; empty of nothing."""
    return f"{100 * some / of:.1f}%" if of else ""


def many(count: int, what: str, more: str = "") -> str:
    """A count and its noun: `1 session`, `1,500 sessions`."""
    return f"{count:,} {what if count == 1 else more or what + 's'}"


def number(value: float) -> str:
    """A median may lie between two counts: `12`, `12.5`."""
    return f"{value:,.1f}".removesuffix(".0")


def minutes(value: float) -> str:
    """Minutes as a span, to the minute."""
    return spoken(timedelta(minutes=round(value)))


def chance(p: float) -> str:
    """How seldom chance alone does the like: `fewer than 1 of 1,000`."""
    times = 100
    while times < _MILLION and p <= 0.1 / times:
        times *= 10
    return f"fewer than 1 of {times:,}"


SPREAD = ("cases", "least", "median", "nine of ten within", "most")


def in_columns(one: Spread, as_text: Callable[[float], str]) -> tuple[str, ...]:
    """A spread under the names of SPREAD."""
    return f"{one.n:,}", *(as_text(value) for value in (one.least, one.median, one.ninth_decile, one.most))
