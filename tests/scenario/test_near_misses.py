"""A session that was held, and nearly was not: told beside its verdict."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.cli.printing import session_shape, verdict_of
from kepthour.cli.story import nearly
from kepthour.core.near_miss import NearMiss
from kepthour.core.response import Kind
from kepthour.core.spells import Sign
from kepthour.core.verdict import Verdict
from kepthour.views.agenda import Entry
from kepthour.views.story import story
from tests.support.day import BERLIN, CONFIG, Day, a_morning, when

WATCHED = CONFIG + '[[evidence]]\ntype = "seen"\n'
ROOM = "URL:https://zoom.us/j/1"


def first(day: Day) -> Entry:
    """The session at ten, however long ago."""
    return day.agenda("2026-03-02 00:00", "2026-03-03 00:00")[0]


def explained(day: Day) -> str:
    """The ground, as `explain ID` tells it."""
    found = story(day.app.config, day.app.store, first(day).session.id, day.clock.at)
    assert found is not None
    assert isinstance(found.entry.near_miss, NearMiss)
    return nearly(found.entry.near_miss, BERLIN)


async def test_who_came_on_time_because_of_the_last_reminder_nearly_missed_it(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:01")
    day.clock.at += timedelta(seconds=10)
    day.answer(Kind.HERE)
    assert first(day).verdict is Verdict.ON_TIME
    assert session_shape(first(day), BERLIN)["near_miss"] is True
    assert verdict_of(first(day)) == "on time, near miss"
    assert explained(day) == "the first sign of you came at 10:01:10, after the urgent reminder of 10:01"


async def test_who_was_on_the_way_did_not(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:56")
    day.answer(Kind.ACK)
    await day.until("2026-03-02 10:01")
    day.answer(Kind.HERE)
    assert session_shape(first(day), BERLIN)["near_miss"] is False
    assert verdict_of(first(day)) == "on time"


async def test_who_came_late_did_and_late_says_so(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:56")
    day.answer(Kind.ACK)
    await day.until("2026-03-02 10:04")
    day.answer(Kind.HERE)
    assert session_shape(first(day), BERLIN)["near_miss"] is True
    assert verdict_of(first(day)) == "late"
    assert explained(day) == "the first proof that you were there is of 10:04"


async def test_what_the_therapist_says_of_it_is_the_last_word(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:04")
    day.answer(Kind.HERE)
    day.app.settle(first(day).session.id, Verdict.ON_TIME, None)
    assert verdict_of(first(day)) == "on time"
    day.app.settle(first(day).session.id, Verdict.NEAR_MISS, None)
    assert verdict_of(first(day)) == "near miss"
    assert explained(day) == "you said so"


@pytest.fixture
async def in_a_call(tmp_path: Path) -> Day:
    """Since two minutes before the session at ten; the check-in comes a minute after its start."""
    day = Day(tmp_path, "2026-03-02 09:40", WATCHED)
    day.put("one", "2026-03-02T10:00:00", 50, ROOM)
    day.put("other", "2026-04-20T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:58", every=timedelta(seconds=25))
    day.plugins.seen.sees(Sign.IN_A_CALL)
    await day.until("2026-03-02 10:01", every=timedelta(seconds=25))
    day.answer(Kind.HERE)
    return day


async def test_who_was_in_a_call_before_it_did_not(in_a_call: Day) -> None:
    assert first(in_a_call).verdict is Verdict.ON_TIME
    assert first(in_a_call).near_miss is None


async def test_when_what_was_seen_is_deleted_nobody_becomes_one_who_did(in_a_call: Day) -> None:
    in_a_call.clock.at = when("2026-04-02 10:00")
    in_a_call.app.forget_old()
    assert first(in_a_call).near_miss is None
