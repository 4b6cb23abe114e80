"""Random weeks: hypothesis chooses what happens, the world lets it happen, the judge says whether promises were kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kepthour.core.response import Kind
from kepthour.ports import Key
from tests.model.judge import Judge
from tests.model.practice import DAILY, Practice, Slot, renewed
from tests.model.setups import SETUPS
from tests.model.story import Mood
from tests.model.world import START, World

ALIASES = ("AB", "CD", "EF")


def _seconds(*amounts: float) -> st.SearchStrategy[timedelta]:
    return st.sampled_from([timedelta(seconds=amount) for amount in amounts])


_M, _H, _D = 60.0, 3600.0, 86400.0
SOON = _seconds(5 * _M, 9 * _M, 4 * _M, 2 * _M, 30, 0, 17 * _M, 2 * _H, _D, 3 * _D)
MOVES = _seconds(10 * _M, -5 * _M, _M, 20 * _M, 2 * _H, -2 * _H, _D)
SPANS = _seconds(1, 10, 29, _M, 90, 4 * _M)
NAPS = _seconds(20, 70, 3 * _M, 20 * _M, 9 * _H, 2 * _D)
STEPS = _seconds(20, 2 * _M, 4 * _M, 7 * _M, 15 * _M, _H, 9 * _H, 2 * _D, 100 * _D)
LAGS = _seconds(0, 3, 15)
DOWNTIMES = _seconds(1, 5, 40, 3 * _M, 20 * _M)
SNOOZES = _seconds(20, _M, 2 * _M, 10 * _M)
LATES = _seconds(30, _M, 2 * _M, 10 * _M)
WHICH = st.integers(0, len(ALIASES) - 1)
INSTANCE = st.integers(0, DAILY - 1)
KINDS = st.sampled_from([Kind.ACK, Kind.SNOOZE, Kind.HERE, Kind.LATE, Kind.OUT])
_DAYS = timedelta(days=6)
OFFSETS = _seconds(0, 0.5, 1, 7, 20, -0.5)


def _has_slots(machine: Weeks) -> bool:
    return bool(machine.practice.slots)


def _is_near(machine: Weeks) -> bool:
    return bool(machine.near())


class Weeks(RuleBasedStateMachine):
    """One therapist's weeks, on one configuration."""

    @initialize(setup=st.sampled_from(sorted(SETUPS)), ahead=_seconds(4 * _M, 10 * _M, 30 * _M, 2 * _H), series=st.booleans())
    def begin(self, setup: str, ahead: timedelta, series: bool) -> None:
        """A session is planned, and the daemon starts."""
        self.world = World(SETUPS[setup])
        self.put("AB", START + ahead, series=series)
        self.world.start()

    def put(self, alias: str, start: datetime, *, series: bool = False) -> None:
        start = start.replace(microsecond=0)
        old = self.practice.slots.get(alias) or self.practice.lost.get(alias)
        slot = Slot(alias, start, series, life=old.life if old else 0)
        self._change(slot, f"{alias} is put at {start:%b %d %H:%M:%S}" + (" and the days after" if series else ""))

    @property
    def practice(self) -> Practice:
        """The calendar as it truly is."""
        return self.world.practice

    def _change(self, slot: Slot, text: str) -> None:
        self.practice.put(slot)
        self.world.changed(text)

    def _pick(self, which: int) -> Slot:
        slots = sorted(self.practice.slots)
        return self.practice.slots[slots[which % len(slots)]]

    # The calendar

    @precondition(lambda self: len(self.practice.slots) < len(ALIASES))
    @rule(ahead=SOON, series=st.booleans())
    def add(self, ahead: timedelta, series: bool) -> None:
        alias = min(set(ALIASES) - set(self.practice.slots))
        self.put(alias, self.world.clock.now() + ahead, series=series)
        self.world.sync()

    @precondition(_has_slots)
    @rule(which=WHICH, number=INSTANCE, by=MOVES, told=st.booleans())
    def move(self, which: int, number: int, by: timedelta, told: bool) -> None:
        slot = self._pick(which)
        if slot.series:
            start = dict(slot.moved).get(number, slot.meant(number)) + by
            slot = replace(slot, moved=tuple(sorted({**dict(slot.moved), number: start}.items())))
        else:
            slot = replace(slot, start=slot.start + by)
        self._change(slot, f"{slot.alias} is moved by {by}")
        self._sync(told)

    @precondition(_has_slots)
    @rule(which=WHICH, told=st.booleans())
    def delete(self, which: int, told: bool) -> None:
        alias = self._pick(which).alias
        self.practice.delete(alias)
        self.world.changed(f"{alias} is deleted")
        self._sync(told)

    @precondition(lambda self: bool(self.practice.lost))
    @rule(told=st.booleans())
    def put_back(self, told: bool) -> None:
        slot = self.practice.lost[min(self.practice.lost)]
        self._change(slot, f"{slot.alias} is put back")
        self._sync(told)

    @precondition(_has_slots)
    @rule(which=WHICH, number=INSTANCE, told=st.booleans())
    def cancel_or_restore(self, which: int, number: int, told: bool) -> None:
        slot = self._pick(which)
        if slot.series:
            slot = replace(slot, gone=slot.gone ^ {number})
        else:
            slot = replace(slot, cancelled=not slot.cancelled)
        self._change(slot, f"{slot.alias}#{number} is cancelled, or restored if it was")
        self._sync(told)

    @precondition(_has_slots)
    @rule(which=WHICH, told=st.booleans())
    def change_identity(self, which: int, told: bool) -> None:
        slot = renewed(self._pick(which))
        self._change(slot, f"{slot.alias} gets another UID")
        self._sync(told)

    @precondition(_has_slots)
    @rule(which=WHICH)
    def retitle(self, which: int) -> None:
        slot = self._pick(which)
        self._change(replace(slot, title=slot.title + "!"), f"{slot.alias} gets another title")
        self.world.sync()

    def _sync(self, told: bool) -> None:
        if told:
            self.world.sync()

    # Time

    @rule(span=SPANS)
    def go_on(self, span: timedelta) -> None:
        self.world.pass_time(span)

    @precondition(_is_near)
    @rule(which=st.integers(0, 3), offset=OFFSETS)
    def until_a_rung(self, which: int, offset: timedelta) -> None:
        """Of the next session, or of the one that is on."""
        rungs = self.world.setup.ladder("screen")
        at = self._near()[0] + rungs[min(which, len(rungs) - 1)][1] + offset
        self.world.pass_time(at - self.world.clock.now())

    @precondition(_is_near)
    @rule(rest=_seconds(1, 30, 90))
    def until_the_deadline(self, rest: timedelta) -> None:
        at = self._near()[0] + self.world.setup.missed_after + rest
        self.world.pass_time(at - self.world.clock.now())

    def _near(self) -> tuple[datetime, str]:
        """The session that is on, or the next one: its start and its id."""
        return min(self.near())

    def near(self) -> list[tuple[datetime, str]]:
        """Those that are on, or to come in the next days."""
        now, after = self.world.clock.now(), self.world.setup.missed_after
        view = self.practice.view()
        return [(at, one) for (_alias, at), one in view.items() if now < at + after and at < now + _DAYS]

    @rule(span=NAPS, lag=LAGS)
    def sleep(self, span: timedelta, lag: timedelta) -> None:
        self.world.sleep(span, lag)

    @rule(by=STEPS, lag=LAGS)
    def clock_ahead(self, by: timedelta, lag: timedelta) -> None:
        self.world.step(by, lag)

    @rule(by=STEPS, lag=LAGS)
    def clock_back(self, by: timedelta, lag: timedelta) -> None:
        self.world.step(-by, lag)

    # The daemon

    @rule(downtime=DOWNTIMES, through=st.booleans())
    def kill(self, downtime: timedelta, through: bool) -> None:
        self.world.kill(downtime)
        if through:
            self.world.pass_time(downtime)

    @rule(downtime=DOWNTIMES)
    def restart(self, downtime: timedelta) -> None:
        self.world.stop()
        self.world.pass_time(downtime)
        self.world.start()

    @rule(statement=st.integers(1, 60), downtime=DOWNTIMES)
    def die_at_a_statement(self, statement: int, downtime: timedelta) -> None:
        self.world.die_at(statement, downtime)

    @rule(downtime=DOWNTIMES, data=st.data())
    def die_when_a_notice_was_taken(self, downtime: timedelta, data: st.DataObject) -> None:
        self.world.die_when_taken(data.draw(st.sampled_from(sorted(self.world.displays))), downtime)

    # The therapist and the displays

    @precondition(_is_near)
    @rule(kind=KINDS, snooze=SNOOZES, late=LATES)
    def answer(self, kind: Kind, snooze: timedelta, late: timedelta) -> None:
        spans = {Kind.SNOOZE: snooze, Kind.LATE: late}
        self.world.say(kind, self._near()[1], spans.get(kind))

    @precondition(lambda self: bool(self.buttons()))
    @rule(which=st.integers(0, 11))
    def press_a_button(self, which: int) -> None:
        buttons = self.buttons()
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

    @rule(data=st.data(), mood=st.sampled_from(Mood))
    def turn_a_display(self, data: st.DataObject, mood: Mood) -> None:
        self.world.turn_display(data.draw(st.sampled_from(sorted(self.world.displays))), mood)

    def teardown(self) -> None:
        """A minute more with displays that work, and then the judge."""
        if not hasattr(self, "world"):
            return
        world = self.world
        try:
            for name in world.displays:
                world.turn_display(name, Mood.TAKES)
            world.pass_time(timedelta(seconds=75))
        finally:
            world.close()
        Judge(world.setup, world.story, world.practice.aliases).judge()
