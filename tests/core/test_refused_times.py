"""Why a time is not free, as it is told: a table. It names calendars, and nothing that stands in them."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from kepthour.cli.repair.refusals import sentence
from kepthour.core.away import Absence, Source
from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.slots import Busy, Diary, Practice, Shift, Wish, is_elsewhere, refusal
from tests.support.day import BERLIN, when

PRACTICE = Practice(
    hours=((Shift(time(9), time(13)), Shift(time(14), time(18))), *((Shift(time(0), None),),) * 5, ()),
    buffer=timedelta(minutes=10),
    travel=timedelta(minutes=30),
    sessions_a_day=2,
)
NOW = "2026-03-02 08:00"  # a Monday


def entry(start: str, end: str, place: str = "", *, all_day: bool = False) -> Busy:
    return Busy(when(start), when(end), "practice", Phi(place), all_day)


ENTRIES = [
    entry("2026-03-02 14:00", "2026-03-02 15:00"),
    entry("2026-03-03 10:00", "2026-03-03 10:50", "Clinic"),
    entry("2026-03-03 16:00", "2026-03-03 16:50", " room  2"),
    entry("2026-03-03 20:00", "2026-03-03 20:50", "https://zoom.us/j/1"),
    entry("2026-03-04 00:00", "2026-03-05 00:00", all_day=True),
    entry("2026-03-13 22:00", "2026-03-14 06:00"),
]
DIARY = Diary(
    ENTRIES,
    [Absence(when("2026-03-05 00:00"), when("2026-03-07 12:00"), Source.THERAPIST)],
    [when("2026-03-10 09:00"), when("2026-03-10 23:30")],
    BERLIN,
)
WISH = Wish(timedelta(minutes=50), Phi("Room 2"))
FREE = "free"


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-03-02 08:00", "It lies in the past."),
        ("2026-03-02 08:30", "It is outside your working hours (Mon: 09:00–13:00, 14:00–18:00)."),
        ("2026-03-02 09:00", FREE),
        ("2026-03-02 12:10", FREE),
        ("2026-03-02 12:11", "It is outside your working hours (Mon: 09:00–13:00, 14:00–18:00)."),
        ("2026-03-02 13:30", "It is outside your working hours (Mon: 09:00–13:00, 14:00–18:00)."),
        ("2026-03-08 10:00", "It is outside your working hours (Sun: none)."),
        ("2026-03-02 14:30", 'It overlaps an entry in the calendar "practice" at 14:00–15:00.'),
        ("2026-03-02 15:09",
         'You need 10 min between entries, and there is an entry in the calendar "practice" at 14:00–15:00.'),
        ("2026-03-02 15:10", FREE),
        ("2026-03-03 08:31",
         'You need 40 min with 30 min of travel, and there is an entry in the calendar "practice" at 10:00–10:50 at '
         "another place."),
        ("2026-03-03 08:30", FREE),
        ("2026-03-03 11:29",
         'You need 40 min with 30 min of travel, and there is an entry in the calendar "practice" at 10:00–10:50 at '
         "another place."),
        ("2026-03-03 11:30", FREE),
        ("2026-03-03 15:00", FREE),
        ("2026-03-03 19:00", FREE),
        ("2026-03-04 10:00", 'An entry for all day in the calendar "practice" takes that time.'),
        ("2026-03-03 23:10", FREE),
        ("2026-03-05 10:00", "You are away then: Thu 05 Mar 00:00 – Sat 07 Mar 12:00."),
        ("2026-03-07 11:30", "You are away then: Thu 05 Mar 00:00 – Sat 07 Mar 12:00."),
        ("2026-03-07 12:00", FREE),
        ("2026-03-10 12:00", "You have 2 sessions that day already, or more."),
        ("2026-03-14 05:30",
         'It overlaps an entry in the calendar "practice" at Fri 13 Mar 22:00 – Sat 14 Mar 06:00.'),
        ("2026-03-29 01:30", "It is outside your working hours (Sun: none)."),
    ],
)  # fmt: skip
def test_a_time_is_free_or_one_sentence_says_why_not(at: str, told: str) -> None:
    found = refusal(when(at), WISH, DIARY, PRACTICE, when(NOW))
    assert (FREE if found is None else sentence(found, when(at), PRACTICE, BERLIN)) == told


def test_a_session_in_which_the_clocks_change_is_none() -> None:
    nights = Practice(hours=((Shift(time(0), None),),) * 7)
    empty = Diary([], [], [], BERLIN)
    for at in ("2026-03-29 01:30", "2026-10-25 02:30"):
        found = refusal(when(at), WISH, empty, nights, when(NOW))
        assert found is not None
        assert sentence(found, when(at), nights, BERLIN) == "The clocks change while it would last."
    assert refusal(when("2026-03-29 01:10"), WISH, empty, nights, when(NOW)) is None


def test_travel_alone_is_told_as_such() -> None:
    hasty = Practice(hours=((Shift(time(0), None),),) * 7, buffer=timedelta(), travel=timedelta(hours=1))
    at = when("2026-03-03 09:05")
    found = refusal(at, WISH, DIARY, hasty, when(NOW))
    assert found is not None
    assert sentence(found, at, hasty, BERLIN).startswith("You need 1 h of travel, and there is an entry")


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        ("Room 2", "Clinic", True),
        ("Room 2", "room  2 ", False),
        ("Room 2", "", False),
        ("", "Clinic", False),
        ("https://zoom.us/j/1", "Clinic", False),
        ("https://zoom.us/j/1", "https://zoom.us/j/2", False),
    ],
)
def test_two_places_are_known_to_be_two(one: str, other: str, far: bool) -> None:
    assert is_elsewhere(Phi(one) if one else NOTHING, Phi(other)) is far
