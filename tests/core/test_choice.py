"""Which of the free times are offered: they differ, and are as near to the usual one as can be."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.choice import horizon, offered
from kepthour.core.slots import Busy, Diary, Practice, Shift, Wish
from tests.support.day import BERLIN, when

LENGTH = timedelta(minutes=50)
NOW = when("2026-03-02 08:00")  # a Monday
WEEK = (NOW, NOW + timedelta(days=14))
THURSDAY_AT_THREE = frozenset({(3, time(15))})


def local(at: datetime) -> str:
    return f"{at.astimezone(BERLIN):%a %d %H:%M}"


def choose(
    wish: Wish,
    busy: list[Busy] | None = None,
    practice: Practice | None = None,
    span: tuple[datetime, datetime] = WEEK,
) -> list[str]:
    found = offered(wish, Diary(busy or [], [], [], BERLIN), practice or Practice(), span, 4, NOW)
    return [local(one.start) + (" usual" if one.is_usual else "") for one in found]


def test_they_lie_on_different_days_and_at_different_times_of_day_with_the_usual_one() -> None:
    assert choose(Wish(LENGTH, usual=THURSDAY_AT_THREE)) == [
        "Mon 02 17:00",
        "Tue 03 11:00",
        "Wed 04 15:00",
        "Thu 05 15:00 usual",
    ]


def test_without_a_usual_time_the_soonest_come_first() -> None:
    assert choose(Wish(LENGTH)) == ["Mon 02 09:00", "Tue 03 12:00", "Wed 04 17:00", "Thu 05 08:00"]


def test_the_sooner_day_counts_more_than_the_full_hour() -> None:
    day = (Shift(time(9), time(18)),)
    hours = Practice(hours=((Shift(time(9, 15), time(10, 15)),), day, day, day, day, (), ()))
    assert choose(Wish(LENGTH), practice=hours)[:2] == ["Mon 02 09:15", "Tue 03 12:00"]


def test_a_usual_time_that_is_taken_is_offered_a_week_later() -> None:
    thursday = Busy(when("2026-03-05 15:30"), when("2026-03-05 15:45"), "a")
    assert "Thu 12 15:00 usual" in choose(Wish(LENGTH, usual=THURSDAY_AT_THREE), [thursday])


def test_a_usual_time_beside_the_quarters_is_offered() -> None:
    found = choose(Wish(LENGTH, usual=frozenset({(3, time(15, 10))})))
    assert "Thu 05 15:10 usual" in found


def test_if_there_is_one_day_only_they_lie_in_different_parts_of_it() -> None:
    day = when("2026-03-03 00:00"), when("2026-03-04 00:00")
    assert choose(Wish(LENGTH), span=day) == ["Tue 03 08:00", "Tue 03 09:00", "Tue 03 12:00", "Tue 03 17:00"]


def test_fewer_are_offered_if_there_are_no_more() -> None:
    hours = Practice(hours=((), (Shift(time(9), time(10)),), (), (), (), (), ()))
    assert choose(Wish(LENGTH), practice=hours) == ["Tue 03 09:00", "Tue 10 09:00"]
    assert choose(Wish(timedelta(hours=2)), practice=hours) == []


def test_a_client_in_another_zone_is_offered_their_day() -> None:
    wish = Wish(LENGTH, client_zone=ZoneInfo("America/Los_Angeles"))
    assert choose(wish) == ["Mon 02 16:00", "Tue 03 17:00", "Wed 04 16:00", "Thu 05 17:00"]


def test_if_it_is_always_their_night_that_is_offered_all_the_same() -> None:
    mornings = Practice(hours=((Shift(time(9), time(12)),),) * 7)
    assert len(choose(Wish(LENGTH, client_zone=ZoneInfo("America/Los_Angeles")), practice=mornings)) == 4


def test_a_usual_time_that_the_clocks_skip_gives_no_other() -> None:
    sunday = when("2026-03-29 00:00"), when("2026-03-29 23:00")
    night = Practice(hours=((Shift(time(3, 1), time(3, 55)),),) * 7)
    usual = frozenset({(6, time(2, 5))})
    assert choose(Wish(LENGTH, usual=usual), practice=night, span=sunday) == []


def test_they_fit_into_the_span_to_the_minute() -> None:
    def span(end: str) -> tuple[datetime, datetime]:
        return when("2026-03-03 10:05"), when(end)

    assert choose(Wish(LENGTH), span=span("2026-03-03 11:05")) == ["Tue 03 10:15"]
    assert choose(Wish(LENGTH), span=span("2026-03-03 11:04")) == []


def test_the_order_of_what_is_known_does_not_matter() -> None:
    busy = [Busy(at, at + timedelta(hours=1), "a") for n in range(40) if (at := NOW + timedelta(hours=5 * n))]
    wish = Wish(LENGTH, usual=THURSDAY_AT_THREE)
    shuffled = random.Random(1).sample(busy, len(busy))
    assert choose(wish, busy) == choose(wish, shuffled)


def test_a_week_ends_with_its_last_day() -> None:
    week = timedelta(days=7)
    assert horizon(when("2026-03-23 23:30"), week, BERLIN) == when("2026-03-31 00:00")
    assert horizon(when("2026-03-23 00:00"), week, BERLIN) == when("2026-03-31 00:00")
