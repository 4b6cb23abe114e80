"""Whole days on a fake clock: a calendar in memory, a recording channel, everything else real."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from kepthour.app import App
from kepthour.config.reading import load
from kepthour.core.replies import SAYS
from kepthour.core.response import Kind
from kepthour.plugins import CHANNELS, CONNECTORS, EVIDENCE, Plugins
from kepthour.ports import Answer, Notice
from kepthour.runtime.asker import Asker
from kepthour.runtime.pump import Pump
from kepthour.store import reminders, watches
from kepthour.store.cards import Card
from kepthour.store.cards import everything as all_cards
from kepthour.views.agenda import Entry, agenda
from tests.fakes.calendars import MemoryCalendar, MemoryKind
from tests.fakes.channels import Recorder, RecorderKind
from tests.fakes.evidence import Room
from tests.fakes.observer import Seen
from tests.support.at_once import at_once
from tests.support.calendars import calendar, event
from tests.support.clock import FakeClock
from tests.support.fence import TITLE
from tests.support.stores import opened

BERLIN = ZoneInfo("Europe/Berlin")
_IDLE = timedelta(minutes=5)  # less than after which a calendar counts as out of date
_QUIET = timedelta(minutes=30)  # less than the pump looks ahead for what will have to be decided
_SIGN = timedelta(seconds=30)  # a daemon gives one at least as often
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CONFIG = """
timezone = "Europe/Berlin"
[[calendars]]
name = "practice"
type = "memory"
sessions = "all"
[channels.screen]
type = "recorder"
[digests]
enabled = false
[sweep]
enabled = false
[quiet]
end_cues = []
"""


class FakePlugins(Plugins):
    """The installed kinds, and the fakes `memory`, `recorder`, `room` and `seen`."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.memory = MemoryKind()
        self.recorder = RecorderKind(clock)
        self.room = Room()
        self.seen = Seen()

    def _load(self, group: str, name: str) -> object:
        fakes = {
            (CONNECTORS, "memory"): self.memory,
            (CHANNELS, "recorder"): self.recorder,
            (EVIDENCE, "room"): self.room,
            (EVIDENCE, "seen"): self.seen,
        }
        return fakes.get((group, name)) or super()._load(group, name)


