"""The practice's calendar as it truly is: a few slots, singles and short series, that change at random."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from kepthour.core.sessions import session_id
from tests.fakes.calendars import MemoryCalendar
from tests.model.story import View
from tests.support.calendars import calendar, event

NAME = "practice"
LENGTH = timedelta(minutes=50)
DAILY = 2  # instances of a series
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Slot:
    """One client's event. `alias` stays, whatever else changes. Instants are aware UTC, to the second."""

    alias: str
    start: datetime
    series: bool = False
    life: int = 0  # how often its identity changed
    title: str = ""
    cancelled: bool = False
    gone: frozenset[int] = frozenset()  # instances of the series that do not take place
    moved: tuple[tuple[int, datetime], ...] = ()

    @property
    def uid(self) -> str:
        """The event's UID."""
        return f"{self.alias.lower()}-{self.life}"

    def places(self) -> dict[datetime, str]:
        """The starts of what takes place, each with its id."""
        if self.cancelled:
            return {}
        if not self.series:
            return {self.start: session_id(NAME, self.uid, None)}
        moved = dict(self.moved)
        return {
            moved.get(number, self.meant(number)): session_id(NAME, self.uid, self.meant(number))
            for number in range(DAILY)
            if number not in self.gone
        }

    @property
    def is_odd(self) -> bool:
        """Whether two instances stand at one time: nobody could tell which of them a reminder is for."""
        starts = [dict(self.moved).get(number, self.meant(number)) for number in range(DAILY)]
        return self.series and len(set(starts)) < len(starts)

    def meant(self, number: int) -> datetime:
        """When the series means its instance to begin."""
        return self.start + timedelta(days=number)

    def text(self) -> str:
        """The calendar object."""
        status = ("STATUS:CANCELLED",) if self.cancelled else ()
        rule = (f"RRULE:FREQ=DAILY;COUNT={DAILY}",) if self.series else ()
        left_out = tuple(f"EXDATE:{self.meant(number):{_STAMP}}" for number in sorted(self.gone))
        overrides = [
            self._event(start, f"RECURRENCE-ID:{self.meant(number):{_STAMP}}")
            for number, start in self.moved
            if number not in self.gone
        ]
        return calendar(self._event(self.start, *rule, *left_out, *status), *overrides, zones="")

    def _event(self, start: datetime, *more: str) -> str:
        title = f"{self.alias} {self.title}".strip()
        return event(self.uid, title, f"{start:{_STAMP}}", f"{start + LENGTH:{_STAMP}}", *more, zone=None)


@dataclass
class Practice:
    """All slots, mirrored into a calendar in memory."""

    calendar: MemoryCalendar
    slots: dict[str, Slot] = field(default_factory=dict)
    lost: dict[str, Slot] = field(default_factory=dict)  # deleted; may be put back
    aliases: dict[str, str] = field(default_factory=dict)  # of every session id there ever was

    def put(self, slot: Slot) -> None:
        """Add or change a slot. A new identity takes the place of the old one."""
        before = self.slots.get(slot.alias)
        if before is not None and before.uid != slot.uid:
            self.calendar.delete(f"{before.uid}.ics")
        self.slots[slot.alias] = slot
        self.lost.pop(slot.alias, None)
        self.calendar.put(f"{slot.uid}.ics", slot.text())
        self.aliases |= dict.fromkeys(slot.places().values(), slot.alias)

    def delete(self, alias: str) -> None:
        """Take a slot away."""
        slot = self.slots.pop(alias)
        self.lost[alias] = slot
        self.calendar.delete(f"{slot.uid}.ics")

    def view(self) -> View:
        """What takes place."""
        return {
            (slot.alias, start): one for slot in self.slots.values() for start, one in slot.places().items()
        }


def filler(from_day: datetime) -> str:
    """Events that are no sessions, for ever: a calendar that loses all it holds would not be believed."""
    start = from_day.astimezone(UTC)
    return calendar(
        event(
            "filler",
            "reading",
            f"{start:{_STAMP}}",
            f"{start + LENGTH:{_STAMP}}",
            "RRULE:FREQ=WEEKLY",
            zone=None,
        ),
        zones="",
    )


def renewed(slot: Slot) -> Slot:
    """The same under a new identity."""
    return replace(slot, life=slot.life + 1)
