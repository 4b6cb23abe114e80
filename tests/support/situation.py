"""One situation of a therapist's day, told in a sentence and lived through by the whole product: a small language.

A `Situation` says what stands in the calendar, what happens when, and what may be concluded of the session "one" in the
end. It begins at 09:40 on Monday 2 March 2026, with that session from 10:00 to 10:50. Times of day are local.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from kepthour.core.verdict import Because, Verdict
from kepthour.store import sessions, watches
from kepthour.store.sessions import SessionRow
from kepthour.store.tables import verdicts
from tests.fakes.calendars import MemoryCalendar
from tests.support.day import CONFIG, Day, when

MONDAY = "2026-03-02"
MEET, ZOOM = "LOCATION:https://meet.google.com/abc-mnop-xyz", "LOCATION:https://zoom.us/j/1"
PHONE = '[channels.phone]\ntype = "recorder"\n'
SECOND = '[[calendars]]\nname = "second"\ntype = "memory"\nsessions = "all"\n'
PLAIN = CONFIG.replace('type = "memory"', 'type = "memory"\nstale_after = "20m"')
SOON_STALE = PLAIN.replace('"20m"', '"10m"')
WITH_PHONE = PLAIN + PHONE
WITHOUT_CHANNEL = PLAIN.replace('[channels.screen]\ntype = "recorder"\n', "")
TWO_CALENDARS = PLAIN + SECOND
WITNESSED = PLAIN.replace('type = "memory"', 'type = "memory"\nevidence = "room"')
IN_ROOM_TWO = PLAIN + "[verdict]\nin_person = '^Room 2'\n"
EDITS_COUNT = PLAIN + '[[evidence]]\ntype = "edits"\n'

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = version("kepthour")  # read once: from files
_POLLS, _SIGNS = timedelta(minutes=10), timedelta(seconds=30)

Step = Callable[[Day], Awaitable[None] | None]
Happening = tuple[str, Step]
Outcome = tuple[Verdict | None, Because | None]

NOTHING: Outcome = (None, None)  # it does not take place, or its time has not come
CHECKED_IN: Outcome = (Verdict.ON_TIME, Because.CHECKED_IN)
CHECKED_IN_LATE: Outcome = (Verdict.LATE, Because.CHECKED_IN)
CHECKED_OUT: Outcome = (Verdict.ON_TIME, Because.CHECKED_OUT)
SEEN: Outcome = (Verdict.ON_TIME, Because.IN_THE_ROOM)
SEEN_LATE: Outcome = (Verdict.LATE, Because.IN_THE_ROOM)
JOINED: Outcome = (Verdict.ON_TIME, Because.JOINED)
JOINED_LATE: Outcome = (Verdict.LATE, Because.JOINED)
NOT_WATCHED: Outcome = (Verdict.UNKNOWN, Because.DAEMON_GAP)
OUT_OF_DATE: Outcome = (Verdict.UNKNOWN, Because.CALENDAR_STALE)
NOT_REMINDED: Outcome = (Verdict.UNKNOWN, Because.LADDER_GAP)
AWAY: Outcome = (Verdict.UNKNOWN, Because.AWAY)
EDITED: Outcome = (Verdict.UNKNOWN, Because.ENTRY_EDITED)
IN_PERSON: Outcome = (Verdict.UNKNOWN, Because.IN_PERSON)
SUSPECTED: Outcome = (Verdict.SUSPECTED_MISS, Because.NO_EVIDENCE)


def said(verdict: Verdict) -> Outcome:
    """By the therapist."""
    return verdict, Because.SAID


@dataclass(frozen=True, slots=True)
class Situation:
    """`outcome` is what is concluded of "one" at `until`, and the evidence, or the gap in it, that decided."""

    tells: str
    outcome: Outcome
    happens: tuple[Happening, ...] = ()
    entry: tuple[str, ...] = ()  # further lines of its event
    others: tuple[str, ...] = ()  # further lines of those of other weeks
    start: str = f"{MONDAY}T10:00:00"
    minutes: int = 50
    begins: str = f"{MONDAY} 09:40"
    until: str = "10:22"
    config: str = PLAIN
    suspected_on_the_way: bool = False  # when she was heard, or the calendar told, after the deadline only
    told_by: str = (
        ""  # where two calendars tell differently: whose session is meant; else the one at the first start
    )
    to_repair: bool = False  # a card is open, though nothing is suspected now


class Brisk(Day):
    """A day of which only those turns are lived through in which something is due; the watch is kept all the time."""

    first_start, told_by = "", ""

    def _move_on(self, end: datetime, every: timedelta = timedelta(minutes=10)) -> None:
        poll = self.clock.at + _POLLS - (self.clock.at - _EPOCH) % _POLLS
        due = max(min(self._next_due() or poll, poll, end), self.clock.at + timedelta(seconds=1))
        with self.app.store.write() as tx:  # one sign for all those that a daemon gives meanwhile
            watches.beat(tx, due, os.getpid(), _VERSION, due - self.clock.at + _SIGNS)
        self.clock.at = due
        if self.clock.at == poll:
            self.sync()


def at(time: str, *steps: Step) -> Happening:
    """What happens at a time of the day ("10:01"), or of another day ("2026-03-03 10:01")."""

    async def all_of_them(day: Day) -> None:
        for step in steps:
            if inspect.isawaitable(done := step(day)):
                await done

    return time, all_of_them


async def live_through(situation: Situation, folder: Path) -> Day:
    """The day, after all of it."""
    day = Brisk(folder, situation.begins, situation.config)
    day.first_start, day.told_by = situation.start, situation.told_by
    day.put("one", situation.start, situation.minutes, *situation.entry)
    for number, date in enumerate(("03-23", "03-24", "03-25")):  # a calendar that loses all is not believed
        day.put(f"other-{number}", f"2026-{date}T10:00:00", 50, *situation.others)
    for one in day.app.config.calendars[1:]:
        for href in ("one.ics", "other-0.ics", "other-1.ics", "other-2.ics"):
            calendar_called(day, one.name).put(href, day.calendar.text(href))
    day.sync()
    for time, happens in situation.happens:
        if instant(time) > day.clock.at:
            await day.until(local(time))
        if inspect.isawaitable(done := happens(day)):
            await done
    await day.until(local(situation.until))
    return day


def concluded(day: Day) -> Outcome:
    """What is concluded of the session "one", where it takes place or took place."""
    row = the_session(day)
    return row.verdict, row.because


def ever_suspected(day: Day) -> bool:
    """Whether the history of any session holds a suspicion."""
    with day.app.store.read() as tx:
        said = tx.connection.execute(verdicts.select()).all()
    return any(row.verdict == Verdict.SUSPECTED_MISS.value for row in said)


def the_session(day: Day) -> SessionRow:
    """The session "one": where two calendars tell of it differently, the one that stands where it first stood."""
    with day.app.store.read() as tx:
        rows = sessions.between(tx, when("2026-01-01 00:00"), when("2027-01-01 00:00"))
    mine = [row for row in rows if row.known.uid.startswith("one")]
    assert isinstance(day, Brisk)
    first, told_by = when(day.first_start), day.told_by
    meant = [row for row in mine if not told_by or row.known.calendar == told_by]
    return min(meant, key=lambda row: (row.hidden, row.known.cancelled, row.known.start != first))


def local(time: str) -> str:
    """A time of the day, or of another day, with its date."""
    return time if " " in time else f"{MONDAY} {time}"


def instant(time: str) -> datetime:
    """A local time as an instant."""
    return when(local(time))


def calendar_called(day: Day, name: str) -> MemoryCalendar:
    """One of its calendars."""
    return day.plugins.memory.calendar(name)
