"""What is stored together is stored by as many statements, however much it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from tests.support.day import Day

FIRST = datetime(2026, 3, 2, 9)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that any store of this process gets in the block."""
    seen: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement.split(None, 1)[0])

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", keep)


def put(day: Day, count: int, *more: str) -> None:
    for number in range(count):
        start = (
            FIRST - timedelta(days=20) + timedelta(hours=number)
        )  # over already: no session is planned of it
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
