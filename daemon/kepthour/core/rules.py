"""One concrete rule a cause: what would be changed in the configuration, or, honestly, that no setting helps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kepthour.core.causes import Cause, Facts
from kepthour.core.changes import KnownSession
from kepthour.core.gaps import Pause
from kepthour.core.ladder import Ladder, OnlyIf, Urgency
from kepthour.core.privacy import NOTHING, Phi
from kepthour.core.spans import format_duration, parse_offset

RULE = "rule"  # the rung of the notice that tells of one

_JOIN_AT = "-1m"
_EARLY, _SOONER, _LATE = ("-2h", "-90m"), ("-30m", "-45m"), ("-2m", "-3m")
_NEAR = timedelta(minutes=5)
_BUFFER_STEP, _LONGEST_BUFFER = timedelta(minutes=5), timedelta(minutes=30)
_OFTEN = timedelta(minutes=5)  # so often may be asked of any server


class Kind(StrEnum):
    """What a rule changes."""

    EXTRA_RUNG = "extra_rung"  # [[reminders.rules]] also
    EARLY_IF_ODD = "early_if_odd"
    INSIST = "insist"
    JOINS = "joins"  # a channel takes part earlier
    BUFFER = "buffer"
    POLL = "poll"
    WAKE = "wake"


def subject(rule: int) -> str:
    """Of the notice about the rule with this number."""
    return f"{RULE}:{rule}"


class Help(StrEnum):
    """Where no setting helps: what does."""

    CHANNEL = "mend_the_channel"
    SECOND_CHANNEL = "add_a_channel"
    FEED = "mend_the_feed"
    ONE_CALENDAR = "keep_it_in_one_calendar"
    POLLED = "it_is_read_often_enough"
    LEAVE = "note_leaves_as_they_are"
    RUNNING = "keep_it_running"
    ENOUGH = "there_are_enough"
    OWN = "yours_to_find"


@dataclass(frozen=True, slots=True)
class Scope:
    """The sessions that a rule is about; what is None or empty holds for all. `weekday` is local, Monday is 0."""

    calendar: str | None = None
    client: Phi = NOTHING
    weekday: int | None = None
    place: Phi = NOTHING

    def holds(self, session: KnownSession, zone: ZoneInfo) -> bool:
        """Whether `session` is one of them."""
        return (
            (self.calendar is None or session.calendar == self.calendar)
            and (not self.client or session.client == self.client)
            and (self.weekday is None or session.start.astimezone(zone).weekday() == self.weekday)
            and (not self.place or session.place == self.place)
        )


ALL = Scope()


@dataclass(frozen=True, slots=True)
class Rule:
    """One change. `value` is written as in the configuration: an offset, a span; empty: the key is true."""

    kind: Kind
    value: str = ""
    scope: Scope = ALL
    channel: str | None = None

    @property
    def urgency(self) -> Urgency:
        """Of an extra rung: in the last minutes it has to be heard."""
        return Urgency.CRITICAL if abs(parse_offset(self.value)) <= _NEAR else Urgency.NORMAL


@dataclass(frozen=True, slots=True)
class Setup:
    """As much of a configuration as decides about a rule."""

    ladder: Ladder
    zone: ZoneInfo
    early_if_odd: bool
    desktops: Collection[str]  # the channels on which `insist` does something
    buffer: timedelta
    polls: Mapping[str, timedelta]  # by calendar


def rule_for(cause: Cause, facts: Facts, session: KnownSession, setup: Setup) -> Rule | Help:
    """What helps against `cause` for a session like `session`, which stands at the start in question. Never raises."""
    return _RULES[cause](facts, session, setup)


def _is_odd(_facts: Facts, session: KnownSession, setup: Setup) -> Rule | Help:
    """An early rung for whatever is odd, if there is one to be had; else one for this client."""
    has_early = any(rung.only_if is OnlyIf.NOTABLE for rung in setup.ladder.of(session, setup.zone).rungs)
    if has_early and not setup.early_if_odd:
        return Rule(Kind.EARLY_IF_ODD)
    return _extra(_EARLY, _of_client(session, setup), session, setup)


def _elsewhere(_facts: Facts, session: KnownSession, setup: Setup) -> Rule | Help:
    scope = (
        Scope(_calendar(session, setup), place=session.place) if session.place else _of_client(session, setup)
    )
    return _extra(_EARLY, scope, session, setup)


def _that_day(offsets: tuple[str, ...]) -> Callable[[Facts, KnownSession, Setup], Rule | Help]:
    def rule(_facts: Facts, session: KnownSession, setup: Setup) -> Rule | Help:
        weekday = session.start.astimezone(setup.zone).weekday()
        scope = Scope(_calendar(session, setup), session.client, weekday)
        return _extra(offsets, scope, session, setup)

    return rule


def _extra(offsets: tuple[str, ...], scope: Scope, session: KnownSession, setup: Setup) -> Rule | Help:
    """The first of `offsets` at which the session has no rung yet."""
    there = {
        rung.offset for rung in setup.ladder.of(session, setup.zone).rungs if rung.only_if is OnlyIf.ALWAYS
    }
    free = (offset for offset in offsets if parse_offset(offset) not in there)
    found = next(free, None)
    return Rule(Kind.EXTRA_RUNG, found, scope) if found is not None else Help.ENOUGH


def _of_client(session: KnownSession, setup: Setup) -> Scope:
    """This client's sessions; without an alias, those of its weekday."""
    if session.client:
        return Scope(_calendar(session, setup), session.client)
    return Scope(_calendar(session, setup), weekday=session.start.astimezone(setup.zone).weekday())


