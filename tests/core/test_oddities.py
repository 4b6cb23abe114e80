"""What is odd about a session: a table, each row a week as it really happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from kepthour.core.changes import KnownSession
from kepthour.core.history import History
from kepthour.core.oddities import Changed, Facts, Oddity, Written, odd_ones, oddities, usual_times
from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.tongue import ENGLISH
from kepthour.core.words.odd import odd_text

BERLIN = ZoneInfo("Europe/Berlin")
ROOM, CLINIC, LINK = Phi("Room 2"), Phi("Clinic"), Phi("https://zoom.us/j/1")
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


def at(
    text: str, uid: str = "one", calendar: str = "practice", client: str = "AB", **more: Phi
) -> KnownSession:
    """A session of 50 minutes at a local time, "2026-06-03 14:00"."""
    start = datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(ZoneInfo("UTC"))
    return KnownSession(
        id=f"{calendar}-{uid}-{text}", calendar=calendar, uid=uid, recurrence_id=None, start=start,
        end=start + timedelta(minutes=50), client=Phi(client), place=more.get("place", NOTHING),
        join_url=more.get("join_url", NOTHING), revision=1, cancelled=False,
    )  # fmt: skip


SESSION = at("2026-06-03 14:00")
WEEKLY = [
    replace(SESSION, id=f"w{n}", start=SESSION.start - n * WEEK, end=SESSION.end - n * WEEK)
    for n in (5, 4, 3, 2, 1)
]


def every_other(last: int) -> list[KnownSession]:
    """Four sessions every other week, the last so many weeks ago."""
    return [
        replace(SESSION, id=f"f{n}", start=SESSION.start - n * WEEK, end=SESSION.end - n * WEEK)
        for n in range(last + 6, last - 1, -2)
    ]


def moved_to_friday(*weeks: int) -> list[KnownSession]:
    """So many weeks ago."""
    friday = at("2026-06-05 14:00")
    return [
        replace(friday, id=f"m{n}", start=friday.start - n * WEEK, end=friday.end - n * WEEK) for n in weeks
    ]


def twice_a_week() -> list[KnownSession]:
    """Every Wednesday at two, and every Friday at nine."""
    friday = at("2026-06-05 09:00")
    second = [replace(friday, id=f"s{n}", start=friday.start - n * WEEK) for n in (5, 4, 3, 2, 1)]
    return [*WEEKLY, *second]


def found(
    session: KnownSession = SESSION,
    others: Sequence[KnownSession] = (),
    past: Sequence[KnownSession] = (),
    moved_before: timedelta | None = None,
    restored_before: timedelta | None = None,
    zones: dict[str, Written] | None = None,
    remote: bool = False,
) -> list[str]:
    """The codes; a change was so long before the session's start."""
    changed = Changed(
        session.start - moved_before if moved_before is not None else None,
        session.start - restored_before if restored_before is not None else None,
    )
    facts = Facts(
        {session.id: changed},
        {("practice", uid): written for uid, written in (zones or {}).items()},
        {session.id} if remote else (),
    )
    return [code.value for code in oddities(session, History([session, *others, *past], BERLIN), facts)]


