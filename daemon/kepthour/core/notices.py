"""The notices: who is told what, with which answers, and whether it stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import overload

from kepthour.core.changes import KnownSession
from kepthour.core.countdown import minutes
from kepthour.core.errors import KeptHourError, NeedsPerson
from kepthour.core.freshness import Freshness
from kepthour.core.ladder import Urgency
from kepthour.core.looking_back import Tally
from kepthour.core.notice import Action, Key, Later, Notice, Showing
from kepthour.core.oddities import Oddity
from kepthour.core.offers import action, label_of_both, offers, replies, with_hints
from kepthour.core.quiet import Manner
from kepthour.core.reminder import OPENING, Reminder
from kepthour.core.rules import Rule
from kepthour.core.words.asked import question_text, sweep_text
from kepthour.core.words.digests import away_text, digest_text
from kepthour.core.words.late import noted_text
from kepthour.core.words.repair import nudge_text
from kepthour.core.words.rules import rule_text
from kepthour.core.words.rungs import bare_text, cue_text, joint_text, opening_text, rung_text
from kepthour.core.words.text import Text
from kepthour.core.words.troubles import (
    check_text,
    key_text,
    lost_track_text,
    rescued_text,
    store_busy_text,
    store_text,
    store_works_text,
)


def rung_notice(
    reminder: Reminder,
    session: KnownSession,
    now: datetime,
    how: Showing,
    announced: datetime | None,
    manner: Manner = Manner.USUAL,
) -> Notice:
    """A rung of a ladder. `announced` is the start that a "running late" promised."""
    if manner is Manner.LOUD:
        reminder = replace(reminder, urgency=Urgency.HIGH)
    assert reminder.offset is not None
    is_opening = reminder.rung == OPENING
    words = _rung_words(session, how, reminder.offset, now, announced, is_opening=is_opening)
    stays = reminder.urgency in {Urgency.HIGH, Urgency.CRITICAL}
    notice = _notice(reminder, words, session, how, offers(how.tongue, session, now), stays=stays)
    notice = replace(notice, moment=announced or session.start, discreet=manner is Manner.DISCREET)
    if not stays:
        return notice
    instants = tuple(minutes(announced or session.start, session.end, now))
    later = _Minutes(session, how, announced, instants, is_opening)
    return replace(notice, later=later, insists=how.insists)


def _rung_words(
    session: KnownSession,
    how: Showing,
    offset: timedelta,
    at: datetime,
    announced: datetime | None,
    *,
    is_opening: bool,
) -> Text:
    if is_opening and at < session.start:
        return opening_text(how.tongue, session, offset, at, how.zone, how.show)
    return rung_text(how.tongue, session, offset, at, how.zone, how.show, announced)


@dataclass(frozen=True, slots=True)
class _Minutes(Sequence[Later]):
    """The same words minute by minute. They are made when somebody asks: few channels do, and it takes longest.

    The buttons stay: what they answer is judged when they are pressed.
    """

    session: KnownSession
    how: Showing
    announced: datetime | None
    instants: tuple[datetime, ...]
    is_opening: bool = False

    def __len__(self) -> int:
        return len(self.instants)

    @overload
    def __getitem__(self, index: int) -> Later: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Later]: ...
    def __getitem__(self, index: int | slice) -> Later | Sequence[Later]:
        if isinstance(index, slice):
            return [self._at(at) for at in self.instants[index]]
        return self._at(self.instants[index])

    def _at(self, at: datetime) -> Later:
        offset = at - (self.announced or self.session.start)
        words = _rung_words(self.session, self.how, offset, at, self.announced, is_opening=self.is_opening)
        return Later(at, words.title, words.body)


def joint_notice(reminder: Reminder, session: KnownSession, ends: datetime, how: Showing) -> Notice:
    """A rung of the session that follows the one the therapist is in, which `ends` then: quiet, and one answer."""
    actions = (Action(Key.HERE, label_of_both(how.tongue)),)
    words = joint_text(how.tongue, session, ends, how.zone)
    notice = _notice(reminder, words, session, how, actions, stays=True)
    return replace(notice, urgency=Urgency.NORMAL, discreet=True)


def cue_notice(
    reminder: Reminder, session: KnownSession, then: datetime | None, now: datetime, how: Showing
) -> Notice:
    """The end of the session is near. `then` is when the next begins, if that is soon after it."""
    words = cue_text(how.tongue, session, then, now, how.zone)
    notice = _notice(reminder, words, session, how, (action(how.tongue, Key.OUT),), stays=False)
    return replace(notice, discreet=True)


def noted_notice(reminder: Reminder, session: KnownSession, announced: datetime, how: Showing) -> Notice:
    """ "Running late" was heard: the therapist begins at `announced`, and may tell the client."""
    words = noted_text(how.tongue, announced, how.zone)
    notice = _notice(reminder, words, session, how, (action(how.tongue, Key.HERE),), stays=True)
    return replace(notice, discreet=True)


def bare_notice(reminder: Reminder, how: Showing) -> Notice:
    """A rung of which nothing is known but when it is due: its session cannot be read."""
    assert reminder.offset is not None
    start = reminder.due_at - reminder.offset
    words = bare_text(how.tongue, start, how.zone)
    return replace(_notice(reminder, words, None, how, (), stays=True), moment=start)


def question_notice(reminder: Reminder, asked: Sequence[KnownSession], how: Showing, now: datetime) -> Notice:
    """The question, asked at `now`, about one or several sessions of which nothing is known."""
    one = asked[0] if len(asked) == 1 else None
    words = question_text(how.tongue, asked, how.zone, how.show, now)
    return _notice(reminder, words, one, how, _replies(reminder, asked, how), stays=True)


def sweep_notice(reminder: Reminder, asked: Sequence[KnownSession], now: datetime, how: Showing) -> Notice:
    """Sessions that are over, and of which nobody said what became."""
    one = asked[0] if reminder.session_id is not None else None
    words = sweep_text(how.tongue, asked, how.zone, now, whole_day=one is None)
    return _notice(reminder, words, one, how, _replies(reminder, asked, how), stays=True)


def _replies(reminder: Reminder, asked: Sequence[KnownSession], how: Showing) -> tuple[Action, ...]:
    """Only where a session is the subject: what is asked about a day, or a leave, may come to mean others."""
    if reminder.session_id is None or any(session.cancelled for session in asked):
        return ()
    return replies(how.tongue)


def card_notice(
    reminder: Reminder, card: int, start: datetime, steps: Sequence[int], now: datetime, how: Showing
) -> Notice:
    """The repair card number `card` speaks up about these of its steps; `start` is the one that was missed."""
    words = nudge_text(how.tongue, reminder.rung, card, start, steps, how.zone, now)
    return _notice(reminder, words, None, how, (), stays=True)


def rule_notice(reminder: Reminder, rule: Rule, tally: Tally, how: Showing) -> Notice:
    """What became of the sessions of a rule that was written a month ago."""
    return _notice(reminder, rule_text(how.tongue, rule, tally), None, how, (), stays=True)


def digest_notice(
    reminder: Reminder,
    day: Sequence[KnownSession],
    how: Showing,
    troubled: Mapping[str, Freshness],
    silent: int,
    odd: Sequence[tuple[KnownSession, Oddity]],
) -> Notice:
    """A digest of a day with sessions; `troubled` are the calendars, by name, that are not in sync.

    `silent` more sessions of that day stand in a leave; `odd` are those of which something is odd.
    """
    words = digest_text(how.tongue, reminder.rung, day, how.zone, troubled, silent, odd)
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


def key_notice(error: NeedsPerson, how: Showing) -> Notice:
    """The key of the store is not to be had, as `error` says; nothing is known of any session."""
    return _own(Urgency.HIGH, key_text(how.tongue, error.what, error.remedy), stays=True)


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


def _notice(
    reminder: Reminder,
    words: Text,
    session: KnownSession | None,
    how: Showing,
    actions: tuple[Action, ...],
    *,
    stays: bool,
) -> Notice:
    notice = Notice(
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
    return with_hints(notice, how.tongue)
