"""Another name for a calendar or a channel, a library that is broken, a store that is busy: what is due still comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour import pipeline
from kepthour.core.errors import TryLater
from kepthour_connectors.base import Connector, Surroundings, Transient
from tests.support.day import CONFIG, Day, a_morning, when

TWO = CONFIG.replace(
    "[channels.screen]",
    '[[calendars]]\nname = "other"\ntype = "memory"\nsessions = "all"\n[channels.screen]',
)


async def test_a_calendar_that_cannot_be_asked_under_its_new_name_reminds_all_the_same(
    tmp_path: Path,
) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:50")
    day.config = CONFIG.replace('"practice"', '"work"')
    day.plugins.memory.calendar("work").broken = Transient("It is down.", "Wait.")
    await day.restart()
    await day.until("2026-03-02 10:01")
    assert ("10:00:00", "0m") in day.rungs()


async def test_what_is_late_comes_on_a_channel_under_its_new_name(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:56")
    day.config = CONFIG.replace("channels.screen", "channels.display")
    day.clock.at = when("2026-03-02 10:06")
    await day.restart()
    await day.until("2026-03-02 10:14")
    assert [rung for _at, rung in day.rungs("display") if rung.endswith("m")]


async def test_a_connector_that_cannot_be_made_costs_no_other_calendar_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", TWO)
    made = day.plugins.memory.connect

    def connect(options: object, surroundings: Surroundings) -> Connector:
        if surroundings.name == "other":
            raise ImportError("a broken library")
        return made(options, surroundings)

    day.put("one", "2026-03-02T10:00:00")
    with monkeypatch.context() as there:
        there.setattr(day.plugins.memory, "connect", connect)
        assert day.app.ask("practice").problem is None
        assert day.app.ask("other").problem == "transient"
        await day.until("2026-03-02 10:00")
    assert ("10:00:00", "0m") in day.rungs()
    assert day.app.ask("other").problem is None


async def test_news_that_could_not_be_planned_are_planned_with_the_next_poll(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is busy for a moment, just when they are to be: to the next poll they are none."""
    day = Day(tmp_path, "2026-03-02 09:30")
    day.put("far", "2026-03-05T10:00:00")
    day.sync()
    day.put("one", "2026-03-02T10:00:00")

    def busy(*_args: object, **_more: object) -> None:
        raise TryLater("The store is busy.")

    with monkeypatch.context() as there:
        there.setattr(pipeline.plan, "plan", busy)
        with pytest.raises(TryLater):
            day.app.ask("practice")
    day.app.ask("practice")
    assert len(day.agenda("2026-03-02 00:00", "2026-03-03 00:00")) == 1


def test_a_connector_that_can_be_made_in_the_end_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library was being upgraded while the daemon started."""
    day = Day(tmp_path, "2026-03-02 08:00")
    tries = 0
    right = day.plugins.connector

    def connector(name: str) -> object:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ImportError("half of it is there")
        return right(name)

    monkeypatch.setattr(day.plugins, "connector", connector)
    day.put("one", "2026-03-02T10:00:00")
    for _poll in range(6):
        day.app.ask("practice")
    assert len(day.agenda("2026-03-02 00:00", "2026-03-03 00:00")) == 1
    assert tries == 3