@pytest.mark.parametrize(
    ("what", "codes"),
    [
        ({}, []),
        ({"past": WEEKLY}, []),
        ({"moved_before": timedelta(hours=71)}, ["moved_lately"]),
        ({"moved_before": timedelta(hours=72)}, []),
        ({"restored_before": timedelta(hours=20)}, ["restored"]),
        ({"restored_before": timedelta(days=7)}, ["restored"]),
        ({"restored_before": timedelta(days=20)}, []),
        ({"others": [SESSION]}, []),
        ({"others": [at("2026-06-03 13:20", "two", client="CD")]}, ["overlaps"]),
        ({"others": [at("2026-06-03 13:10", "two", client="CD")]}, []),
        ({"others": [at("2026-06-03 15:00", "two", calendar="ehr")]}, ["stands_twice"]),
        ({"others": [at("2026-06-03 14:30", "two", calendar="ehr")]}, ["stands_twice", "overlaps"]),
        ({"others": [at("2026-06-03 15:00", calendar="ehr", client="")]}, ["stands_twice"]),
        ({"others": [at("2026-06-03 15:00", "two")]}, []),
        ({"others": [at("2026-06-03 15:00", "two", calendar="ehr", client="CD")]}, []),
        ({"others": [at("2026-06-03 16:30", "two", calendar="ehr")]}, []),
        ({"past": [*WEEKLY[:3], at("2026-05-26 14:00")]}, []),
        ({"past": [*WEEKLY[:4], at("2026-05-27 09:00")]}, []),
        ({"session": at("2026-06-04 14:00"), "past": WEEKLY}, ["unusual_time"]),
        ({"session": at("2026-06-03 13:00"), "past": WEEKLY}, ["unusual_time"]),
        ({"session": at("2026-06-04 14:00"), "past": WEEKLY[2:]}, []),
        ({"session": at("2026-06-05 14:00"), "past": [*moved_to_friday(1), *WEEKLY[:4]]}, ["unusual_time"]),
        ({"session": at("2026-06-05 14:00"), "past": [*moved_to_friday(2, 1), *WEEKLY[:3]]}, []),
        ({"past": twice_a_week()}, []),
        ({"session": at("2026-06-05 09:00"), "past": twice_a_week()}, []),
        ({"session": at("2026-06-04 09:00"), "past": twice_a_week()}, ["unusual_time"]),
        ({"session": at("2026-06-03 09:00"), "past": twice_a_week()}, ["unusual_time"]),
        ({"session": at("2026-06-12 09:00"), "past": twice_a_week()}, ["after_a_break"]),
        ({"past": WEEKLY[:4]}, ["after_a_break"]),
        ({"session": at("2026-06-05 14:00"), "past": WEEKLY}, ["unusual_time"]),
        ({"past": every_other(2)}, []),
        ({"past": every_other(1)}, ["other_week"]),
        ({"past": every_other(3)}, ["other_week"]),
        ({"past": every_other(4)}, ["after_a_break"]),
        ({"session": at("2026-06-03 14:00", place=Phi("Telehealth"))}, ["no_link"]),
        ({"session": at("2026-06-03 14:00", place=Phi("Telehealth"), join_url=LINK)}, []),
        ({"session": at("2026-06-03 14:00", place=Phi("Meeting room"))}, []),
        ({"remote": True}, ["no_link"]),
        ({"session": at("2026-06-03 14:00", join_url=LINK), "remote": True}, []),
        ({"past": [replace(one, join_url=LINK) for one in WEEKLY]}, ["no_link"]),
        ({"past": [replace(one, join_url=LINK) for one in WEEKLY[:4]] + WEEKLY[4:]}, []),
        ({"session": at("2026-03-30 10:00")}, ["clocks_changed"]),
        ({"session": at("2026-03-31 10:00")}, []),
        ({"session": at("2026-10-26 10:00")}, ["clocks_changed"]),
    ],
)  # fmt: skip
def test_what_is_odd(what: dict[str, object], codes: list[str]) -> None:
    assert found(**what) == codes  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("session", "past", "usual"),
    [
        (SESSION, [], {(2, time(14))}),
        (at("2026-06-05 09:30"), WEEKLY, {(2, time(14))}),
        (at("2026-06-05 09:30"), WEEKLY[2:], {(4, time(9, 30))}),
        (SESSION, twice_a_week(), {(2, time(14)), (4, time(9))}),
        (replace(SESSION, client=Phi("CD")), WEEKLY, {(2, time(14))}),
        (replace(at("2026-06-05 09:30"), client=Phi("CD")), WEEKLY, {(4, time(9, 30))}),
    ],
    ids=[
        "a first one",
        "learned",
        "too few",
        "two a week",
        "another client",
        "another client on another day",
    ],
)
def test_when_a_client_is_usually_met(
    session: KnownSession, past: list[KnownSession], usual: set[tuple[int, time]]
) -> None:
    assert usual_times(session, History(past, BERLIN)) == usual


def test_another_place_than_before_counts_on_the_same_day_only() -> None:
    here = at("2026-06-03 14:00", place=CLINIC)
    assert found(here, [at("2026-06-03 10:00", "two", place=ROOM)]) == ["other_place"]
    assert (
        found(here, [at("2026-06-03 10:00", "two", place=ROOM), at("2026-06-03 12:00", "x", place=CLINIC)])
        == []
    )
    assert found(here, [at("2026-06-02 23:00", "two", place=ROOM)]) == []
    assert found(here, [at("2026-06-03 10:00", "two")]) == []


def test_a_series_that_is_fixed_in_utc_moves_with_the_clocks() -> None:
    before = at("2026-03-25 14:00")
    after = replace(before, id="after", start=before.start + WEEK, end=before.end + WEEK)
    assert found(after, past=[before]) == ["moved_by_the_clocks"]
    assert found(at("2026-04-01 14:00"), past=[before]) == []
    assert found(replace(after, uid="another"), past=[before]) == []


PHOENIX, NEW_YORK, LONDON, VIENNA = (
    ZoneInfo(name) for name in ("America/Phoenix", "America/New_York", "Europe/London", "Europe/Vienna")
)


