"""What a draft knows of what happened: which start was missed, how late it was, and whether it was the first time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kepthour.core.drafts import Occasion
from kepthour.core.errors import NeedsPerson
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.store.cards import Card
from kepthour.views.drafts import occasion
from tests.support.day import BERLIN, CONFIG, Day
from tests.support.fence import TITLE

RULES = """
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})\\b'
is = "session"
"""


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """Half past eight on Monday, 2 March; AB at ten today and in a week, CD at noon then."""
    made = Day(tmp_path, "2026-03-02 08:30", CONFIG.replace('sessions = "all"', 'sessions = "rules"') + RULES)
    made.put("one", "2026-03-02T10:00:00")
    made.put("two", "2026-03-09T10:00:00")
    made.put("three", "2026-03-09T12:00:00", title=f"CD {TITLE}")
    made.put("other", "2026-03-23T10:00:00", title=f"EF {TITLE}")
    made.put("another", "2026-03-24T10:00:00", title=f"EF {TITLE}")
    made.sync()
    return made


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def newest(day: Day) -> Card:
    return day.cards()[0]


def known(day: Day) -> Occasion:
    """What the newest card is about."""
    return occasion(day.app.store, newest(day), day.app.config.zone)


def missed(day: Day, start: str, verdict: Verdict = Verdict.MISSED) -> None:
    """Nobody came at `start`, as is said twenty minutes later; or then it is said that it was otherwise."""
    at = local(start)
    day.sleep_until(f"{at + timedelta(minutes=20):%Y-%m-%d %H:%M}")
    (entry,) = day.agenda(start, f"{at + timedelta(minutes=1):%Y-%m-%d %H:%M}")
    for said in (Verdict.MISSED, verdict):
        day.app.settle(entry.session.id, said, None)


def test_a_miss_is_known_with_its_time_in_the_therapists_zone(day: Day) -> None:
    missed(day, "2026-03-02 10:00")
    found = known(day)
    assert (found.verdict, found.severity, found.card) == (Verdict.MISSED, 2, "1")
    assert (found.start.isoformat(), found.end.isoformat()) == (
        "2026-03-02T10:00:00+01:00",
        "2026-03-02T10:50:00+01:00",
    )
    assert (found.minutes_late, found.earlier, found.contacted_at) == (None, None, None)


async def test_a_suspicion_is_known_as_one(day: Day) -> None:
    await day.until("2026-03-02 10:16")
    assert known(day).verdict is Verdict.SUSPECTED_MISS


def test_the_first_contact_is_known_from_its_step(day: Day) -> None:
    missed(day, "2026-03-02 10:00")
    card = newest(day)
    first, *others = card.steps
    done = replace(card, steps=(replace(first, done_at=day.clock.at), *others))
    assert occasion(day.app.store, done, BERLIN).contacted_at == local("2026-03-02 10:20")


async def test_who_checked_in_late_is_known_to_have_come_so_many_minutes_late(day: Day) -> None:
    await day.until("2026-03-02 10:22")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 10:23")
    assert (known(day).verdict, known(day).minutes_late) == (Verdict.LATE, 22)


def test_after_the_event_was_moved_the_draft_is_about_the_time_that_was_missed(day: Day) -> None:
    missed(day, "2026-03-02 10:00")
    day.put("one", "2026-03-05T16:00:00", 45)
    day.sync()
    day.put("one", "2026-03-06T16:00:00", 45)
    day.sync()
    found = known(day)
    assert (found.verdict, found.start, found.end) == (
        Verdict.MISSED,
        local("2026-03-02 10:00"),
        local("2026-03-02 10:50"),
    )


async def test_a_late_check_in_to_the_make_up_session_is_not_how_late_the_missed_one_was(day: Day) -> None:
    missed(day, "2026-03-02 10:00", Verdict.LATE)
    day.put("one", "2026-03-02T16:00:00")
    day.sync()
    await day.until("2026-03-02 16:10")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 16:11")
    found = known(day)
    assert (found.verdict, found.start, found.minutes_late) == (
        Verdict.LATE,
        local("2026-03-02 10:00"),
        None,
    )


def test_a_second_miss_of_the_same_alias_is_a_repeat(day: Day) -> None:
    missed(day, "2026-03-02 10:00")
    missed(day, "2026-03-09 10:00")
    assert known(day).earlier == local("2026-03-02 10:00")


def test_the_first_of_two_is_no_repeat_afterwards(day: Day) -> None:
    missed(day, "2026-03-02 10:00")
    first = newest(day)
    missed(day, "2026-03-09 10:00")
    assert occasion(day.app.store, first, BERLIN).earlier is None


def test_a_miss_of_somebody_else_is_no_repeat(day: Day) -> None:
    missed(day, "2026-03-02 10:00")
    missed(day, "2026-03-09 12:00")
    assert known(day).earlier is None


def test_without_aliases_nothing_is_a_repeat(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    for number, week in enumerate(("02", "09", "16", "23")):
        day.put(f"{number}", f"2026-03-{week}T10:00:00")
    day.sync()
    missed(day, "2026-03-02 10:00")
    missed(day, "2026-03-09 10:00")
    assert len(day.cards()) == 2
    assert known(day).earlier is None


@pytest.mark.parametrize("verdict", [Verdict.CLIENT_NO_SHOW, Verdict.UNKNOWN, Verdict.COVERED])
def test_what_turned_out_to_be_no_miss_makes_no_repeat(day: Day, verdict: Verdict) -> None:
    missed(day, "2026-03-02 10:00", verdict)
    missed(day, "2026-03-09 10:00")
    assert len(day.cards()) == 2
    assert known(day).earlier is None


async def test_a_miss_that_is_only_suspected_makes_no_repeat(day: Day) -> None:
    await day.until("2026-03-02 10:20")
    missed(day, "2026-03-09 10:00")
    assert len(day.cards()) == 2
    assert known(day).earlier is None


def test_a_miss_whose_event_was_moved_since_counts_at_the_time_that_was_missed(day: Day) -> None:
    missed(day, "2026-03-02 10:00")
    day.put("one", "2026-03-20T16:00:00")
    day.sync()
    missed(day, "2026-03-09 10:00")
    assert known(day).earlier == local("2026-03-02 10:00")


async def test_while_nothing_is_concluded_there_is_no_draft(day: Day) -> None:
    await day.until("2026-03-02 10:05")
    (entry,) = day.agenda("2026-03-02 10:00", "2026-03-02 10:01")
    day.app.settle(entry.session.id, Verdict.MISSED, None)
    day.app.settle(entry.session.id, Verdict.UNKNOWN, None)
    with pytest.raises(NeedsPerson, match="Nothing is concluded"):
        known(day)
