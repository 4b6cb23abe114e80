"""What is suggested as a cause: each in its situation, and in no other."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from kepthour.cli.repair.told import fact
from kepthour.core.causes import Cause
from kepthour.core.response import Kind
from kepthour.core.verdict import Verdict
from kepthour.views.causes import Looked, look
from kepthour_connectors.base import Transient
from tests.support.calendars import calendar, event
from tests.support.day import CONFIG, Day, when
from tests.support.situation import Brisk, Happening, at, calendar_called
from tests.support.steps import fails, goes_on_leave, refuses, sleeps_until

RULES = '[[sessions.rules]]\ntitle = "^(?P<client>[A-Z]{2})"\nis = "session"\n'
TWO_CHANNELS = (
    CONFIG.replace('sessions = "all"', 'sessions = "rules"').replace(
        'type = "memory"', 'type = "memory"\nstale_after = "20m"'
    )
    + '[channels.phone]\ntype = "recorder"\n'
    + RULES
)
TWO_CALENDARS = TWO_CHANNELS + '[[calendars]]\nname = "second"\ntype = "memory"\n'
BEFORE = ("2026-03-02T08:30:00", 50)  # a session that is held: no gap, not right before, and not the first
HERE, OUT = Kind.HERE, Kind.OUT


def put(
    uid: str, start: str, minutes: int = 50, *more: str, client: str = "AB", of: str = "practice"
) -> Happening:
    """The entry is written so, and the calendar read."""

    def write(day: Day) -> None:
        begins, ends = when(start), when(start) + timedelta(minutes=minutes)
        local = "%Y%m%dT%H%M%S"
        zone = day.app.config.zone
        text = event(
            uid, client, begins.astimezone(zone).strftime(local), ends.astimezone(zone).strftime(local), *more
        )
        calendar_called(day, of).put(f"{uid}.ics", calendar(text))
        day.sync()

    return "", write


def answer(uid: str, kind: Kind, minutes: int | None = None) -> Happening:
    def say(day: Day) -> None:
        (named,) = [
            one.session.id
            for one in day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
            if one.session.uid == uid
        ]
        day.answer(kind, timedelta(minutes=minutes) if minutes else None, session=named)

    return "", say


def on(time: str, *happenings: Happening) -> Happening:
    return at(time, *(step for _time, step in happenings))


def leave(since: str, until: str) -> Happening:
    return "", goes_on_leave(since, until)


def held(uid: str, start: str, end: str) -> Sequence[Happening]:
    """Somebody was there, from its start to its end."""
    return on(start, answer(uid, HERE)), on(end, answer(uid, OUT))


@dataclass(frozen=True)
class Told:
    """`entries` stand in the calendar from the beginning; the session "one" is missed, or held at `late`."""

    suggests: dict[Cause, str]
    entries: Sequence[Happening] = (put("one", "2026-03-02T10:00:00"), put("early", *BEFORE, client="CD"))
    happens: Sequence[Happening] = held("early", "08:30", "09:20")
    config: str = TWO_CHANNELS
    late: str | None = None


def weeks(*days: str) -> Sequence[Happening]:
    return [put(f"past-{day}", f"2026-{day}") for day in days]


USUAL = Told.__dataclass_fields__["entries"].default
EARLY = Told.__dataclass_fields__["happens"].default

SITUATIONS = {
    "nothing stands out": Told({}),
    "begun late, and nothing stands out": Told({}, late="10:06"),
    "moved that morning": Told(
        {Cause.MOVED: "It was moved 2 hours before its start."},
        [put("one", "2026-03-02T16:00:00"), USUAL[1]],
        [on("07:30", put("one", "2026-03-02T10:00:00")), *EARLY],
    ),
    "taken away, and added at another time": Told(
        {Cause.MOVED: "It was moved 2 hours before its start."},
        [put("other", "2026-03-02T16:00:00"), USUAL[1]],
        [
            on("07:30", ("", lambda day: day.calendar.delete("other.ics")), put("one", "2026-03-02T10:00:00")),
            *EARLY,
        ],
    ),
    "cancelled, and back": Told(
        {Cause.RESTORED: "It had been cancelled, and was back 2 hours before its start."},
        happens=[
            on("07:00", put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED")),
            on("08:00", put("one", "2026-03-02T10:00:00")),
            *EARLY,
        ],
    ),
    "the other week": Told(
        {Cause.OTHER_WEEK: "The client comes every other week, and this was the other one."},
        [*weeks("01-26T10:00:00", "02-09T10:00:00", "02-23T10:00:00"), *USUAL],
    ),
    "after a break": Told(
        {Cause.AFTER_BREAK: "It was the client's first session after a break."},
        [*weeks("01-26T10:00:00", "02-02T10:00:00", "02-09T10:00:00"), *USUAL],
    ),
    "at an unusual time": Told(
        {Cause.UNUSUAL_TIME: "It was at another weekday or hour than this client's usual one."},
        [*weeks(*(f"02-{day}T15:00:00" for day in ("03", "10", "17", "24"))), *USUAL],
    ),
    "entered on the day": Told(
        {Cause.SHORT_NOTICE: "It was first seen in its calendar 2 hours before its start."},
        [USUAL[1]],
        [on("08:00", USUAL[0]), *EARLY],
    ),
    "in two calendars": Told(
        {Cause.TWO_CALENDARS: "It stood in two calendars, which did not agree."},
        [*USUAL, put("copy", "2026-03-02T10:30:00", of="second")],
        config=TWO_CALENDARS,
    ),
    "at another place": Told(
        {Cause.OTHER_PLACE: "It was at another place than the one before it."},
        [
            put("one", "2026-03-02T10:00:00", 50, "LOCATION:Clinic"),
            put("early", *BEFORE, "LOCATION:Practice", client="CD"),
        ],
    ),
    "the first": Told({Cause.FIRST: "It was the first session of the day."}, [USUAL[0]], []),
    "after a gap": Told(
        {Cause.GAP: "There was no session in the 2 h 20 min before it."},
        [USUAL[0], put("early", "2026-03-02T06:50:00", client="CD")],
        held("early", "06:50", "07:40"),
    ),
    "after two in a row": Told(
        {Cause.IN_A_ROW: "It came after 2 sessions in a row."},
        [
            USUAL[0],
            put("two", "2026-03-02T08:10:00", client="CD"),
            put("three", "2026-03-02T09:05:00", client="EF"),
        ],
        [*held("two", "08:10", "09:00"), *held("three", "09:05", "09:55")],
    ),
    "the one before took longer": Told(
        {Cause.OVERRUN: "The session right before it was said to be over 4 min after its end."},
        [USUAL[0], put("three", "2026-03-02T09:05:00", client="EF")],
        held("three", "09:05", "09:59"),
    ),
    "no channel took the last reminders": Told(
        {Cause.NOT_DELIVERED: "The last reminder (+5m) reached no channel; refused by phone and screen."},
        happens=[*EARLY, on("09:59", ("", refuses()), ("", refuses("phone")))],
    ),
    "one of two channels refused": Told(
        {Cause.ONE_CHANNEL: "The last reminder (+5m) reached one channel: screen; refused by phone."},
        happens=[*EARLY, on("09:59", ("", refuses("phone")))],
    ),
    "there is one channel": Told(
        {Cause.ONE_CHANNEL: "The last reminder (+5m) reached one channel: screen."},
        config=TWO_CHANNELS.replace('[channels.phone]\ntype = "recorder"\n', ""),
    ),
    "on my way, and nothing more": Told(
        {Cause.ON_THE_WAY: "The last answer to it was “on my way”, at 09:50."},
        happens=[*EARLY, on("09:50", answer("one", Kind.ACK))],
    ),
    "on my way, and then later than thought": Told(
        {},
        happens=[*EARLY, on("09:50", answer("one", Kind.ACK)), on("09:58", answer("one", Kind.LATE, 2))],
        late="10:07",
    ),
    "snoozed": Told(
        {Cause.SNOOZED: "The last answer to it was a snooze, at 09:50."},
        happens=[*EARLY, on("09:50", answer("one", Kind.SNOOZE, 30))],
    ),
    "the calendar could not be read": Told(
        {Cause.NOT_READ: "Its calendar was out of date then: last read Mon 02 Mar 07:00."},
        happens=[on("07:01", ("", fails(Transient("It is not there.", "Wait.")))), *EARLY],
    ),
    "away at that time": Told(
        {Cause.AWAY: "A leave was noted for that time, until Mon 02 Mar 12:00: nothing reminded of it."},
        happens=[*EARLY, on("09:30", leave("09:30", "12:00"))],
    ),
    "back from a leave": Told(
        {Cause.AWAY: "A leave ended 3 hours before it."},
        happens=[on("06:35", leave("06:35", "06:45")), *EARLY],
    ),
    "the computer slept": Told(
        {Cause.NOT_WATCHED: "From Mon 02 Mar 09:57: the computer slept, until Mon 02 Mar 10:20."},
        happens=[*EARLY, on("09:57", ("", sleeps_until("10:20")))],
    ),
}  # fmt: skip


async def lived(told: Told, folder: Path) -> tuple[Day, Looked]:
    day = Brisk(folder, "2026-03-02 06:30", told.config)
    for number, date in enumerate(("03-23", "03-24", "03-25")):  # a calendar that loses all is not believed
        day.put(f"later-{number}", f"2026-{date}T10:00:00", title="GH")
    for _time, step in told.entries:
        step(day)
    for time, step in [*told.happens, on(told.late, answer("one", HERE))] if told.late else told.happens:
        if when(f"2026-03-02 {time}") > day.clock.at:
            await day.until(f"2026-03-02 {time}")
        if inspect.isawaitable(done := step(day)):
            await done
    await day.until("2026-03-02 10:22")
    (one,) = [
        entry.session
        for entry in day.agenda("2026-03-02 00:00", "2026-03-03 00:00")
        if entry.session.uid == "one"
    ]
    if told.late is None:
        day.app.settle(one.id, Verdict.MISSED, None)
    (card,) = [card for card in day.cards() if card.session_id == one.id]
    return day, look(day.app.config, day.app.store, card, day.clock.at)


@pytest.mark.parametrize("told", SITUATIONS.values(), ids=list(SITUATIONS))
async def test_a_cause_is_suggested_in_its_situation_and_in_no_other(told: Told, tmp_path: Path) -> None:
    day, looked = await lived(told, tmp_path)
    zone = day.app.config.zone
    assert {one: fact(one, looked.facts, zone) for one in looked.causes} == told.suggests


def test_every_cause_but_the_therapists_own_has_a_situation() -> None:
    assert {cause for told in SITUATIONS.values() for cause in told.suggests} == set(Cause) - {Cause.OTHER}


async def test_what_was_so_is_told_still_when_the_event_was_moved_to_make_up_for_it(tmp_path: Path) -> None:
    told = SITUATIONS["at an unusual time"]
    day, looked = await lived(told, tmp_path)
    _time, move = put("one", "2026-03-05T15:00:00")
    move(day)
    again = look(day.app.config, day.app.store, looked.card, day.clock.at)
    assert again.session.start == when("2026-03-02 10:00")
    assert again.causes == (Cause.UNUSUAL_TIME,)
