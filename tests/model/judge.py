"""Says whether what the displays received is what was promised.

It knows what the calendar held at each poll, what was answered, when the daemon was up and awake, and what the displays
did: the story. It does not look into the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kepthour.core.response import Kind
from tests.model.known import Known
from tests.model.reference import AHEAD, OPENING, PAUSES, Closed, Ladder, Rung, Said, Sent, Settled
from tests.model.setups import STALE_AFTER, Setup
from tests.model.story import (
    Answered,
    Began,
    Concluded,
    Ended,
    Entry,
    Failed,
    Handed,
    Jumped,
    Mood,
    Polled,
    PollFailed,
    Recalled,
    Refused,
    Rejected,
    Replied,
    Stopping,
    Story,
    Took,
    Turned,
)

_MINUTE = timedelta(seconds=60)
_DECISIVE = timedelta(minutes=5)
_OPENS = timedelta(minutes=30)  # so long before the start the opening cue comes
_KNOWN = timedelta(days=7)
_PROMPT = 1.0  # seconds: a rung that is due goes out
_SETTLED = 20.0  # after a start, a sleep or a step of the clock
_NO_RUNG = ("question", "calendar", "end-cue", "running-late", "card")


class Fault(AssertionError):
    """A promise that was not kept."""


class Judge:
    """Reads a story once, from its beginning to its end."""

    def __init__(self, setup: Setup, story: Story, aliases: Mapping[str, str]) -> None:
        self._setup, self._story, self._aliases = setup, story, aliases
        self._now = story.entries[0].at
        self._up = False
        self._settled = self._now
        self._began = self._now
        self._covered_since = self._now
        self._spells: list[tuple[datetime, datetime]] = []  # before the clock was set ahead
        self._down_since = self._now
        self._jumped_down = False
        self._has_jumped = False
        # what the clock showed at most while the daemon was up, since it was set back
        self._latest = self._now
        # what was decided up to then was decided before the clock was set back
        self._decided_ahead = self._now
        # since then, a start, sleep or step, no calendar was asked
        self._unheard: datetime | None = self._now
        self._first_watch: datetime | None = None
        self._last_poll: datetime | None = None
        self._moods = dict.fromkeys((name for name, _joins in setup.channels), Mood.TAKES)
        self._known = Known(setup)
        self._in_hand: dict[tuple[str, int], tuple[Ladder, str, Rung, bool]] = {}
        self._shown: dict[str, tuple[Ladder, str]] = {}  # open notices of rungs
        self._asking: dict[str, Handed] = {}  # open notices of questions that the daemon has noted
        self._outdated: dict[str, float] = {}  # those that no longer hold, and for how many seconds
        self._shown_again: set[tuple[int, str]] = set()

    def judge(self) -> None:
        """Raises Fault, with the story, at the first promise that was not kept."""
        for entry in self._story.entries:
            try:
                if not isinstance(entry, Jumped):
                    self._pass(entry.at)
                self._now = entry.at
                self._take(entry)
            except Fault as fault:
                raise Fault(
                    f"{self._now:%b %d %H:%M:%S}: {fault}\nThe story:\n{self._story.text()}"
                ) from None

    def _take(self, entry: Entry) -> None:  # noqa: PLR0912  (a table)
        match entry:
            case Polled():
                self._unheard = None
                self._polled(entry)
            case PollFailed():
                self._unheard = None
            case Began():
                self._start()
            case Stopping():
                self._up = False
            case Ended():
                self._end(entry)
            case Jumped():
                self._jump(entry)
            case Turned():
                self._moods[entry.channel] = entry.mood
                self._lose_chances()
            case Handed():
                self._handed(entry)
            case Took():
                self._took(entry)
            case Refused():
                self._refused(entry)
            case Recalled():
                self._asking.pop(entry.reference, None)
                self._shown.pop(entry.reference, None)
                self._outdated.pop(entry.reference, None)
            case Answered():
                self._answered(entry)
            case Rejected():
                self._rejected(entry)
            case Replied():
                self._replied(entry)
            case Concluded():
                self._concluded(entry)
            case Failed():
                raise Fault(str(entry))

    # Time

    def _pass(self, until: datetime) -> None:
        """Time went on up to `until`: what should have come in it?"""
        if not self._up or until <= self._now:
            return
        seconds = (until - self._now).total_seconds()
        self._latest = max(self._latest, until)
        for ladder in self._known.certain():
            for channel in ladder.channels:
                self._owe(ladder, channel, until)
            self._owe_conclusion(ladder, until)
        for reference in self._outdated:
            self._outdated[reference] += seconds
            if self._outdated[reference] > _SETTLED:
                raise Fault(f"{reference} is still shown, although it no longer holds")

    def _owe(self, ladder: Ladder, channel: str, until: datetime) -> None:
        if self._moods[channel] not in {Mood.TAKES, Mood.SLOW}:
            return
        for rung in ladder.channels[channel]:
            if not rung.open or rung.doubtful or rung.in_hand is not None:
                continue
            begin, end = max(self._now, rung.due), min(until, ladder.ends(channel, rung))
            if begin >= end:
                continue
            if not rung.chance:
                rung.rushed = begin < self._settled
            rung.chance += (end - begin).total_seconds()
            if rung.chance > _patience(rung, ladder):
                raise Fault(
                    f"[{rung.name}] of {_name(ladder)} was due at {rung.due:%H:%M:%S}, and the {channel} could have "
                    f"taken it for {rung.chance:g} s up to {end:%H:%M:%S}, but did not get it"
                )

    def _owe_conclusion(self, ladder: Ladder, until: datetime) -> None:
        known_in_time = ladder.seen_at < ladder.deadline and self._first_watch is not None
        if ladder.closed or ladder.ended or not known_in_time or until <= ladder.deadline:
            return
        ladder.unasked += (until - max(self._now, ladder.deadline)).total_seconds()
        if ladder.unasked > _SETTLED + _PROMPT:
            raise Fault(
                f"nobody checked in to {_name(ladder)} by {ladder.deadline:%H:%M:%S}, and no question is open"
            )

    def _jump(self, jump: Jumped) -> None:
        self._has_jumped = True
        for ladder in self._known.all():
            ladder.doubt_opening()
        if jump.by > _MINUTE:
            self._spells.append((self._covered_since, self._now))
            self._covered_since = jump.at
        else:
            self._covered_since = min(self._covered_since, jump.at)
            while self._spells and jump.at - self._spells[-1][1] <= _MINUTE:  # back in the spell before
                self._covered_since = min(self._covered_since, self._spells.pop()[0])
        self._jumped_down = not self._up and jump.by > timedelta()  # one back hides how long it was down
        self._unheard = self._now
        self._decided_ahead = self._latest
        self._unsettle()
        if self._up:
            self._set_back()

    def _set_back(self) -> None:
        for ladder in self._known.all():
            for reference in ladder.set_back(self._now, self._latest):
                if reference in self._shown:
                    self._outdated.setdefault(reference, 0.0)
        self._latest = self._now

    def _unsettle(self) -> None:
        self._settled = self._now + timedelta(seconds=_SETTLED)
        self._lose_chances()

    def _lose_chances(self) -> None:
        for ladder in self._known.all():
            ladder.unasked = 0.0
            for rungs in ladder.channels.values():
                for rung in rungs:
                    rung.chance = 0.0

    # The daemon

    def _start(self) -> None:
        if self._jumped_down or self._now - self._down_since > _MINUTE or self._first_watch is None:
            self._covered_since = self._now
        self._first_watch = self._first_watch or self._now
        self._up, self._began, self._jumped_down = True, self._now, False
        self._unheard = self._now
        self._shown_again.clear()
        self._unsettle()
        self._set_back()

    def _end(self, end: Ended) -> None:
        self._up, self._down_since = False, self._now
        for ladder in self._known.all():
            ladder.crashes += end.crash
            for rung in (rung for rungs in ladder.channels.values() for rung in rungs):
                if not end.crash or rung.shown_at != self._now:
                    continue
                rung.excused = rung.excused or rung.taken_at == self._now
                self._shown = {ref: one for ref, one in self._shown.items() if ref not in rung.references}
        self._outdated = {ref: age for ref, age in self._outdated.items() if ref in self._shown}
        for ladder, _channel, rung, _again in self._in_hand.values():
            rung.in_hand = None
            ladder.crashes += 1
        self._in_hand.clear()
        if end.crash:
            self._asking.clear()  # who knows which of them were noted
        self._lose_chances()

    # The calendar

    def _polled(self, poll: Polled) -> None:
        if poll.whole:
            self._last_poll = self._now
        for ladder in self._known.polled(poll):
            self._outdate(ladder)

    def _outdate(self, ladder: Ladder) -> None:
        """What is shown of it no longer holds."""
        unnoted = {
            reference
            for rungs in ladder.channels.values()
            for rung in rungs
            if rung.unnoted(self._now)
            for reference in rung.references
        }
        for reference, (owner, _channel) in self._shown.items():
            if owner is ladder and reference not in unnoted:
                self._outdated.setdefault(reference, 0.0)

    # The displays

    def _handed(self, handed: Handed) -> None:
        if handed.rung.startswith(_NO_RUNG):
            return
        ladder = self._ladder_of(handed)
        if ladder is None or ladder.vague:
            return
        rung = ladder.find(handed.channel, handed.rung, self._now)
        if rung is None:
            raise Fault(f"[{handed.rung}] is no rung that {_name(ladder)} has on the {handed.channel}")
        again = self._is_shown_again(handed, ladder, rung)
        if not again:
            self._check(handed, ladder, rung)
        rung.in_hand = handed.number
        self._in_hand[handed.channel, handed.number] = (ladder, handed.channel, rung, again)

    def _ladder_of(self, handed: Handed) -> Ladder | None:
        alias = self._aliases.get(handed.subject)
        if alias is None or handed.start is None:
            raise Fault(f"a reminder of {handed.subject}, which is no session")
        ladder = self._known.ladders.get((alias, handed.start.astimezone(UTC)))
        if ladder is None:
            raise Fault(
                f"a reminder of {alias} at a time at which it does not take place, as the last poll told"
            )
        return ladder

    def _is_shown_again(self, handed: Handed, ladder: Ladder, rung: Rung) -> bool:
        """After a start what is still open is shown in its own place, once."""
        mark = id(ladder), handed.channel
        just_started = abs(self._now - self._began) < timedelta(seconds=_PROMPT)
        if handed.replaces not in rung.references or not just_started or mark in self._shown_again:
            return False
        if handed.replaces in self._outdated:
            raise Fault(f"{handed.replaces} is shown again, although it no longer holds")
        self._shown_again.add(mark)
        return True

    def _check(self, handed: Handed, ladder: Ladder, rung: Rung) -> None:
        what = f"[{rung.name}] of {_name(ladder)}"
        if rung.in_hand is not None:
            raise Fault(f"{what} is handed over while it is being handed over")
        if rung.delivered and not rung.excused and not rung.doubtful:
            raise Fault(f"{what} comes to the {handed.channel} twice")
        if rung.silenced and (not rung.doubtful or rung.name == OPENING):
            raise Fault(f"{what} comes, although it was answered")
        if self._now < rung.due and not rung.delivered:
            raise Fault(f"{what} comes before {rung.due:%H:%M:%S}, when it is due")
        if self._now >= rung.until:
            raise Fault(f"{what} comes after {rung.until:%H:%M:%S}, when it is of no use any more")
        newer = [one for one in ladder.channels[handed.channel] if rung.due < one.due <= self._now]
        if any(not one.silenced and not one.doubtful for one in newer) and not rung.doubtful:
            raise Fault(f"{what} comes, although [{newer[-1].name}] is due")

    def _took(self, took: Took) -> None:
        ladder, channel, rung, again = self._in_hand.pop(
            (took.handed.channel, took.handed.number), (None, "", None, False)
        )
        if took.handed.replaces is not None:
            self._shown.pop(took.handed.replaces, None)
            self._outdated.pop(took.handed.replaces, None)
            self._asking.pop(took.handed.replaces, None)
        if took.handed.rung == "question":
            self._asking[took.reference] = took.handed
        if ladder is None or rung is None:
            return
        rung.in_hand = None
        rung.excused = False
        self._shown[took.reference] = ladder, channel
        if rung.silenced or self._known.ladders.get(ladder.key) is not ladder:
            self._outdated[took.reference] = 0.0
        if took.handed.at > self._now + AHEAD:  # the clock was set back meanwhile: it has not come yet
            self._outdated[took.reference] = 0.0
            return
        ladder.add(Sent(took.handed.at, channel, rung.name, took.reference))
        rung.shown_at = self._now
        if not again:
            rung.taken_at = self._now

    def _refused(self, refused: Refused) -> None:
        ladder, channel, rung, again = self._in_hand.pop(
            (refused.handed.channel, refused.handed.number), (None, "", None, False)
        )
        if rung is None or ladder is None:
            return
        rung.in_hand = None
        rung.chance = 0.0
        rung.refusals += not again
        if rung.name in self._setup.critical and (rung.refusals > 1 or ladder.crashes) and rung.open:
            ladder.spread(rung, channel, doubtful=rung.refusals < 2)

    # The therapist

    def _answered(self, answered: Answered) -> None:
        self._unheard = None  # a command concludes without asking
        ladders = self._known.about(answered.subject)
        if answered.kind is Kind.JOIN:
            return
        if not ladders:  # to a notice of what has moved meanwhile, perhaps: who knows what it was taken for
            ladders = [
                one for key, one in self._known.ladders.items() if key[0] == self._aliases[answered.subject]
            ]
            answered = replace(answered, sure=False)
        for ladder in ladders:
            if not answered.sure:
                ladder.vague = True
                continue
            before = len(ladder.kinds)
            ladder.add(Said(self._now, answered.kind, answered.span))
            if len(ladder.kinds) > before or answered.kind in {Kind.SNOOZE, Kind.LATE}:
                self._outdate(ladder)

    def _rejected(self, rejected: Rejected) -> None:
        self._unheard = None
        for ladder in self._known.about(rejected.subject):
            near = abs(ladder.start - self._now) < _KNOWN
            if rejected.unknown and near and not ladder.vague:
                raise Fault(f"{rejected.kind.value!r} to {_name(ladder)} was not taken: {rejected.why}")

    def _replied(self, replied: Replied) -> None:
        """Who answers what stands there is heard, and not asked again."""
        self._unheard = None
        if replied.says == "missed" and replied.taken is not False:
            self._let_down(replied)
        for ladder in self._known.about(replied.asked.subject):
            if replied.taken is None:
                ladder.vague = True
            if ladder.vague or ladder.start != replied.asked.start:
                continue
            if not replied.taken:
                if ladder.closed and not ladder.ended and not ladder.settled:
                    raise Fault(
                        f"{replied.says!r} to the question about {_name(ladder)} was not taken: {replied.why}"
                    )
                continue
            ladder.add(Settled(self._now))
            self._outdate(ladder)
            self._outdated |= {
                reference: 0.0
                for reference, asked in self._asking.items()
                if asked.subject == replied.asked.subject
            }

    def _let_down(self, replied: Replied) -> None:
        """The client is met with an opening cue, half an hour before the next session."""
        ladders = self._known.about(replied.asked.subject)
        self._known.let_down(self._aliases[replied.asked.subject])
        missed = next((one for one in ladders if one.start == replied.asked.start), None)
        first = self._known.first_after(missed) if missed is not None and replied.taken else None
        if first is not None and not self._has_jumped and self._now < first.start - _OPENS - _MINUTE:
            first.has_to_open()

    def _concluded(self, concluded: Concluded) -> None:
        for ladder in self._known.about(concluded.subject):
            if ladder.settled and not ladder.vague:
                raise Fault(f"{_name(ladder)} is asked about, although the therapist said what became of it")
            # said again: the question is still open, or about the same session's next identity
            if ladder.closed:
                continue
            if not ladder.vague:
                self._check_conclusion(ladder, concluded)
            ladder.add(Closed(self._now))
            self._outdate(ladder)

    def _check_conclusion(self, ladder: Ladder, concluded: Concluded) -> None:
        what = f"{_name(ladder)} is noted as {concluded.verdict}"
        since = max(self._unheard, self._decided_ahead) if self._unheard is not None else None
        if since is not None and concluded.decided_at >= since:
            raise Fault(f"{what} before the calendar was asked")
        if ladder.ended:
            raise Fault(f"{what}, although the therapist said that they were there")
        if concluded.decided_at < ladder.deadline:
            raise Fault(f"{what} before {ladder.deadline:%H:%M:%S}")
        if concluded.verdict != "suspected_miss":
            return
        planned = [
            rung.due for rungs in ladder.channels.values() for rung in rungs if rung.until > ladder.seen_at
        ]
        decisive = max(ladder.start - _DECISIVE, min(planned, default=ladder.start)) + _MINUTE
        if concluded.decided_at >= self._covered_since > decisive:
            raise Fault(f"{what}, although the daemon watched only since {self._covered_since:%H:%M:%S}")
        if self._last_poll is None or self._last_poll < ladder.deadline - STALE_AFTER - _MINUTE:
            raise Fault(f"{what}, although the calendar was last heard at {self._last_poll}")
        sent = [event for event in ladder.events if isinstance(event, Sent)]
        if not any(event.at <= ladder.start + _MINUTE for event in sent):
            raise Fault(f"{what}, although no reminder came by its start")
        calls = [[rung for rung in rungs if not rung.silenced] for rungs in ladder.channels.values()]
        last = [max(rungs, key=lambda rung: rung.due) for rungs in calls if rungs]
        if not any(rung.delivered or rung.doubtful for rung in last):
            raise Fault(f"{what}, although its last reminder never came")


def _patience(rung: Rung, ladder: Ladder) -> float:
    """For how many seconds a channel may be able to take a rung, and not get it."""
    pause = PAUSES[min(rung.refusals + ladder.crashes, len(PAUSES)) - 1] if rung.refusals else 0
    return pause + (_SETTLED if rung.rushed else _PROMPT)


def _name(ladder: Ladder) -> str:
    return f"{ladder.key[0]} at {ladder.start:%b %d %H:%M:%S}"
