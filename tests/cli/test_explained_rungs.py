"""`explain ID` says why a session has its rungs, or has not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.cli.story import rung_sentence
from kepthour.core.day import Ground
from kepthour.core.ladder import OnlyIf
from kepthour.core.response import Kind
from kepthour.views.story import Reasoned, story
from tests.support.day import CONFIG, Day

RULES = CONFIG + "[[reminders.rules]]\nplace = 'Clinic'\nalso = [{ at = '-30m' }]\n"
SESSIONS = (("09:00", "Room"), ("10:00", "Room"), ("12:30", "Room"), ("13:30", "Clinic"), ("14:20", "Clinic"))
WHY = {
    "09:00": (True, ["first_of_the_day"]),
    "10:00": (False, []),
    "12:30": (True, ["after_a_gap"]),
    "13:30": (True, ["another_place", "oddity"]),
    "14:20": (True, ["oddity"]),
    "14:50": (True, ["another_place", "oddity"]),
}


def told(day: Day, start: str) -> tuple[bool, list[str], int | None]:
    """Whether the early rung is planned, why, and the rule that gives the rungs."""
    entries = day.agenda("2026-03-03 00:00", "2026-03-03 23:59")
    (session,) = [
        one.session for one in entries if f"{one.session.start + timedelta(hours=1):%H:%M}" == start
    ]
    known = story(day.app.config, day.app.store, session.id, day.clock.at)
    assert known is not None
    early = next(one for one in known.rungs if one.rung == "-60m")
    assert all(one.grounds == () and one.is_planned for one in known.rungs if one.only_if is OnlyIf.ALWAYS)
    return early.is_planned, [ground.value for ground in early.grounds], known.rule


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 18:30", RULES)
    for start, place in SESSIONS:
        made.put(start, f"2026-03-03T{start}:00", 50, f"LOCATION:{place}")
    made.put("overlapping", "2026-03-03T14:50:00", 50, "LOCATION:Room")
    made.sync()
    return made


def test_each_ground_is_named(day: Day) -> None:
    assert {start: told(day, start)[:2] for start in WHY} == WHY


def test_the_rule_that_gives_the_rungs_is_named(day: Day) -> None:
    assert [told(day, start)[2] for start in WHY] == [None, None, None, 1, 1, None]


async def test_a_rung_at_the_end_of_a_snooze_is_called_that(day: Day) -> None:
    await day.until("2026-03-03 08:56")
    day.answer(Kind.SNOOZE, timedelta(minutes=2))
    (session,) = [one.session for one in day.agenda("2026-03-03 08:00", "2026-03-03 09:30")]
    known = story(day.app.config, day.app.store, session.id, day.clock.at)
    assert known is not None
    assert [one.rung for one in known.rungs if one.only_if is None] == ["-2m"]


@pytest.mark.parametrize(
    ("rung", "sentence"),
    [
        (Reasoned("-5m", OnlyIf.ALWAYS, True), None),
        (Reasoned("-2m", None, True, is_called_for=True),
         "-2m comes because you snoozed, or announced another start."),
        (Reasoned("-2m", None, True), "-2m is of the configuration by which its reminders began."),
        (Reasoned("-60m", OnlyIf.NOTABLE, False), "-60m is left out: nothing calls for it."),
        (Reasoned("-60m", OnlyIf.NOTABLE, True),
         "-60m is planned, though what called for it is no longer so."),
        (Reasoned("-60m", OnlyIf.NOTABLE, True, (Ground.GAP, Ground.ODD)),
         "-60m is planned because it comes after a gap of 90 minutes or more and something about it is odd."),
        (Reasoned("-60m", OnlyIf.NOTABLE, False, (Ground.FIRST,)),
         "-60m is called for, since it is the first session of the day; "
         "but its time was over, or no channel takes it."),
    ],
)  # fmt: skip
def test_a_rung_is_explained_in_words(rung: Reasoned, sentence: str | None) -> None:
    assert rung_sentence(rung) == sentence


@pytest.mark.parametrize("ground", list(Ground))
def test_every_ground_can_be_told(ground: Ground) -> None:
    assert "because" in str(rung_sentence(Reasoned("-60m", OnlyIf.NOTABLE, True, (ground,))))


async def test_a_rule_that_came_after_its_ladder_had_begun_is_not_called_its_own(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 09:00", CONFIG)
    day.put("one", "2026-03-02T10:00:00", 50, "LOCATION:Clinic")
    day.sync()
    await day.until("2026-03-02 09:52")
    day.config = CONFIG + "[[reminders.rules]]\nplace = 'Clinic'\nalso = [{ at = '-7m' }]\n"
    day.start()
    session = day.only().session.id
    known = story(day.app.config, day.app.store, session, day.clock.at)
    assert known is not None
    assert (known.rule, known.before_rules) == (1, True)


def test_a_rule_by_which_it_was_planned_is(day: Day) -> None:
    entries = day.agenda("2026-03-03 13:00", "2026-03-03 14:00")
    known = story(day.app.config, day.app.store, entries[-1].session.id, day.clock.at)
    assert known is not None
    assert (known.rule, known.before_rules) == (1, False)
