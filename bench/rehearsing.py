"""`kepthour rehearse` of a year of a full practice: 30 sessions in each of 50 weeks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.calendar_of_a_practice import full_week, monday
from bench.clients import KeptHour
from bench.measuring import OURS, Failed, Row, Setting, in_turn, workshop
from tests.support.calendars import calendar

SECONDS = 1.0
_A_WEEK, _WEEKS = 30, 50


def measure(setting: Setting) -> Iterator[Row]:
    """Fewer weeks for a smaller calendar."""
    weeks = max(1, setting.events * _WEEKS // 5_000)
    with workshop(setting) as name:
        file = Path(name) / "practice.ics"
        file.write_text(calendar(*full_week(_A_WEEK, weeks + 1)), encoding="utf-8", newline="")
        ours = KeptHour.of_file(Path(name) / "kepthour", file)
        ours.sync()
        first = monday() + timedelta(weeks=1)  # what is past is not rehearsed
        span = ["--from", f"{first}", "--to", f"{first + timedelta(weeks=weeks)}"]
        said = json.loads(ours.cost("rehearse", *span, "--json").said)
        found = {one["session"] for one in said["reminders"]} - {None}
        if len(found) != _A_WEEK * weeks:
            raise Failed(f"a rehearsal of {len(found)} sessions")
        work = f"rehearsal of {weeks} weeks, {len(found):,} sessions"
        turns = in_turn(setting, work, {OURS: lambda: ours.cost("rehearse", *span)})
        yield turns.row(work, "s", lambda one: one.wall, at_most=SECONDS)
        yield turns.row(f"{work}: processor", "s", lambda one: one.cpu)
        yield turns.row(f"{work}: memory at most", "MB", lambda one: one.peak)
