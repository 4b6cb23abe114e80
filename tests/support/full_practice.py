"""A made-up full practice in 2026: about thirty sessions a week, at two places, and all that happens in a year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from tests.support.practice import HOME, Answer, Appointment, Edit, Key, Practice, Restart, Say

NEW_YORK = "America/New_York"
PRACTICE, CLINIC = "Market Street 3", "Clinic, room 2"
_DAY = timedelta(days=1)
_MONDAY = date(2026, 1, 5)


def at(text: str, zone: str = HOME) -> datetime:
    """A local time as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _days(first: str, last: str) -> frozenset[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return frozenset(begin + n * _DAY for n in range((end - begin).days + 1))


HOLIDAYS = frozenset(
    date.fromisoformat(f"2026-{day}") for day in ("01-06", "04-03", "04-06", "05-01", "05-14", "05-25")
) | _days("2026-12-24", "2027-01-01")
SUMMER = _days("2026-07-27", "2026-08-14")
WORKED_AFTER_ALL = date(2026, 7, 30)


def _standing(
    weekday: int, clock: str, place: str = PRACTICE, *, every: int = 1, week: int = 0, minutes: int = 50,
    zone: str | None = HOME,
) -> Appointment:  # fmt: skip
    """A standing appointment from the first week (or, of a fortnight, from the second) on."""
    day = _MONDAY + (weekday + 7 * week) * _DAY
    name = f"{day:%a}-{clock}{'-b' if week else ''}".lower()
    first = datetime.combine(day, time.fromisoformat(clock))
    return Appointment(name, first, minutes, every, None, place, zone, HOLIDAYS)


_MON, _TUE, _WED, _THU, _FRI, _SUN = 0, 1, 2, 3, 4, 6

WEEK = (
    *(_standing(_MON, clock) for clock in ("08:00", "08:50", "10:00", "14:00", "14:50")),
    *(_standing(_MON, "16:00", every=2, week=week) for week in (0, 1)),
    *(_standing(_TUE, clock) for clock in ("09:00", "10:00", "11:30", "15:00")),
    _standing(_TUE, "13:00", minutes=25),
    _standing(_TUE, "16:00", every=2),
    _standing(_TUE, "17:00", every=2, week=1),
    *(_standing(_WED, clock) for clock in ("08:00", "09:00")),
    *(_standing(_WED, clock, CLINIC) for clock in ("13:00", "14:00")),
    *(_standing(_WED, "15:30", every=2, week=week) for week in (0, 1)),
    *(_standing(_THU, clock, CLINIC) for clock in ("09:00", "09:50", "11:00")),
    *(_standing(_THU, clock) for clock in ("12:00", "17:00")),
    _standing(_THU, "12:00", zone=NEW_YORK, week=1),
    _standing(_FRI, "09:00"),
    *(_standing(_FRI, clock, zone=None) for clock in ("10:00", "11:00", "14:00", "16:00")),
    *(_standing(_FRI, "12:00", zone=None, every=2, week=week) for week in (0, 1)),
)


def _nights(first: str, last: str) -> Appointment:
    """Sunday nights at half past four, around a change of the clocks."""
    begin = datetime.fromisoformat(f"{first}T04:30")
    return Appointment(f"nights-{first}", begin, 50, 1, date.fromisoformat(last), PRACTICE)


def _single(text: str, *, place: str = PRACTICE, minutes: int = 50, zone: str | None = HOME) -> Appointment:
    return Appointment(f"single-{text}", datetime.fromisoformat(text), minutes, place=place, zone=zone)


SINGLES = (
    *(_single(f"{_MONDAY + n * 9 * _DAY}T{18 + n % 2}:15") for n in range(1, 39)),
    _single("2026-03-29T02:30"),  # the wall clock never shows it
    _single("2026-10-25T02:30", minutes=25),  # the wall clock shows it twice
    _single("2026-05-18T00:20"),  # in the first hour of a Monday: its reminders begin on Sunday
)

BOOK = (*WEEK, *SINGLES, _nights("2026-03-22", "2026-04-05"), _nights("2026-10-18", "2026-11-01"))
_BY_NAME = {one.name: one for one in BOOK}


class _Course:
    """Writes down edits in their order, each on what the one before left."""

    def __init__(self) -> None:
        self.book = dict(_BY_NAME)
        self.edits: list[Edit] = []

    def change(self, when: str, name: str, **how: object) -> None:
        """The appointment gets other properties."""
        self.put(when, replace(self.book[name], **how))  # type: ignore[arg-type]

    def put(self, when: str, appointment: Appointment) -> None:
        """The appointment is put into the book."""
        self.book[appointment.name] = appointment
        self.edits.append(Edit(at(when), appointment.name, appointment))

    def delete(self, when: str, name: str) -> None:
        """The appointment is deleted."""
        del self.book[name]
        self.edits.append(Edit(at(when), name, None))

    def leave_out(self, when: str, days: Iterable[date], *names: str) -> None:
        """The days are deleted from the series `names` (none: from all)."""
        for name in names or [one.name for one in self.book.values() if one.every]:
            self.change(when, name, off=self.book[name].off | frozenset(days))

    def bring_back(self, when: str, day: date) -> None:
        """A day that was left out is worked on after all."""
        for name in [one.name for one in self.book.values() if day in one.off]:
            self.change(when, name, off=self.book[name].off - {day})

    def cancel(self, when: str, day: str, *names: str) -> None:
        """One instance each stands as cancelled."""
        for name in names:
            cancelled = self.book[name].cancelled | {date.fromisoformat(day)}
            self.change(when, name, cancelled=cancelled)

    def move(self, when: str, name: str, day: str, to: str) -> None:
        """One instance is moved."""
        moved = {**self.book[name].moved, date.fromisoformat(day): datetime.fromisoformat(to)}
        self.change(when, name, moved=moved)


def _edits() -> tuple[Edit, ...]:
    course = _Course()
    _winter(course)
    _spring(course)
    _summer(course)
    _autumn(course)
    return tuple(sorted(course.edits, key=lambda edit: edit.at))


def _winter(course: _Course) -> None:
    course.cancel("2026-02-02T13:10:20", "2026-02-02", "mon-14:00")
    # "This and following": the same hours go on under another name.
    course.change("2026-02-04T20:00:20", "tue-11:30", until=date(2026, 2, 9))
    course.put("2026-02-04T20:00:20", replace(_BY_NAME["tue-11:30"], name="tue-11:30-split",
                                              first=datetime(2026, 2, 10, 11, 30)))  # fmt: skip
    course.move("2026-02-11T21:15:20", "wed-14:00", "2026-02-25", "2026-02-24T18:00")
    # The hour before is cancelled when it has begun: the next one comes after a long gap now.
    course.cancel("2026-03-09T14:05:20", "2026-03-09", "mon-14:00")
    course.leave_out("2026-03-17T08:10:20", [date(2026, 3, 17)], "tue-15:00")
    course.change("2026-03-17T12:20:20", "tue-15:00", off=HOLIDAYS)


def _spring(course: _Course) -> None:
    course.move("2026-04-15T08:52:20", "wed-09:00", "2026-04-15", "2026-04-15T11:00")
    course.move("2026-04-23T15:21:20", "thu-17:00", "2026-04-23", "2026-04-23T15:30")
    course.move("2026-05-07T19:00:20", "fri-14:00", "2026-05-08", "2026-05-11T12:00")
    course.put("2026-05-20T11:13:20", _single("2026-05-20T11:20"))
    course.leave_out("2026-06-01T21:00:20", SUMMER)
    course.move("2026-06-09T10:01:20", "tue-10:00", "2026-06-09", "2026-06-09T12:10")
    course.put("2026-06-17T12:30:20", _single("2026-06-17T11:00"))
    course.delete("2026-06-18T10:00:20", "single-2026-06-25T19:15")


def _summer(course: _Course) -> None:
    course.change("2026-07-07T12:58:20", "tue-13:00", minutes=40)
    course.bring_back("2026-07-20T20:00:20", WORKED_AFTER_ALL)
    for name in ("wed-13:00", "wed-14:00"):
        course.change("2026-09-01T22:00:20", name, place=PRACTICE)
    course.change("2026-09-05T12:00:20", "mon-16:00", first=datetime(2026, 1, 5, 17))
    course.change("2026-09-15T13:01:20", "tue-13:00", minutes=20)


def _autumn(course: _Course) -> None:
    # The whole series is moved while today's ladder runs, and once more a day later.
    course.change("2026-09-24T08:50:20", "thu-09:00", first=datetime(2026, 1, 8, 9, 30))
    course.change("2026-10-01T13:00:20", "thu-09:00", first=datetime(2026, 1, 8, 10, 30))
    course.move("2026-10-27T22:00:20", "fri-10:00", "2026-10-30", "2026-10-29T11:00")  # from New York
    course.cancel("2026-11-10T07:05:20", "2026-11-10", "tue-09:00", "tue-10:00", "tue-11:30-split",
                  "tue-13:00", "tue-15:00", "tue-16:00", "tue-17:00-b")  # fmt: skip
    course.leave_out("2026-11-30T17:00:20", [date(2026, 12, 1)], "tue-09:00", "tue-10:00", "tue-15:00")


RESTARTS = (
    Restart(at("2026-04-20T20:00:10"), HOME),
    Restart(at("2026-05-06T08:57:10"), HOME),
    # five days in New York, between the two changes of the clocks
    Restart(at("2026-10-24T16:00:10"), NEW_YORK),
    Restart(at("2026-10-31T20:00:10"), HOME),
    Restart(at("2026-11-19T09:52:20"), HOME),
)

_HERE = Say.HERE
HABITS: tuple[tuple[Answer, ...], ...] = (
    *[(Answer(-30, _HERE),)] * 14,
    *[(Answer(-270, _HERE),)] * 12,
    (Answer(-840, Say.ON_MY_WAY), Answer(30, _HERE)),
    (Answer(-840, Say.ON_MY_WAY),),
    (Answer(-810, Say.SNOOZE, 5), Answer(-20, _HERE)),
    (Answer(-270, Say.SNOOZE, 2), Answer(-50, _HERE)),
    (Answer(-270, Say.SNOOZE, 60), Answer(30, _HERE)),
    (Answer(-210, Say.LATE, 10), Answer(630, _HERE)),
    (Answer(-210, Say.LATE, 10),),
    (Answer(200, Say.LATE, 5), Answer(530, _HERE)),
    (Answer(70, _HERE),),
    (Answer(195, _HERE), Answer(205, _HERE)),
    (Answer(-30, _HERE), Answer(1890, Say.OVER)),
    (Answer(580, Say.OVER),),
    (),
    (Answer(1210, _HERE),),
)


def habit(key: Key) -> tuple[Answer, ...]:
    """What the therapist does about a session: always the same, and like nothing in particular."""
    return HABITS[crc32(str(key).encode()) % len(HABITS)]


def full_practice() -> Practice:
    """The year."""
    return Practice(
        datetime(2026, 1, 4, 12, tzinfo=UTC),
        datetime(2027, 1, 2, tzinfo=UTC),
        BOOK,
        _edits(),
        RESTARTS,
        habit,
    )
