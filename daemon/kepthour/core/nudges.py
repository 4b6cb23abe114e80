"""When a repair card speaks up: soon and again about the first contact, once about each later step, then never again.

A card that goes on nagging is one more thing to look away from; whoever ignored it for a fortnight has decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kepthour.core.repair import FOLLOW_UP, STEPS
from kepthour.core.spans import local


@dataclass(frozen=True, slots=True)
class Nudge:
    """One reminder of a card. Instants are aware UTC."""

    rung: str
    due_at: datetime
    useful_until: datetime
    is_contact: bool  # about the first contact alone
    everywhere: bool = False  # also where calm notices do not come first


NUDGE = "card"
LANDING = f"{NUDGE}-landing"  # after the meeting: how did it land?
_LANDS, _LANDED = timedelta(hours=24), timedelta(hours=72)  # after its end
_CIVIL, _MORNING = (time(8), time(20)), time(8, 30)  # local
_LAST_USEFUL_FOR = timedelta(days=7)
_CONTACT = (timedelta(minutes=15), timedelta(minutes=30), timedelta(minutes=60))


def subject(card: int) -> str:
    """Of the notices of the card with this number."""
    return f"{NUDGE}:{card}"


def nudges(confirmed_at: datetime) -> list[Nudge]:
    """All reminders of a card whose miss was confirmed then. After the last, nobody is told any more.

    Three times about the first contact, the last time everywhere; then once for each later deadline. Each is of use
    until the next one is due: who has no machine over the weekend is told on Monday.
    """
    later = sorted({step.within for step in STEPS if step.within > _CONTACT[-1]})
    after = [*_CONTACT, *later]
    ends = [*after[1:], after[-1] + _LAST_USEFUL_FOR]
    found = []
    for number, (begin, end) in enumerate(zip(after, ends, strict=True), 1):
        is_contact = begin in _CONTACT
        name = f"{begin.seconds // 60}m" if is_contact else f"{begin.days}d"
        found.append(
            Nudge(
                NUDGE if number == 1 else f"{NUDGE}-{name}",
                confirmed_at + begin,
                confirmed_at + end,
                is_contact=is_contact,
                everywhere=begin == _CONTACT[-1],
            )
        )
    return found


def landing(end: datetime, zone: ZoneInfo) -> Nudge:
    """The question how it landed, of a meeting that ends then (aware UTC): a day later, but not at night."""
    due_at = end + _LANDS
    there = due_at.astimezone(zone)
    if not _CIVIL[0] <= there.time() < _CIVIL[1]:
        day = there.date() + timedelta(days=there.time() >= _CIVIL[1])
        due_at = local(day, _MORNING, zone).astimezone(UTC)
    return Nudge(LANDING, due_at, landed(end), is_contact=False)


def landed(end: datetime) -> datetime:
    """By when it is to be asked how a meeting landed that ends then."""
    return end + _LANDED


def is_about_contact(rung: str) -> bool:
    """Whether the nudge `rung` is about the first contact alone."""
    return rung == NUDGE or rung.endswith("m")


def to_tell(
    rung: str, open_steps: Iterable[tuple[int, datetime]], now: datetime, *, meets: bool = False
) -> list[int]:
    """The numbers of the steps that the nudge `rung` tells of at `now`; none: there is nothing (left) to say.

    `open_steps` are those neither done nor skipped, with their deadlines (aware UTC). `meets`: it is known when they
    meet, so that the follow-up has a nudge of its own.
    """
    if is_about_contact(rung):
        return [n for n, _due in open_steps if n == 1]
    if rung == LANDING:
        return [n for n, _due in open_steps if n == FOLLOW_UP]
    return [n for n, due_at in open_steps if due_at <= now and not (meets and n == FOLLOW_UP)]
