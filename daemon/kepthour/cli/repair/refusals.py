"""Why a time is not free, in a sentence. Calendars are named; what stands in them is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from kepthour.cli.printing import clock
from kepthour.core.slots import Busy, Practice, Refusal, Shift, Why
from kepthour.core.spans import spoken


def sentence(refusal: Refusal, at: datetime, practice: Practice, zone: ZoneInfo) -> str:
    """One sentence. `at` is the time that is not free, aware; times are told in `zone`."""
    return _SENTENCES[refusal.why](refusal, at.astimezone(zone), practice)


def between(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """A span for people: "Tue 03 Mar 09:00–09:50"; the second day, too, if it ends on another."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    return f"{clock(start, zone)}–{last:%H:%M}" if first.date() == last.date() else _both(start, end, zone)


def _both(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    return f"{clock(start, zone)} – {clock(end, zone)}"


def _away(refusal: Refusal, at: datetime, _practice: Practice) -> str:
    absence, zone = refusal.absence, _zone(at)
    assert absence is not None
    return f"You are away then: {_both(absence.start, absence.end, zone)}."


def _outside(_refusal: Refusal, at: datetime, practice: Practice) -> str:
    shifts = practice.hours[at.weekday()]
    hours = ", ".join(map(_shift, shifts)) or "none"
    return f"It is outside your working hours ({at:%a}: {hours})."


def _shift(shift: Shift) -> str:
    return f"{shift.start:%H:%M}–{f'{shift.end:%H:%M}' if shift.end else '24:00'}"


def _overlaps(refusal: Refusal, at: datetime, _practice: Practice) -> str:
    busy = _entry(refusal)
    if busy.all_day:
        return f'An entry for all day in the calendar "{busy.calendar}" takes that time.'
    return f"It overlaps {_told(busy, at)}."


def _too_near(refusal: Refusal, at: datetime, practice: Practice) -> str:
    return f"You need {spoken(practice.buffer)} between entries, and there is {_told(_entry(refusal), at)}."


def _too_far(refusal: Refusal, at: datetime, practice: Practice) -> str:
    whole = spoken(practice.buffer + practice.travel)
    travel = f"{whole} with {spoken(practice.travel)} of travel" if practice.buffer else f"{whole} of travel"
    return f"You need {travel}, and there is {_told(_entry(refusal), at)} at another place."


def _full(_refusal: Refusal, _at: datetime, practice: Practice) -> str:
    return f"You have {practice.sessions_a_day} sessions that day already, or more."


def _entry(refusal: Refusal) -> Busy:
    assert refusal.entry is not None
    return refusal.entry


def _told(busy: Busy, at: datetime) -> str:
    zone = _zone(at)
    first, last = busy.start.astimezone(zone), busy.end.astimezone(zone)
    same_day = first.date() == last.date() == at.date()
    when = f"{first:%H:%M}–{last:%H:%M}" if same_day else between(busy.start, busy.end, zone)
    return f'an entry in the calendar "{busy.calendar}" at {when}'


def _zone(at: datetime) -> ZoneInfo:
    assert isinstance(at.tzinfo, ZoneInfo)
    return at.tzinfo


_SENTENCES: Mapping[Why, Callable[[Refusal, datetime, Practice], str]] = {
    Why.PAST: lambda *_: "It lies in the past.",
    Why.AWAY: _away,
    Why.HOURS: _outside,
    Why.CLOCKS: lambda *_: "The clocks change while it would last.",
    Why.OVERLAPS: _overlaps,
    Why.BUFFER: _too_near,
    Why.TRAVEL: _too_far,
    Why.FULL: _full,
}
