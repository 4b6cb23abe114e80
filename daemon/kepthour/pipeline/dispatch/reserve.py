"""What would go out in the coming hours, kept in memory for the time in which the store cannot be used.

A full disk, a file system that turned read-only, a database that somebody else locks: none of them is a reason to
leave a client waiting. Only the rungs of sessions are kept: digests and questions can wait for the store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from kepthour.core.away import silenced_until
from kepthour.core.reminder import Reminder, State, hand_out, next_attempt
from kepthour.core.response import Effect, Kind, Raise, Response, Shift, effect, until
from kepthour.pipeline.dispatch.claim import MADE_UP, Parcel, is_made_up, place_of
from kepthour.pipeline.dispatch.wording import Wording, Words, rung_words
from kepthour.store import absences, reminders, responses, sessions
from kepthour.store.engine import Store

AHEAD = timedelta(hours=24)
_NOW = timedelta(seconds=1)
_MOST = 500  # rungs of one day: far more than a day of sessions has


@dataclass(frozen=True, slots=True)
class Provision:
    """One rung to come, or that went out, and all that is needed to send it and to understand an answer to it."""

    reminder: Reminder
    words: Words
    replaces: str | None
    row: sessions.SessionRow
    answers: Sequence[Response]
    say: Callable[[Reminder], Words]  # what another rung of this session is to say


def provisions(store: Store, wording: Wording, now: datetime) -> list[Provision]:
    """What is to be kept at `now` (aware UTC): the pending rungs of the next hours, the soonest first."""
    found = []
    with store.read() as tx:
        absent = absences.between(tx, now, now + 2 * AHEAD)
        coming = [
            one
            for one in reminders.coming(tx, now, now + AHEAD, _MOST)
            if silenced_until(one, absent, now) is None
        ]
        ids = {one.session_id for one in coming if one.session_id is not None}
        ids |= {row.id for row in sessions.awaiting(tx, now, now + _NOW)}
        ladders = reminders.of_sessions(tx, ids)
        rows = {row.id: row for row in sessions.with_ids(tx, ids)}
        answers, shown = responses.of_sessions(tx, ids), reminders.shown_of(tx, ids)
    over = [
        r for one in ladders.values() for r in one if r.offset is not None and r.state is not State.PENDING
    ]
    for one in [*coming, *over]:
        row = rows.get(one.session_id or "")
        if row is not None and row.known.revision == one.revision:
            given = answers.get((row.id, one.revision), [])
            say = partial(_words, row, given, wording)
            replaces = shown.get((one.subject, one.channel))
            found.append(Provision(one, say(one), replaces, row, given, say))
    return found


def _words(row: sessions.SessionRow, answers: Sequence[Response], wording: Wording, one: Reminder) -> Words:
    return rung_words(one, row, answers, wording)


class Reserve:
    """The provisions, and what became of them since they were taken. Lives on the event loop."""

    def __init__(self) -> None:
        self._kept: dict[int, Provision] = {}  # to come
        self._over: dict[str, list[Provision]] = {}  # by session: what became of its other rungs
        self._answers: dict[str, list[Response]] = {}  # by session: those that the store may not have
        self._made_up = count(MADE_UP)

    def stock(self, found: Iterable[Provision]) -> None:
        """Take in what the store holds now, in the place of all that was kept."""
        self._kept, self._over, self._answers = {}, {}, {}
        self._take(found)

    def add(self, found: Iterable[Provision]) -> None:
        """What the store holds of rungs that are not known; of others, and of what was answered, more is known here."""
        there = self._kept.keys() | {one.reminder.id for over in self._over.values() for one in over}
        fresh = [one for one in found if one.reminder.id not in there]
        self._take(fresh)
        for session_id in {one.row.id for one in fresh} & self._answers.keys():
            self._hear_again(session_id, {one.reminder.id for one in fresh})

    def _hear_again(self, session_id: str, fresh: Collection[int]) -> None:
        """What was answered does to the `fresh` rungs what it did to the others. What it called for is there."""
        for number, response in enumerate(self._answers[session_id]):
            mine = self._of(session_id)
            if not mine:
                return
            row, before = mine[0].row, [*mine[0].answers, *self._answers[session_id][:number]]
            ladder = [one.reminder for one in mine]
            what = effect(response, row.known.start, row.deadline, ladder, before)
            self._follow(what.upon(fresh), mine)

    def _of(self, session_id: str) -> list[Provision]:
        mine = [one for one in self._kept.values() if one.row.id == session_id]
        return mine + self._over.get(session_id, [])

    def _take(self, found: Iterable[Provision]) -> None:
        for one in found:
            if one.reminder.state is State.PENDING:
                self._kept[one.reminder.id] = one
            else:
                self._over.setdefault(one.row.id, []).append(one)

    def inherit(self, before: Reserve, channels: Collection[str]) -> None:
        """What the one `before` knows of these channels."""
        known = [*before._kept.values(), *(one for over in before._over.values() for one in over)]
        self.stock(one for one in known if one.reminder.channel in channels)
        self._answers = {session: list(given) for session, given in before._answers.items()}
        self._made_up = before._made_up  # what it made up has its number

    @property
    def known(self) -> list[tuple[sessions.SessionRow, Reminder]]:
        """Each rung to come with its session; those apart that an answer called for, which is stored itself."""
        return [(one.row, one.reminder) for one in self._kept.values() if not is_made_up(one.reminder)]

    def used(self, reminder_id: int) -> None:
        """It went out: never again from here."""
        one = self._kept.pop(reminder_id, None)
        if one is not None:
            out = replace(one, reminder=replace(one.reminder, state=State.SENT))
            self._over.setdefault(one.row.id, []).append(out)

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
        mine = self._of(session_id)
        if not mine:
            return
        row, given = mine[0].row, self._answers.setdefault(session_id, [])
        response = Response(kind, at, "", until(kind, row.known.start, at, span))
        ladder, before = [one.reminder for one in mine], [*mine[0].answers, *given]
        self._follow(effect(response, row.known.start, row.deadline, ladder, before), mine)
        given.append(response)

    def _follow(self, what: Effect, mine: Sequence[Provision]) -> None:
        for change in what.changes:
            self._kept.pop(change.reminder, None)
        for shift in what.shifts:
            one = self._kept.get(shift.reminder)
            if one is not None:
                self._kept[shift.reminder] = replace(one, reminder=_shifted(one.reminder, shift))
        there = {place_of(one.reminder) for one in self._kept.values() if one.row.id == mine[0].row.id}
        for raised in what.raises:
            made_up = _raised(next(self._made_up), mine[0].reminder, raised)
            if place_of(made_up) not in there:
                same = next((one for one in mine if one.reminder.channel == raised.channel), mine[0])
                self._kept[made_up.id] = replace(same, reminder=made_up, words=same.say(made_up))

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


def _raised(number: int, of: Reminder, one: Raise) -> Reminder:
    """As the store will have it, but for its number."""
    return replace(
        of,
        id=number,
        rung=one.rung,
        offset=one.offset,
        channel=one.channel,
        urgency=one.urgency,
        due_at=one.due_at,
        not_before=one.due_at,
        useful_until=one.useful_until,
        skip_in_session=False,
        state=State.PENDING,
        why=None,
        attempts=0,
        problem=None,
        reference=None,
    )


def _shifted(reminder: Reminder, by: Shift) -> Reminder:
    return replace(reminder, due_at=by.due_at, not_before=by.due_at, useful_until=by.useful_until)
