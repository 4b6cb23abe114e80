"""What a channel is handed: words, answers, and nothing that may not be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kepthour.core.changes import KnownSession
from kepthour.core.countdown import minutes
from kepthour.core.errors import KeptHourError, NeedsPerson
from kepthour.core.freshness import Freshness
from kepthour.core.ladder import Urgency
from kepthour.core.reminder import Reminder
from kepthour.core.response import EARLIEST_CHECK_IN
from kepthour.core.tongue import Tongue
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
    noted_text,
    question_text,
    rescued_text,
    rung_text,
    store_busy_text,
    store_text,
    store_works_text,
    sweep_text,
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


# What to type instead of pressing a button: the first that is offered.
_COMMANDS = {Key.HERE: "here", Key.ACK: "ack", Key.SNOOZE: "snooze", Key.OUT: "out"}


@dataclass(frozen=True, slots=True)
class Action:
    """One answer a notice offers: `key` is stable, `label` is for reading."""

    key: Key
    label: str
    full: str = ""  # the label where there is room for a longer one; empty: there is none


@dataclass(frozen=True, slots=True)
class Later:
    """What a notice says from `at` (aware UTC) on, if it is still on the screen then."""

    at: datetime
    title: str
    text: str


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
    hint: str = ""  # how to answer where none of the actions can be pressed; may be empty
    moment: datetime | None = None  # aware: what a running clock counts to, the start or the announced one
    discreet: bool = (
        False  # nothing that covers a screen: the therapist is with a client, or has just answered
    )
    later: tuple[Later, ...] = ()  # by time; for channels that can say it in place and in silence
    insists: bool = False  # it comes back if it was put away without an answer

    def as_of(self, now: datetime) -> Notice:
        """The notice as it reads at `now` (aware)."""
        said = [one for one in self.later if one.at <= now]
        return replace(self, title=said[-1].title, text=said[-1].text) if said else self


@dataclass(frozen=True, slots=True)
class Showing:
    """How notices are worded: in which zone and language, how much of a client they may tell, and how they insist."""

    zone: ZoneInfo
    show: Show
    tongue: Tongue
    insists: bool = False  # what is put away without an answer comes back


def rung_notice(
    reminder: Reminder,
    session: KnownSession,
    now: datetime,
    how: Showing,
    announced: datetime | None,
    *,
    loud: bool = False,
) -> Notice:
    """A rung of a ladder. `announced` is the start that a "running late" promised; `loud`: it speaks up."""
    if loud:
        reminder = replace(reminder, urgency=Urgency.HIGH)
    assert reminder.offset is not None
    words = rung_text(how.tongue, session, reminder.offset, now, how.zone, how.show, announced)
    stays = reminder.urgency in {Urgency.HIGH, Urgency.CRITICAL}
    notice = _notice(reminder, words, session, how, _offers(how.tongue, session, now), stays=stays)
    notice = replace(notice, moment=announced or session.start)
    if not stays:
        return notice
    return replace(notice, later=_later(session, now, how, announced), insists=how.insists)


def _later(
    session: KnownSession, now: datetime, how: Showing, announced: datetime | None
) -> tuple[Later, ...]:
    """The same words minute by minute. The buttons stay: what they answer is judged when they are pressed."""
    anchor = announced or session.start
    instants = minutes(anchor, session.end, now)
    said = (rung_text(how.tongue, session, at - anchor, at, how.zone, how.show, announced) for at in instants)
    return tuple(Later(at, words.title, words.body) for at, words in zip(instants, said, strict=True))


def joint_notice(reminder: Reminder, session: KnownSession, ends: datetime, how: Showing) -> Notice:
    """A rung of the session that follows the one the therapist is in, which `ends` then: quiet, and one answer."""
    actions = (Action(Key.HERE, _label_of_both(how.tongue)),)
    words = joint_text(how.tongue, session, ends, how.zone)
    notice = _notice(reminder, words, session, how, actions, stays=True)
    return replace(notice, urgency=Urgency.NORMAL, discreet=True)


def cue_notice(
    reminder: Reminder, session: KnownSession, then: datetime | None, now: datetime, how: Showing
) -> Notice:
    """The end of the session is near. `then` is when the next begins, if that is soon after it."""
    words = cue_text(how.tongue, session, then, now, how.zone)
    notice = _notice(reminder, words, session, how, (_action(how.tongue, Key.OUT),), stays=False)
    return replace(notice, discreet=True)


def noted_notice(reminder: Reminder, session: KnownSession, announced: datetime, how: Showing) -> Notice:
    """ "Running late" was heard: the therapist begins at `announced`, and may tell the client."""
    words = noted_text(how.tongue, announced, how.zone)
    notice = _notice(reminder, words, session, how, (_action(how.tongue, Key.HERE),), stays=True)
    return replace(notice, discreet=True)


def bare_notice(reminder: Reminder, how: Showing) -> Notice:
    """A rung of which nothing is known but when it is due: its session cannot be read."""
    assert reminder.offset is not None
    words = bare_text(how.tongue, reminder.due_at - reminder.offset, how.zone)
    return _notice(reminder, words, None, how, (), stays=True)


def question_notice(reminder: Reminder, asked: Sequence[KnownSession], how: Showing) -> Notice:
    """The question about one or several sessions of which nothing is known."""
    one = asked[0] if len(asked) == 1 else None
    # No button: a check-in counts from now, and whoever was there all the time would be noted as late.
    words = question_text(how.tongue, asked, how.zone, how.show)
    return _notice(reminder, words, one, how, (), stays=True)


def sweep_notice(reminder: Reminder, asked: Sequence[KnownSession], how: Showing) -> Notice:
    """Sessions that are over, and of which nobody said what became."""
    one = asked[0] if reminder.session_id is not None else None
    words = sweep_text(how.tongue, asked, how.zone, whole_day=one is None)
    return _notice(reminder, words, one, how, (), stays=True)


def digest_notice(
    reminder: Reminder,
    day: Sequence[KnownSession],
    how: Showing,
    troubled: Mapping[str, Freshness],
    silent: int,
) -> Notice:
    """A digest of a day with sessions; `troubled` are the calendars, by name, that are not in sync.

    `silent` more sessions of that day stand in a leave.
    """
    words = digest_text(how.tongue, reminder.rung, day, how.zone, troubled, silent)
    return _notice(reminder, words, None, how, (), stays=False)


def away_notice(reminder: Reminder, inside: Sequence[KnownSession], how: Showing) -> Notice:
    """A digest of a day on which the therapist is away: only the sessions that stand all the same."""
    words = away_text(how.tongue, reminder.rung, len(inside), inside[0].start, how.zone)
    return _notice(reminder, words, None, how, (), stays=False)


def calendar_notice(reminder: Reminder, words: Text, how: Showing) -> Notice:
    """An alert about a calendar."""
    return _notice(reminder, words, None, how, (), stays=reminder.urgency is not Urgency.NORMAL)


def lost_track_notice(reminder: Reminder, session: KnownSession, how: Showing) -> Notice:
    """A session that the auditor could not help."""
    words = lost_track_text(how.tongue, session, how.zone)
    return _notice(reminder, words, session, how, (), stays=True)


def store_notice(error: KeptHourError, how: Showing) -> Notice:
    """The store cannot be used, as `error` says; reminders go on from memory."""
    if isinstance(error, NeedsPerson):
        return _own(Urgency.HIGH, store_text(how.tongue, error.what, error.remedy), stays=True)
    return _own(Urgency.HIGH, store_busy_text(how.tongue), stays=True)


def store_works_notice(how: Showing) -> Notice:
    """The store can be used again: it takes the place of the notice that said otherwise."""
    return _own(Urgency.PASSIVE, store_works_text(how.tongue), stays=False)


def rescued_notice(aside: str | None, answers: int, how: Showing) -> Notice:
    """A damaged store was kept aside under the name `aside` (None: it was gone); so many answers were saved."""
    return _own(Urgency.HIGH, rescued_text(how.tongue, aside, answers), stays=True)


def _own(urgency: Urgency, words: Text, *, stays: bool) -> Notice:
    """A notice about the program itself, which stands in no store."""
    return Notice("store", "store", "store", urgency, words.title, words.body, None, None, (), stays)


def check_notice(how: Showing) -> Notice:
    """A notice about nothing, to see whether it arrives."""
    words, name = check_text(how.tongue), "check"
    return Notice(name, name, name, Urgency.NORMAL, words.title, words.body, None, None, (), stays=False)


def _offers(tongue: Tongue, session: KnownSession, now: datetime) -> tuple[Action, ...]:
    here, on_my_way = (_action(tongue, key) for key in (Key.HERE, Key.ACK))
    snooze = _action(tongue, Key.SNOOZE)
    if session.start - SNOOZE <= now < session.start:
        snooze = replace(snooze, full=_label_until_start(tongue))
    join = (_action(tongue, Key.JOIN),) if session.join_url else ()
    if now < session.start - EARLIEST_CHECK_IN:
        return (on_my_way, snooze)
    if now < session.start:
        return (*join, here, on_my_way, snooze)
    return (*join, here, _action(tongue, Key.LATE))


def _action(tongue: Tongue, key: Key) -> Action:
    return Action(key, _label(tongue, key))


def _label(tongue: Tongue, key: Key) -> str:
    match key:
        case Key.HERE:
            # Translators: the labels of buttons are short. This one checks the therapist in.
            return tongue.pgettext("button", "I'm here")
        case Key.ACK:
            # Translators: the therapist has seen the reminder, and goes there.
            return tongue.pgettext("button", "On my way")
        case Key.SNOOZE:
            # Translators: remind again in a few minutes.
            return tongue.pgettext("button", "Snooze")
        case Key.LATE:
            # Translators: the therapist will come that much later than planned.
            return tongue.pgettext("button", "{minutes} min late", minutes=LATE.seconds // 60)
        case Key.JOIN:
            # Translators: opens the video room.
            return tongue.pgettext("button", "Join")
        case Key.OUT:
            # Translators: this session is over.
            return tongue.pgettext("button", "Session over")


def _label_of_both(tongue: Tongue) -> str:
    # Translators: one button: checks out of the session that ends, and in to the one that follows it.
    return tongue.pgettext("button", "End this, start next")


def _label_until_start(tongue: Tongue) -> str:
    # Translators: remind again at the start, which is a few minutes away; only where there is room for it.
    return tongue.pgettext("button", "Snooze until start")


def _hint(tongue: Tongue, actions: tuple[Action, ...]) -> str:
    offered = {action.key for action in actions}
    command = next((command for key, command in _COMMANDS.items() if key in offered), None)
    if command is None:
        return ""
    # Translators: shown in brackets after a notice whose buttons cannot be pressed.
    return tongue.gettext("A click answers nothing. In a terminal: kepthour {command}", command=command)


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
        hint=_hint(how.tongue, actions),
    )
