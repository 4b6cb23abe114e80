"""Series against a day-by-day count that shares nothing with the libraries: every zone, limit, exception and move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from kepthour.core.reading.occurrences import expand
from kepthour.core.reading.resources import read, slim
from tests.support.calendars import calendar

ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Sydney"]
)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
THERAPIST = ZoneInfo("Europe/Berlin")
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True)
class Rule:
    """A repetition of which a day can say by itself whether it belongs to it."""

    frequency: str
    interval: int
    days: frozenset[int]  # weekdays, WEEKLY only
    nth: bool  # MONTHLY: the same weekday of the same week of the month, not the same day

    def holds(self, day: date, first: date) -> bool:
        if self.frequency == "DAILY":
            return (day - first).days % self.interval == 0
        if self.frequency == "WEEKLY":
            monday, first_monday = (each - timedelta(days=each.weekday()) for each in (day, first))
            weeks = (monday - first_monday).days // 7
            return weeks % self.interval == 0 and day.weekday() in self.days
        months = (day.year - first.year) * 12 + day.month - first.month
        if months % self.interval:
            return False
        if self.nth:
            return day.weekday() == first.weekday() and (day.day - 1) // 7 == (first.day - 1) // 7
        return day.day == first.day

    def text(self, first: date) -> str:
        parts = [f"FREQ={self.frequency}", f"INTERVAL={self.interval}"]
        if self.frequency == "WEEKLY":
            parts.append("BYDAY=" + ",".join(DAYS[each] for each in sorted(self.days)))
        if self.frequency == "MONTHLY" and self.nth:
            parts.append(f"BYDAY={(first.day - 1) // 7 + 1}{DAYS[first.weekday()]}")
        return ";".join(parts)


@dataclass(frozen=True)
class Plan:
    zone: str
    first: date
    clock: time
    rule: Rule
    count: int | None
    until_after: int | None  # the limit is the start of this instance, in UTC
    excluded: frozenset[int]
    moved: tuple[tuple[int, int], ...]  # which instance, by how many hours
    told_in: str  # the zone in which exceptions and names of instances are written

    def starts(self) -> Iterator[datetime]:
        """Every instance's local start without the exceptions, from the first day on."""
        day, number = self.first, 0
        while day <= END.date() + timedelta(days=1):
            if self.rule.holds(day, self.first):
                if number == self.count or (self.until_after is not None and number > self.until_after):
                    return
                yield datetime.combine(day, self.clock, ZoneInfo(self.zone))
                number += 1
            day += timedelta(days=1)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    first = draw(st.dates(date(2025, 10, 1), date(2026, 6, 1)))
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY"]))
    days = draw(st.frozensets(st.integers(0, 6), max_size=3)) | {first.weekday()}
    rule = Rule(frequency, draw(st.integers(1, 4)), days, draw(st.booleans()))
    limit = draw(st.sampled_from(["none", "count", "until"]))
    return Plan(
        zone=draw(ZONES),
        first=first,
        # Not at night: what the gap of spring does stands in the corpus.
        clock=time(draw(st.integers(6, 21)), draw(st.sampled_from([0, 15, 50]))),
        rule=rule,
        count=draw(st.integers(1, 40)) if limit == "count" else None,
        until_after=draw(st.integers(0, 40)) if limit == "until" else None,
        excluded=draw(st.frozensets(st.integers(0, 30), max_size=4)),
        moved=tuple(draw(st.dictionaries(st.integers(0, 30), st.integers(-30, 30), max_size=3)).items()),
        told_in=draw(ZONES),
    )


def written(plan: Plan) -> str:
    """The resource of `plan`."""
    starts = list(plan.starts())
    rule = plan.rule.text(plan.first)
    if plan.count is not None:
        rule += f";COUNT={plan.count}"
    if plan.until_after is not None:
        rule += f";UNTIL={starts[-1].astimezone(UTC):{STAMP}}Z"

    def told(moment: datetime) -> str:
        return f";TZID={plan.told_in}:{moment.astimezone(ZoneInfo(plan.told_in)):{STAMP}}"

    lines = [
        "BEGIN:VEVENT",
        "UID:u",
        f"DTSTART;TZID={plan.zone}:{starts[0]:{STAMP}}",
        "DURATION:PT50M",
        f"RRULE:{rule}",
    ]
    lines += [f"EXDATE{told(starts[at])}" for at in sorted(plan.excluded) if at < len(starts)]
    lines.append("END:VEVENT")
    for at, hours in plan.moved:
        if at < len(starts) and at not in plan.excluded:
            to = starts[at].astimezone(UTC) + timedelta(hours=hours)
            lines += ["BEGIN:VEVENT", "UID:u", f"RECURRENCE-ID{told(starts[at])}", f"DTSTART:{to:{STAMP}}Z"]
            lines += ["DURATION:PT50M", "END:VEVENT"]
    return calendar("\r\n".join([*lines, ""]), zones="")


def expected(plan: Plan) -> list[tuple[datetime, datetime]]:
    """(original start, start) of every instance in the window, by start."""
    moved = dict(plan.moved)
    found = []
    for at, start in enumerate(plan.starts()):
        meant = start.astimezone(UTC)
        if at not in plan.excluded:
            found.append((meant, meant + timedelta(hours=moved.get(at, 0))))
    return sorted((pair for pair in found if _is_within(pair[1])), key=lambda pair: (pair[1], pair[0]))


def _is_within(start: datetime) -> bool:
    return start < END and start + timedelta(minutes=50) > START


@given(plans())
@settings(max_examples=250)
def test_a_series_comes_to_what_counting_days_comes_to(plan: Plan) -> None:
    found = expand(read(slim(read(written(plan)))), THERAPIST, START, END)
    pairs = [(one.original_start, one.start) for one in found.occurrences]
    assert sorted(pairs, key=lambda pair: (pair[1], pair[0])) == expected(plan)
    assert found.doubts == ()
