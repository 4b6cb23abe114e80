"""Random weeks: hypothesis chooses what happens, the world lets it happen, the judge says what was not kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kepthour.core.replies import SAYS
from kepthour.core.response import Kind
from kepthour.ports import Key
from tests.model.judge import Judge
from tests.model.practice import DAILY, Practice, Slot, renewed
from tests.model.setups import SETUPS
from tests.model.story import Mood, Told, Took
from tests.model.world import START, World

ALIASES = ("AB", "CD")
STEPS_A_RUN = 8
_M, _H, _D = 60.0, 3600.0, 86400.0
_DAYS = timedelta(days=6)


def _seconds(*amounts: float) -> st.SearchStrategy[timedelta]:
    return st.sampled_from([timedelta(seconds=amount) for amount in amounts])


AHEAD = _seconds(4 * _M, 10 * _M, 30 * _M, 2 * _H)
SOON = _seconds(5 * _M, 2 * _M, 30, 0, 17 * _M, 2 * _H, _D, 3 * _D)
MOVES = _seconds(10 * _M, -5 * _M, _M, 20 * _M, 2 * _H, -2 * _H, _D)
SPANS = _seconds(10, 29, _M, 90, 4 * _M)
NAPS = _seconds(20, 70, 3 * _M, 20 * _M, 9 * _H, 2 * _D)
LEAPS = _seconds(20, 2 * _M, 4 * _M, 7 * _M, 15 * _M, _H, 9 * _H, 2 * _D, 100 * _D)
LAGS = _seconds(0, 3, 15)
DOWNTIMES = _seconds(1, 5, 40, 3 * _M, 20 * _M)
SNOOZES = _seconds(20, _M, 2 * _M, 10 * _M)
LATES = _seconds(30, _M, 2 * _M, 10 * _M)
WHICH = st.integers(0, 5)
KINDS = st.sampled_from([Kind.ACK, Kind.SNOOZE, Kind.HERE, Kind.LATE, Kind.OUT])
# Not now, but around a rung of the session that is on or comes next: which rung, and how long after it.
AT_A_RUNG = st.tuples(st.integers(0, 3), _seconds(0, 0.5, 1, 7, 20, -0.5))
WHEN = st.none() | AT_A_RUNG
When = tuple[int, timedelta] | None


def _has_slots(machine: Weeks) -> bool:
    return bool(machine.practice.slots)


def _is_near(machine: Weeks) -> bool:
    return bool(machine.near())


class Weeks(RuleBasedStateMachine):
    """One therapist's weeks, on one configuration."""

    @initialize(setup=st.sampled_from(sorted(SETUPS)), ahead=AHEAD, series=st.booleans())
    def begin(self, setup: str, ahead: timedelta, series: bool) -> None:
        """A session is planned, and the daemon starts."""
        self.world = World(SETUPS[setup])
        self.put("AB", START + ahead, series=series)
        self.world.start()

    @property
    def practice(self) -> Practice:
        """The calendar as it truly is."""
        return self.world.practice

    # The calendar

    @precondition(lambda self: len(self.practice.slots) < len(ALIASES))
    @rule(ahead=SOON, series=st.booleans(), when=WHEN)
    def add(self, ahead: timedelta, series: bool, when: When) -> None:
        self.wait(when)
        alias = min(set(ALIASES) - set(self.practice.slots))
        self.put(alias, self.world.clock.now() + ahead, series=series)
        self.world.sync()

    @precondition(_has_slots)
    @rule(which=WHICH, by=MOVES, told=st.booleans(), when=WHEN)
    def move(self, which: int, by: timedelta, told: bool, when: When) -> None:
        self.wait(when)
        slot, number = self.pick(which)
        if slot.series:
            start = dict(slot.moved).get(number, slot.meant(number)) + by
            slot = replace(slot, moved=tuple(sorted({**dict(slot.moved), number: start}.items())))
        else:
            slot = replace(slot, start=slot.start + by)
        self.change(slot, f"{slot.alias}#{number} is moved by {by}", told)

    @precondition(_has_slots)
    @rule(which=WHICH, told=st.booleans(), when=WHEN)
    def delete(self, which: int, told: bool, when: When) -> None:
        self.wait(when)
        alias = self.pick(which)[0].alias
        self.practice.delete(alias)
        self.world.changed(f"{alias} is deleted", told=told)

    @precondition(lambda self: bool(self.practice.lost))
    @rule(told=st.booleans(), when=WHEN)
    def put_back(self, told: bool, when: When) -> None:
        self.wait(when)
        slot = self.practice.lost[min(self.practice.lost)]
        self.change(slot, f"{slot.alias} is put back", told)

    @precondition(_has_slots)
    @rule(which=WHICH, told=st.booleans(), when=WHEN)
    def cancel_or_restore(self, which: int, told: bool, when: When) -> None:
        self.wait(when)
        slot, number = self.pick(which)
        gone = slot.gone ^ {number}
        slot = replace(slot, gone=gone) if slot.series else replace(slot, cancelled=not slot.cancelled)
        self.change(slot, f"{slot.alias}#{number} is cancelled, or restored if it was", told)

    @precondition(_has_slots)
    @rule(which=WHICH, told=st.booleans(), when=WHEN)
    def change_identity(self, which: int, told: bool, when: When) -> None:
        self.wait(when)
        slot = renewed(self.pick(which)[0])
        self.change(slot, f"{slot.alias} gets another UID", told)

    @precondition(_has_slots)
    @rule(which=WHICH, when=WHEN)
    def retitle(self, which: int, when: When) -> None:
        self.wait(when)
        slot = self.pick(which)[0]
        self.change(replace(slot, title=slot.title + "!"), f"{slot.alias} gets another title", told=True)

    def put(self, alias: str, start: datetime, *, series: bool) -> None:
        """A new event, or one that is back under its old identity."""
        start = start.replace(microsecond=0)
        old = self.practice.lost.get(alias)
        slot = Slot(alias, start, series, life=old.life if old else 0)
        self.practice.put(slot)
        self.world.changed(
            f"{alias} is put at {start:%b %d %H:%M:%S}{' and the days after' if series else ''}"
        )

    def change(self, slot: Slot, text: str, told: bool) -> None:
        """`told`: the daemon polls at once."""
        if slot.is_odd:
            return
        self.practice.put(slot)
        self.world.changed(text, told=told)

    def pick(self, which: int) -> tuple[Slot, int]:
        """A slot, and an instance of it."""
        slots = sorted(self.practice.slots)
        return self.practice.slots[slots[which % len(slots)]], which // len(slots) % DAILY

    # Time

    @rule(span=SPANS)
    def go_on(self, span: timedelta) -> None:
        self.world.pass_time(span)

    @precondition(_is_near)
    @rule(rest=_seconds(1, 30, 90))
    def go_on_until_the_deadline(self, rest: timedelta) -> None:
        self.until_the_deadline(rest)

    def until_the_deadline(self, rest: timedelta) -> None:
        """And so much longer."""
        at = self._near()[0] + self.world.setup.missed_after + rest
        self.world.pass_time(at - self.world.clock.now())

    @rule(span=NAPS, lag=LAGS, when=WHEN)
    def sleep(self, span: timedelta, lag: timedelta, when: When) -> None:
        self.wait(when)
        self.world.sleep(span, lag)

    @rule(by=LEAPS, lag=LAGS, when=WHEN)
    def clock_ahead(self, by: timedelta, lag: timedelta, when: When) -> None:
        self.wait(when)
        self.world.step(by, lag)

    @rule(by=LEAPS, lag=LAGS, when=WHEN)
    def clock_back(self, by: timedelta, lag: timedelta, when: When) -> None:
        self.wait(when)
        self.world.step(-by, lag)

    def wait(self, when: When) -> None:
        """Until then, if a session is near."""
        if when is None or not _is_near(self):
            return
        which, offset = when
        rungs = self.world.setup.ladder("screen")
        at = self._near()[0] + rungs[min(which, len(rungs) - 1)][1] + offset
        self.world.pass_time(at - self.world.clock.now())

    def _near(self) -> tuple[datetime, str]:
        """The session that is on, or the next one: its start and its id."""
        return min(self.near())

    def near(self) -> list[tuple[datetime, str]]:
        """Those that are on, or to come in the next days."""
        now, after = self.world.clock.now(), self.world.setup.missed_after
        view = self.practice.view()
        return [(at, one) for (_alias, at), one in view.items() if now < at + after and at < now + _DAYS]

    # The daemon

    @rule(downtime=DOWNTIMES, through=st.booleans(), when=WHEN)
    def kill(self, downtime: timedelta, through: bool, when: When) -> None:
        self.wait(when)
        self.world.kill(downtime)
        if through:
            self.world.pass_time(downtime)

    @rule(downtime=DOWNTIMES, when=WHEN)
    def restart(self, downtime: timedelta, when: When) -> None:
        self.wait(when)
        self.world.stop()
        self.world.pass_time(downtime)
        self.world.start()

    @rule(statement=st.integers(1, 90), downtime=DOWNTIMES, when=WHEN)
    def die_at_a_statement(self, statement: int, downtime: timedelta, when: When) -> None:
        self.wait(when)
        self.world.die_at(statement, downtime)

    @rule(downtime=DOWNTIMES, which=WHICH)
    def die_when_a_notice_was_taken(self, downtime: timedelta, which: int) -> None:
        self.world.die_when_taken(self._channel(which), downtime)

    # The therapist and the displays

    @precondition(_is_near)
    @rule(kind=KINDS, snooze=SNOOZES, late=LATES, when=AT_A_RUNG)
    def answer_at_a_rung(self, kind: Kind, snooze: timedelta, late: timedelta, when: When) -> None:
        self.answer(kind, snooze, late, when)

    @precondition(_is_near)
    @rule(kind=KINDS, snooze=SNOOZES, late=LATES, when=WHEN)
    def answer(self, kind: Kind, snooze: timedelta, late: timedelta, when: When) -> None:
        self.wait(when)
        spans = {Kind.SNOOZE: snooze, Kind.LATE: late}
        if near := self.near():
            self.world.say(kind, min(near)[1], spans.get(kind))

    @rule(which=st.integers(0, 11), when=WHEN)
    def press_a_button(self, which: int, when: When) -> None:
        self.wait(when)
        if buttons := self.buttons():
            self.world.press(*buttons[which % len(buttons)])

    def buttons(self) -> list[tuple[str, str, Key]]:
        """All that can be pressed: channel, reference, key."""
        return [
            (name, reference, action.key)
            for name, display in self.world.displays.items()
            for reference, (notice, _screen) in display.shown.items()
            for action in notice.actions
            if action.key is not Key.JOIN
        ]

    @precondition(_is_near)
    @rule(which=st.integers(0, 11), twice=st.booleans(), rest=_seconds(1, 30, 90))
    def reply_to_the_question(self, which: int, twice: bool, rest: timedelta) -> None:
        self.until_the_deadline(rest)
        for _time in range(1 + twice):
            replies = [button for button in self.buttons() if button[2] in SAYS]
            if replies:
                self.world.press(*replies[which % len(replies)])

    @rule(which=WHICH, mood=st.sampled_from(Mood), when=WHEN)
    def turn_a_display(self, which: int, mood: Mood, when: When) -> None:
        self.wait(when)
        self.world.turn_display(self._channel(which), mood)

    def _channel(self, which: int) -> str:
        names = sorted(self.world.displays)
        return names[which % len(names)]

    # The end

    def deliveries(self) -> int:
        """How many notices were taken in this run."""
        return sum(isinstance(entry, Took) for entry in self.world.story.entries)

    def teardown(self) -> None:
        """A minute more with displays that work, and then the judge."""
        if not hasattr(self, "world"):
            return
        world = self.world
        try:
            for name in world.displays:
                world.turn_display(name, Mood.TAKES)
            world.pass_time(timedelta(seconds=75))
            world.story.add(Told(world.clock.now(), "(that is all)"))  # up to here it is judged
        finally:
            world.close()
        Judge(world.setup, world.story, world.practice.aliases).judge()