class Day:
    """A therapist's day. Times are local in Berlin, written as "2026-03-02 09:00"."""

    threads = False  # whether real threads do what a daemon leaves to them: for what blocks one

    def __init__(self, folder: Path, at: str, config: str = CONFIG) -> None:
        self.clock = FakeClock(when(at))
        self.plugins = FakePlugins(self.clock)
        self.folder = folder
        self.store_path = folder / "kepthour.db"
        self.config = config
        self.start()

    def start(self) -> None:
        """The daemon starts (again) on the same store, with the present configuration."""
        file = self.folder / "config.toml"
        file.write_text(self.config, encoding="utf-8")
        self.app = App(load(file, self.plugins), opened(self.store_path), self.plugins, self.clock)
        self.channels = {name: self.plugins.recorder.make(name, None) for name in self.app.channels()}
        for channel in self.channels.values():
            channel.answered = self._answered
        self._heard = False
        self._polled: list[str] = []  # the calendars' cursors then
        dispatcher = self.app.dispatcher(dict(self.channels), lambda: None)
        self.pump = Pump(self.app, dispatcher, Asker(self.app, self._hear), lambda _leap: self._hear())

    async def restart(self) -> None:
        """The daemon ends and starts again, and takes up its work as a daemon does."""
        await self.pump.close()
        self.app.close()
        self.app.store.close()
        self.start()
        await self.pump.dispatcher.show_again()
        await self.pump.dispatcher.settle()
        self.app.refresh()
        self.app.replan()
        self.sync()

    @property
    def calendar(self) -> MemoryCalendar:
        """The calendar "practice"."""
        return self.plugins.memory.calendar("practice")

    @property
    def screen(self) -> Recorder:
        """The channel "screen"."""
        return self.channels["screen"]

    def put(self, uid: str, start: str, minutes: int = 50, *more: str, title: str = f"AB {TITLE}") -> None:
        """Put one event into the calendar."""
        begins = datetime.fromisoformat(start)
        ends = begins + timedelta(minutes=minutes)
        stamp = "%Y%m%dT%H%M%S"
        text = calendar(event(uid, title, begins.strftime(stamp), ends.strftime(stamp), *more))
        self.calendar.put(f"{uid}.ics", text)

    def hang_up(self) -> None:
        """Let go of the calendars' connections, as after a fault: the next poll makes new ones."""
        for source in self.app.sources.by_name.values():
            source.connector.close()

    def sync(self) -> bool:
        """Poll, as the daemon does; whether there was news."""
        polled = [self.app.ask(one.name) for one in self.app.config.calendars]
        self._polled = [cursor for cursor in self._cursors() if cursor is not None]
        return any(one.news or one.mended for one in polled)

    async def until(self, at: str, every: timedelta = timedelta(minutes=1)) -> None:
        """Let time pass up to `at`, turn by turn, as the daemon's timer would; polls go on, one `every` so long.

        With more than a minute between two turns the daemon counts as having slept.
        """
        end = when(at)
        while True:
            await self._turn()
            if self.clock.at >= end:
                return
            self._move_on(end, every)

    def _move_on(self, end: datetime, every: timedelta = timedelta(minutes=1)) -> None:
        """To what comes next. Of the turns in which nothing is due few are left: a day of them would take seconds.

        A poll and a turn a minute; while nothing is new, and nothing foreseen before the next five are over, a poll
        in five and a turn in thirty.
        """
        foreseen, quiet_until = self._next_due(), self.clock.at + _QUIET
        while every <= timedelta(minutes=1) and self._is_idle():
            if foreseen is not None and foreseen < self._full(_IDLE):
                break
            news = self._pass(min(self._full(_IDLE), end), every)
            if news or self.clock.at >= min(quiet_until, foreseen or end, end):
                return
        self._pass(min(foreseen or end, self._full(every), end), every)

    def _pass(self, until: datetime, every: timedelta) -> bool:
        """Nothing but signs of life, and the poll that is due then, if one is; whether it brought news."""
        if every <= timedelta(minutes=1):
            self._keep_watch(until)
        least = timedelta(milliseconds=1 if self.pump.sound else 1000)
        self.clock.at = max(until, self.clock.at + least)
        return not (self.clock.at - _EPOCH) % every and self.sync()

    def _full(self, step: timedelta) -> datetime:
        """When the next `step` begins."""
        return self.clock.at + step - (self.clock.at - _EPOCH) % step

    def _is_idle(self) -> bool:
        """Whether calendars are as they were polled, nothing watches this machine, and the last turn was sound."""
        # of others nobody knows whether they have news
        known = len(self._polled) == len(self.app.config.calendars)
        sound = known and self.pump.sound and not self.app.config.evidence
        return sound and self._polled == self._cursors()

    def _cursors(self) -> list[str | None]:
        return [None if one.broken else one.cursor for one in self.plugins.memory.made.values()]

    def _keep_watch(self, until: datetime) -> None:
        """The signs of life of the turns that are left out, told at once: without them there would be gaps."""
        if until - self.clock.at > _SIGN:
            with suppress(ZeroDivisionError), self.app.store.write() as tx:  # a test's own
                watches.beat(tx, until, os.getpid(), "left out", until - self.clock.at + _SIGN)

    def _next_due(self) -> datetime | None:
        try:
            return self.pump.next_due()
        except ZeroDivisionError:  # a test's own: the pump has said so, and goes by what it has in memory
            return self.pump.dispatcher.next_without_store()

    async def _turn(self) -> None:
        """A turn, and the next at once if evidence came or the clock leapt, as the daemon has it."""
        self._heard = False
        if not self.threads:
            at_once()
        await self.pump.turn()
        await self.pump.settle()
        if self._heard:
            await self._turn()

    def _hear(self) -> None:
        self._heard = True

    def sleep_until(self, at: str) -> None:
        """Nothing runs: the machine is asleep, or the daemon is down. Then it polls before it concludes anything."""
        self.clock.at = when(at)
        self.sync()

    def answer(self, kind: Kind, span: timedelta | None = None, session: str | None = None) -> None:
        """The therapist answers on the command line."""
        self.app.answer(kind, session, "cli", span)

    def _answered(self, answer: Answer) -> None:
        if answer.key in SAYS:
            self.app.reply(answer, self.clock.at)
            return
        self.app.answer(Kind(answer.key.value), answer.subject, answer.surface)

    def rungs(self, channel: str = "screen") -> list[tuple[str, str]]:
        """What was received: (local time, rung)."""
        received = self.channels[channel].received
        return [(f"{at.astimezone(BERLIN):%H:%M:%S}", notice.rung) for at, notice in received]

    def rungs_since(self, at: str, channel: str = "screen") -> list[tuple[str, str]]:
        """What was received at the local time `at` ("09:50") or later, whatever the day."""
        return [(when, rung) for when, rung in self.rungs(channel) if when >= at]

    def notices(self) -> list[Notice]:
        """What the screen received."""
        return [notice for _at, notice in self.screen.received]

    def agenda(self, start: str, end: str) -> list[Entry]:
        """The agenda of a span."""
        return agenda(self.app.config, self.app.store, when(start), when(end), self.clock.at)

    def only(self) -> Entry:
        """The one session within a day of now."""
        day = timedelta(days=1)
        found = agenda(
            self.app.config, self.app.store, self.clock.at - day, self.clock.at + day, self.clock.at
        )
        (entry,) = found
        return entry

    def cards(self) -> list[Card]:
        """All repair cards."""
        with self.app.store.read() as tx:
            return all_cards(tx)

    def states(self) -> Iterable[tuple[str, str, str | None]]:
        """The delivery log: (rung, state, why)."""
        with self.app.store.read() as tx:
            found = reminders.everything(tx)
        return [(one.rung, one.state.value, one.why.value if one.why else None) for one in found]


def a_morning(folder: Path, config: str = CONFIG) -> Day:
    """Half past eight, with a session at ten; and others to come, so that the calendar may lose that one."""
    day = Day(folder, "2026-03-02 08:30", config)
    day.put("one", "2026-03-02T10:00:00")
    day.put("other", "2026-03-23T10:00:00")
    day.put("another", "2026-03-24T10:00:00")
    day.sync()
    return day


def when(text: str) -> datetime:
    """A local time in Berlin as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)
