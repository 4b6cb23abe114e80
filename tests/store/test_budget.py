"""What belongs together takes as many statements, however much it is; what is few is found without the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, event, update

from kepthour.store import calendars, holdings, tables
from kepthour.views.agenda import agenda
from tests.support.counting import counted, stepped
from tests.support.day import BERLIN, CONFIG, Day

FIRST = datetime(2026, 3, 2, 9)


OVER = FIRST - timedelta(days=20)  # no session is planned of what is over


def put(day: Day, count: int, *more: str, at: datetime = OVER) -> None:
    for number in range(count):
        start = at + timedelta(hours=number)
        day.put(f"{number}", start.isoformat(), 50, *more)


def cost(day: Day) -> int:
    with counted() as statements:
        day.sync()
    return len(statements)


@pytest.mark.parametrize("more", [(), ("RRULE:FREQ=DAILY;COUNT=2",)])
def test_a_poll_that_brings_much(tmp_path: Path, more: tuple[str, ...]) -> None:
    costs = []
    for count in (10, 300):
        (tmp_path / f"{count}").mkdir()
        day = Day(tmp_path / f"{count}", "2026-03-02 08:00")
        put(day, count, *more)
        costs.append(cost(day))
    assert costs[0] == costs[1]


def test_a_poll_that_brings_nothing_costs_no_more_for_what_is_there(tmp_path: Path) -> None:
    costs = []
    for count in (10, 300):
        (tmp_path / f"{count}").mkdir()
        day = Day(tmp_path / f"{count}", "2026-03-02 08:00")
        put(day, count)
        day.sync()
        costs.append(cost(day))
    assert costs[0] == costs[1]
    assert costs[0] < 20


@pytest.mark.parametrize("what", ["nothing", "a change", "a deletion", "an event more"])
def test_a_poll_that_brings_one_thing_takes_as_many_steps_however_much_is_there(
    tmp_path: Path, what: str
) -> None:
    costs = []
    for count in (40, 2000):
        (tmp_path / f"{count}").mkdir()
        day = Day(tmp_path / f"{count}", "2026-03-02 08:00")
        put(day, count, at=FIRST + timedelta(days=60))  # farther off than is planned
        day.sync()
        if what == "a change":
            put(day, 1, at=FIRST + timedelta(days=61))
        elif what == "a deletion":
            day.calendar.delete("1.ics")
        elif what == "an event more":
            day.put("more", "2026-05-02T09:00:00")
        with stepped() as steps:
            day.sync()
        costs.append(steps.tens)
    assert costs[0] > 0
    assert costs[1] < 1.1 * costs[0]


def full_weeks(day: Day, count: int) -> None:
    """As many sessions, from tomorrow on."""
    for number in range(count):
        start = FIRST + timedelta(days=1 + number // 8, hours=number % 8)
        day.put(f"{number}", start.isoformat(), 50)
    day.sync()


def forget_the_calendar(day: Day) -> None:
    """As after a damage: the sessions were saved, and their calendar was not read since."""
    with day.app.store.write() as tx:
        tx.connection.execute(delete(tables.resources))
        tx.connection.execute(update(tables.calendars).values(expanded_from=None))


@pytest.mark.parametrize("what", ["plan", "agenda", "agenda of what was saved"])
def test_what_comes_is_planned_and_shown_by_as_many_statements_however_much_it_is(
    tmp_path: Path, what: str
) -> None:
    costs = []
    for count in (8, 40):
        (tmp_path / f"{count}").mkdir()
        day = Day(
            tmp_path / f"{count}", "2026-03-02 08:00", CONFIG.replace("enabled = false", "enabled = true")
        )
        full_weeks(day, count)
        if what == "agenda of what was saved":
            forget_the_calendar(day)
        begin = FIRST.replace(tzinfo=BERLIN)
        with counted() as statements:
            if what == "plan":
                day.app.replan()
            else:
                shown = agenda(day.app.config, day.app.store, begin, begin + timedelta(14), day.clock.now())
                assert len(shown) == count
        costs.append(len(statements))
    assert costs[0] == costs[1]
    assert costs[0] < 25


def test_what_a_calendar_is_asked_for_at_each_status_is_found_without_reading_it(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:00")
    full_weeks(day, 8)
    asked = []

    def keep(
        _connection: object, _cursor: object, statement: str, values: Sequence[object], *_more: object
    ) -> None:
        asked.append((statement, values))

    with day.app.store.read() as tx:
        calendar = calendars.get(tx, "practice")
        assert calendar is not None
        event.listen(Engine, "before_cursor_execute", keep)
        try:
            assert (holdings.quarantined(tx, calendar), holdings.doubts(tx, calendar)) == ({}, {})
        finally:
            event.remove(Engine, "before_cursor_execute", keep)
        ways = [
            row.detail
            for statement, values in asked
            for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values))
        ]
    assert len(ways) == 2
    assert all("USING COVERING INDEX" in way for way in ways), ways
