"""All that a report says: counts, spreads and patterns. What rests on fewer than five cases is None."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.core.few import FEWEST
from kepthour.core.gaps import Pause
from kepthour.core.report.groups import By, Part, ordered, part
from kepthour.core.report.past import Past
from kepthour.core.report.patterns import Pattern, Tally, patterns, tally
from kepthour.core.report.rungs import Rungs, rungs
from kepthour.core.report.spread import Bin, Spread, binned, spread
from kepthour.core.verdict import Because, Verdict

_ON_TIME = frozenset({Verdict.ON_TIME, Verdict.NEAR_MISS})


@dataclass(frozen=True, slots=True)
class Missed:
    """A session that the therapist said was missed, and what came after. Instants are aware UTC."""

    start: datetime
    first_contact: datetime | None = None  # step 1 of its card
    made_up: datetime | None = None  # the start of the make-up session, if the event was moved there


@dataclass(frozen=True, slots=True)
class Material:
    """What a report is made of. Instants are aware."""

    start: datetime
    end: datetime
    sessions: Sequence[Past]
    missed: Sequence[Missed] = ()
    notices: Sequence[int] = ()  # of each day with sessions: how many reached a channel
    unwatched: Mapping[Pause | None, timedelta] | None = None  # for how long nobody did, and why


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Sessions of which it is known how they began."""

    on_time: int  # near misses among them
    narrowly: int  # of those on time
    late: int
    missed: int

    @property
    def counted(self) -> int:
        """All of them."""
        return self.on_time + self.late + self.missed


@dataclass(frozen=True, slots=True)
class Row:
    """One group, and what became of its sessions."""

    part: Part
    tally: Tally


@dataclass(frozen=True, slots=True)
class Alarms:
    """How much the program spoke."""

    # reminders before and after the start, of each session; on several channels they are one
    rungs: Spread | None
    notices: Spread | None  # of a session's ladder, on all channels
    days: Spread | None  # all notices of a day with sessions, digests and questions too
    rungs_by: tuple[Bin, ...] = ()  # sessions, by how many reminders they had
    days_by: tuple[Bin, ...] = ()  # days, by how many notices


@dataclass(frozen=True, slots=True)
class Unknown:
    """What the program cannot say. Nothing of it is counted for or against anybody."""

    because: Mapping[Because, int]  # sessions that are "unknown", by what was missing
    suspected: int  # asked about, and not answered
    open: int  # no verdict: before the first watch, or still to be decided
    near: int  # held; whether narrowly, was deleted with the evidence
    unwatched: int  # sessions around whose start nobody watched all the time
    time: Mapping[Pause | None, timedelta]


@dataclass(frozen=True, slots=True)
class Findings:
    """A report. Instants are aware."""

    start: datetime
    end: datetime
    sessions: int
    punctuality: Punctuality | None
    others: Mapping[Verdict, int]  # that say nothing of punctuality
    compared: Tally  # near misses and misses, of those sessions of which both are known
    rows: Mapping[By, tuple[Row, ...]]
    patterns: tuple[Pattern, ...]
    rungs: Rungs | None
    missed: int  # cards of missed sessions
    contacted: int
    first_contact: Spread | None  # minutes from the session's start
    made_up: Spread | None  # days from the session's start
    alarms: Alarms
    unknown: Unknown


def findings(material: Material) -> Findings:
    """What can be said. Never raises."""
    sessions = material.sessions
    comparable = [one for one in sessions if one.is_comparable]
    contacts = [(one.first_contact - one.start) for one in material.missed if one.first_contact]
    made_up = [(one.made_up - one.start) for one in material.missed if one.made_up]
    return Findings(
        material.start,
        material.end,
        len(sessions),
        _punctuality(sessions),
        _others(sessions),
        tally(comparable),
        {by: _rows(by, comparable) for by in By},
        tuple(patterns(comparable)),
        rungs(sessions),
        len(material.missed),
        len(contacts),
        spread([one / timedelta(minutes=1) for one in contacts]),
        spread([one / timedelta(days=1) for one in made_up]),
        _alarms(material),
        _unknown(material),
    )


def _punctuality(sessions: Sequence[Past]) -> Punctuality | None:
    on_time = [one for one in sessions if one.verdict in _ON_TIME]
    found = Punctuality(
        len(on_time),
        sum(one.is_near for one in on_time),
        sum(one.verdict is Verdict.LATE for one in sessions),
        sum(one.is_missed for one in sessions),
    )
    return found if found.counted >= FEWEST else None


def _others(sessions: Sequence[Past]) -> dict[Verdict, int]:
    told_elsewhere = {Verdict.UNKNOWN, Verdict.SUSPECTED_MISS}
    verdicts = Counter(one.verdict for one in sessions if not one.is_counted)
    return {one: verdicts[one] for one in Verdict if verdicts[one] and one not in told_elsewhere}


def _rows(by: By, comparable: Sequence[Past]) -> tuple[Row, ...]:
    groups: dict[str, list[Past]] = {}
    for one in comparable:
        groups.setdefault(part(one, by).value, []).append(one)
    return tuple(Row(Part(by, value), tally(groups[value])) for value in ordered(by, groups))


def _alarms(material: Material) -> Alarms:
    reminded = [one.ladder for one in material.sessions if one.ladder]
    lengths = [len(ladder) for ladder in reminded]
    return Alarms(
        spread(lengths),
        spread([sum(each.on for each in ladder) for ladder in reminded]),
        spread(material.notices),
        binned(lengths),
        binned(material.notices),
    )


def _unknown(material: Material) -> Unknown:
    sessions = material.sessions
    because = Counter(one.because for one in sessions if one.verdict is Verdict.UNKNOWN)
    return Unknown(
        {one: because[one] for one in Because if because[one]},
        sum(one.verdict is Verdict.SUSPECTED_MISS for one in sessions),
        sum(one.verdict is None for one in sessions),
        sum(one.is_counted and not one.is_comparable for one in sessions),
        sum(one.unwatched for one in sessions),
        material.unwatched or {},
    )
