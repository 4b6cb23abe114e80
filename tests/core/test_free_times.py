"""Free times against an oracle that goes minute by minute, in random weeks around changes of the clocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from kepthour.core.away import Absence, Source
from kepthour.core.choice import Slot, offered
from kepthour.core.privacy import Phi
from kepthour.core.slots import Busy, Diary, Practice, Shift, Wish, refusal

DAY, HOUR, MINUTE = 1440, 60, timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLACES = ("", "Room 2", "Clinic")
# Where and when the clocks change: forward, back, and by half an hour.
CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Asia/Kathmandu", "2026-06-01T00:00"),
]


@dataclass(frozen=True)
class Entry:
    """Times are whole minutes since 1970 UTC."""

    start: int
    end: int
    place: str
    all_day: bool
    is_session: bool


@dataclass(frozen=True)
class Week:
    """One generated calendar, and what is wanted."""

    zone: ZoneInfo
    start: int
    end: int
    now: int
    hours: tuple[tuple[tuple[int, int], ...], ...]  # by weekday: minutes of the day
    buffer: int
    travel: int
    most: int
    length: int
    place: str
    usual: tuple[int, int]  # weekday, minute of the day
    client_zone: ZoneInfo | None
    entries: tuple[Entry, ...]
    absences: tuple[tuple[int, int], ...]


class Oracle:
    """Slow and obvious. It knows minutes, and asks of each what holds."""

    def __init__(self, week: Week) -> None:
        self.week = week
        self.away = minutes(week.absences)
        self.taken = minutes((one.start, one.end) for one in week.entries)
        timed = [one for one in week.entries if not one.all_day]
        self.timed = minutes((one.start, one.end) for one in timed)
        there = [one for one in timed if one.place and week.place and one.place != week.place]
        self.elsewhere = minutes((one.start, one.end) for one in there)
        self.clocks: dict[int, tuple[date, int, timedelta | None]] = {}

    def clock(self, minute: int) -> tuple[date, int, timedelta | None]:
        """The local day, the minute of it by the wall clock, and how far that is from UTC."""
        if minute not in self.clocks:
            local = instant(minute).astimezone(self.week.zone)
            self.clocks[minute] = local.date(), local.hour * HOUR + local.minute, local.utcoffset()
        return self.clocks[minute]

    def reasons(self, at: int) -> set[str]:
        """All that stands in the way of a session at `at`."""
        week = self.week
        lasts = range(at, at + week.length)
        around = range(at - week.buffer, at + week.length + week.buffer)
        far = range(at - week.buffer - week.travel, at + week.length + week.buffer + week.travel)
        day, _minute, _offset = self.clock(at)
        sessions = [one for one in week.entries if one.is_session and self.clock(one.start)[0] == day]
        holds = {
            "past": at <= week.now,
            "away": not self.away.isdisjoint(lasts),
            "outside_hours": not self.are_within_hours(lasts),
            "clocks_change": len({self.clock(minute)[2] for minute in lasts}) > 1,
            "overlaps": not self.taken.isdisjoint(lasts),
            "buffer": not self.timed.isdisjoint(around),
            "travel": not self.elsewhere.isdisjoint(far),
            "day_full": len(sessions) >= week.most,
        }
        return {code for code, is_so in holds.items() if is_so}

    def are_within_hours(self, lasts: Iterable[int]) -> bool:
        """Whether every minute is, on one day, in the same shift."""
        clocks = [self.clock(minute) for minute in lasts]
        day = clocks[0][0]
        if any(one[0] != day for one in clocks):
            return False
        shifts = self.week.hours[day.weekday()]
        return any(all(opens <= minute < closes for _, minute, _ in clocks) for opens, closes in shifts)

    def is_usual(self, at: int) -> bool:
        day, minute, _offset = self.clock(at)
        return (day.weekday(), minute) == self.week.usual


def minutes(spans: Iterable[tuple[int, int]]) -> set[int]:
    return {minute for start, end in spans for minute in range(start, end)}


def instant(minute: int) -> datetime:
    return EPOCH + minute * MINUTE


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    zone, change = draw(st.sampled_from(CHANGES))
    at = round((datetime.fromisoformat(change).replace(tzinfo=UTC) - EPOCH) / MINUTE)
    start = at - draw(st.integers(0, 24 * HOUR))
    end = start + draw(st.integers(6 * HOUR, 28 * HOUR))
    fives = st.integers(start // 5 - 60, end // 5 + 60)
    spans = st.tuples(fives, st.integers(1, 30)).map(lambda pair: (pair[0] * 5, (pair[0] + pair[1]) * 5))
    entries = draw(
        st.lists(
            st.tuples(
                spans, st.sampled_from(PLACES), st.sampled_from(["session", "session", "other", "all day"])
            ),
            max_size=7,
        )
    )
    shift = st.tuples(st.integers(0, 20), st.integers(2, 24)).map(
        lambda pair: (pair[0] * HOUR + 30 * (pair[1] % 2), min(pair[0] + pair[1], 24) * HOUR)
    )
    shifts = draw(st.lists(shift, min_size=1, max_size=2))
    closed = draw(st.sampled_from([2, 5, 6, 0]))
    return Week(
        zone=ZoneInfo(zone),
        start=start,
        end=end,
        now=start + draw(st.sampled_from([-DAY, 0, 100])),
        hours=tuple(tuple(shifts) if day != closed else () for day in range(7)),
        buffer=draw(st.sampled_from([0, 10, 25])),
        travel=draw(st.sampled_from([0, 30])),
        most=draw(st.integers(1, 5)),
        length=draw(st.sampled_from([30, 50, 60, 100])),
        place=draw(st.sampled_from(PLACES)),
        usual=(draw(st.integers(5, 7)) % 7, draw(st.sampled_from([130, 150, 540, 910]))),
        client_zone=draw(st.sampled_from([None, ZoneInfo("America/Los_Angeles")])),
        entries=tuple(
            Entry(*span, place, kind == "all day", kind == "session") for span, place, kind in entries
        ),
        absences=tuple(draw(st.lists(spans, max_size=1))),
    )


def of_program(week: Week) -> tuple[Wish, Diary, Practice]:
    """The same for the program."""
    wish = Wish(
        week.length * MINUTE,
        Phi(week.place),
        frozenset({(week.usual[0], clock(week.usual[1]))}),
        week.client_zone,
    )
    diary = Diary(
        (
            Busy(instant(one.start), instant(one.end), "a", Phi(one.place), one.all_day)
            for one in week.entries
        ),
        (Absence(instant(start), instant(end), Source.THERAPIST) for start, end in week.absences),
        (instant(one.start) for one in week.entries if one.is_session),
        week.zone,
    )
    hours = tuple(tuple(Shift(clock(a), clock(b) if b < DAY else None) for a, b in day) for day in week.hours)
    return wish, diary, Practice(hours, week.buffer * MINUTE, week.travel * MINUTE, week.most)


def clock(minute: int) -> time:
    return time(minute // HOUR, minute % HOUR)


@settings(max_examples=1000, derandomize=True)
@given(weeks())
def test_free_times_are_those_of_the_oracle(week: Week) -> None:
    oracle, (wish, diary, practice) = Oracle(week), of_program(week)
    now, span = instant(week.now), (instant(week.start), instant(week.end))
    starts = [at for at in range(week.start, week.end - week.length + 1) if is_grid(oracle, at)]
    free = []
    for at in [*starts, *range(week.start + 7, week.end, 101)]:
        found, held = refusal(instant(at), wish, diary, practice, now), oracle.reasons(at)
        assert (found is None) == (not held), (instant(at), found, held)
        assert found is None or found.why.value in held, (instant(at), found, held)
        if not held and at in starts:
            free.append(at)
    slots = offered(wish, diary, practice, span, 4, now)
    judge(week, oracle, slots, sorted(set(free)))


def is_grid(oracle: Oracle, at: int) -> bool:
    """A quarter of an hour, or the usual time of day: the first one, if there are two in the night of autumn."""
    day, minute, _offset = oracle.clock(at)
    came_before = any(oracle.clock(at - back)[:2] == (day, minute) for back in (30, HOUR))
    return minute % 15 == 0 or (minute == oracle.week.usual[1] and not came_before)


def judge(week: Week, oracle: Oracle, slots: list[Slot], free: list[int]) -> None:
    """What is offered is free, as long as it should be, apart from each other, and as many as there can be."""
    starts = [round((slot.start - EPOCH) / MINUTE) for slot in slots]
    assert starts == sorted(starts) and set(starts) <= set(free)
    assert all(slot.end - slot.start == week.length * MINUTE for slot in slots)
    assert [slot.is_usual for slot in slots] == [oracle.is_usual(at) for at in starts]
    assert all(later - one >= week.length for one, later in pairwise(starts))
    if any(map(oracle.is_usual, free)):
        assert any(slot.is_usual for slot in slots)
    if len(slots) < 4:
        assert not [at for at in free if all(abs(at - one) >= week.length for one in starts)]
