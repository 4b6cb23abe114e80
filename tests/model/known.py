"""What the daemon knows of the calendar after each poll: which sessions stand where, each with its ladder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.model.practice import LENGTH
from tests.model.reference import Ladder
from tests.model.setups import Setup
from tests.model.story import Key, Polled

_NEAR = timedelta(minutes=30)


class Known:
    """By alias and start: a session that changes its id at the same start stays the same one."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.ladders: dict[Key, Ladder] = {}
        self._lost: dict[Key, Ladder] = {}
        self._let_down: set[str] = set()  # aliases of clients whose session was missed

    def polled(self, poll: Polled) -> list[Ladder]:
        """Take in what a poll saw; returns the ladders that are over by it."""
        over: list[Ladder] = []
        changed = {key[0] for key in {*self.ladders} ^ {*poll.view}} & self._let_down
        for ladder in self.all():
            if ladder.key[0] in changed:
                ladder.doubt_opening()
        if poll.whole:
            appeared = {alias for alias, start in poll.view if (alias, start) not in self.ladders}
            for key in {*self.ladders, *poll.view}:
                gone = self._follow(key, poll.view.get(key), poll.at, uncertain=key[0] in appeared)
                over += [gone] if gone is not None else []
            self._forget_moved(set(poll.view.values()))
        else:
            for key in {*self.ladders, *poll.view}:
                self._perhaps(key, poll.view.get(key), poll.at)
        return over

    def _follow(self, key: Key, now_is: str | None, at: datetime, *, uncertain: bool) -> Ladder | None:
        """The daemon knows now whether this session stands there, and under which id."""
        before = self.ladders.get(key)
        if now_is is None:
            assert before is not None
            over = at >= before.start + LENGTH  # what is over stays as it was
            before.uncertain = before.uncertain or uncertain or over
            self._lost[key] = self.ladders.pop(key)
            return before
        ladder = before or self._begin(key, at)
        ladder.ids.add(now_is)
        self.ladders[key] = ladder
        return None

    def _perhaps(self, key: Key, now_is: str | None, at: datetime) -> None:
        """The daemon died over this news: it may know it, or not."""
        before = self.ladders.get(key)
        if now_is is None or before is None or now_is not in before.ids:
            ladder = before or self._begin(key, at)
            ladder.vague = True
            ladder.ids |= {now_is} if now_is is not None else set()
            self.ladders[key] = ladder

    def _begin(self, key: Key, at: datetime) -> Ladder:
        ladder = Ladder(self._setup, key, at)
        if key[0] in self._let_down:
            ladder.may_open()
        ladder.vague = at >= ladder.start + LENGTH  # over when it was first seen, or when it was put there
        # A session that has begun, and was put where it really was: who is there stays there.
        put_right = [
            one
            for one in self.all()
            if one.key[0] == key[0] and (one.kinds or one.settled) and one.start <= at
        ]
        ladder.vague = ladder.vague or any(abs(one.start - ladder.start) <= _NEAR for one in put_right)
        lost = self._lost.pop(key, None)
        if lost is not None:  # restored: the answers hold
            ladder.vague = ladder.vague or lost.vague or lost.uncertain
            for said in lost.said:
                ladder.add(said)
        return ladder

    def _forget_moved(self, ids: set[str]) -> None:
        """What was lost, and stands elsewhere now, was not cancelled."""
        for ladder in self._lost.values():
            ladder.uncertain = ladder.uncertain or bool(ladder.ids & ids)

    def let_down(self, alias: str) -> None:
        """The therapist said that a session with this client was missed: a later one may have an opening cue."""
        self._let_down.add(alias)
        for ladder in self.all():
            if ladder.key[0] == alias:
                ladder.may_open()

    def first_after(self, missed: Ladder) -> Ladder | None:
        """Where they meet first after that session, if that is certain."""
        alias, start = missed.key
        later = [one for key, one in self.ladders.items() if key[0] == alias and key[1] > start]
        first = min(later, key=lambda one: one.start, default=None)
        doubtful = any(one.vague or one.uncertain for one in (missed, *later))
        return None if doubtful or first is None or first.said or first.closed else first

    def about(self, subject: str) -> list[Ladder]:
        """The sessions that have, or had, this id."""
        return [ladder for ladder in self.ladders.values() if subject in ladder.ids]

    def certain(self) -> Iterator[Ladder]:
        """Those of which it is known what is to come."""
        return (ladder for ladder in self.ladders.values() if not ladder.vague)

    def all(self) -> Iterator[Ladder]:
        """Those that are lost, too."""
        yield from self.ladders.values()
        yield from self._lost.values()