def _calendar(session: KnownSession, setup: Setup) -> str | None:
    """Named where there are several."""
    return session.calendar if len(setup.polls) > 1 and session.calendar in setup.polls else None


def _joins(facts: Facts, _session: KnownSession, setup: Setup) -> Rule | Help:
    """The first channel that comes late joins before the start."""
    reached = facts.last_rung.reached if facts.last_rung is not None else ()
    late = [
        one.name
        for one in setup.ladder.channels
        if one.joins is not None and one.joins > parse_offset(_JOIN_AT)
    ]
    if late:
        return Rule(Kind.JOINS, _JOIN_AT, channel=late[0])
    others = [one.name for one in setup.ladder.channels if one.name not in reached]
    return Help.CHANNEL if others and reached else Help.SECOND_CHANNEL


def _insist(facts: Facts, session: KnownSession, setup: Setup) -> Rule | Help:
    return Rule(Kind.INSIST) if setup.desktops else _joins(facts, session, setup)


def _buffer(_facts: Facts, _session: KnownSession, setup: Setup) -> Rule | Help:
    longer = (setup.buffer // _BUFFER_STEP + 1) * _BUFFER_STEP
    return Rule(Kind.BUFFER, format_duration(longer)) if longer <= _LONGEST_BUFFER else Help.ENOUGH


def _poll(_facts: Facts, session: KnownSession, setup: Setup) -> Rule | Help:
    if setup.polls.get(session.calendar, timedelta()) <= _OFTEN:
        return Help.POLLED
    return Rule(Kind.POLL, format_duration(_OFTEN), Scope(session.calendar))


def _wake(facts: Facts, _session: KnownSession, _setup: Setup) -> Rule | Help:
    return Rule(Kind.WAKE) if any(gap.why is Pause.ASLEEP for gap in facts.gaps) else Help.RUNNING


def _says(help_: Help) -> Callable[[Facts, KnownSession, Setup], Rule | Help]:
    return lambda _facts, _session, _setup: help_


_RULES: Mapping[Cause, Callable[[Facts, KnownSession, Setup], Rule | Help]] = {
    Cause.MOVED: _is_odd,
    Cause.RESTORED: _is_odd,
    Cause.OTHER_WEEK: _is_odd,
    Cause.AFTER_BREAK: _is_odd,
    Cause.UNUSUAL_TIME: _is_odd,
    Cause.SHORT_NOTICE: _poll,
    Cause.TWO_CALENDARS: _says(Help.ONE_CALENDAR),
    Cause.OTHER_PLACE: _elsewhere,
    Cause.FIRST: _that_day(_EARLY),
    Cause.GAP: _that_day(_SOONER),
    Cause.IN_A_ROW: _that_day(_LATE),
    Cause.OVERRUN: _buffer,
    Cause.NOT_DELIVERED: _says(Help.CHANNEL),
    Cause.ONE_CHANNEL: _joins,
    Cause.ON_THE_WAY: _insist,
    Cause.SNOOZED: _joins,
    Cause.NOT_READ: _says(Help.FEED),
    Cause.AWAY: _says(Help.LEAVE),
    Cause.NOT_WATCHED: _wake,
    Cause.OTHER: _says(Help.OWN),
}
