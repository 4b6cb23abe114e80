"""A ladder that has begun stays as it was planned: `rehearse` and `explain` say so under another configuration, too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.cli.story import rung_sentence
from kepthour.core.response import Kind
from kepthour.views.rehearse import rehearse
from kepthour.views.story import story
from tests.support.day import BERLIN, CONFIG, Day, a_morning, when

PERSISTENT = '[reminders]\nprofile = "persistent"\n'
SHORTER = '[verdict]\nmissed_after = "3m"\n'
OWN = "".join(f'[[reminders.rungs]]\nat = "{at}"\n' for at in ("-20m", "-3m", "+2m"))
RULE = '[[reminders.rules]]\nprofile = "gentle"\n'


def rehearsed(day: Day, start: str, end: str) -> list[tuple[str, str]]:
    found = rehearse(day.app.config, day.app.store, when(start), when(end), day.clock.at)
    return [(f"{one.at.astimezone(BERLIN):%H:%M:%S}", one.rung) for one in found]


def sentences(day: Day) -> list[str]:
    """What `explain` says of its rungs."""
    found = story(day.app.config, day.app.store, day.only().session.id, day.clock.at)
    assert found is not None
    return [said for one in found.rungs if (said := rung_sentence(one)) is not None]


@pytest.mark.parametrize("more", [PERSISTENT, SHORTER, OWN, RULE])
async def test_what_is_rehearsed_is_what_comes(tmp_path: Path, more: str) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:50")
    day.config += more
    await day.restart()
    told = rehearsed(day, "2026-03-02 09:51", "2026-03-02 10:30")
    await day.until("2026-03-02 10:30")
    assert told == day.rungs_since("09:51")


async def test_what_came_stays_in_sight(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    await day.until("2026-03-02 09:50")
    assert rehearsed(day, "2026-03-02 08:00", "2026-03-02 09:50") == day.rungs()


async def test_one_that_has_not_begun_is_rehearsed_as_it_is_planned_now(tmp_path: Path) -> None:
    day = a_morning(tmp_path)
    day.config += OWN
    await day.restart()
    assert rehearsed(day, "2026-03-02 09:00", "2026-03-02 10:15") == [
        ("09:40:00", "-20m"),
        ("09:57:00", "-3m"),
        ("10:02:00", "+2m"),
    ]


async def test_no_rung_of_before_comes_because_of_an_answer(tmp_path: Path) -> None:
    day = a_morning(tmp_path, CONFIG + OWN)
    await day.until("2026-03-02 09:50")
    day.config = day.config.replace(OWN, "")
    await day.restart()
    told = [one for one in sentences(day) if not one.startswith("-60m")]
    assert told == [
        f"{rung} is of the configuration by which its reminders began." for rung in ("-20m", "-3m")
    ]


async def test_what_an_answer_called_for_comes_because_of_it(tmp_path: Path) -> None:
    day = a_morning(tmp_path, CONFIG + OWN)
    await day.until("2026-03-02 09:50")
    day.answer(Kind.SNOOZE, timedelta(minutes=4))
    await day.until("2026-03-02 10:04")
    day.answer(Kind.LATE, timedelta(minutes=5))
    day.config = day.config.replace(OWN, "")
    await day.restart()
    because = [one for one in sentences(day) if "because you snoozed" in one]
    assert because == [
        f"{rung} comes because you snoozed, or announced another start." for rung in ("-6m", "+9m", "+11m")
    ]
