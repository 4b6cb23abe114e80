"""What went wrong in other reminder programs, by the number of its report, and does not go wrong here.

Each docstring names the report and says in a line what happened there. More of them: `test_reported_answers.py`,
`test_calendar_changes.py`, `tests/runtime`, `tests/desktop/test_reports.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kepthour.core.response import Kind
from tests.support.day import CONFIG, Day, a_morning

LADDER = ["-15m", "-5m", "-1m", "0m", "+1m", "+2m", "+3m", "+4m", "+5m"]
ME = 'name = "practice"\naddresses = ["me@example.org"]'


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return a_morning(tmp_path)


def shown(day: Day) -> list[str]:
    return [notice.rung for notice in day.screen.open_notices.values()]


# ---- time that does not flow evenly


async def test_a_snooze_slept_through_ends_at_its_instant_and_not_later_by_the_sleep(day: Day) -> None:
    """omacom/omarchy#10649, #10679: a countdown stood still in suspend; the reminder was late by the sleep."""
    await day.until("2026-03-02 09:46")
    day.answer(Kind.SNOOZE, timedelta(minutes=10))
    day.sleep_until("2026-03-02 09:57")
    await day.until("2026-03-02 09:58")
    assert day.rungs_since("09:46") == [("09:57:00", "-4m")]
    assert day.notices()[-1].title == "Session at 10:00 starts in 3 min"


@contextmanager
def machine_in(zone: str) -> Iterator[None]:
    """The system's time zone is another one, as after a flight."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()


async def test_a_ladder_goes_on_when_the_machine_changes_its_time_zone(day: Day) -> None:
    """leits/MeetingBar#855: silent after a change of the time zone."""
    await day.until("2026-03-02 09:56")
    with machine_in("America/New_York"):
        await day.until("2026-03-02 10:00:30")
    assert day.rungs_since("09:50") == [("09:55:00", "-5m"), ("09:59:00", "-1m"), ("10:00:00", "0m")]


async def test_a_ladder_goes_on_when_the_configuration_names_another_time_zone(day: Day) -> None:
    """leits/MeetingBar#855, with a restart: the event names its zone, so its instants stay."""
    await day.until("2026-03-02 09:56")
    day.config = CONFIG.replace("Europe/Berlin", "America/New_York")
    day.start()
    day.app.refresh()
    day.app.replan()
    await day.until("2026-03-02 10:00:30")
    assert day.rungs_since("09:50") == [("09:55:00", "-5m"), ("09:59:00", "-1m"), ("10:00:00", "0m")]
    assert day.notices()[-1].title == "Session at 04:00 starts now"


CHANGES = {"forward": "2026-03-29", "back": "2026-10-25"}


@pytest.mark.parametrize(
    ("start", "instant"),
    [("2026-03-29T03:30:00", "2026-03-29T01:30:00Z"), ("2026-10-25T03:15:00", "2026-10-25T02:15:00Z")],
    ids=CHANGES.keys(),
)
async def test_in_the_night_the_clocks_change_each_rung_comes_once_and_at_its_distance(
    tmp_path: Path, start: str, instant: str
) -> None:
    """Futsch1/medTimer#56: on that day reminders were scheduled without end."""
    day = Day(tmp_path, f"{start[:10]} 00:30")
    day.put("s", start)
    day.sync()
    await day.until(f"{start[:10]} 12:00")
    begins = datetime.fromisoformat(instant)
    came = [(round((at - begins) / timedelta(minutes=1)), notice.rung) for at, notice in day.screen.received]
    assert came == [
        (-60, "-60m"),
        *zip((-15, -5, -1, 0, 1, 2, 3, 4, 5), LADDER, strict=True),
        (15, "question"),
    ]


@pytest.mark.parametrize("date", CHANGES.values(), ids=CHANGES.keys())
async def test_a_series_keeps_its_wall_clock_across_the_change(tmp_path: Path, date: str) -> None:
    """nextcloud/calendar#2670: a daily reminder for 21:00 came at 20:00 after the end of summer time."""
    first = datetime.fromisoformat(f"{date}T21:00:00") - timedelta(days=10)
    day = Day(tmp_path, f"{first:%Y-%m-%d} 09:00")
    day.put("s", first.isoformat(), 50, "RRULE:FREQ=DAILY;COUNT=20")
    day.sync()
    for days in (-1, 0, 1):
        at = datetime.fromisoformat(date) + timedelta(days=days)
        day.sleep_until(f"{at:%Y-%m-%d} 19:58")
        day.app.replan()
        before = len(day.rungs())
        await day.until(f"{at:%Y-%m-%d} 21:00:30")
        rungs = [("20:00:00", "-60m"), ("20:45:00", "-15m"), ("20:55:00", "-5m"), ("20:59:00", "-1m")]
        assert [one for one in day.rungs()[before:] if one[1] != "question"] == [*rungs, ("21:00:00", "0m")]


# ---- sessions close to each other, or twice


