"""What is odd about a session: a table, each row a week as it really happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kepthour.core.changes import KnownSession
from kepthour.core.oddities import Changed, History, Oddity, oddities
from kepthour.core.privacy import NOTHING, Phi

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


def found(
    session: KnownSession = SESSION,
    others: Sequence[KnownSession] = (),
    past: Sequence[KnownSession] = (),
    moved_before: timedelta | None = None,
    restored_before: timedelta | None = None,
) -> list[str]:
    """The codes; a change was so long before the session's start."""
    changed = Changed(
        session.start - moved_before if moved_before is not None else None,
        session.start - restored_before if restored_before is not None else None,
    )
    return [code.value for code in oddities(session, History([session, *others, *past]), BERLIN, changed)]


@pytest.mark.parametrize(
    ("what", "codes"),
    [
        ({}, []),
        ({"past": WEEKLY}, []),
        ({"moved_before": timedelta(hours=71)}, ["moved_lately"]),
        ({"moved_before": timedelta(hours=72)}, []),
        ({"restored_before": timedelta(hours=20)}, ["restored"]),
        ({"restored_before": timedelta(days=20)}, []),
        ({"others": [SESSION]}, []),
        ({"others": [at("2026-06-03 13:20", "two", client="CD")]}, ["overlaps"]),
        ({"others": [at("2026-06-03 13:10", "two", client="CD")]}, []),
        ({"others": [at("2026-06-03 15:00", "two", calendar="ehr")]}, ["stands_twice"]),
        ({"others": [at("2026-06-03 14:30", "two", calendar="ehr")]}, ["overlaps", "stands_twice"]),
        ({"others": [at("2026-06-03 15:00", "two")]}, []),
        ({"others": [at("2026-06-03 15:00", "two", calendar="ehr", client="CD")]}, []),
        ({"others": [at("2026-06-03 16:30", "two", calendar="ehr")]}, []),
        ({"past": [*WEEKLY[:3], at("2026-05-26 14:00")]}, []),
        ({"past": [*WEEKLY[:4], at("2026-05-27 09:00")]}, []),
        ({"session": at("2026-06-04 14:00"), "past": WEEKLY}, ["unusual_time"]),
        ({"session": at("2026-06-03 13:00"), "past": WEEKLY}, ["unusual_time"]),
        ({"session": at("2026-06-04 14:00"), "past": WEEKLY[2:]}, []),
        ({"past": WEEKLY[:4]}, ["after_a_break"]),
        ({"past": every_other(2)}, []),
        ({"past": every_other(1)}, ["other_week"]),
        ({"past": every_other(3)}, ["other_week"]),
        ({"past": every_other(4)}, ["after_a_break"]),
        ({"session": at("2026-06-03 14:00", place=Phi("Telehealth"))}, ["no_link"]),
        ({"session": at("2026-06-03 14:00", place=Phi("Telehealth"), join_url=LINK)}, []),
        ({"session": at("2026-06-03 14:00", place=Phi("Meeting room"))}, []),
        ({"past": [replace(one, join_url=LINK) for one in WEEKLY]}, ["no_link"]),
        ({"past": [replace(one, join_url=LINK) for one in WEEKLY[:4]] + WEEKLY[4:]}, []),
        ({"session": at("2026-03-30 10:00")}, ["clocks_changed"]),
        ({"session": at("2026-03-31 10:00")}, []),
        ({"session": at("2026-10-26 10:00")}, ["clocks_changed"]),
    ],
)  # fmt: skip
def test_what_is_odd(what: dict[str, object], codes: list[str]) -> None:
    assert found(**what) == codes  # type: ignore[arg-type]


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


def test_the_codes_have_an_order() -> None:
    assert [code.value for code in Oddity][:3] == ["restored", "moved_lately", "unusual_time"]
    codes = found(
        others=[at("2026-06-03 14:10", "two", client="CD")], restored_before=HOUR, moved_before=HOUR
    )
    assert codes == ["restored", "moved_lately", "overlaps"]
