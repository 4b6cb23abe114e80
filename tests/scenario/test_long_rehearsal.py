"""A rehearsal of many weeks: what is made once for many sessions says what each would say alone, at a cost that grows
with the number of sessions and no faster. What it costs is counted, not timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kepthour.core.day import by_day, grounds
from kepthour.core.ladder import climb
from kepthour.core.words.rungs import rung_text
from kepthour.views import rehearsed
from kepthour.views.rehearse import rehearse
from kepthour.views.rehearsed import ladders
from tests.support.calendars import calendar, event
from tests.support.day import CONFIG, Day, when

NOW = "2026-03-02 07:00"  # a Monday
WEEKLY = "RRULE:FREQ=WEEKLY"
LINK = "URL:https://meet.google.com/abc-defg-hij"
RULES = """
[[sessions.rules]]
title = '^(?P<client>[A-Z]{2})'
is = "session"
[[reminders.rules]]
weekday = ["tue"]
modality = "video"
also = [{ at = "-2h", urgency = "normal" }]
[[reminders.rules]]
client = "C1"
rungs = [{ at = "-20m" }, { at = "+1m", urgency = "critical" }]
[channels.phone]
type = "recorder"
urgency = "critical"
"""
_CONVERSIONS = 25  # a session; 32 if its past were converted for each again
_KINDS = 9  # of sessions in `practice`


class Counting(ZoneInfo):
    """Berlin, counting what is converted into it."""

    converted = 0

    def fromutc(self, dt: datetime) -> datetime:
        Counting.converted += 1
        return super().fromutc(dt)


def practice(day: Day) -> None:
    """Five a day and one more: with and without a link, of two lengths, one of them moved."""
    for weekday in range(5):
        for hour in (8, 9, 11, 14, 15):
            start = datetime(2026, 2, 2 + weekday, hour)
            more = [WEEKLY, *([LINK] if hour % 2 else []), *(["LOCATION:Clinic"] if hour == 14 else [])]
            day.put(
                f"{weekday}-{hour}", start.isoformat(), 50 if hour != 11 else 25, *more, title=f"C{weekday}"
            )
    series = event("moving", "EF", "20260204T180000", "20260204T185000", WEEKLY)
    moved = event("moving", "EF", "20260312T060000", "20260312T065000",
                  "RECURRENCE-ID;TZID=Europe/Berlin:20260311T180000")  # fmt: skip
    day.calendar.put("moving.ics", calendar(series, moved))
    day.sync()


def weeks_on(weeks: int) -> datetime:
    return when(NOW) + weeks * timedelta(weeks=1)


@pytest.mark.parametrize("head", ["", 'language = "de"\n'], ids=["en", "de"])
@pytest.mark.parametrize("show", ["time", "alias"])
def test_each_rung_is_that_of_its_session_alone(head: str, show: str, tmp_path: Path) -> None:
    day = Day(tmp_path, NOW, head + CONFIG + RULES + f'[privacy]\nnotice = "{show}"\n')
    practice(day)
    config = day.app.config
    sessions = [entry.session for entry in day.agenda(NOW, "2026-04-13 00:00")]
    wanted, found = [], []
    for there in by_day(sessions, config.zone).values():
        for session in there:
            notable = bool(grounds(session, there, is_odd=False))
            ladder = config.ladder.of(session, config.zone)
            for step in climb(ladder, session.start, session.end, notable=notable):
                at = step.offset, step.due_at
                text = rung_text(config.showing.tongue, session, *at, config.zone, config.show).whole
                about = step.rung, step.urgency, step.offset, step.skip_in_session
                wanted.append((step.due_at, session.id, *about, step.channel, text))
            for one in ladders(config, [(session, notable)]):
                about = one.rung, one.urgency, one.offset, one.skip_in_session
                found += [(one.at, one.session, *about, channel, one.text) for channel in one.channels]
    assert found == wanted
    assert len({rung for _at, _id, rung, *_ in found}) > 10
    together = [(session, True) for session in sessions]
    alone = [one for session in together for one in ladders(config, [session])]
    in_order = attrgetter("at", "session")
    assert sorted(ladders(config, together), key=in_order) == sorted(alone, key=in_order)


def test_its_cost_grows_with_the_sessions_and_no_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(tmp_path, NOW, CONFIG + RULES)
    practice(day)
    made: Counter[str] = Counter()

    def counted(name: str) -> Callable[..., object]:
        real = getattr(rehearsed, name)

        def call(*args: object, **more: object) -> object:
            made[name] += 1
            return real(*args, **more)

        return call

    for name in ("climb", "rung_words"):
        monkeypatch.setattr(rehearsed, name, counted(name))
    config = replace(day.app.config, zone=Counting("Europe/Berlin"))
    costs = []
    for weeks in (8, 16):
        made.clear()
        Counting.converted = 0
        found = rehearse(config, day.app.store, day.clock.at, weeks_on(weeks), day.clock.at)
        count = len({one.session for one in found if one.session})
        costs.append((count, Counting.converted, made["climb"], made["rung_words"]))
    (few, of_few, *kinds), (many, of_many, *same_kinds) = costs
    assert few > 150
    assert many > 1.9 * few
    assert of_few < _CONVERSIONS * few
    assert of_many < _CONVERSIONS * many
    assert kinds == same_kinds
    assert kinds[0] == _KINDS
