"""What a channel is handed: words, answers, and nothing that may not be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.freshness import Freshness
from kepthour.core.ladder import Urgency
from kepthour.core.reminder import Reminder
from kepthour.core.response import EARLIEST_CHECK_IN
from kepthour.core.words import (
    Show,
    Text,
    away_text,
    bare_text,
    check_text,
    cue_text,
    digest_text,
    joint_text,
    lost_track_text,
    question_text,
    rescued_text,
    rung_text,
    store_text,
    store_works_text,
)

SNOOZE = timedelta(minutes=5)  # of the button; never past the start
LATE = timedelta(minutes=10)  # of the button "Running late"


class Key(StrEnum):
    """What a therapist can answer on a notice. The same keys on every channel."""

    HERE = "here"
    ACK = "ack"
    SNOOZE = "snooze"
    LATE = "late"
    JOIN = "join"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Action:
    """One answer a notice offers: `key` is stable, `label` is for reading."""

    key: Key
    label: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A reminder, ready to show."""

    delivery: str  # opaque id of this delivery
    subject: (
        str  # the session's id, or another subject ("day:2026-11-24"): a later notice of it replaces this one
    )
    rung: str  # the rung's offset as configured ("-15m"), or a name ("question")
    urgency: Urgency
    title: str
    text: str
    start: datetime | None  # the session's, aware, in the therapist's zone; None for notices about no session
    end: datetime | None
    actions: tuple[Action, ...]
    stays: bool  # keep it on screen until it is answered, replaced or recalled


@dataclass(frozen=True, slots=True)
class Showing:
    """How notices are worded: in which zone, and how much of a client they may tell."""

    zone: ZoneInfo
    show: Show


def rung_notice(
    reminder: Reminder, session: KnownSession, now: datetime, how: Showing, announced: datetime | None
) -> Notice:
    """A rung of a ladder. `announced` is the start that a "running late" promised."""
    assert reminder.offset is not None
    words = rung_text(session, reminder.offset, now, how.zone, how.show, announced)
    stays = reminder.urgency in {Urgency.HIGH, Urgency.CRITICAL}
    return _notice(reminder, words, session, how, _offers(session, now), stays=stays)


def joint_notice(reminder: Reminder, session: KnownSession, ends: datetime, how: Showing) -> Notice:
    """A rung of the session that follows the one the therapist is in, which `ends` then: quiet, and one answer."""
    actions = (Action(Key.HERE, "End this, start the next"),)
    words = joint_text(session, ends, how.zone)
    return replace(_notice(reminder, words, session, how, actions, stays=True), urgency=Urgency.NORMAL)


def cue_notice(
    reminder: Reminder, session: KnownSession, then: datetime | None, now: datetime, how: Showing
) -> Notice:
    """The end of the session is near. `then` is when the next begins, if that is soon after it."""
    words = cue_text(session, then, now, how.zone)
    return _notice(reminder, words, session, how, (Action(Key.OUT, "It is over"),), stays=False)


def bare_notice(reminder: Reminder, how: Showing) -> Notice:
    """A rung of which nothing is known but when it is due: its session cannot be read."""
    assert reminder.offset is not None
    words = bare_text(reminder.due_at - reminder.offset, how.zone)
    return _notice(reminder, words, None, how, (), stays=True)


def question_notice(reminder: Reminder, asked: Sequence[KnownSession], how: Showing) -> Notice:
    """The question about one or several sessions of which nothing is known."""
    one = asked[0] if len(asked) == 1 else None
    # No button: a check-in counts from now, and whoever was there all the time would be noted as late.
    return _notice(reminder, question_text(asked, how.zone, how.show), one, how, (), stays=True)


def digest_notice(
    reminder: Reminder, day: Sequence[KnownSession], how: Showing, troubled: Mapping[str, Freshness]
) -> Notice:
    """A digest of a day with sessions; `troubled` are the calendars, by name, that are not in sync."""
    return _notice(reminder, digest_text(reminder.rung, day, how.zone, troubled), None, how, (), stays=False)


def away_notice(reminder: Reminder, inside: Sequence[KnownSession], how: Showing) -> Notice:
    """A digest of a day on which the therapist is away: only the sessions that stand all the same."""
    words = away_text(reminder.rung, len(inside), inside[0].start, how.zone)
    return _notice(reminder, words, None, how, (), stays=False)


def calendar_notice(reminder: Reminder, words: Text, how: Showing) -> Notice:
    """An alert about a calendar."""
    return _notice(reminder, words, None, how, (), stays=reminder.urgency is not Urgency.NORMAL)


def lost_track_notice(reminder: Reminder, session: KnownSession, how: Showing) -> Notice:
    """A session that the auditor could not help."""
    return _notice(reminder, lost_track_text(session, how.zone), session, how, (), stays=True)


def store_notice(what: str, remedy: str) -> Notice:
    """The store cannot be used; reminders go on from memory."""
    return _own(Urgency.HIGH, store_text(what, remedy), stays=True)


def store_works_notice() -> Notice:
    """The store can be used again: it takes the place of the notice that said otherwise."""
    return _own(Urgency.PASSIVE, store_works_text(), stays=False)


def rescued_notice(aside: str | None, answers: int) -> Notice:
    """A damaged store was kept aside under the name `aside` (None: it was gone); so many answers were saved."""
    return _own(Urgency.HIGH, rescued_text(aside, answers), stays=True)


def _own(urgency: Urgency, words: Text, *, stays: bool) -> Notice:
    """A notice about the program itself, which stands in no store."""
    return Notice("store", "store", "store", urgency, words.title, words.body, None, None, (), stays)


def check_notice() -> Notice:
    """A notice about nothing, to see whether it arrives."""
    words, name = check_text(), "check"
    return Notice(name, name, name, Urgency.NORMAL, words.title, words.body, None, None, (), stays=False)


def _offers(session: KnownSession, now: datetime) -> tuple[Action, ...]:
    join = (Action(Key.JOIN, "Join"),) if session.join_url else ()
    here = Action(Key.HERE, "I'm here")
    if now < session.start - EARLIEST_CHECK_IN:
        return (Action(Key.ACK, "On my way"), Action(Key.SNOOZE, "Snooze"))
    if now < session.start:
        return (*join, here, Action(Key.ACK, "On my way"), Action(Key.SNOOZE, "Snooze"))
    return (*join, here, Action(Key.LATE, f"{LATE.seconds // 60} min late"))


def _notice(
    reminder: Reminder,
    words: Text,
    session: KnownSession | None,
    how: Showing,
    actions: tuple[Action, ...],
    *,
    stays: bool,
) -> Notice:
    return Notice(
        delivery=str(reminder.id),
        subject=reminder.subject,
        rung=reminder.rung,
        urgency=reminder.urgency,
        title=words.title,
        text=words.body,
        start=session.start.astimezone(how.zone) if session else None,
        end=session.end.astimezone(how.zone) if session else None,
        actions=actions,
        stays=stays,
    )
