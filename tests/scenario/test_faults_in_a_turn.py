"""A bug in any part of a turn: the reminders come all the same, and the log says where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.app import App
from kepthour.core import notices
from kepthour.core.words import rungs
from kepthour.pipeline import alert, audit, detect, inquire, plan, poll
from kepthour.pipeline.dispatch import claim, dispatcher, wording
from kepthour.store import outbox, presence, reminders, sessions, watches
from tests.scenario.test_ladder import STANDARD
from tests.support.day import Day
from tests.support.logs import capture_logs

RUNGS = STANDARD[1:-3]  # from a quarter before to three minutes after the start


def broken(*_args: object, **_more: object) -> None:
    raise ZeroDivisionError("a word of AB")


@pytest.fixture
async def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 09:40")
    made.put("one", "2026-03-02T10:00:00")
    made.sync()
    await made.until("2026-03-02 09:41")
    return made


PARTS = [
    (App, "look"),
    (App, "inquiries"),
    (App, "next_look"),
    (alert, "alert"),
    (detect, "detect"),
    (detect, "next_deadline"),
    (inquire, "due"),
    (watches, "beat"),
    (dispatcher, "provisions"),
    (claim, "claim"),
    (presence, "attended"),
    (claim, "record"),
    (outbox, "lease"),
    (reminders, "to_recall"),
    (reminders, "shown"),
    (reminders, "next_time"),
    (sessions, "undecided"),
]


@pytest.mark.parametrize(("where", "name"), PARTS, ids=[name for _where, name in PARTS])
async def test_a_bug_in_a_part_of_the_turn_costs_no_reminder(
    where: object, name: str, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, broken)
    with capture_logs() as said:
        await day.until("2026-03-02 10:03:30")
    assert day.rungs()[1:] == RUNGS
    places = {
        one.get("place", "").split(":")[0] for one in said if one["event"] in {"step.failed", "outcome.lost"}
    }
    assert places == {__name__}


async def test_what_went_out_and_cannot_be_recorded_goes_out_once(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as there:
        there.setattr(outbox, "accepted", broken)
        await day.until("2026-03-02 10:01:30")
    await day.until("2026-03-02 10:03:30")
    assert day.rungs()[1:] == RUNGS


@pytest.mark.parametrize("part", [(plan, "plan"), (poll, "refresh")], ids=["plan", "refresh"])
async def test_a_start_that_cannot_catch_up_reminds_by_the_plan_there_is(
    part: tuple[object, str], day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    day.start()
    monkeypatch.setattr(*part, broken)
    monkeypatch.setattr(day, "sync", lambda: None)
    assert await day.pump.begin() is (part[1] == "refresh")
    await day.until("2026-03-02 10:03:30")
    assert [one for one in day.rungs() if one[0] >= "09:45" and one[1] != "calendar"] == RUNGS  # nobody polls


@pytest.mark.parametrize(
    ("where", "name"),
    [(rungs, "_when"), (notices, "rung_text"), (wording, "rung_notice"), (notices, "offers")],
    ids=["when", "text", "notice", "offers"],
)
async def test_a_rung_that_cannot_be_worded_says_when_the_session_is(
    where: object, name: str, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, broken)
    await day.until("2026-03-02 10:03:30")
    assert day.rungs()[1:] == RUNGS
    assert {one.title for one in day.notices()[1:]} == {"Session at 10:00"}


POISON = [
    "UPDATE sessions SET verdict = 'misled', decided_by = 'daemon'",
    "UPDATE sessions SET late_after = 'soon'",
    "UPDATE sessions SET start = 'nine'",
    "UPDATE responses SET kind = 'hera'",
    "UPDATE reminders SET urgency = 'loud' WHERE rung = '-15m'",
    "UPDATE reminders SET why = 'whim' WHERE rung = '-15m'",
]


@pytest.mark.parametrize("poison", POISON)
async def test_a_poisoned_row_of_one_session_costs_no_other_its_reminders(poison: str, day: Day) -> None:
    day.put("two", "2026-03-02T12:00:00")
    day.sync()
    other = next(one.session.id for one in day.agenda("2026-03-02 11:00", "2026-03-02 13:00"))
    condition = f"{'id' if 'sessions' in poison else 'session_id'} = '{other}'"
    with day.app.store.write() as tx:
        tx.connection.exec_driver_sql(
            "INSERT INTO responses (therapist_id, session_id, revision, kind, at, surface)"
            f" VALUES (1, '{other}', 1, 'ack', 1, 'cli')"
        )
        joined = " AND " if "WHERE" in poison else " WHERE "
        tx.connection.exec_driver_sql(poison + joined + condition)
    day.sync = lambda: None  # type: ignore[method-assign]  # a poll would plan, and stop at the row
    await day.until("2026-03-02 10:03:30")
    mine = [one for one in day.rungs() if one[0] < "10:04"]
    assert [one for one in mine if one in RUNGS] == RUNGS


def test_an_audit_that_fails_is_told_by_name(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "audit", broken)
    with pytest.raises(ZeroDivisionError):
        day.app.audit()
