"""A quarter of a full practice in which forty things are odd: all are found, and nothing else is called so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from textwrap import TextWrapper

from tests.support.calendars import calendar, event
from tests.support.day import BERLIN, CONFIG, Day
from tests.support.day import when as at

FIRST, LAST = date(2026, 2, 15), date(2026, 5, 17)  # thirteen weeks, from a Sunday on
SETUP = CONFIG.replace("enabled = false", "enabled = true", 1).replace(
    'sessions = "all"',
    'sessions = "rules"\n[[calendars]]\nname = "ehr"\ntype = "memory"\nsessions = "rules"',
) + ("[[sessions.rules]]\ntitle = '^(?P<client>[A-Z]{2})'\nis = \"session\"\n")
HOURS = ("09:00", "10:00", "11:00", "13:00", "14:00", "15:00")
DAYS = ("MO", "TU", "WE", "TH", "FR")
NEW_YORK = "America/New_York"
LINK = "URL:https://meet.google.com/abc-defg-hij"
DAY = timedelta(days=1)
READ = (
    "2026-02-22", "2026-02-25", "2026-03-04", "2026-03-11", "2026-03-16", "2026-03-18", "2026-03-29", "2026-03-31",
    "2026-04-07", "2026-04-12", "2026-04-23", "2026-05-05", "2026-05-10",
)  # fmt: skip


def stamp(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y%m%dT%H%M%S")


@dataclass
class Client:
    """A client's series, as the calendar has it, and what was done to single instances. Times are in its zone."""

    name: str
    first: str
    every: int = 1
    zone: str | None = "Europe/Berlin"
    more: tuple[str, ...] = ("LOCATION:Room 1",)
    title: str = ""
    off: list[str] = field(default_factory=list)
    changed: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)  # instance -> start, lines

    def text(self) -> str:
        name, zone = self.title or self.name, f";TZID={self.zone}" if self.zone else ""
        rule = f"RRULE:FREQ=WEEKLY;INTERVAL={self.every}"
        dates = [f"EXDATE{zone}:{self._stamp(day)}" for day in self.off]
        parts = [event(self.name, name, *self._span(self.first), rule, *dates, *self.more, zone=self.zone)]
        for day, (start, lines) in self.changed.items():
            instance = f"RECURRENCE-ID{zone}:{self._stamp(day)}"
            parts.append(event(self.name, name, *self._span(start), instance, *lines, zone=self.zone))
        return calendar(*parts)

    def _span(self, start: str) -> tuple[str, str]:
        ends = datetime.fromisoformat(start) + timedelta(minutes=50)
        return self._stamp(start), self._stamp(ends.isoformat())

    def _stamp(self, text: str) -> str:
        return stamp(text) + ("" if self.zone else "Z")


