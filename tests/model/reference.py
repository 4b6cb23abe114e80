"""One session's ladder as docs/day.md promises it, told from the answers and deliveries alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kepthour.core.response import Kind
from kepthour.core.spans import format_offset, in_seconds, parse_offset
from tests.model.setups import Setup
from tests.model.story import Key

AHEAD = timedelta(minutes=5)  # what happened later than so much after now happened in a wrong time
_ABOUT = timedelta(seconds=30)  # around that both is right
OPENING = "opening-cue"
_OPENS = timedelta(minutes=-30)
PAUSES = (2, 5, 15, 30, 60)  # seconds after the first, second … refusal
_NAMED = 1.6  # seconds by which a rung's name may differ from its offset
_A_MOMENT = timedelta(milliseconds=50)
_ONCE = {Kind.ACK, Kind.HERE, Kind.OUT, Kind.JOIN}
SNOOZE, LATE = timedelta(minutes=5), timedelta(minutes=10)  # of a button


@dataclass
class Rung:
    """One reminder on one channel. `doubtful`: it may come, and need not. Instants are aware UTC."""

    name: str
    offset: timedelta
    due: datetime
    until: datetime
    silenced: bool = False
    announced: bool = False  # at a start that a "running late" promised
    doubtful: bool = False
    delivered: bool = False
    references: set[str] = field(default_factory=set)
    taken_at: datetime | None = None  # when a channel last took it
    shown_at: datetime | None = None  # the same, or when it was shown again after a start
    excused: bool = False  # the daemon died before it could note that this was delivered
    in_hand: int | None = None  # the handing over that the channel has not answered yet
    refusals: int = 0
    chance: float = 0.0  # seconds for which it could have been delivered without a break
    rushed: bool = False  # that time began just after a start, a sleep or a step of the clock

    @property
    def open(self) -> bool:
        """Neither delivered nor silenced."""
        return not self.delivered and not self.silenced

    def unnoted(self, at: datetime) -> bool:
        """Shown, but perhaps not noted by the daemon at `at`: it died over it, or was just about to."""
        return self.excused or (self.taken_at is not None and timedelta() <= at - self.taken_at < _A_MOMENT)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    at: datetime
    kind: Kind
    span: timedelta | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery."""

    at: datetime
    channel: str
    rung: str
    reference: str


@dataclass(frozen=True, slots=True)
class Closed:
    """A verdict without an answer: the question takes the ladder's place."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What the therapist replied to the question."""

    at: datetime


Event = Said | Sent | Closed | Settled


