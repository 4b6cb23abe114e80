"""What would go out in the coming hours, kept in memory for the time in which the store cannot be used.

A full disk, a file system that turned read-only, a database that somebody else locks: none of them is a reason to
leave a client waiting. Only the rungs of sessions are kept: digests and questions can wait for the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kepthour.core.away import silenced_until
from kepthour.core.reminder import Reminder, State, hand_out, next_attempt
from kepthour.core.response import Effect, Kind, Response, Shift, effect, until
from kepthour.pipeline.dispatch.claim import Parcel
from kepthour.pipeline.dispatch.wording import Wording, Words, rung_words
from kepthour.store import absences, reminders, responses, sessions
from kepthour.store.engine import Store

AHEAD = timedelta(hours=24)
_MOST = 500  # rungs of one day: far more than a day of sessions has


@dataclass(frozen=True, slots=True)
class Provision:
    """One rung to come, and all that is needed to send it and to understand an answer to it."""

    reminder: Reminder
    words: Words
    replaces: str | None
    start: datetime
    deadline: datetime


def provisions(store: Store, wording: Wording, now: datetime) -> list[Provision]:
    """What is to be kept at `now` (aware UTC): the pending rungs of the next hours, the soonest first."""
    found = []
    with store.read() as tx:
        absent = absences.between(tx, now, now + 2 * AHEAD)
        coming = [
            one
            for one in reminders.coming(tx, now + AHEAD, _MOST)
            if silenced_until(one, absent, now) is None
        ]
        ids = {one.session_id for one in coming if one.session_id is not None}
        rows = {row.id: row for row in sessions.with_ids(tx, ids)}
        answers, shown = responses.of_sessions(tx, ids), reminders.shown_of(tx, ids)
    for one in coming:
        row = rows.get(one.session_id or "")
        if row is not None and row.known.revision == one.revision:
            words = rung_words(one, row, answers.get((row.id, one.revision), []), wording)
            replaces = shown.get((one.subject, one.channel))
            found.append(Provision(one, words, replaces, row.known.start, row.deadline))
    return found


class Reserve:
    """The provisions, and what became of them since they were taken. Lives on the event loop."""

    def __init__(self) -> None:
        self._kept: dict[int, Provision] = {}

    def stock(self, found: Iterable[Provision]) -> None:
        """Take in what the store holds now, in the place of all that was kept."""
        self._kept = {one.reminder.id: one for one in found}

    def used(self, reminder_id: int) -> None:
        """It went out: never again from here."""
        self._kept.pop(reminder_id, None)

    def refused(self, reminder_id: int, now: datetime) -> None:
        """A channel did not accept it; it is tried again after a pause."""
        one = self._kept.get(reminder_id)
        if one is not None:
            again = next_attempt(one.reminder, now)
            tried = replace(
                one.reminder, attempts=one.reminder.attempts + 1, not_before=again, problem="refused"
            )
            self._kept[reminder_id] = replace(one, reminder=tried)

    def answered(self, session_id: str, kind: Kind, at: datetime, span: timedelta | None) -> None:
        """An answer that could not be stored yet does here what it will do there."""
        mine = [one for one in self._kept.values() if one.reminder.session_id == session_id]
        if not mine:
            return
        start, deadline = mine[0].start, mine[0].deadline
        response = Response(kind, at, "", until(kind, start, at, span))
        self._follow(effect(response, start, deadline, [one.reminder for one in mine]))

    def _follow(self, what: Effect) -> None:
        for change in what.changes:
            self._kept.pop(change.reminder, None)
        for shift in what.shifts:
            one = self._kept.get(shift.reminder)
            if one is not None:
                self._kept[shift.reminder] = replace(one, reminder=_shifted(one.reminder, shift))

    def hand_out(self, now: datetime, in_hand: Collection[int]) -> list[Parcel]:
        """What is due at `now` (aware UTC), by the rules of the store's own hand-out; `in_hand` is on its way."""
        due = [
            one.reminder
            for one in self._kept.values()
            if one.reminder.due_at <= now and one.reminder.id not in in_hand
        ]
        hand = hand_out(due, now, lambda _reminder: None)  # rather too loud than nothing
        for change in hand.changes:
            if change.to is not State.SUPERSEDED:  # late or useless; the store hears of it by itself
                self._kept.pop(change.reminder, None)
        kept = [self._kept[reminder.id] for reminder in hand.send]
        return [Parcel(one.reminder, one.words, one.replaces) for one in kept]

    def next_time(self) -> datetime | None:
        """When the next of what is kept is due; None: nothing is."""
        return min((one.reminder.not_before for one in self._kept.values()), default=None)


def _shifted(reminder: Reminder, by: Shift) -> Reminder:
    return replace(reminder, due_at=by.due_at, not_before=by.due_at, useful_until=by.useful_until)
