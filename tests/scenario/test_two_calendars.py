"""The same session in two calendars under two UIDs, as exports have it: what one of them tells counts for both."""

from __future__ import annotations

from pathlib import Path

import pytest

from kepthour.core.verdict import Because, Verdict
from kepthour.store import history
from tests.support.calendars import calendar, event
from tests.support.day import CONFIG, Day
from tests.support.fence import TITLE

TWO = (
    CONFIG.replace('sessions = "all"', 'sessions = "rules"')
    + """
[[calendars]]
name = "second"
type = "memory"
sessions = "rules"
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})'
is = "session"
"""
)


def copy(day: Day, title: str) -> None:
    """The same hour in the second calendar, under another UID; and another week's, so that it is not empty."""
    for uid, date in (("export-1", "20260302"), ("export-2", "20260323")):
        text = calendar(event(uid, f"{title} {TITLE}", f"{date}T100000", f"{date}T105000"))
        day.plugins.memory.calendar("second").put(f"{uid}.ics", text)
    day.put("one", "2026-03-02T10:00:00", title=f"AB {TITLE}")
    day.put("other", "2026-03-23T10:00:00", title=f"AB {TITLE}")
    day.sync()


@pytest.mark.parametrize(
    ("client", "concluded"),
    [
        ("AB", (Verdict.UNKNOWN, Because.CALENDAR_STALE)),
        ("CD", (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)),
    ],
    ids=["the same client", "another client, whom nobody moved"],
)
async def test_a_session_that_was_moved_in_the_other_calendar_is_asked_about_and_not_suspected(
    tmp_path: Path, client: str, concluded: tuple[Verdict, Because]
) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", TWO)
    copy(day, client)
    await day.until("2026-03-02 09:50")
    day.put("one", "2026-03-02T14:00:00", title=f"AB {TITLE}")
    day.sync()
    await day.until("2026-03-02 10:16")
    (left,) = [
        one for one in day.agenda("2026-03-02 10:00", "2026-03-02 10:50") if one.session.calendar == "second"
    ]
    with day.app.store.read() as tx:
        said = history.of_session(tx, left.session.id)
    assert [(one.verdict, one.because) for one in said] == [concluded]
    assert "0m" in [rung for _at, rung in day.rungs()], "to remind is right"
