"""What a template may name, in words of its language."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, cast

from kepthour.core.drafts import Draft


class _Words(Protocol):
    """The templates' `_calendar.j2`."""

    weekdays: list[str]

    def date(self, day: datetime) -> str: ...

    def moment(self, day: datetime) -> str: ...


def values(draft: Draft, words: object) -> dict[str, Any]:
    """By name; `words` is the module of the language's `_calendar.j2`. An anonymous draft gets no date, only a week."""
    known, said = draft.context, cast("_Words", words)
    start = known.start
    week = start.isocalendar()
    found: dict[str, Any] = {
        "week": week.week,
        "week_year": week.year,
        "late": known.late,
        "repeat": known.repeat,
        "new": known.new,
        "minor": known.minor,
        "high_need": known.high_need,
        "call": known.call,
    }
    if draft.is_anonymous:
        return found
    contacted = known.contacted_at
    return found | {
        "weekday": said.weekdays[start.weekday()],
        "date": str(said.date(start)).strip(),
        "year": start.year,
        "time": f"{start:%H:%M}",
        "until": f"{known.end:%H:%M}",
        "minutes": known.minutes,
        "reason": known.reason,
        "times": tuple(str(said.moment(one)).strip() for one in known.times),
        "contacted": str(said.moment(contacted)).strip() if contacted else "",
        "card": known.card,
    }
