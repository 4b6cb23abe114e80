"""The ladder: which reminders a session gets, when, and how insistent.

Source of the standard profile: therapists' accounts of how sessions are forgotten, and alarm research
(few and distinct alarms; repetition itself wears people out): docs/day.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from kepthour.core.patterns import Pattern, stands_in
from kepthour.core.privacy import Phi
from kepthour.core.spans import format_offset


class Urgency(StrEnum):
    """How insistent a notice is."""

    PASSIVE = "passive"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the calmest."""
        return _RANKS[self]


_RANKS = {urgency: rank for rank, urgency in enumerate(Urgency)}


class OnlyIf(StrEnum):
    """A rung's condition, checked when the ladder is planned."""

    ALWAYS = "always"
    NOTABLE = "notable"  # the first of the day, after a long gap, at another place, or something is odd


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder, relative to the session's start."""

    offset: timedelta  # negative: before the start
    label: str  # the offset as configured; the rung's name everywhere
    urgency: Urgency
    channels: tuple[str, ...] | None = (
        None  # None: every channel that has joined by this offset, and takes its urgency
    )
    only_if: OnlyIf = OnlyIf.ALWAYS
    skip_in_session: bool = False  # not while the therapist is proven to be with another client

    @property
    def before_start(self) -> bool:
        """Whether an acknowledgement ("on my way") silences it."""
        return self.offset < timedelta()


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """In which rungs a configured channel takes part, if they name no channels themselves."""

    name: str
    joins: timedelta | None = None  # from this offset on; None: from the first rung on
    urgency: Urgency = Urgency.PASSIVE  # the lowest that it takes

    def takes(self, rung: Rung) -> bool:
        """Whether `rung` goes out on this channel."""
        if rung.channels is not None:
            return self.name in rung.channels
        joined = self.joins is None or rung.offset >= self.joins
        return joined and rung.urgency.rank >= self.urgency.rank

    @property
    def near(self) -> bool:
        """Whether it takes calm notices from the first rung on, so that digests and questions may go there."""
        return self.joins is None and self.calm

    @property
    def calm(self) -> bool:
        """Whether it takes calm notices at all."""
        return self.urgency.rank <= Urgency.NORMAL.rank


class Modality(StrEnum):
    """How a session is held, as far as its event tells."""

    VIDEO = "video"  # it has a link into a video room
    IN_PERSON = "in_person"  # it has none; it may be by telephone


