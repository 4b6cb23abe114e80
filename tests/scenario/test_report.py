"""A report is made of what the store holds: a whole year of it, and single days as the daemon leaves them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.config import Configuration
from kepthour.config.reading import load
from kepthour.core.gaps import Pause
from kepthour.core.report.findings import Material, findings
from kepthour.core.response import Kind
from kepthour.core.spells import Sign
from kepthour.core.verdict import Because, Verdict
from kepthour.plugins import Plugins
from kepthour.store.engine import Store
from kepthour.views.report import material, report
from tests.support import stored_year
from tests.support.day import CONFIG, Day, a_morning, when
from tests.support.past_year import ENDS, PLANTED, Was, year
from tests.support.stores import opened

_YEAR = timedelta(days=365)
_CONFIG = (
    'timezone = "Europe/Berlin"\n'
    '[[calendars]]\nname = "practice"\ntype = "ics"\npath = "practice.ics"\nsessions = "all"\n'
    '[channels.console]\ntype = "console"\n'
)


@pytest.fixture(scope="module")
def lived() -> list[Was]:
    return year(2000, PLANTED)


@pytest.fixture(scope="module")
def store(lived: list[Was], tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = opened(tmp_path_factory.mktemp("year") / "kepthour.db")
    stored_year.write(made, lived)
    return made


@pytest.fixture
def config(tmp_path: Path) -> Configuration:
    file = tmp_path / "config.toml"
    file.write_text(_CONFIG, encoding="utf-8")
    return load(file, Plugins())


def test_what_is_read_is_what_was(config: Configuration, store: Store, lived: list[Was]) -> None:
    read = material(config, store, ENDS - _YEAR, ENDS, ENDS).sessions
    assert list(read) == [one.past for one in lived]


def test_the_planted_patterns_are_found_in_the_store_and_no_other(
    config: Configuration, store: Store
) -> None:
    found = report(config, store, ENDS - _YEAR, ENDS, ENDS)
    assert {one.group for one in found.patterns} == set(PLANTED)


def test_a_span_takes_what_overlaps_it(config: Configuration, store: Store, lived: list[Was]) -> None:
    third, fourth = lived[2], lived[3]
    minute = timedelta(minutes=1)

    def count(start: timedelta, end: timedelta) -> int:
        return report(config, store, third.end + start, fourth.start + end, ENDS).sessions

    assert count(timedelta(), timedelta()) == 0
    assert count(-minute, timedelta()) == 1
    assert count(-minute, minute) == 2


def test_what_has_not_begun_is_in_no_report(config: Configuration, store: Store, lived: list[Was]) -> None:
    now = lived[10].start
    found = report(config, store, ENDS - _YEAR, ENDS, now)
    assert found.sessions == 10


def test_who_stands_where_in_the_day_does_not_hang_on_where_the_span_begins(
    config: Configuration, store: Store, lived: list[Was]
) -> None:
    second = lived[1]
    (read, *_others) = material(config, store, second.start, ENDS, ENDS).sessions
    assert read == second.past
    assert (read.gap, read.in_a_row) == (timedelta(minutes=10), 2)


def test_when_nobody_watched_is_told(config: Configuration, store: Store, lived: list[Was]) -> None:
    unwatched = [one for one in lived if one.past.unwatched]
    found = report(config, store, ENDS - _YEAR, ENDS, ENDS).unknown
    assert found.because == {Because.DAEMON_GAP: len(unwatched)}
    assert found.unwatched == len(unwatched)
    assert found.time == {Pause.ASLEEP: len(unwatched) * timedelta(minutes=20)}


def test_cards_tell_how_long_the_first_contact_took(
    config: Configuration, store: Store, lived: list[Was]
) -> None:
    missed = [one.number for one in lived if one.past.verdict is Verdict.MISSED]
    found = report(config, store, ENDS - _YEAR, ENDS, ENDS)
    minutes = sorted(21 + number % 7 for number in missed)
    assert (found.missed, found.contacted) == (len(missed), len(missed))
    assert found.first_contact is not None
    assert (found.first_contact.least, found.first_contact.most) == (minutes[0], minutes[-1])


def test_notices_are_counted_by_session_and_by_day(
    config: Configuration, store: Store, lived: list[Was]
) -> None:
    found = report(config, store, ENDS - _YEAR, ENDS, ENDS).alarms
    ladders = [len(one.past.ladder) for one in lived if one.past.ladder]
    assert found.rungs is not None and found.days is not None
    assert (found.rungs.n, found.rungs.most) == (len(ladders), max(ladders))
    days = Counter(one.past.day for one in lived for _rung in one.past.ladder)
    assert (found.days.n, found.days.least, found.days.most) == (
        len(days),
        min(days.values()),
        max(days.values()),
    )


def _read(day: Day) -> Material:
    return material(day.app.config, day.app.store, when("2026-01-01 00:00"), day.clock.at, day.clock.at)


async def test_the_rung_before_the_first_sign_and_the_one_that_worked(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:57")
    day.answer(Kind.ACK)
    await day.until("2026-03-02 10:01")
    day.clock.at += timedelta(seconds=10)
    day.answer(Kind.HERE)
    (past,) = _read(day).sessions
    assert past.first_sign == when("2026-03-02 09:57")
    assert past.arrived == when("2026-03-02 10:01") + timedelta(seconds=10)
    assert [one.rung for one in past.ladder] == [rung for _at, rung in day.rungs()]
    assert past.near is False


_ROOM = "URL:https://zoom.us/j/1"


async def test_who_only_pressed_join_arrived_then(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:40")
    day.put("one", "2026-03-02T10:00:00", 50, _ROOM)
    day.sync()
    await day.until("2026-03-02 09:58")
    day.answer(Kind.JOIN)
    await day.until("2026-03-02 10:20")
    (past,) = _read(day).sessions
    assert (past.because, past.first_sign, past.arrived) == (Because.JOINED, *[when("2026-03-02 09:58")] * 2)


async def test_who_was_only_in_its_call_arrived_with_it(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:40", CONFIG + '[[evidence]]\ntype = "seen"\n')
    day.put("one", "2026-03-02T10:00:00", 50, _ROOM)
    day.sync()
    await day.until("2026-03-02 09:58", every=timedelta(seconds=25))
    day.plugins.seen.sees(Sign.IN_A_CALL)
    await day.until("2026-03-02 10:20", every=timedelta(seconds=25))
    (past,) = _read(day).sessions
    assert past.because is Because.IN_A_CALL
    assert past.first_sign == past.arrived
    assert past.arrived is not None
    assert abs(past.arrived - when("2026-03-02 09:58")) <= timedelta(seconds=25)


async def test_who_is_on_the_way_and_never_comes_did_not_arrive(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:57")
    day.answer(Kind.ACK)
    await day.until("2026-03-02 10:30", every=timedelta(seconds=30))
    day.app.settle(day.only().session.id, Verdict.MISSED, None)
    (past,) = _read(day).sessions
    assert (past.first_sign, past.arrived) == (when("2026-03-02 09:57"), None)


async def test_a_suspected_miss_that_nobody_answered_is_no_miss(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:30", every=timedelta(seconds=30))
    (past,) = _read(day).sessions
    assert past.verdict is Verdict.SUSPECTED_MISS
    assert (past.is_counted, past.is_comparable, past.is_narrow) == (False, False, False)


async def test_a_miss_that_was_moved_to_where_it_is_made_up_for_stays_one(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 10:30", every=timedelta(seconds=30))
    day.app.settle(day.only().session.id, Verdict.MISSED, None)
    await day.until("2026-03-02 10:40")
    day.put("one", "2026-03-04T15:00:00")
    day.sync()
    day.sleep_until("2026-03-04 14:40")
    await day.until("2026-03-04 15:02")
    assert [one.made_up for one in _read(day).missed] == [None]  # it has begun, and nobody has come yet
    day.answer(Kind.HERE)
    await day.until("2026-03-04 16:00")
    found = _read(day)
    assert [(one.start, one.verdict) for one in found.sessions] == [
        (when("2026-03-02 10:00"), Verdict.MISSED),
        (when("2026-03-04 15:00"), Verdict.ON_TIME),
    ]
    assert found.sessions[1].moved
    (missed,) = found.missed
    assert missed.made_up == when("2026-03-04 15:00")


async def test_what_is_deleted_from_the_calendar_when_it_was_over_was_what_it_was(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    day.put("later", "2026-03-02T11:00:00")
    day.sync()
    await day.until("2026-03-02 09:57")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 11:30", every=timedelta(seconds=30))
    missed = next(one for one in day.agenda("2026-03-02 11:00", "2026-03-02 12:00") if one.verdict)
    day.app.settle(missed.session.id, Verdict.MISSED, None)
    await day.until("2026-03-02 12:00")
    for name in ("one", "later"):
        day.calendar.delete(f"{name}.ics")
    day.sync()
    assert [one.verdict for one in _read(day).sessions] == [Verdict.ON_TIME, Verdict.MISSED]


async def test_a_cancelled_session_is_in_no_report(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:40")
    day.calendar.delete("one.ics")
    day.sync()
    await day.until("2026-03-02 11:30")
    assert _read(day).sessions == []


async def test_when_evidence_is_deleted_a_near_miss_cannot_be_told(tmp_path: Path) -> None:
    day = a_morning(tmp_path, CONFIG + '[[evidence]]\ntype = "seen"\n')
    await day.until("2026-03-02 10:01")
    day.clock.at += timedelta(seconds=10)
    day.answer(Kind.HERE)
    (past,) = _read(day).sessions
    assert past.near is True
    day.clock.at = when("2026-04-02 10:00")
    day.app.forget_old()
    (past,) = _read(day).sessions
    assert (past.near, past.first_sign) == (None, None)
    assert findings(_read(day)).unknown.near == 1


async def test_an_empty_store_has_an_empty_report(tmp_path: Path) -> None:
    found = findings(_read(Day(tmp_path, "2026-03-02 09:00")))
    assert (found.sessions, found.punctuality, found.patterns, found.rungs) == (0, None, (), None)
    assert found.alarms.days is None
