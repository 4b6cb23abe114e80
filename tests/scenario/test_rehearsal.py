"""`rehearse` says what the daemon then sends: the same reminders, at the same times, in the same words."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.core.words.text import Text
from kepthour.ports import Notice
from kepthour.views.rehearse import rehearse
from tests.support.calendars import calendar, event
from tests.support.day import BERLIN, Day, when
from tests.support.day import CONFIG as DAY_CONFIG

SELDOM = timedelta(hours=6)  # between two polls: weeks have to pass in seconds
CONFIG = DAY_CONFIG.replace('sessions = "all"', 'sessions = "all"\nstale_after = "7h"')
DIGESTS = CONFIG.replace("enabled = false", "enabled = true")
PHONE = '[channels.phone]\ntype = "recorder"\n'
PERSISTENT = '[reminders]\nprofile = "persistent"\n'
ALIAS = '[privacy]\nnotice = "alias"\n'


class Line(NamedTuple):
    """One reminder on one channel. `at` is local."""

    at: str
    channel: str
    session: str | None
    rung: str
    urgency: str
    text: str


def rehearsed(day: Day, start: str, end: str) -> list[Line]:
    found = rehearse(day.app.config, day.app.store, when(start), when(end), day.clock.at)
    return sorted(
        Line(_local(one.at), channel, one.session, one.rung, one.urgency.value, one.text)
        for one in found
        for channel in one.channels
    )


def sent(day: Day) -> list[Line]:
    return sorted(
        _line(name, at, notice) for name, channel in day.channels.items() for at, notice in channel.received
    )


def _line(channel: str, at: datetime, notice: Notice) -> Line:
    session = None if ":" in notice.subject else notice.subject  # "day:2026-03-02", "question:…"
    text = Text(notice.title, notice.text).whole
    return Line(_local(at), channel, session, notice.rung, notice.urgency.value, text)


def _local(at: datetime) -> str:
    return at.astimezone(BERLIN).isoformat()


async def nobody_answers(day: Day, end: str) -> None:
    """Let time pass. Between polls comes what a daemon's own timer does besides: new windows, and the audit."""
    while day.clock.at < when(end):
        day.app.refresh()
        day.app.replan()
        await day.until(f"{(day.clock.at + SELDOM).astimezone(BERLIN):%Y-%m-%d %H:%M}", every=SELDOM)


def fill(day: Day) -> None:
    """A practice: series at several paces, a moved, a dropped and a cancelled instance, single events, a link."""
    link = "URL:https://meet.google.com/abc-defg-hij"
    weekly = "RRULE:FREQ=WEEKLY"
    day.put("mondays", "2026-03-02T09:00:00", 50, weekly, link)
    day.put("mondays-next", "2026-03-02T10:00:00", 50, weekly, title="CD")
    day.put("mondays-late", "2026-03-02T18:10:00", 25, weekly)
    day.put("fridays", "2026-03-06T08:00:00", 50, "RRULE:FREQ=WEEKLY;INTERVAL=2", "LOCATION:Clinic")
    day.put("dropped", "2026-03-05T11:00:00", 50, weekly, "EXDATE;TZID=Europe/Berlin:20260319T110000")
    day.put("early", "2026-03-25T06:15:00", 90)
    day.put("sunday", "2026-03-29T09:00:00", 50)  # the day on which the clocks change
    day.put("night", "2026-03-20T23:40:00", 50)
    day.put("off", "2026-03-26T15:00:00", 50, "STATUS:CANCELLED")
    series = event("moving", "EF", "20260304T140000", "20260304T145000", weekly)
    moved = event("moving", "EF", "20260319T160000", "20260319T165000",
                  "RECURRENCE-ID;TZID=Europe/Berlin:20260318T140000")  # fmt: skip
    day.calendar.put("moving.ics", calendar(series, moved))


@pytest.mark.parametrize(
    "config", [DIGESTS + PHONE + ALIAS, CONFIG + PERSISTENT], ids=["digests, phone, alias", "persistent"]
)
async def test_what_was_rehearsed_is_what_comes(tmp_path: Path, config: str) -> None:
    start, end = "2026-03-15 12:00", "2026-03-29 23:00"
    day = Day(tmp_path, start, config)
    fill(day)
    day.sync()
    before = rehearsed(day, start, end)
    await nobody_answers(day, end)
    assert sent(day) == before
    assert len(before) > 100


