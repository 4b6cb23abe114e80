"""Follows the open repair cards into the calendar: which session makes up for the missed one, and what that calls for.

0  a calendar that was renamed since is the one that is meant, and so is a client whose alias is another
1  what stood when the card was opened is remembered, once               (core.make_up)
2  a make-up session that is gone is given up; a new one is found        step 6 follows
3  where they meet first: that session, and the make-up, get a cue       openings.py
4  a day after it: how did it land?                                      (core.nudges), step 8 follows
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, time
from functools import cached_property

from kepthour.core.errors import KeptHourError, place
from kepthour.core.make_up import (
    FAILED,
    FOLLOWED_FOR,
    UNMET,
    Missed,
    Standing,
    Stood,
    Why,
    find_make_up,
    first_meeting,
    is_theirs,
)
from kepthour.core.oddities import usual_times
from kepthour.core.trail import Who
from kepthour.core.verdict import NOT_HELD, Verdict
from kepthour.logger import log
from kepthour.pipeline.plan.held import Held
from kepthour.pipeline.plan.landing import plan_landing
from kepthour.pipeline.plan.make_up import tick, untick
from kepthour.pipeline.plan.openings import plan_openings
from kepthour.pipeline.plan.policy import Policy
from kepthour.store import cards, course, make_ups, misses, sessions, trail
from kepthour.store.cards import Card
from kepthour.store.engine import Store, Tx
from kepthour.store.sessions import SessionRow


def follow_cards(policy: Policy, store: Store, now: datetime) -> None:
    """Bring open cards in step with the calendars at `now` (aware UTC). A bug costs the cards only, never a plan."""
    try:
        with store.write() as tx:
            if not policy.given_up.is_set():
                _follow_all(tx, policy, now)
    except KeptHourError:
        raise
    except Exception as error:  # noqa: BLE001  supervised: reminders must not depend on it
        log.error("cards.not_followed", problem=error, place=place(error))


def _follow_all(tx: Tx, policy: Policy, now: datetime) -> None:
    held, wanted, asked = Held(tx, policy, now), set[str](), set[str]()
    open_cards = make_ups.open_cards(tx)
    taken = make_ups.taken(tx, now - FOLLOWED_FOR) if open_cards else set()
    for card in open_cards:
        row, it = sessions.get(tx, card.session_id), misses.about(tx, card)
        if row is None or it is None:
            continue
        before = row.known
        if not row.hidden and (known := held.as_now(before)) != before:
            row = course.rename(tx, row, known, now)
        missed = it.verdict is Verdict.MISSED and _is_fresh(card, now)
        if card.stood is not None and not missed:
            continue
        one = _Follower(
            tx, policy, held, card, row, it.start, now, has_other_ids=row.known.calendar != before.calendar
        )
        if card.stood is None:
            one.remember()
        if missed:
            one.follow(taken)
            wanted |= one.opens
            one.plan_landing(asked)
    plan_openings(tx, policy, wanted, now)


def _is_fresh(card: Card, now: datetime) -> bool:
    return card.confirmed_at is not None and now < card.confirmed_at + FOLLOWED_FOR


class _Follower:
    """One card of a confirmed miss, which began at `start`. `row` is its session as it is now."""

    def __init__(
        self,
        tx: Tx,
        policy: Policy,
        held: Held,
        card: Card,
        row: SessionRow,
        start: datetime,
        now: datetime,
        *,
        has_other_ids: bool,
    ) -> None:
        """`has_other_ids`: its calendar has another name now, and with that all in it."""
        self._has_other_ids = has_other_ids
        self._tx, self._policy, self._held = tx, policy, held
        self._card, self._row, self._start, self._now = card, row, start, now
        self._after = held.after(row, start, card.holds)
        self._make_up: Standing | None = None
        self._meeting: Standing | None = None
        self._is_hidden = False  # the calendar of the make-up session says nothing now: all stays as it was

    @property
    def opens(self) -> set[str]:
        """The sessions that have an opening cue."""
        if self._is_hidden and self._card.make_up is not None:
            return {one for one in (self._card.make_up.session, self._card.meeting) if one is not None}
        return {one.id for one in (self._make_up, self._meeting) if one is not None}

    def remember(self) -> None:
        """What stands now, unless that cannot be told."""
        if self._held.tells(self._row.known.calendar):
            theirs = [one for one in self._after if is_theirs(self._missed, one)]
            make_ups.remember(self._tx, self._card, [Stood(one.id, one.start) for one in theirs])
            self._read()

    def follow(self, taken: set[str]) -> None:
        """Give up what is gone, find what is there. `taken` are sessions that make up for other misses; grows."""
        failed = self._judged(FAILED)
        if self._card.make_up is not None:
            taken.discard(self._card.make_up.session)
            # What the therapist said is not for a suspicion to take back: most who are suspected were there.
            self._keep(self._judged(NOT_HELD) if self._card.make_up.by is Who.THERAPIST else failed)
        if self._card.make_up is None and not self._card.is_without:
            self._find(failed | taken)
        if self._card.make_up is not None:
            taken.add(self._card.make_up.session)
        if self._is_hidden:
            return
        unmet = self._judged(UNMET)
        self._meeting = first_meeting(self._missed, self._after, self._make_up, unmet)
        meeting = self._meeting.id if self._meeting else None
        if meeting != self._card.meeting and (meeting or self._held.tells(self._row.known.calendar)):
            make_ups.meet(self._tx, self._card, meeting, self._now)
        self._read()

    def plan_landing(self, asked: set[str]) -> None:
        """How did it land? `asked` are the meetings after which another card asks; grows."""
        if self._is_hidden:
            return
        meeting = self._make_up or self._meeting
        is_asked = meeting is not None and meeting.id in asked
        asks = plan_landing(self._tx, self._policy, self._card, meeting, self._now, is_asked=is_asked)
        if meeting is not None and asks:
            asked.add(meeting.id)

    def _read(self) -> None:
        self._card = cards.get(self._tx, self._card.id) or self._card
        self.__dict__.pop("_missed", None)  # it is made of the card

    def _judged(self, verdicts: Collection[Verdict]) -> set[str]:
        """Ids of sessions with one of these."""
        ids = {one.id for one in self._after} | (
            {self._card.make_up.session} if self._card.make_up else set()
        )
        return {row.id for row in sessions.with_ids(self._tx, ids) if row.verdict in verdicts}

    @cached_property
    def _missed(self) -> Missed:
        card, heir = self._card, trail.heir_of(self._tx, self._row.id) if self._row.hidden else None
        before = trail.carrying_on(self._tx, [one.id for one in self._after])
        stood = {one.id for one in card.stood or ()}
        carried_on = [one for one, other in before.items() if other in stood]
        known = self._row.known
        return Missed(known, self._start, card.opened_at, card.stood, card.holds, heir, carried_on)

    def _keep(self, failed: Collection[str]) -> None:
        """The make-up session as it stands now; or it is none any more."""
        before = self._card.make_up
        assert before is not None
        now_is = self._held.find(before.session) or self._heir(before.session)
        if now_is is None and self._has_other_ids:
            now_is = next((one for one in self._after if one.start == before.start), None)
        if now_is is None and not self._is_gone(before.session):
            self._is_hidden = True
            return
        why = self._gone_because(before.why, now_is, failed)
        if now_is is not None and why is None:
            self._make_up = now_is
            if (now_is.id, now_is.start) != (before.session, before.start):
                make_ups.stand(self._tx, self._card, now_is.id, now_is.start, self._now)
        else:
            make_ups.give_up(self._tx, self._card, Who.CALENDAR, why or "gone", self._now)
            untick(self._tx, self._card, self._now)
        self._read()

    def _heir(self, session_id: str) -> Standing | None:
        heir = trail.heir_of(self._tx, session_id)
        return self._held.find(heir) if heir is not None else None

    def _is_gone(self, session_id: str) -> bool:
        """Not if its calendar says nothing now: what was known of it stays so."""
        row = sessions.get(self._tx, session_id)
        if row is not None:
            return True
        return all(self._held.tells(name) for name, _take in self._policy.calendars)

    def _gone_because(self, why: Why, now_is: Standing | None, failed: Collection[str]) -> str | None:
        if now_is is None:
            return "cancelled"
        if now_is.id in failed:
            row = sessions.get(self._tx, now_is.id)
            return row.verdict.value if row is not None and row.verdict is not None else "failed"
        if why is Why.ONE_OFF and not is_theirs(self._missed, now_is):
            return "edited"
        return None if now_is.start > self._start else "moved"

    def _find(self, barred: Collection[str]) -> None:
        missed = self._missed
        found = find_make_up(missed, self._after, barred, self._usual_times, self._policy.zone, self._now)
        if found is None:
            return
        one = found.session
        make_ups.take(self._tx, self._card, one.id, one.start, Who.CALENDAR, found.why, self._now)
        tick(self._tx, self._card, self._now, Who.CALENDAR)
        log.info("card.make_up_found", session=self._row.id, why=found.why.value)
        self._make_up = one
        self._read()

    def _usual_times(self) -> frozenset[tuple[int, time]]:
        known = self._row.known
        was = replace(known, start=self._start, end=self._start + (known.end - known.start))
        return usual_times(was, self._held.before(known.calendar))
