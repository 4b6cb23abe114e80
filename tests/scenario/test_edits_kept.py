"""What is kept of an edit, how `explain` tells it, and when it goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kepthour.cli.story import tell
from kepthour.core.verdict import Because
from kepthour.views.story import Story, story
from tests.support.day import BERLIN, CONFIG, Day, when
from tests.support.fence import WORDS
from tests.support.logs import capture_logs

EDITS_COUNT = CONFIG + '[[evidence]]\ntype = "edits"\n'


@pytest.fixture
def day(tmp_path: Path) -> Day:
    made = Day(tmp_path, "2026-03-02 09:40", EDITS_COUNT)
    for uid, date in (("one", "02"), ("two", "09"), ("three", "10")):
        made.put(uid, f"2026-03-{date}T10:00:00")
    made.sync()
    return made


def told(day: Day) -> Story:
    (entry,) = day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
    found = story(day.app.config, day.app.store, entry.session.id, day.clock.at)
    assert found is not None
    return found


async def edited(day: Day, *stamp: str) -> None:
    """Somebody writes into the entry at 10:04:20, and twenty minutes later all is concluded."""
    await day.until("2026-03-02 10:04:20")
    day.put("one", "2026-03-02T10:00:00", 50, f"DESCRIPTION:{WORDS}, paid", *stamp)
    await day.until("2026-03-02 10:24")


async def test_explain_tells_when_the_entry_was_edited(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    await edited(day, "LAST-MODIFIED:20260302T090420Z")
    assert told(day).verdicts[-1].because is Because.ENTRY_EDITED
    tell(told(day), BERLIN, as_json=False)
    assert "Mon 02 Mar 10:04:20  somebody edited its entry in the calendar\n" in capsys.readouterr().out
    tell(told(day), BERLIN, as_json=True)
    at = "2026-03-02T10:04:20+01:00"
    assert json.loads(capsys.readouterr().out)["edits"] == [{"since": at, "until": at}]


async def test_a_calendar_that_tells_no_times_is_told_by_its_polls(
    day: Day, capsys: pytest.CaptureFixture[str]
) -> None:
    await edited(day)
    tell(told(day), BERLIN, as_json=False)
    expected = (
        "Mon 02 Mar 10:04  somebody edited its entry in the calendar, by Mon 02 Mar 10:05 at the latest\n"
    )
    assert expected in capsys.readouterr().out


async def test_nothing_of_what_was_written_is_kept_or_logged(day: Day) -> None:
    with capture_logs() as lines:
        await edited(day)
    kept = [line for line in lines if line["event"] == "evidence.edited"]
    assert kept == [{"event": "evidence.edited", "log_level": "info", "session": told(day).entry.session.id}]
    stored = b"".join(file.read_bytes() for file in day.folder.glob("kepthour.db*"))
    assert b"X-KEPTHOUR-MARK" in stored
    assert WORDS.encode() not in stored


async def test_an_edit_goes_with_the_other_evidence_after_thirty_days(day: Day) -> None:
    await edited(day)
    day.clock.at = when("2026-04-01 10:04")
    day.app.forget_old()
    assert len(told(day).edits) == 1
    day.clock.at = when("2026-04-01 11:06")
    day.app.forget_old()
    assert told(day).edits == ()
    assert told(day).verdicts[-1].because is Because.ENTRY_EDITED


async def test_the_question_is_asked_once_and_calmly(day: Day) -> None:
    await edited(day)
    assert [at for at, rung in day.rungs() if rung == "question"] == ["10:15:00"]
    assert day.cards() == []
