"""The calendar of a practice over some years, the same each time it is made in a week: a tenth of its events recur."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from kepthour.runtime.clock import SystemClock
from tests.support.calendars import calendar, event

ZONE = "Europe/Berlin"
_TENTH = 10
_A_DAY = 8  # sessions, one an hour
_SERIES_LAST = 30  # weeks
_DAYS = ("MO", "TU", "WE", "TH", "FR")
_CLIENTS = "ABCDEFGHIKLMNOPRSTUVW"
_TITLE = "individual"


@cache
def monday() -> date:
    """This week's, in the practice's zone. Said once a run: midnight must not change the calendar."""
    today = SystemClock().now().astimezone(ZoneInfo(ZONE)).date()
    return today - timedelta(days=today.weekday())


def resources(count: int) -> dict[str, str]:
    """`count` resources (name -> text), each with the zone's definition, half of them before this week."""
    return {f"{number:05}.ics": _text(number, count) for number in range(count)}


def part_near_now(count: int, whole: int) -> dict[str, str]:
    """`count` of `whole` resources, those nearest to this week: a shorter history with the same days around now."""
    numbers = sorted(range(whole), key=lambda number: _weeks_away(number, whole))[:count]
    return {f"{number:05}.ics": _text(number, whole) for number in sorted(numbers)}


def changed(number: int, count: int, title: str) -> str:
    """The resource with this number, its title changed."""
    return _text(number, count).replace(_TITLE, title)


def full_week(sessions: int, weeks: int) -> Iterator[str]:
    """VEVENTs: as many weekly series, from this week on, of clients who come for so many weeks."""
    for number in range(sessions):
        day, hour = divmod(number, -(-sessions // 5))
        start = datetime.combine(monday(), time(8)) + timedelta(days=day, hours=hour)
        yield _event(number, start, f"RRULE:FREQ=WEEKLY;COUNT={weeks}")


def _weeks_before(count: int) -> int:
    return count // (2 * 5 * _A_DAY)


def _weeks_away(number: int, count: int) -> int:
    """How far from this week; a series that goes on is not away."""
    week = number // (5 * _A_DAY) - _weeks_before(count)
    return 0 if _recurs(number) and -_SERIES_LAST <= week < 0 else abs(week)


def _recurs(number: int) -> bool:
    return number % _TENTH == 0


def _text(number: int, count: int) -> str:
    first = datetime.combine(monday(), time()) - timedelta(weeks=_weeks_before(count))
    day, hour = divmod(number, _A_DAY)
    week, weekday = divmod(day, 5)
    start = first + timedelta(weeks=week, days=weekday, hours=8 + hour)
    rules = (
        f"FREQ=WEEKLY;COUNT={_SERIES_LAST}",
        f"FREQ=WEEKLY;INTERVAL=2;COUNT={_SERIES_LAST // 2}",
        f"FREQ=MONTHLY;BYDAY={_nth(start)}{_DAYS[weekday]};COUNT={_SERIES_LAST // 4}",
    )
    rule = [f"RRULE:{rules[number // _TENTH % 3]}"] if _recurs(number) else []
    return calendar(_event(number, start, *rule))


def _nth(start: datetime) -> int:
    """Which of its month's Mondays, say: a series begins with a date that its rule names. The fifth is the last."""
    nth = (start.day + 6) // 7
    return nth if nth < 5 else -1


def _event(number: int, start: datetime, *rule: str) -> str:
    client = _CLIENTS[number % 21] + _CLIENTS[number // 21 % 21]
    end, stamp = start + timedelta(minutes=50), "%Y%m%dT%H%M%S"
    return event(f"{number:05}", f"{client} {_TITLE}", f"{start:{stamp}}", f"{end:{stamp}}", *rule)
