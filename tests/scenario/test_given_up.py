"""An App that a reload gave up: what it was about to write, another configuration has written by then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kepthour import pipeline
from kepthour.core.quiet import CUE
from kepthour.core.response import Kind
from kepthour.pipeline.plan import stage
from kepthour.store import calendars
from tests.support.after_a_miss import after_a_miss, made_up
from tests.support.day import CONFIG, Day, a_morning

_NONE = CONFIG.replace('sessions = "all"', 'sessions = "none"')
_SECOND = CONFIG.replace("[channels", '[[calendars]]\nname = "other"\ntype = "memory"\n[channels', 1)


def reload(day: Day, config: str) -> None:
    """As the daemon does: the old App is given up, and the new one plans."""
    day.app.give_up()
    day.config = config
    day.start()
    day.app.catch_up()


def just_before(monkeypatch: pytest.MonkeyPatch, room: Any, name: str, happens: Callable[[], None]) -> None:
    """Something `happens` once, when `name` was decided on, and has not begun."""
    real = getattr(room, name)

    def late(*of: Any, **more: Any) -> Any:
        monkeypatch.setattr(room, name, real)
        happens()
        return real(*of, **more)

    monkeypatch.setattr(room, name, late)


def test_a_plan_that_a_reload_overtakes_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = a_morning(tmp_path)
    day.put("two", "2026-03-02T11:00:00")
    just_before(monkeypatch, pipeline.plan, "plan", lambda: reload(day, _NONE))
    day.app.ask("practice")
    assert not [one for one in day.states() if one[1] == "pending"]


def test_cards_are_not_followed_by_what_was_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = after_a_miss(tmp_path)
    day.put("extra", "2026-03-05T16:00:00")
    just_before(monkeypatch, stage, "follow_cards", day.app.give_up)
    day.sync()
    assert made_up(day) is None


async def test_an_audit_that_a_reload_overtakes_begins_no_ladder_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would plan it: what was given up does not, and the other configuration has."""
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:42")
    with day.app.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE reminders SET state = 'superseded', why = 'checked_in'")
    before = day.only().session.revision
    just_before(monkeypatch, pipeline.audit, "_found", day.app.give_up)
    day.app.audit()
    assert day.only().session.revision == before  # one more would have no ladder


async def test_an_answer_that_a_reload_overtakes_leaves_the_cues_as_the_new_configuration_wants_them(
    tmp_path: Path,
) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:59:30")
    day.answer(Kind.HERE)
    old = day.app
    reload(day, CONFIG.replace("end_cues = []", 'end_cues = ["10m", "5m"]'))
    cues = [one for one in day.states() if one[0].startswith(CUE)]
    old.answer(Kind.HERE, None, "screen")
    assert cues == [one for one in day.states() if one[0].startswith(CUE)] != []


def test_a_window_that_a_reload_overtakes_is_not_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read in the zone that was, its floating times would be wrong until somebody looks again."""
    day = a_morning(tmp_path)
    elsewhere = CONFIG.replace("Berlin", "London")
    day.clock.at = day.clock.at.replace(month=9)  # the window has to move
    just_before(monkeypatch, pipeline.poll, "refresh", lambda: reload(day, elsewhere))
    old = day.app
    old.refresh()
    with day.app.store.read() as tx:
        now = calendars.get(tx, "practice")
    assert now is not None
    assert "London" in (now.expanded_with or "")


def test_a_calendar_that_a_reload_brought_is_not_forgotten(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    old = day.app
    reload(day, _SECOND)
    day.sync()
    old.refresh()
    with day.app.store.read() as tx:
        assert calendars.get(tx, "other") is not None