class Practice:
    """The calendars of the quarter."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.clients: dict[str, Client] = {}
        for number, weekday in enumerate(DAYS):
            for letter, hour in zip("ABCDEF", HOURS, strict=True):
                self.add(Client(f"{weekday[0]}{letter}" if weekday != "TH" else f"H{letter}",
                                f"2026-01-{5 + number:02} {hour}"))  # fmt: skip
        self.add(Client("FG", "2026-01-09 16:00", every=2))
        self.add(Client("NY", "2026-01-06 11:00", zone=NEW_YORK))  # 17:00 in Berlin
        self.add(Client("UT", "2026-01-07 16:00", zone=None))  # written in UTC
        self.add(Client("VV", "2026-01-08 17:00", more=(LINK,)))

    def add(self, client: Client) -> None:
        self.clients[client.name] = client
        self.day.calendar.put(f"{client.name}.ics", client.text())

    def off(self, name: str, *days: str) -> None:
        self.clients[name].off += days
        self.add(self.clients[name])

    def back(self, name: str, day: str) -> None:
        self.clients[name].off.remove(day)
        self.add(self.clients[name])

    def change(self, name: str, day: str, start: str = "", *lines: str) -> None:
        self.clients[name].changed[day] = (start or day, lines or self.clients[name].more)
        self.add(self.clients[name])

    def as_before(self, name: str, day: str) -> None:
        del self.clients[name].changed[day]
        self.add(self.clients[name])

    def single(
        self, title: str, start: str, *lines: str, zone: str = "Europe/Berlin", to: str = "practice"
    ) -> None:
        ends = (datetime.fromisoformat(start) + timedelta(minutes=50)).isoformat()
        uid = f"{title}-{stamp(start)}-{to}"
        text = calendar(event(uid, title, stamp(start), stamp(ends), *lines, zone=zone))
        self.day.plugins.memory.calendar(to).put(f"{uid}.ics", text)


# What is done to the calendars, each at noon of its day.
Edit = Callable[[Practice], None]
EDITS: list[tuple[str, Edit]] = [
    # moved, and in good time
    ("2026-02-22", lambda p: p.change("MA", "2026-02-23 09:00", "2026-02-23 16:00")),
    ("2026-02-24", lambda p: p.change("WC", "2026-02-25 11:00", "2026-02-26 12:00")),
    ("2026-03-02", lambda p: p.change("FB", "2026-03-06 10:00", "2026-03-06 12:00")),
    ("2026-04-20", lambda p: p.change("MB", "2026-04-27 10:00", "2026-04-29 12:00")),
    # left out, and back
    ("2026-02-27", lambda p: p.off("TB", "2026-03-03 10:00")),
    ("2026-03-01", lambda p: p.back("TB", "2026-03-03 10:00")),
    ("2026-03-08", lambda p: p.change("HD", "2026-03-12 13:00", "", "STATUS:CANCELLED", "LOCATION:Room 1")),
    ("2026-03-11", lambda p: p.as_before("HD", "2026-03-12 13:00")),
    ("2026-05-07", lambda p: p.off("HA", "2026-05-14 09:00")),
    ("2026-05-08", lambda p: p.back("HA", "2026-05-14 09:00")),
    # the other week of a fortnight, and the way back
    ("2026-04-01", lambda p: p.off("FG", "2026-04-17 16:00")),
    ("2026-04-01", lambda p: p.single("FG", "2026-04-24 16:00", "LOCATION:Room 1")),
    # breaks
    ("2026-02-20", lambda p: p.off("ME", "2026-03-02 14:00", "2026-03-09 14:00")),
    ("2026-03-20", lambda p: p.off("TE", "2026-04-07 14:00")),
    # two at the same time
    ("2026-03-02", lambda p: p.single("QA", "2026-03-05 10:20", "LOCATION:Room 1")),
    # in the other calendar, an hour and half an hour off
    ("2026-03-10", lambda p: p.single("HF", "2026-03-19 16:00", to="ehr")),
    ("2026-05-01", lambda p: p.single("MF", "2026-05-11 15:30", to="ehr")),
    # elsewhere
    ("2026-03-15", lambda p: p.change("WF", "2026-03-18 15:00", "", "LOCATION:Clinic")),
    ("2026-04-21", lambda p: p.change("FA", "2026-04-24 09:00", "", "LOCATION:Clinic")),
    # by video, without a link
    ("2026-02-26", lambda p: p.single("QC Telehealth", "2026-03-04 18:00")),
    ("2026-03-22", lambda p: p.single("QD", "2026-03-27 17:00", "CATEGORIES:Online")),
    ("2026-04-13", lambda p: p.change("VV", "2026-04-16 17:00", "", "LOCATION:Room 1")),
    # in other and doubtful zones
    ("2026-04-05", lambda p: p.single("QE", "2026-04-08 06:00", zone=NEW_YORK)),
    ("2026-04-10", lambda p: p.add(Client("QF", "2026-04-13 11:00", zone="Eastern"))),
    ("2026-05-03", lambda p: p.single("QG", "2026-05-06 12:00", zone="Practice/Upstairs")),
]  # fmt: skip

# What has to be found: the start, and the codes.
PLANTED = {
    ("02-23 16:00", "moved_lately unusual_time"),
    ("02-26 12:00", "moved_lately unusual_time"),
    ("03-03 10:00", "restored"),
    ("03-04 18:00", "no_link"),
    ("03-05 10:00", "overlaps"),
    ("03-05 10:20", "overlaps"),
    ("03-05 11:00", "overlaps"),
    ("03-06 12:00", "unusual_time"),
    ("03-10 16:00", "clocks_differ unusual_time"),  # the US have changed their clocks
    ("03-12 13:00", "restored"),
    ("03-16 14:00", "after_a_break"),
    ("03-17 16:00", "clocks_differ unusual_time"),
    ("03-18 15:00", "other_place"),
    ("03-18 17:00", "other_place"),  # and back
    ("03-19 15:00", "stands_twice"),
    ("03-19 16:00", "stands_twice unusual_time"),
    ("03-24 16:00", "clocks_differ"),
    ("03-27 17:00", "no_link"),
    ("03-30 09:00", "clocks_changed"),
    ("03-30 10:00", "clocks_changed"),
    ("03-30 11:00", "clocks_changed"),
    ("03-30 13:00", "clocks_changed"),
    ("03-30 14:00", "clocks_changed"),
    ("04-01 18:00", "moved_by_the_clocks unusual_time"),
    ("04-08 12:00", "other_zone"),
    ("04-08 18:00", "unusual_time"),  # the one that the clocks moved, once more
    ("04-13 17:00", "doubtful_zone other_zone"),
    ("04-14 14:00", "after_a_break"),
    ("04-16 17:00", "no_link"),
    ("04-20 17:00", "doubtful_zone"),
    ("04-24 10:00", "other_place"),
    ("04-24 16:00", "other_week"),
    ("04-27 17:00", "doubtful_zone"),
    ("04-29 12:00", "unusual_time"),
    ("05-01 16:00", "other_week"),
    ("05-04 17:00", "doubtful_zone"),
    ("05-06 12:00", "doubtful_zone"),
    ("05-11 15:00", "stands_twice overlaps"),
    ("05-11 15:30", "stands_twice unusual_time overlaps"),
    ("05-14 09:00", "restored"),
}
FALSE_AT_MOST = 2

EVENINGS = """\
Sun 22 Feb Tomorrow: 6 sessions, the first at 10:00
           Mind: 16:00 was moved lately. All calendars are in sync. More: kepthour agenda.
