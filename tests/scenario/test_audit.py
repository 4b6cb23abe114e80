"""Rows are changed behind the daemon's back: the next audit mends it, or tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from tests.scenario.test_ladder import STANDARD
from tests.support.day import CONFIG, Day

TWO = CONFIG + '[channels.phone]\ntype = "recorder"\njoins = "+2m"\n'


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 09:40")
    made.put("one", "2026-03-02T10:00:00")
    made.sync()
    return made


def behind_its_back(day: Day, *statements: str) -> None:
    with day.app.store.write() as tx:
        for statement in statements:
            assert tx.connection.exec_driver_sql(statement).rowcount > 0, statement


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM reminders",
        "DELETE FROM reminders WHERE rung != '-15m'",
        "UPDATE reminders SET state = 'superseded', why = 'checked_in'",
        "UPDATE reminders SET state = 'superseded', why = 'in_the_room' WHERE due_at > 1",
        "UPDATE reminders SET not_before = not_before + 86400000000",
        "UPDATE reminders SET revision = 7",
        "DELETE FROM sessions",
    ],
)
async def test_a_ladder_that_was_torn_comes_whole_after_the_next_audit(day: Day, change: str) -> None:
    await day.until("2026-03-02 09:42")
    behind_its_back(day, change)
    day.app.audit()
    await day.until("2026-03-02 10:15:01")
    # The first rung's record is torn as well: it may come once more.
    assert [one for one in day.rungs() if one[1] != "-60m"] == STANDARD[1:]
    assert day.only().verdict is Verdict.SUSPECTED_MISS


async def test_what_was_answered_is_heard_by_the_ladder_that_is_begun_anew(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    day.answer(Kind.ACK)
    behind_its_back(
        day, "UPDATE reminders SET state = 'superseded', why = 'checked_in' WHERE state = 'pending'"
    )
    day.app.audit()
    await day.until("2026-03-02 10:01")
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m", "0m", "+1m"]


async def test_an_answer_that_is_lost_no_longer_silences_and_the_last_rung_comes_again(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    day.answer(Kind.HERE)
    await day.until("2026-03-02 09:51")
    behind_its_back(
        day,
        "DELETE FROM responses",
        "DELETE FROM verdicts",
        "UPDATE sessions SET verdict = NULL, because = NULL, decided_by = NULL",
    )
    day.app.audit()
    await day.until("2026-03-02 10:01")
    assert [rung for _at, rung in day.rungs()] == ["-60m", "-15m", "-15m", "-5m", "-1m", "0m", "+1m"]


async def test_a_question_that_is_lost_is_asked_by_somebody(day: Day) -> None:
    await day.until("2026-03-02 10:16")
    assert day.rungs()[-1][1] == "question"
    behind_its_back(day, "DELETE FROM reminders WHERE rung = 'question'")
    day.app.audit()
    day.app.audit()
    await day.until("2026-03-02 10:17")
    assert day.rungs()[-1][1] in {"question", "audit"}


async def test_what_no_channel_takes_is_told_as_soon_as_one_does(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:40", TWO)
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    await day.until("2026-03-02 09:50")
    for channel in day.channels.values():
        channel.refuse = True
    await day.until("2026-03-02 09:57:30")
    day.app.audit()
    day.app.audit()
    day.channels["phone"].refuse = False
    await day.until("2026-03-02 09:58:30")
    assert "audit" in [rung for _at, rung in day.rungs("phone")]


async def test_where_nothing_is_missing_an_audit_changes_nothing(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    day.answer(Kind.ACK)
    before = list(day.states())
    day.app.audit()
    assert list(day.states()) == before