async def test_it_is_rehearsed_in_the_language_in_which_it_comes(tmp_path: Path) -> None:
    start, end = "2026-03-01 12:00", "2026-03-02 12:00"
    day = Day(tmp_path, start, 'language = "de"\n' + DIGESTS)
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    before = rehearsed(day, start, end)
    await nobody_answers(day, end)
    assert sent(day) == before
    assert "Sitzung um 09:00 Uhr beginnt in 5 Minuten. 50 Minuten." in "".join(line.text for line in before)
    assert [action.label for action in day.notices()[-3].actions] == ["Ich bin da", "10 Min. später"]
    assert day.notices()[-2].title == "Keine Rückmeldung für 09:00 Uhr. Was ist passiert?"


async def test_two_sessions_at_once_share_one_question(tmp_path: Path) -> None:
    start, end = "2026-03-02 07:30", "2026-03-02 10:00"
    day = Day(tmp_path, start)
    day.put("one", "2026-03-02T09:00:00")
    day.put("two", "2026-03-02T09:00:00", title="CD")
    day.sync()
    before = rehearsed(day, start, end)
    await day.until(end)
    assert sent(day) == before
    assert [line.rung for line in before].count("question") == 1


@pytest.mark.parametrize(
    ("kind", "span"),
    [
        (Kind.ACK, None),
        (Kind.SNOOZE, timedelta(minutes=2)),
        (Kind.LATE, timedelta(minutes=10)),
        (Kind.HERE, None),
    ],
)
async def test_after_an_answer_the_rest_is_rehearsed(
    tmp_path: Path, kind: Kind, span: timedelta | None
) -> None:
    now, end = "2026-03-02 08:56", "2026-03-02 10:00"
    day = Day(tmp_path, "2026-03-02 08:30")
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    await day.until(now)
    day.answer(kind, span)
    before, there = rehearsed(day, now, end), sent(day)
    await day.until(end)
    assert sent(day) == sorted(there + before)


async def test_what_is_settled_reminds_no_more(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30")
    day.put("one", "2026-03-02T09:00:00")
    day.sync()
    day.app.settle(day.only().session.id, Verdict.CLIENT_CANCELLED, None)
    assert rehearsed(day, "2026-03-02 08:30", "2026-03-02 10:00") == []


def test_a_digest_is_rehearsed_with_the_calendars_as_they_are_now(tmp_path: Path) -> None:
    day = Day(tmp_path, "2026-03-02 08:30", DIGESTS)
    day.put("one", "2026-03-03T10:00:00")
    day.sync()
    evening = "2026-03-02 18:00", "2026-03-02 18:01"
    assert "in sync" in rehearsed(day, *evening)[0].text
    day.clock.at += timedelta(hours=8)
    assert "practice" in rehearsed(day, *evening)[0].text


async def test_it_says_what_waits_if_one_is_with_the_client_before(tmp_path: Path) -> None:
    """What it says comes at its time does so, and what it says may wait does not: the therapist checks in."""
    start, end = "2026-03-02 09:00", "2026-03-02 12:00"
    day = Day(tmp_path, start, CONFIG)
    day.put("one", "2026-03-02T10:00:00")
    day.put("next", "2026-03-02T10:50:00")
    day.put("across", "2026-03-02T10:30:00", 90)
    day.sync()
    ids = {entry.session.start: entry.session.id for entry in day.agenda(start, end)}
    one = ids[when("2026-03-02 10:00")]
    told = rehearse(day.app.config, day.app.store, when(start), when(end), day.clock.at)
    during = [line for line in told if when("2026-03-02 10:01") <= line.at < when("2026-03-02 10:50")]
    waiting = {(line.session, line.rung) for line in during if one in {held.id for held in line.waits_in}}
    await day.until("2026-03-02 10:01")
    day.answer(Kind.HERE, session=one)
    seen = len(day.notices())
    await day.until("2026-03-02 10:49:59")
    came = {(line.session, line.rung) for line in sent(day)[seen:]}
    theirs = {(line.session, line.rung) for line in during if line.session != one}
    assert came == theirs - waiting
    assert came and waiting
