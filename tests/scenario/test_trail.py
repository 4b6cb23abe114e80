"""Every kind of change is in the trail: `export` has it, and for a session's own, `explain ID`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kepthour.core.response import Kind
from kepthour.core.trail import What, Who
from kepthour.core.verdict import Verdict
from kepthour.pipeline.repair import mark_step
from kepthour.views.export import export
from kepthour.views.story import Story, story
from tests.support.day import Day, a_morning, when

Drive = Callable[[Day], Awaitable[None] | None]


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


def exported(day: Day) -> dict[str, Any]:
    told: dict[str, Any] = json.loads("".join(export(day.app.store, day.app.config.zone, day.clock.at)))
    return told


def settle(day: Day, verdict: Verdict, reason: str | None = None) -> None:
    day.app.settle(first(day), verdict, reason)


def first(day: Day) -> str:
    """The session at ten, whatever became of it."""
    return str(next(one["id"] for one in exported(day)["sessions"] if one["uid"] == "one"))


def explained(day: Day) -> Story:
    found = story(day.app.config, day.app.store, first(day), day.clock.at)
    assert found is not None
    return found


def move(day: Day) -> None:
    day.put("one", "2026-03-02T11:30:00")
    day.sync()


def cancel(day: Day) -> None:
    day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")
    day.sync()


def restore(day: Day) -> None:
    cancel(day)
    day.put("one", "2026-03-02T10:00:00")
    day.sync()


def vanish(day: Day) -> None:
    day.calendar.delete("one.ics")
    day.sync()


def lengthen(day: Day) -> None:
    day.put("one", "2026-03-02T10:00:00", 60)
    day.sync()


def leave_out(day: Day) -> None:
    day.config = day.config.replace('sessions = "all"', 'sessions = "none"')
    day.start()
    day.app.replan()


async def take_back(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    settle(day, Verdict.CLIENT_CANCELLED)
    settle(day, Verdict.UNKNOWN)


async def come_to_nothing(day: Day) -> None:
    await day.until("2026-03-02 10:16")


async def turn_out_covered_and_then_missed(day: Day) -> None:
    await come_to_nothing(day)
    settle(day, Verdict.COVERED)
    settle(day, Verdict.MISSED)


async def set_the_clock_back(day: Day) -> None:
    await come_to_nothing(day)
    day.clock.at = when("2026-03-02 09:30")
    day.app.catch_up()


async def tick_off(day: Day) -> None:
    await come_to_nothing(day)
    for what in (What.STEP_DONE, What.STEP_UNDONE, What.STEP_SKIPPED):
        mark_step(day.app.store, first(day), 1, day.clock.at, what)


async def do_all_steps(day: Day) -> None:
    await come_to_nothing(day)
    for n in range(1, 10):
        mark_step(day.app.store, first(day), n, day.clock.at, What.STEP_DONE)


CASES: list[tuple[Drive, What, Who, str | None]] = [
    (lambda _day: None, What.SEEN, Who.CALENDAR, None),
    (move, What.MOVED, Who.CALENDAR, None),
    (cancel, What.CANCELLED, Who.CALENDAR, "cancelled"),
    (vanish, What.CANCELLED, Who.CALENDAR, "gone"),
    (vanish, What.ASKED, Who.DAEMON, None),
    (restore, What.CANCELLED, Who.CALENDAR, "cancelled"),
    (restore, What.RESTORED, Who.CALENDAR, None),
    (lengthen, What.EDITED, Who.CALENDAR, "end"),
    (leave_out, What.LEFT_OUT, Who.DAEMON, None),
    (take_back, What.BEGUN_ANEW, Who.THERAPIST, "taken_back"),
    (come_to_nothing, What.ASKED, Who.DAEMON, None),
    (come_to_nothing, What.CARD_OPENED, Who.DAEMON, "suspected_miss"),
    (turn_out_covered_and_then_missed, What.CARD_CLOSED, Who.THERAPIST, "covered"),
    (turn_out_covered_and_then_missed, What.CARD_CHANGED, Who.THERAPIST, "missed"),
    (set_the_clock_back, What.REOPENED, Who.DAEMON, "clock_was_set"),
    (set_the_clock_back, What.BEGUN_ANEW, Who.DAEMON, "clock_was_set"),
    (set_the_clock_back, What.CARD_DROPPED, Who.DAEMON, "clock_was_set"),
    (tick_off, What.STEP_DONE, Who.THERAPIST, None),
    (tick_off, What.STEP_UNDONE, Who.THERAPIST, None),
    (tick_off, What.STEP_SKIPPED, Who.THERAPIST, None),
    (do_all_steps, What.CARD_CLOSED, Who.THERAPIST, "steps_done"),
]


@pytest.mark.parametrize(("drive", "what", "by", "why"), CASES, ids=lambda one: getattr(one, "value", None))
async def test_a_change_says_who_when_and_why(day: Day, drive: Drive, what: What, by: Who, why: str) -> None:
    driven = drive(day)
    if driven is not None:
        await driven
    noted = [one for one in exported(day)["changes"] if one["session"] == first(day)]
    (one,) = [one for one in noted if (one["what"], one["by"], one["why"]) == (what, by, why)]
    assert "2026-03-02T07:30:00Z" <= one["at"] <= f"{day.clock.at:%Y-%m-%dT%H:%M:%SZ}"
    assert [(known.what, known.by, known.why) for known in explained(day).changes] == [
        (one["what"], one["by"], one["why"]) for one in noted
    ]


def test_a_move_keeps_every_start_that_there_was(day: Day) -> None:
    move(day)
    day.put("one", "2026-03-02T12:00:00")
    day.sync()
    moves = [one for one in exported(day)["changes"] if one["what"] == "moved"]
    assert [one["start"] for one in moves] == ["2026-03-02T09:00:00Z", "2026-03-02T10:30:00Z"]


def test_who_lives_on_under_another_id_is_found_from_both(day: Day) -> None:
    day.calendar.delete("one.ics")
    day.put("heir", "2026-03-02T10:00:00")
    day.sync()
    ids = {one["uid"]: one["id"] for one in exported(day)["sessions"]}
    noted = {(one["session"], one["what"], one["about"]) for one in exported(day)["changes"]}
    assert (ids["one"], "lives_on", ids["heir"]) in noted
    assert (ids["heir"], "seen", ids["one"]) in noted


async def test_answers_to_earlier_starts_are_kept(day: Day) -> None:
    await day.until("2026-03-02 09:50")
    day.answer(Kind.ACK)
    move(day)
    (answer,) = exported(day)["responses"]
    assert (answer["kind"], answer["surface"], answer["revision"], answer["at"]) == (
        "ack", "cli", 1, "2026-03-02T08:50:00Z",
    )  # fmt: skip
    assert [one.kind for one in explained(day).earlier_answers] == [Kind.ACK]
    assert explained(day).answers == ()


async def test_each_version_of_a_verdict_says_who_when_and_why(day: Day) -> None:
    await come_to_nothing(day)
    settle(day, Verdict.MISSED)
    settle(day, Verdict.COVERED, "a colleague took it")
    told = [(one["verdict"], one["by"], one["because"], one["reason"]) for one in exported(day)["verdicts"]]
    assert told == [
        ("suspected_miss", "daemon", "no_evidence", None),
        ("missed", "therapist", "said_by_the_therapist", None),
        ("covered", "therapist", "said_by_the_therapist", "a colleague took it"),
    ]
    assert len(explained(day).verdicts) == 3


@pytest.mark.parametrize(
    ("close", "why"),
    [
        (lambda day: settle(day, Verdict.COVERED), "settled"),
        (lambda day: day.answer(Kind.HERE, session=first(day)), "checked_in"),
        (cancel, "cancelled"),
    ],
    ids=["settled", "checked in", "cancelled"],
)
async def test_a_question_tells_when_it_was_put_and_why_it_was_closed(
    day: Day, close: Callable[[Day], None], why: str
) -> None:
    await come_to_nothing(day)
    (question,) = exported(day)["questions"]
    assert (question["state"], question["sent_at"], question["session"]) == (
        "sent", "2026-03-02T09:15:00Z", first(day),
    )  # fmt: skip
    close(day)
    (question,) = exported(day)["questions"]
    assert (question["why"], question["changed_at"]) == (why, "2026-03-02T09:16:00Z")
    assert question["state"] in {"answered", "withdrawn"}


async def test_a_reminder_has_its_whole_course(day: Day) -> None:
    await day.until("2026-03-02 09:56")
    day.answer(Kind.HERE)
    course = {one["rung"]: one for one in exported(day)["reminders"] if one["session"] == first(day)}
    assert (course["-5m"]["state"], course["-5m"]["why"]) == ("answered", "checked_in")
    for at in ("due_at", "claimed_at", "sent_at"):
        assert course["-5m"][at] == "2026-03-02T08:55:00Z"
    assert (course["-5m"]["offset_seconds"], course["-5m"]["attempt"]) == (-300, 1)
    assert (course["0m"]["state"], course["0m"]["changed_at"]) == ("superseded", "2026-03-02T08:56:00Z")


def test_a_leave_that_ended_before_it_began_is_not_forgotten(day: Day) -> None:
    day.app.away(when("2026-03-10 00:00"), when("2026-03-12 00:00"))
    day.clock.at += timedelta(minutes=1)
    day.app.come_back()
    told = exported(day)
    assert told["absences"] == []
    noted = [(one["what"], one["by"], one["end"]) for one in told["changes"] if one["session"] is None]
    assert noted == [(what, "therapist", "2026-03-11T23:00:00Z") for what in ("away_noted", "away_ended")]
