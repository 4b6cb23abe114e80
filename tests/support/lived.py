"""Lives through a practice with the real program: its calendar, its edits, its restarts, its therapist's answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from kepthour.core.response import Kind
from kepthour.ports import Key as Button
from kepthour.ports import Notice
from kepthour.store import sessions
from kepthour.store.sessions import SessionRow
from tests.support.course import Reminder, Told
from tests.support.day import CONFIG, Day
from tests.support.practice import HOME, Answer, Appointment, Edit, Key, Practice, Restart, Say
from tests.support.practice_calendar import erase, write

# What is odd has a table of its own; of the early rung the oracle knows the other reasons.
# Whether calendars are fresh is another test's matter: a year of polls would take most of the time.
_YEARLY = (
    CONFIG.replace("enabled = false", "enabled = true", 1).replace(
        'type = "memory"', 'type = "memory"\nstale_after = "8h"'
    )
    + "[reminders]\nearly_if_odd = false\n"
)
_KINDS = {
    Say.HERE: Kind.HERE,
    Say.ON_MY_WAY: Kind.ACK,
    Say.SNOOZE: Kind.SNOOZE,
    Say.LATE: Kind.LATE,
    Say.OVER: Kind.OUT,
}
_BUTTONS = {
    (Say.HERE, 0): Button.HERE,
    (Say.ON_MY_WAY, 0): Button.ACK,
    (Say.SNOOZE, 5): Button.SNOOZE,
    (Say.LATE, 10): Button.LATE,
}
_WATCHED_FROM = timedelta(minutes=6)  # before a start: from then on a daemon has to be there without a gap
_CALM = timedelta(hours=6)
_SIGNS = timedelta(seconds=25)  # more often than that a daemon gives none
_NIGHT = timedelta(hours=3, minutes=7)

Given = tuple[datetime, Key, Answer]
Happening = Edit | Restart | Given | None


class LongDay(Day):
    """A day that may last a year: time passes in long steps but for the sessions that stay `silent`."""

    silent: frozenset[Key] = frozenset()  # they are watched without a gap: their silence is to mean something

    _sign_of_life = datetime(2000, 1, 1, tzinfo=UTC)

    async def pass_to(self, end: datetime) -> None:
        """As `until`, for an instant; where nothing is due at `end`, the turn is left to what comes then."""
        await self._turn()
        while self.clock.at < end:
            self._move_on(end)
            if self.clock.at < end or (self.pump.next_due() or end) <= end:
                await self._turn()

    def _move_on(self, end: datetime, every: timedelta = timedelta(minutes=1)) -> None:
        now = self.clock.at
        if now - self._sign_of_life >= _SIGNS:
            self._sign_of_life = now
        without_a_gap = self._sign_of_life + timedelta(minutes=1)
        next_at = min(self.pump.next_due() or end, end)
        if next_at > without_a_gap:
            next_at = min(next_at, max(without_a_gap, self._calm_until(now)))
        self.clock.at = max(next_at, now + timedelta(milliseconds=1))
        if self.clock.at - self._last_poll >= _CALM / 2:
            self.sync()

    def sync(self) -> bool:
        """Poll, and remember when."""
        self._last_poll = self.clock.at
        return super().sync()

    def _calm_until(self, now: datetime) -> datetime:
        """When the next session that stays silent has to be watched without a gap."""
        with self.app.store.read() as tx:
            waiting = sessions.awaiting(tx, now, now + _CALM)
        starts = (row.known.start for row in waiting if _key(row) in self.silent)
        return min((start - _WATCHED_FROM for start in starts), default=now + _CALM)


@dataclass(frozen=True)
class Lived:
    """What the program did in that time."""

    reminders: list[Reminder]
    verdicts: dict[Key, str | None]


async def live_through(practice: Practice, told: Told, folder: Path) -> Lived:
    """From the practice's beginning to its end.

    Of what was `told` two things are taken: what the therapist says when, and which sessions will stay silent.
    """
    begins = practice.begins.astimezone(ZoneInfo(HOME))
    day = LongDay(folder, f"{begins:%Y-%m-%d %H:%M}", _YEARLY)
    day.silent = told.silent
    for appointment in practice.book:
        write(day.calendar, appointment)
    day.sync()
    for at, group in groupby(_in_order(practice, told.answers), key=lambda one: one[0]):
        await day.pass_to(at)
        happenings = [happening for _at, happening in group]
        for happening in happenings:
            await _happen(day, happening)
        if any(isinstance(happening, Edit) for happening in happenings):
            day.sync()
    await day.pass_to(practice.ends)
    return Lived(_reminders(day), _verdicts(day))


def _in_order(practice: Practice, answers: Iterable[Given]) -> list[tuple[datetime, Happening]]:
    """All that happens; None is the housekeeping of each night."""
    nights = [datetime(day.year, day.month, day.day, tzinfo=UTC) + _NIGHT for day in practice.days()]
    found: list[tuple[datetime, Happening]] = [
        *((one.at, one) for one in practice.edits),
        *((one.at, one) for one in practice.restarts),
        *((one[0], one) for one in answers),
        *((night, None) for night in nights if practice.begins < night),
    ]
    return sorted((one for one in found if one[0] < practice.ends), key=lambda one: one[0])


async def _happen(day: LongDay, happening: Happening) -> None:
    match happening:
        case Edit(name=name, now=None):
            erase(day.calendar, name)
        case Edit(now=Appointment() as appointment):
            write(day.calendar, appointment)
        case Restart():
            day.config = _YEARLY.replace(HOME, happening.zone)
            await day.restart()
        case None:
            day.app.refresh()
            day.app.replan()
        case (_, key, answer):
            _answer(day, key, answer)


def _answer(day: LongDay, key: Key, answer: Answer) -> None:
    """With the button, if the newest notice has it; else on the command line."""
    session = next(row for row in _near(day) if _key(row) == key)
    _at, newest = day.screen.received[-1]
    button = _BUTTONS.get((answer.say, answer.minutes))
    if newest.subject == session.id and button in {action.key for action in newest.actions}:
        day.screen.press(button)
    else:
        span = timedelta(minutes=answer.minutes) if answer.minutes else None
        day.answer(_KINDS[answer.say], span, session.id)


def _near(day: LongDay) -> list[SessionRow]:
    hours = timedelta(hours=12)
    with day.app.store.read() as tx:
        found = sessions.between(tx, day.clock.at - hours, day.clock.at + hours)
    return [row for row in found if not row.hidden and not row.known.cancelled]


def _key(row: SessionRow) -> Key:
    meant = row.known.recurrence_id
    return Key(row.known.uid, meant.astimezone(ZoneInfo(HOME)).date() if meant else None)


def _reminders(day: LongDay) -> list[Reminder]:
    return [Reminder(at, notice.rung, _about(day, notice)) for at, notice in day.screen.received]


def _about(day: LongDay, notice: Notice) -> str:
    """What a notice is about, as the oracle says it."""
    if notice.subject.startswith("day:"):
        return f"{notice.subject.removeprefix('day:')}: {_count_and_first(notice)}"
    with day.app.store.read() as tx:
        if notice.start is not None:
            row = sessions.get(tx, notice.subject)
            assert row is not None
            return f"{_key(row)} at {notice.start:%H:%M}"
        rows = sessions.asked_in(tx, notice.subject)
    return " and ".join(
        sorted(f"{_key(row)} at {row.known.start.astimezone(ZoneInfo(HOME)):%H:%M}" for row in rows)
    )


def _count_and_first(notice: Notice) -> str:
    words = notice.title.split()
    return f"{words[1]} from {words[-1]}"


def _verdicts(day: LongDay) -> dict[Key, str | None]:
    with day.app.store.read() as tx:
        rows = sessions.between(tx, datetime(2000, 1, 1, tzinfo=UTC), day.clock.at)
    there = (row for row in rows if not row.hidden and not row.known.cancelled)
    return {_key(row): row.verdict.value if row.verdict else None for row in there}