@pytest.mark.parametrize(
    ("zone", "codes"),
    [
        (None, ["moved_by_the_clocks"]),
        (UTC, ["moved_by_the_clocks"]),
        (ZoneInfo("Etc/GMT-1"), ["moved_by_the_clocks"]),
        (timezone(HOUR), ["moved_by_the_clocks"]),
        (PHOENIX, ["moved_by_the_clocks", "clocks_differ"]),
        (NEW_YORK, []),  # it was an hour off until now, and is back
    ],
)
def test_what_is_fixed_where_there_is_no_summer_time_moves_with_the_clocks(
    zone: tzinfo | None, codes: list[str]
) -> None:
    before = at("2026-03-25 17:00")
    after = replace(before, id="after", start=before.start + WEEK, end=before.end + WEEK)
    assert found(after, past=[before], zones={"one": Written(zone)}) == codes


@pytest.mark.parametrize(
    ("day", "zone", "differ"),
    [
        ("2026-03-06", NEW_YORK, False),
        ("2026-03-09", NEW_YORK, True),
        ("2026-03-27", NEW_YORK, True),
        ("2026-03-31", NEW_YORK, False),
        ("2026-04-20", NEW_YORK, False),
        ("2026-10-23", NEW_YORK, False),
        ("2026-10-27", NEW_YORK, True),
        ("2026-10-30", NEW_YORK, True),
        ("2026-11-02", NEW_YORK, False),
        ("2026-03-31", LONDON, False),
        ("2026-03-31", VIENNA, False),
        ("2026-03-31", UTC, False),
        ("2026-04-22", PHOENIX, True),
        ("2026-05-06", PHOENIX, False),  # by then it is as usual
    ],
)
def test_weeks_in_which_the_clocks_of_two_places_differ(day: str, zone: tzinfo, differ: bool) -> None:
    session = at(f"{day} 17:00")
    codes = found(session, past=[at("2026-01-09 17:00")], zones={"one": Written(zone)})
    assert ("clocks_differ" in codes) == differ


def test_another_time_zone_is_odd_until_the_client_has_had_a_session_in_it() -> None:
    abroad = {"one": Written(NEW_YORK), "two": Written(BERLIN), "three": Written(ZoneInfo("US/Eastern"))}
    assert found(zones=abroad) == ["other_zone"]
    assert found(past=WEEKLY, zones=abroad) == []
    assert found(past=[at("2026-05-27 14:00", "three")], zones=abroad) == []
    assert found(past=[at("2026-05-27 14:00", "two")], zones=abroad) == ["other_zone"]
    assert found(past=[at("2026-05-27 14:00", "unknown")], zones=abroad) == ["other_zone"]


@pytest.mark.parametrize("zone", [None, BERLIN, VIENNA, UTC, timezone(HOUR), ZoneInfo("Etc/GMT+5")])
def test_a_zone_that_says_nothing_of_the_client_is_not_odd(zone: tzinfo | None) -> None:
    assert found(zones={"one": Written(zone)}) == []


def test_a_guessed_zone_is_odd_until_four_sessions_were_held_at_that_hour() -> None:
    guessed = {"one": Written(NEW_YORK, doubtful=True)}
    assert found(past=WEEKLY[2:], zones=guessed) == ["doubtful_zone"]
    assert found(past=WEEKLY[1:], zones=guessed) == []
    shifted = replace(SESSION, id="x", start=SESSION.start + HOUR, end=SESSION.end + HOUR)
    assert found(shifted, past=WEEKLY, zones=guessed) == ["unusual_time", "doubtful_zone"]


def test_only_what_is_to_come_and_takes_place_is_looked_at() -> None:
    two = at("2026-06-03 13:20", "two", client="CD")
    pair, before, between = [SESSION, two], two.start - HOUR, two.start + timedelta(minutes=5)
    assert odd_ones(pair, [], Facts(), BERLIN, before) == {
        SESSION.id: (Oddity.OVERLAPS,),
        two.id: (Oddity.OVERLAPS,),
    }
    assert odd_ones(pair, [], Facts(), BERLIN, between) == {SESSION.id: (Oddity.OVERLAPS,)}
    assert odd_ones([SESSION, replace(two, cancelled=True)], [], Facts(), BERLIN, before) == {}


def test_a_digest_names_the_two_that_matter_most_by_their_time() -> None:
    day = [at(f"2026-03-30 {hour}:00", f"s{hour}") for hour in ("09", "10", "11", "13")]
    codes = [Oddity.CLOCKS, Oddity.OVERLAPS, Oddity.CLOCKS, Oddity.MOVED]
    said = odd_text(ENGLISH, list(zip(day, codes, strict=True)), BERLIN)
    assert said == "Mind: 10:00 overlaps with another; 13:00 was moved lately. And 2 more."


def test_the_codes_have_an_order() -> None:
    assert [code.value for code in Oddity][:3] == ["restored", "moved_lately", "stands_twice"]
    codes = found(
        others=[at("2026-06-03 14:10", "two", client="CD")], restored_before=HOUR, moved_before=HOUR
    )
    assert codes == ["restored", "moved_lately", "overlaps"]