async def test_of_two_short_sessions_in_quick_succession_each_has_its_ladder(day: Day) -> None:
    """leits/MeetingBar#769: 12:05 to 12:12, then 12:15 to 12:30: the first was not announced."""
    day.put("first", "2026-03-02T12:05:00", 7)
    day.put("second", "2026-03-02T12:15:00", 15)
    day.sync()
    await day.until("2026-03-02 12:16")
    begins = {"12:05": "first", "12:15": "second"}
    notices = [(at, notice) for at, notice in day.screen.received if notice.start and notice.start.hour == 12]
    assert [(begins[f"{notice.start:%H:%M}"], notice.rung) for _at, notice in notices] == [
        ("first", "-15m"), ("first", "-5m"), ("second", "-15m"), ("first", "-1m"), ("first", "0m"), ("first", "+1m"),
        ("first", "+2m"), ("first", "+3m"), ("first", "question"), ("second", "-5m"), ("second", "-1m"),
        ("second", "0m"), ("second", "+1m"),
    ]  # fmt: skip


async def test_a_session_that_the_calendar_of_an_attendee_holds_too_reminds_once(tmp_path: Path) -> None:
    """nextcloud/server#21370: one who was invited and one who invites each got every notice twice."""
    two = CONFIG + '[[calendars]]\nname = "second"\ntype = "memory"\nsessions = "all"\n'
    day = a_morning(tmp_path, two)
    invited = ("ORGANIZER:mailto:me@example.org", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ab@example.org")
    day.put("one", "2026-03-02T10:00:00", 50, *invited)
    copy = day.calendar.text("one.ics").replace("SUMMARY:AB", "SUMMARY:Invitation")
    day.plugins.memory.calendar("second").put("invitation.ics", copy)
    day.sync()
    await day.until("2026-03-02 11:30")
    assert [rung for _at, rung in day.rungs()] == ["-60m", *LADDER, "question"]


# ---- events that changed


def _declined(day: Day) -> None:
    day.put("one", "2026-03-02T10:00:00", 50, "ATTENDEE;PARTSTAT=DECLINED:mailto:me@example.org")


HAPPENS = {
    "moved": lambda day: day.put("one", "2026-03-02T14:00:00"),  # kewisch/gdata-provider#700
    "deleted": lambda day: day.calendar.delete("one.ics"),
    "cancelled": lambda day: day.put("one", "2026-03-02T10:00:00", 50, "STATUS:CANCELLED"),
    # quarck#321
    "titled as cancelled": lambda day: day.put("one", "2026-03-02T10:00:00", title="Canceled: AB"),
    "declined": _declined,  # FossifyOrg/Calendar#732
}


@pytest.mark.parametrize("happens", HAPPENS.values(), ids=HAPPENS.keys())
async def test_what_no_longer_holds_leaves_the_screen_and_reminds_no_more(
    tmp_path: Path, happens: Callable[[Day], None]
) -> None:
    """FossifyOrg/Calendar#855: a notice stayed after the event had moved or gone.

    kewisch/gdata-provider#700: a moved event fired at its old time; FossifyOrg/Calendar#732: a declined one did;
    quarck/CalendarNotification#321: one that only its title calls cancelled.
    """
    day = a_morning(tmp_path, CONFIG.replace('name = "practice"', ME))
    await day.until("2026-03-02 09:56")
    assert shown(day) == ["-5m"]
    happens(day)
    day.sync()
    await day.until("2026-03-02 10:20")
    assert [rung for _at, rung in day.rungs_since("09:56") if rung != "question"] == []
    assert [rung for rung in shown(day) if rung != "question"] == []
    assert day.cards() == []


def give_new_ids(day: Day, number: int) -> None:
    """The feed names its events anew; all else stays."""
    for name in ("one", "other", "another"):
        before, after = (f"{name}-{n}" if n else name for n in (number - 1, number))
        renamed = day.calendar.text(f"{before}.ics").replace(f"UID:{before}", f"UID:{after}")
        day.calendar.delete(f"{before}.ics")
        day.calendar.put(f"{after}.ics", renamed)
    day.sync()


NEW_IDS = {
    "unanswered": ("09:56", None, [("09:59:00", "-1m"), ("10:00:00", "0m")]),
    "acknowledged": ("09:46", Kind.ACK, [("10:00:00", "0m")]),
    "checked in": ("09:56", Kind.HERE, []),
}


@pytest.mark.parametrize(("at", "answer", "comes"), NEW_IDS.values(), ids=NEW_IDS.keys())
async def test_new_ids_at_every_sync_repeat_nothing_and_lose_nothing(
    day: Day, at: str, answer: Kind | None, comes: list[tuple[str, str]]
) -> None:
    """quarck/CalendarNotification#299: each sync gave all events new ids; what was dismissed came back."""
    await day.until(f"2026-03-02 {at}")
    if answer is not None:
        day.answer(answer)
    for number in (1, 2, 3):
        give_new_ids(day, number)
        await day.until(f"2026-03-02 {at}:{number}0")
    await day.until("2026-03-02 10:00:30")
    assert day.rungs_since(at) == comes
