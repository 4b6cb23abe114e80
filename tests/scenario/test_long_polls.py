"""Polls that last: what they heard is as old as their beginning, and may concern nobody any more."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from kepthour.checks import trial
from kepthour.core.freshness import Freshness
from kepthour.pipeline.poll import stage
from kepthour.store import calendars, holdings
from kepthour.views.status import calendar_statuses
from kepthour_connectors.base import Batch, Known, Transient
from tests.support.day import CONFIG, Day, a_morning


class Long:
    """The calendar's poll, which answers by what it was when it began, and only when it is let go."""

    def __init__(self, day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self._answer = day.calendar.poll
        monkeypatch.setattr(day.calendar, "poll", self._poll)

    def _poll(self, known: Known) -> Batch:
        batch = self._answer(known)
        self.begun.set()
        assert self.go_on.wait(60)
        return batch


async def test_what_was_heard_half_an_hour_ago_accuses_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:50")
    with monkeypatch.context() as patch:
        long = Long(day, patch)
        asking = threading.Thread(target=day.sync)
        asking.start()
        assert long.begun.wait(60)
        day.calendar.delete("one.ics")  # the client cancels at 09:50
        patch.setattr(day, "sync", lambda: None)  # the calendar is asked, and no second time beside that
        await day.until("2026-03-02 10:14")
        long.go_on.set()
        await asyncio.to_thread(asking.join)
        await day.until("2026-03-02 10:15")
    assert day.only().verdict != "suspected_miss"
    (status,) = calendar_statuses(day.app.config, day.app.store, day.clock.at)
    assert (status.state, status.behind) == (Freshness.FRESH, True)  # the answer is new, what it tells is not
    day.sync()
    (status,) = calendar_statuses(day.app.config, day.app.store, day.clock.at)
    assert (status.state, status.behind) == (Freshness.FRESH, False)


async def test_a_poll_that_outlives_its_configuration_stores_nothing_and_plans_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    day.put("one", "2026-03-02T10:00:00")
    old = day.app
    with monkeypatch.context() as patch:
        long = Long(day, patch)
        asking = threading.Thread(target=day.sync)
        asking.start()
        assert long.begun.wait(60)
    day.config = CONFIG.replace('sessions = "all"', 'sessions = "none"')
    old.close()
    day.start()  # reloaded
    day.sync()
    day.app.replan()
    assert not pending(day)
    version = stored(day)
    long.go_on.set()
    asking.join()
    assert not pending(day)
    assert stored(day) == version


async def test_a_poll_that_is_given_up_while_its_answer_is_read_stores_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new configuration has planned by then, and its next poll finds nothing new."""
    day = a_morning(tmp_path)
    day.put("two", "2026-03-02T11:00:00")
    before, reads = stored(day), stage.expanded

    def slow(*of: Any) -> Any:
        day.app.give_up()
        return reads(*of)

    monkeypatch.setattr(stage, "expanded", slow)
    assert day.app.ask("practice").overtaken
    assert stored(day) == before


async def test_an_answer_that_would_not_be_believed_says_nothing_once_another_was_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    day = a_morning(tmp_path)
    events = ("one", "other", "another")
    for uid in events:
        day.calendar.delete(f"{uid}.ics")
    reads = stage.expanded

    def slow(*of: Any) -> Any:
        monkeypatch.setattr(stage, "expanded", reads)
        for n, uid in enumerate(events):
            day.put(uid, f"2026-03-{20 + n}T11:00:00")
        day.app.ask("practice")
        return reads(*of)

    monkeypatch.setattr(stage, "expanded", slow)
    day.clock.at += timedelta(minutes=1)
    polled = day.app.ask("practice")
    assert (polled.problem, polled.overtaken) == (None, True)
    assert (stored(day).problem, stored(day).suspected) == (None, None)
    assert "poll.not_believed" not in caplog.text


async def test_two_answers_to_one_moment_do_not_confirm_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command and the daemon ask side by side: a feed that is empty for a moment is so for both."""
    day = a_morning(tmp_path)
    for uid in ("one", "other", "another"):
        day.calendar.delete(f"{uid}.ics")
    reads = stage.expanded

    def slow(*of: Any) -> Any:
        monkeypatch.setattr(stage, "expanded", reads)
        assert day.app.ask("practice").problem == "vanished"
        return reads(*of)

    monkeypatch.setattr(stage, "expanded", slow)
    assert day.app.ask("practice").problem == "vanished"
    assert day.only().state != "cancelled"
    assert stored(day).suspected == 0


def test_a_connection_that_cannot_be_closed_keeps_none_of_the_others_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    day = two_calendars(tmp_path)
    closed = list[str]()

    def fails() -> NoReturn:
        closed.append("practice")
        raise OSError

    monkeypatch.setattr(day.calendar, "close", fails)
    monkeypatch.setattr(day.plugins.memory.calendar("other"), "close", lambda: closed.append("other"))
    day.app.close()
    assert sorted(closed) == ["other", "practice"]
    assert "connector.not_closed" in caplog.text


def test_a_connection_that_hangs_while_it_is_closed_keeps_none_of_the_others_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = two_calendars(tmp_path)
    other_is_closed, heard = threading.Event(), list[bool]()
    monkeypatch.setattr(day.calendar, "close", lambda: heard.append(other_is_closed.wait(60)))
    monkeypatch.setattr(day.plugins.memory.calendar("other"), "close", other_is_closed.set)
    day.app.close()
    assert heard == [True]


async def test_a_poll_that_is_broken_off_by_a_new_configuration_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = a_morning(tmp_path)

    def broken_off(_known: Known) -> Batch:
        day.app.close()
        raise Transient("It broke off.", "Nothing to do.")

    monkeypatch.setattr(day.calendar, "poll", broken_off)
    assert day.app.ask("practice").problem is None
    assert stored(day).problem is None


async def test_a_poll_of_a_calendar_that_is_not_configured_any_more_goes_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite gives the number of a row that was deleted to the next: here, to the calendar under its new name."""
    day = Day(tmp_path, "2026-03-02 08:30")
    day.put("one", "2026-03-02T10:00:00")
    answer = day.calendar.poll

    def renamed(known: Known) -> Batch:
        with day.app.store.write() as tx:
            calendars.forget_others(tx, {"other"})
            calendars.get_or_add(tx, "other", "another source", day.clock.now())
        return answer(known)

    monkeypatch.setattr(day.calendar, "poll", renamed)
    day.sync()
    other = stored(day, "other")
    with day.app.store.read() as tx:
        assert holdings.everything(tx, other) == []
    assert (other.fingerprint, other.last_good_at) == ("another source", None)


async def test_a_first_poll_that_lasts_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of its sessions is known yet, so nothing reminds."""
    day = Day(tmp_path, "2026-03-02 08:00")
    day.put("one", "2026-03-02T08:30:00")
    with monkeypatch.context() as patch:
        long = Long(day, patch)
        asking = threading.Thread(target=day.sync)
        asking.start()
        assert long.begun.wait(60)
        patch.setattr(day, "sync", lambda: None)
        await day.until("2026-03-02 08:05")
        assert not told(day)
        await day.until("2026-03-02 08:08")
        assert told(day)
        long.go_on.set()
        await asyncio.to_thread(asking.join)
    await day.until("2026-03-02 08:12")
    assert not told(day)
    assert day.only().state == "reminding"


def test_whoever_sets_a_calendar_up_does_not_wait_as_long_as_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(tmp_path, "2026-03-02 08:00")
    long = Long(day, monkeypatch)
    monkeypatch.setattr(trial, "_SECONDS", 0.1)
    with pytest.raises(Transient, match="did not come whole within"):
        trial.read_once(day.app.config, day.app.surroundings("practice"), day.plugins)
    long.go_on.set()


def two_calendars(folder: Path) -> Day:
    """Polled once: "practice", and "other" after it."""
    second = CONFIG.replace("[channels", '[[calendars]]\nname = "other"\ntype = "memory"\n[channels', 1)
    day = Day(folder, "2026-03-02 08:30", second)
    day.sync()
    return day


def told(day: Day) -> bool:
    """Whether it is on the screen that a calendar cannot be trusted."""
    return any(notice.rung == "calendar" for notice in day.screen.open_notices.values())


def pending(day: Day) -> list[object]:
    """The rungs that would go out."""
    return [one for one in day.states() if one[1] == "pending"]


def stored(day: Day, name: str = "practice") -> calendars.CalendarRow:
    """What is remembered of a calendar."""
    with day.app.store.read() as tx:
        found = calendars.get(tx, name)
    assert found is not None
    return found