class Described(Protocol):
    """What a session is known by."""

    @property
    def calendar(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def client(self) -> Phi: ...
    @property
    def place(self) -> Phi: ...
    @property
    def join_url(self) -> Phi: ...


def modality(session: Described) -> Modality:
    """How `session` is held."""
    return Modality.VIDEO if session.join_url else Modality.IN_PERSON


@dataclass(frozen=True, slots=True)
class Special:
    """Rungs for some sessions; a condition that is None holds for all. `weekdays` are local, Monday is 0."""

    rungs: tuple[Rung, ...]
    calendar: str | None = None
    client: str | None = None
    weekdays: frozenset[int] | None = None
    modality: Modality | None = None
    place: Pattern | None = None

    def fits(self, session: Described, zone: ZoneInfo) -> bool:
        """Whether these are the rungs of `session`."""
        return (
            (self.calendar is None or session.calendar == self.calendar)
            and (self.client is None or session.client.reveal() == self.client)
            and (self.weekdays is None or session.start.astimezone(zone).weekday() in self.weekdays)
            and (self.modality is None or modality(session) is self.modality)
            and (self.place is None or stands_in(self.place, session.place, if_undecided=False))
        )


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs and limits, as one configuration has them."""

    rungs: tuple[Rung, ...]
    channels: tuple[ChannelRule, ...]
    late_after: timedelta
    missed_after: timedelta
    specials: tuple[Special, ...] = ()  # the first that fits a session has its rungs

    def of(self, session: Described, zone: ZoneInfo) -> Ladder:
        """The ladder of one session."""
        return self.numbered(self.rule(session, zone))

    def numbered(self, number: int | None) -> Ladder:
        """The ladder of the sessions that this rule is about; None: the usual one."""
        rungs = self.rungs if number is None else self.specials[number - 1].rungs
        return replace(self, rungs=rungs, specials=())

    def rule(self, session: Described, zone: ZoneInfo) -> int | None:
        """The number of the rule that gives `session` its rungs, 1 is the first; None: it has the usual ones."""
        fitting = (number for number, one in enumerate(self.specials, start=1) if one.fits(session, zone))
        return next(fitting, None)

    def deadline(self, start: datetime, end: datetime) -> datetime:
        """When nagging stops and a miss is suspected: `missed_after`, or half of a session under twice that."""
        return start + min(self.missed_after, (end - start) / 2)


@dataclass(frozen=True, slots=True)
class Step:
    """One reminder that a session is to get on one channel. Instants are aware UTC."""

    rung: str
    offset: timedelta
    channel: str
    urgency: Urgency
    due_at: datetime
    useful_until: datetime  # after this it would only confuse: it expires unsent
    skip_in_session: bool


def _rung(
    minutes: int, urgency: Urgency, only_if: OnlyIf = OnlyIf.ALWAYS, *, skip_in_session: bool = False
) -> Rung:
    offset = timedelta(minutes=minutes)
    label = f"{minutes:+d}m" if minutes else "0m"
    return Rung(offset, label, urgency, only_if=only_if, skip_in_session=skip_in_session)


_NORMAL, _HIGH, _CRITICAL = Urgency.NORMAL, Urgency.HIGH, Urgency.CRITICAL

PROFILES: dict[str, tuple[Rung, ...]] = {
    "standard": (
        _rung(-60, _NORMAL, OnlyIf.NOTABLE, skip_in_session=True),
        _rung(-15, _NORMAL, skip_in_session=True),
        _rung(-5, _HIGH),
        _rung(-1, _CRITICAL),
        _rung(0, _CRITICAL),
        *(_rung(minute, _CRITICAL) for minute in (1, 2, 3, 4, 5)),
    ),
    "gentle": (
        _rung(-15, _NORMAL, skip_in_session=True),
        _rung(-5, _NORMAL),
        _rung(0, _HIGH),
        *(_rung(minute, _CRITICAL) for minute in (2, 4, 5)),
    ),
    "persistent": (
        _rung(-60, _NORMAL, skip_in_session=True),
        _rung(-30, _NORMAL, skip_in_session=True),
        _rung(-15, _NORMAL, skip_in_session=True),
        _rung(-10, _HIGH),
        _rung(-5, _HIGH),
        _rung(-2, _CRITICAL),
        _rung(-1, _CRITICAL),
        _rung(0, _CRITICAL),
        *(_rung(minute, _CRITICAL) for minute in (1, 2, 3, 4, 5, 7, 10)),
    ),
}


def climb(ladder: Ladder, start: datetime, end: datetime, *, notable: bool) -> list[Step]:
    """All reminders of one session, by due time. Rungs at or after the deadline are left out.

    `start` and `end` are aware UTC. Never raises.
    """
    deadline = ladder.deadline(start, end)
    called_for = [
        (rung, channel.name)
        for rung in ladder.rungs
        if (notable or rung.only_if is OnlyIf.ALWAYS) and start + rung.offset < deadline
        for channel in ladder.channels
        if channel.takes(rung)
    ]
    # Before the start a rung is of use until then, when a newer one takes over; if none does, it is itself the last.
    until = start if any(not rung.before_start for rung, _channel in called_for) else deadline
    steps = [_step(rung, channel, start, until, deadline) for rung, channel in called_for]
    return sorted(steps, key=lambda step: (step.due_at, step.channel))


def extra_step(
    offset: timedelta, urgency: Urgency, channel: str, start: datetime, deadline: datetime
) -> Step:
    """A reminder that no configured rung stands for: the end of a snooze."""
    return _step(Rung(offset, format_offset(offset), urgency), channel, start, start, deadline)


def _step(rung: Rung, channel: str, start: datetime, until: datetime, deadline: datetime) -> Step:
    return Step(
        rung=rung.label,
        offset=rung.offset,
        channel=channel,
        urgency=rung.urgency,
        due_at=start + rung.offset,
        useful_until=until if rung.before_start else deadline,
        skip_in_session=rung.skip_in_session,
    )


def first_due(steps: Sequence[Step]) -> datetime | None:
    """When a ladder begins; None for one without rungs."""
    return min((step.due_at for step in steps), default=None)
