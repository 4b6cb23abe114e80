"""A year of a full practice: what the program does, held against an oracle that was written from the documentation."""

from __future__ import annotations

from pathlib import Path

from tests.support.course import Reminder, Told
from tests.support.full_practice import full_practice
from tests.support.lived import live_through
from tests.support.oracle import Oracle
from tests.support.practice import Say


async def test_a_year_of_a_full_practice_has_every_reminder_once_and_at_its_second(tmp_path: Path) -> None:
    practice = full_practice()
    told = Oracle(practice).walk()
    _check_variety(told)
    lived = await live_through(practice, told, tmp_path)
    assert _beyond(told.reminders, lived.reminders) == [], "did not come"
    assert _beyond(lived.reminders, told.reminders) == [], "came unasked"
    assert sorted(lived.reminders) == sorted(told.reminders)
    assert lived.verdicts == told.verdicts


def _check_variety(told: Told) -> None:
    """A year in which little happens would prove little."""
    assert len(told.verdicts) > 1300
    assert len(told.reminders) > 5000
    assert set(told.verdicts.values()) == {"on_time", "late", "suspected_miss", "unknown"}
    assert {answer.say for _at, _key, answer in told.answers} == set(Say)


def _beyond(some: list[Reminder], others: list[Reminder]) -> list[str]:
    """What is in `some` only, to be read."""
    known = set(others)
    return [str(one) for one in sorted(some) if one not in known]