Wed 25 Feb Tomorrow: 8 sessions, the first at 09:00
           Mind: 12:00 was moved lately. All calendars are in sync. More: kepthour agenda.
Wed 04 Mar Tomorrow: 8 sessions, the first at 09:00
           Mind: 10:00 overlaps with another; 10:20 overlaps with another. And 1 more. All
           calendars are in sync. More: kepthour agenda.
Wed 11 Mar Tomorrow: 7 sessions, the first at 09:00
           Mind: 13:00 is back after a cancellation. All calendars are in sync. More: kepthour
           agenda.
Mon 16 Mar Morgen: 7 Sitzungen, die erste um 09:00 Uhr
           Achtung: 16:00 liegt in Wochen mit ungewohntem Zeitunterschied. Alle Kalender sind
           aktuell. Mehr: kepthour agenda.
Wed 18 Mar Tomorrow: 8 sessions, the first at 09:00
           Mind: 15:00 stands twice, at two times; 16:00 stands twice, at two times. All
           calendars are in sync. More: kepthour agenda.
Sun 29 Mar Tomorrow: 6 sessions, the first at 09:00
           Mind: 09:00 comes after the clocks changed; 10:00 comes after the clocks changed.
           And 3 more. All calendars are in sync. More: kepthour agenda.
Tue 31 Mar Tomorrow: 7 sessions, the first at 09:00
           Mind: 18:00 was moved by the clocks. All calendars are in sync. More: kepthour
           agenda.
Tue 07 Apr Tomorrow: 8 sessions, the first at 09:00
           Mind: 12:00 is in another time zone; 18:00 is at an unusual time. All calendars are
           in sync. More: kepthour agenda.
Sun 12 Apr Tomorrow: 7 sessions, the first at 09:00
           Mind: 17:00 is in a time zone that had to be guessed. All calendars are in sync.
           More: kepthour agenda.
Thu 23 Apr Tomorrow: 7 sessions, the first at 09:00
           Mind: 10:00 is at another place; 16:00 is in the other week. All calendars are in
           sync. More: kepthour agenda.
Tue 05 May Tomorrow: 8 sessions, the first at 09:00
           Mind: 12:00 is in a time zone that had to be guessed. All calendars are in sync.
           More: kepthour agenda.
Sun 10 May Tomorrow: 8 sessions, the first at 09:00
           Mind: 15:00 stands twice, at two times; 15:30 stands twice, at two times. All
           calendars are in sync. More: kepthour agenda.
"""
GERMAN_EVENING = "2026-03-16"


async def test_all_that_is_odd_in_a_quarter_is_found_and_little_else(tmp_path: Path) -> None:
    day = Day(tmp_path, f"{FIRST} 08:00", SETUP)
    practice = Practice(day)
    day.sync()
    found: set[tuple[str, str]] = set()
    told: dict[str, str] = {}
    sessions = 0
    for today in (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)):
        at_noon(day, practice, f"{today}")
        at_six(day, f"{today}")
        if f"{today}" in READ:
            told[f"{today}"] = await evening(day, f"{today}", "de" if f"{today}" == GERMAN_EVENING else "en")
        tomorrow = day.agenda(f"{today + DAY} 00:00", f"{today + DAY} 23:59")
        sessions += len(tomorrow)
        found |= {
            (f"{entry.session.start.astimezone(BERLIN):%m-%d %H:%M}", " ".join(entry.oddities))
            for entry in tomorrow
            if entry.oddities
        }
    assert len(PLANTED) == 40
    assert sessions > 13 * 30
    assert PLANTED - found == set()
    assert len(found - PLANTED) <= FALSE_AT_MOST
    assert "".join(told[evening] for evening in READ) == EVENINGS


def at_noon(day: Day, practice: Practice, today: str) -> None:
    """The therapist looks after the calendars."""
    edits = [edit for when, edit in EDITS if when == today]
    if edits:
        day.clock.at = at(f"{today} 12:00")
        for edit in edits:
            edit(practice)
        day.sync()


def at_six(day: Day, today: str) -> None:
    """What the daemon's own timer does in a day."""
    day.clock.at = at(f"{today} 18:00")
    day.sync()
    day.app.refresh()
    day.app.replan()


async def evening(day: Day, today: str, language: str) -> str:
    """The digest, as it is read."""
    if (config := f'language = "{language}"\n' + SETUP) != day.config:
        day.config = config
        await day.restart()
    await day.until(f"{today} 18:00")
    when, notice = [one for one in day.screen.received if one[1].rung == "digest-evening"][-1]
    below = TextWrapper(width=95, initial_indent=" " * 11, subsequent_indent=" " * 11)
    return f"{when.astimezone(BERLIN):%a %d %b} {notice.title}\n{below.fill(notice.text)}\n"
