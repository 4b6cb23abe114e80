"""Rungs of one's own for some sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.views.rehearse import rehearse
from tests.support.day import CONFIG, Day, when

ALIAS = CONFIG.replace('sessions = "all"', 'sessions = "rules"') + (
    "[[sessions.rules]]\ntitle = '^(?P<client>[A-Z]{2})'\nis = \"session\"\n"
)
LINK = "URL:https://meet.google.com/abc-defg-hij"
USUAL = ["-15m", "-5m", "-1m", "0m"]


def rungs_of(day: Day, start: str) -> list[str]:
    config, store = day.app.config, day.app.store
    found = rehearse(config, store, when("2026-03-02 00:00"), when("2026-03-07 00:00"), day.clock.at)
    entries = day.agenda("2026-03-02 00:00", "2026-03-07 00:00")
    wanted = [entry.session.id for entry in entries if entry.session.start == when(start)]
    return [one.rung for one in found if one.session in wanted and one.rung != "question"]


@pytest.mark.parametrize(
    ("condition", "with_rung"),
    [
        ('client = "CD"', {"2026-03-03 10:00"}),
        ('weekday = ["mon", "wed"]', {"2026-03-02 10:00", "2026-03-04 10:00"}),
        ('modality = "video"', {"2026-03-04 10:00"}),
        ('modality = "in_person"', {"2026-03-02 10:00", "2026-03-03 10:00"}),
        ("place = '^Clinic'", {"2026-03-03 10:00"}),
        ('calendar = "practice"', {"2026-03-02 10:00", "2026-03-03 10:00", "2026-03-04 10:00"}),
        ('client = "AB"\nweekday = ["wed"]', {"2026-03-04 10:00"}),
    ],
)
def test_a_rule_gives_its_rungs_to_the_sessions_that_it_fits(
    condition: str, with_rung: set[str], tmp_path: Path
) -> None:
    rule = f'[[reminders.rules]]\n{condition}\nalso = [{{ at = "-2h", urgency = "normal" }}]\n'
    day = Day(tmp_path, "2026-03-01 08:00", ALIAS + rule)
    day.put("mon", "2026-03-02T10:00:00")
    day.put("tue", "2026-03-03T10:00:00", 50, "LOCATION:Clinic\\, room 2", title="CD")
    day.put("wed", "2026-03-04T10:00:00", 50, LINK)
    day.sync()
    starts = ["2026-03-02 10:00", "2026-03-03 10:00", "2026-03-04 10:00"]
    assert {start for start in starts if "-2h" in rungs_of(day, start)} == with_rung
    assert all(set(USUAL) <= set(rungs_of(day, start)) for start in starts)


async def test_they_come_as_they_were_rehearsed_and_the_first_rule_counts(tmp_path: Path) -> None:
    rules = (
        '[[reminders.rules]]\nclient = "AB"\nrungs = [{ at = "-20m" }, { at = "+1m", urgency = "critical" }]\n'
        '[[reminders.rules]]\nprofile = "persistent"\n'
    )
    day = Day(tmp_path, "2026-03-02 09:25", ALIAS + rules)
    day.put("one", "2026-03-02T10:00:00")
    day.put("two", "2026-03-02T13:00:00", title="CD")
    day.sync()
    rehearsed = rungs_of(day, "2026-03-02 10:00")
    await day.until("2026-03-02 10:02")
    assert rehearsed == [rung for _at, rung in day.rungs()] == ["-20m", "+1m"]
    assert "-2m" in rungs_of(day, "2026-03-02 13:00")


async def test_a_place_that_changes_before_the_ladder_has_begun_changes_its_rungs(tmp_path: Path) -> None:
    rule = '[[reminders.rules]]\nplace = "^Clinic"\nrungs = [{ at = "-40m" }]\n'
    day = Day(tmp_path, "2026-03-02 08:00", CONFIG + rule)
    day.put("one", "2026-03-02T10:00:00")
    day.sync()
    assert "-5m" in rungs_of(day, "2026-03-02 10:00")
    day.put("one", "2026-03-02T10:00:00", 50, "LOCATION:Clinic")
    day.sync()
    await day.until("2026-03-02 10:01")
    assert day.rungs() == [("09:20:00", "-40m")]