class Ladder:
    """One start of one session, from the poll that told of it."""

    def __init__(self, setup: Setup, key: Key, seen_at: datetime) -> None:
        self.key, self.start, self.seen_at = key, key[1], seen_at
        self._setup = setup
        self.ids: set[str] = set()
        self.events: list[Event] = []
        self.vague = False  # too much is uncertain to say anything of it
        self.crashes = 0
        self.unasked: float = 0.0  # seconds after the deadline without a verdict
        self.uncertain = False  # whether it was cancelled, or went elsewhere
        self._spread = False
        self._opens = (
            False  # its client was let down before: half an hour before its start there may be a cue
        )
        self._begin()

    def _begin(self) -> None:
        self.deadline = self.start + self._setup.missed_after
        self.closed = False
        self.settled = False
        self.kinds: set[Kind] = set()
        self.channels = {name: self._rungs(name) for name, _joins in self._setup.channels}

    def _rungs(self, channel: str) -> list[Rung]:
        rungs = [
            Rung(label, at, self.start + at, self.start if at < timedelta() else self.deadline)
            for label, at in self._setup.ladder(channel)
        ]
        if self._opens and dict(self._setup.channels)[channel] is None:
            cue = Rung(OPENING, _OPENS, self.start + _OPENS, self.start, doubtful=True)
            return [cue, *rungs]
        return rungs

    def may_open(self) -> None:
        """Its client was let down before: it may get an opening cue."""
        if self._opens:
            self.doubt_opening()
            return
        self._opens = True
        for channel, rungs in self.channels.items():
            rungs += [rung for rung in self._rungs(channel) if rung.name == OPENING]

    def has_to_open(self) -> None:
        """It has to get one."""
        self.may_open()
        for rungs in self.channels.values():
            for rung in rungs:
                rung.doubtful = rung.doubtful and rung.name != OPENING

    def doubt_opening(self) -> None:
        """Something changed since: perhaps they meet elsewhere first."""
        for rungs in self.channels.values():
            for rung in rungs:
                rung.doubtful = rung.doubtful or rung.name == OPENING

    @property
    def ended(self) -> bool:
        """The therapist was there."""
        return bool(self.kinds & {Kind.HERE, Kind.OUT})

    @property
    def said(self) -> list[Said]:
        """The answers."""
        return [event for event in self.events if isinstance(event, Said)]

    def find(self, channel: str, name: str, now: datetime) -> Rung | None:
        """The rung that a notice of this name is, at `now`."""
        if name == OPENING:
            return next((rung for rung in self.channels[channel] if rung.name == name), None)
        # "+2m" and "+120s" are two rungs of one offset; "+121s" may be a third.
        seconds = parse_offset(name).total_seconds()
        named = [
            rung for rung in self.channels[channel] if abs(rung.offset.total_seconds() - seconds) < _NAMED
        ]
        return min(
            named,
            key=lambda rung: (
                rung.silenced,
                rung.name != name,
                not rung.open,
                rung.due > now,
                -rung.due.timestamp(),
            ),
            default=None,
        )

    def ends(self, channel: str, rung: Rung) -> datetime:
        """When a newer one is due, or it would be of no use any more."""
        newer = [one.due for one in self.channels[channel] if not one.silenced and one.due > rung.due]
        return min([rung.until, *newer])

    def add(self, event: Event) -> None:
        """It happened."""
        self.events.append(event)
        self._apply(event)

    def spread(self, refused: Rung, channel: str, *, doubtful: bool) -> None:
        """What matters and was refused twice goes to the channels that do not have it."""
        for name, rungs in self.channels.items():
            if name != channel and not any(rung.name == refused.name for rung in rungs):
                again = Rung(refused.name, refused.offset, refused.due, refused.until, doubtful=doubtful)
                rungs.append(again)
                self._spread = True

    def set_back(self, now: datetime, before: datetime) -> set[str]:
        """The clock went back to `now`, after it had shown `before`. What happened far ahead no longer holds.

        Returns the references of notices that are to be taken back.
        """
        if before <= now:
            return set()
        dropped = [
            rung.name
            for channel, rungs in self.channels.items()
            for rung in rungs
            if rung.open
            and rung.due <= now + _ABOUT
            and self.ends(channel, rung) <= min(before, now + AHEAD + _ABOUT)
        ]
        kept = [event for event in self.events if self._holds(event, now, _ABOUT)]
        sure = [event for event in kept if self._holds(event, now, -_ABOUT)]
        gone = [event for event in self.events if isinstance(event, Sent) and event not in kept]
        about = [event for event in kept if event not in sure]
        replied = any(isinstance(event, Settled) for event in self.events)  # it may stand, or be taken back
        self.vague = self.vague or self._spread or any(isinstance(event, Said) for event in about) or replied
        refused = any(rung.refusals for rungs in self.channels.values() for rung in rungs)
        doubtful = {*dropped, *(event.rung for event in about if isinstance(event, Sent))}
        unnoted = {
            (channel, rung.name) for channel, rungs in self.channels.items() for rung in rungs if rung.excused
        }
        self.events, self.unasked = kept, 0.0
        self._begin()
        for event in kept:
            self._apply(event)
        for channel, rungs in self.channels.items():
            for rung in rungs:
                rung.excused = (channel, rung.name) in unnoted
        for rung in (rung for rungs in self.channels.values() for rung in rungs):
            rung.refusals = len(PAUSES) if refused else 0
            rung.doubtful = rung.doubtful or rung.name in doubtful
        return {event.reference for event in gone}

    def _holds(self, event: Event, now: datetime, slack: timedelta) -> bool:
        """A verdict is never of the future; the rest may be a little ahead."""
        return event.at <= (now if isinstance(event, Closed) else now + AHEAD + slack)

    def _apply(self, event: Event) -> None:
        match event:
            case Said():
                self._answer(event)
            case Sent():
                rung = self.find(event.channel, event.rung, event.at)
                if rung is not None:
                    rung.delivered = True
                    rung.references.add(event.reference)
            case Closed() | Settled():
                self.closed = True
                self.settled = self.settled or isinstance(event, Settled)
                self._silence(None)

    def _answer(self, said: Said) -> None:
        if said.kind in _ONCE and said.kind in self.kinds:
            return
        self.kinds.add(said.kind)
        match said.kind:
            case Kind.HERE | Kind.OUT:
                self._silence(None)
            case Kind.ACK:
                self._silence(self.start)
            case Kind.SNOOZE if not self.ended:
                self._snooze(said.at, min(said.at + (said.span or SNOOZE), self.start))
            case Kind.LATE if not self.ended:
                self._late(said.at, max(self.start, said.at) + (said.span or LATE))

    def _silence(self, until: datetime | None) -> None:
        for rung in (rung for rungs in self.channels.values() for rung in rungs):
            if rung.open and (until is None or rung.due < until):
                rung.silenced = True

    def _snooze(self, at: datetime, end: datetime) -> None:
        if end <= at:
            return
        for rungs in self.channels.values():
            touched = [rung for rung in rungs if rung.due < end]
            perhaps = all(rung.name == OPENING and rung.doubtful for rung in touched)
            covered = any(rung.open and rung.due == end for rung in rungs)
            if touched and not covered:
                until = self.start if end < self.start else self.deadline
                rungs.append(self._extra(end, until, doubtful=perhaps or Kind.LATE in self.kinds))
        self._silence_before(end)

    def _silence_before(self, end: datetime) -> None:
        for rung in (rung for rungs in self.channels.values() for rung in rungs):
            if rung.open and rung.due < end:
                rung.silenced = True

    def _extra(self, due: datetime, until: datetime, *, doubtful: bool) -> Rung:
        offset = due - self.start
        return Rung(format_offset(offset), offset, due, until, doubtful=doubtful)

    def _anew(self, rungs: list[Rung], moved: dict[int, bool], unnoted: list[Rung]) -> dict[timedelta, bool]:
        """The offsets after the start that an announced start adds a rung for, and whether that is in doubt."""
        after = [rung for rung in rungs if not rung.announced and rung.offset > timedelta()]
        found = {}
        for offset in {rung.offset for rung in after}:
            mine = [rung for rung in after if rung.offset == offset]
            sure_to_move = [rung for rung in mine if moved.get(id(rung)) is False and not rung.doubtful]
            if not sure_to_move:
                found[offset] = any(
                    id(rung) in moved or rung.doubtful or any(rung is one for one in unnoted) for rung in mine
                )
        return found

    def _late(self, at: datetime, announced: datetime) -> None:
        """Those from the start on come anew from the announced start on: moved, or added again."""
        by = announced - self.start
        over = at >= self.deadline
        deadline = self.start + self._setup.missed_after + by
        for channel, rungs in self.channels.items():
            for rung in rungs:  # the last announcement counts
                rung.silenced = rung.silenced or (rung.announced and rung.open)
            own = [rung for rung in rungs if not rung.offset]
            touched = any(rung.due < announced for rung in rungs)
            moves = [rung for rung in rungs if rung.open and not rung.due < self.start]
            moved = {id(rung): at >= self.ends(channel, rung) for rung in moves}
            unnoted = [rung for rung in rungs if rung.unnoted(at) and not rung.due < self.start]
            anew = self._anew(rungs, moved, unnoted)
            for rung in unnoted:
                rung.doubtful = True  # to the daemon it may be one that moves
                rung.until = deadline
            for rung in moves:
                rung.doubtful = rung.doubtful or moved[id(rung)] or over
                rung.due, rung.until = self.start + rung.offset + by, deadline
                rung.chance = 0.0
            if touched and not any(id(rung) in moved and not rung.doubtful for rung in own):
                doubtful = over or not own or any(id(rung) in moved or rung.doubtful for rung in own)
                extra = self._extra(announced, deadline, doubtful=doubtful)
                if any(rung.name == extra.name for rung in rungs):
                    extra.name = in_seconds(extra.offset)
                extra.announced = True
                rungs.append(extra)
            for offset, doubtful in anew.items():
                extra = self._extra(announced + offset, deadline, doubtful=doubtful or over)
                extra.announced = True
                rungs.append(extra)
        self._silence(self.start)
        self.deadline = deadline  # the last announcement counts
