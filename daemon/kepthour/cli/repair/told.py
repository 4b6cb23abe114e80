"""Causes in words: as a fact of this very session, and in short. Never as a reproach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kepthour.cli.printing import clock
from kepthour.core.causes import Cause, Facts
from kepthour.core.spans import spoken

if TYPE_CHECKING:
    from kepthour.store.cards import Card

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

SHORT: Mapping[Cause, str] = {
    Cause.MOVED: "moved shortly before",
    Cause.RESTORED: "cancelled, and back",
    Cause.OTHER_WEEK: "the other week of a fortnightly client",
    Cause.AFTER_BREAK: "the first after a break",
    Cause.UNUSUAL_TIME: "an unusual time",
    Cause.SHORT_NOTICE: "entered at short notice",
    Cause.TWO_CALENDARS: "two calendars did not agree",
    Cause.OTHER_PLACE: "another place",
    Cause.FIRST: "the first of the day",
    Cause.GAP: "after a gap",
    Cause.IN_A_ROW: "after several in a row",
    Cause.OVERRUN: "the one before took longer",
    Cause.NOT_DELIVERED: "a reminder did not arrive",
    Cause.ONE_CHANNEL: "reminders on one channel only",
    Cause.ON_THE_WAY: "after “on my way”",
    Cause.SNOOZED: "snoozed",
    Cause.NOT_READ: "the calendar was out of date",
    Cause.AWAY: "a leave around it",
    Cause.NOT_WATCHED: "Kept Hour did not watch",
    Cause.OTHER: "something else",
}


def named(card: Card) -> str | None:
    """What the therapist says it was, in short; None: they named nothing."""
    if card.cause is None:
        return None
    return card.cause_word.reveal() if card.cause_word else SHORT[card.cause]


def fact(cause: Cause, facts: Facts, zone: ZoneInfo) -> str:
    """One sentence that states what the store knows, about a cause that `facts` suggest."""
    return _FACTS[cause](facts, zone)


def _about(span: timedelta) -> str:
    """Roughly: "40 minutes", "20 hours", "3 days"."""
    for unit, name, from_ in ((_DAY, "day", 2 * _DAY), (_HOUR, "hour", timedelta(minutes=100))):
        if span >= from_:
            return f"{round(span / unit)} {name}s"
    count = max(round(span / timedelta(minutes=1)), 1)
    return f"{count} minute{'' if count == 1 else 's'}"


def _seen(facts: Facts, _zone: ZoneInfo) -> str:
    assert facts.seen is not None
    if facts.seen <= timedelta():
        return "It was seen in its calendar only after its start."
    return f"It was first seen in its calendar {_about(facts.seen)} before its start."


def _last_rung(facts: Facts, _zone: ZoneInfo) -> str:
    last = facts.last_rung
    assert last is not None
    refused = f"; refused by {' and '.join(last.refused)}" if last.refused else ""
    if last.reached:
        return f"The last reminder ({last.rung}) reached one channel: {last.reached[0]}{refused}."
    return f"The last reminder ({last.rung}) reached no channel{refused}."


def _answered(what: str) -> Callable[[Facts, ZoneInfo], str]:
    def sentence(facts: Facts, zone: ZoneInfo) -> str:
        assert facts.last_answer is not None
        return f"The last answer to it was {what}, at {_time(facts.last_answer.at, zone)}."

    return sentence


def _unread(facts: Facts, zone: ZoneInfo) -> str:
    assert facts.unread is not None
    since = f": last read {clock(facts.unread.since, zone)}" if facts.unread.since else ""
    return f"Its calendar was out of date then{since}."


def _leave(facts: Facts, zone: ZoneInfo) -> str:
    leave = facts.leave
    assert leave is not None
    if leave.end <= facts.start:
        return f"A leave ended {_about(facts.start - leave.end)} before it."
    if leave.start > facts.start:
        return f"A leave began {_about(leave.start - facts.start)} after its start."
    return f"A leave was noted for that time, until {clock(leave.end, zone)}: nothing reminded of it."


def _gap(facts: Facts, zone: ZoneInfo) -> str:
    from kepthour.cli.story import nobody_watched

    gap = facts.gaps[0]
    what = nobody_watched(gap, zone)
    return f"{what[0].upper()}{what[1:]}." if gap.since is None else f"From {clock(gap.since, zone)}: {what}."


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def _span(span: timedelta | None) -> str:
    assert span is not None
    return spoken(timedelta(minutes=max(round(span / timedelta(minutes=1)), 1)))


def _ago(span: timedelta | None) -> str:
    assert span is not None
    return _about(span)


_FACTS: Mapping[Cause, Callable[[Facts, ZoneInfo], str]] = {
    Cause.MOVED: lambda facts, _zone: f"It was moved {_ago(facts.moved)} before its start.",
    Cause.RESTORED: lambda facts, _zone: (
        f"It had been cancelled, and was back {_ago(facts.restored)} before its start."
    ),
    Cause.OTHER_WEEK: lambda *_: "The client comes every other week, and this was the other one.",
    Cause.AFTER_BREAK: lambda *_: "It was the client's first session after a break.",
    Cause.UNUSUAL_TIME: lambda *_: "It was at another weekday or hour than this client's usual one.",
    Cause.SHORT_NOTICE: _seen,
    Cause.TWO_CALENDARS: lambda *_: "It stood in two calendars, which did not agree.",
    Cause.OTHER_PLACE: lambda *_: "It was at another place than the one before it.",
    Cause.FIRST: lambda *_: "It was the first session of the day.",
    Cause.GAP: lambda facts, _zone: f"There was no session in the {_span(facts.pause)} before it.",
    Cause.IN_A_ROW: lambda facts, _zone: f"It came after {facts.in_a_row} sessions in a row.",
    Cause.OVERRUN: lambda facts, _zone: (
        f"The session right before it was said to be over {_span(facts.overran)} after its end."
    ),
    Cause.NOT_DELIVERED: _last_rung,
    Cause.ONE_CHANNEL: _last_rung,
    Cause.ON_THE_WAY: _answered("“on my way”"),
    Cause.SNOOZED: _answered("a snooze"),
    Cause.NOT_READ: _unread,
    Cause.AWAY: _leave,
    Cause.NOT_WATCHED: _gap,
    Cause.OTHER: lambda *_: "Something that Kept Hour does not know.",
}
