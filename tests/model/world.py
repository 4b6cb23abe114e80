"""One therapist's world: a calendar, a machine with a daemon, displays, and what happens to them."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from kepthour.app import App
from kepthour.core.errors import KeptHourError, NotFound
from kepthour.core.response import Kind
from kepthour.pipeline.respond import Answered as Answered_
from kepthour.pipeline.settle import Settled
from kepthour.ports import Answer, Key
from kepthour.store.engine import Store
from kepthour.store.sessions import SessionRow
from tests.model.disk import disk
from tests.model.display import Display, Screen
from tests.model.life import Crash, Life
from tests.model.parts import START, FakeParts, configuration, new_store
from tests.model.practice import NAME, Practice
from tests.model.setups import Setup
from tests.model.story import (
    Answered,
    Began,
    Concluded,
    Ended,
    Failed,
    Jumped,
    Mood,
    Polled,
    PollFailed,
    Rejected,
    Replied,
    Stopping,
    Story,
    Told,
    Turned,
)
from tests.model.time import Loop, WallClock
from tests.support.logs import capture_logs

_PATIENCE = 600.0  # seconds


class _Heard(App):
    """Tells the world of every answer, whoever takes it."""

    world: World

    def answer(
        self,
        kind: Kind,
        session_id: str | None,
        surface: str,
        span: timedelta | None = None,
        *more: Any,
        **named: Any,
    ) -> Answered_:
        assert session_id is not None
        take = partial(App.answer, self, kind, session_id, surface, span, *more, **named)
        return self.world.hears(kind, session_id, span, take)

    def reply(self, answer: Answer, at: datetime) -> Settled:
        return self.world.hears_reply(answer, partial(App.reply, self, answer, at))


class World:
    """Every method is something that happens; time passes in `pass_time` only."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.story = Story()
        self.loop = Loop()
        self.loop.set_exception_handler(self._failed)
        self.clock = WallClock(START, self.loop)
        content = new_store()  # before `begin`: it is made on the same disk
        disk().begin(content)
        self.displays = {name: Display(name, self.story, self.clock.now) for name, _joins in setup.channels}
        self._plugins = FakeParts(self._screen)
        self.calendar = self._plugins.memory.calendar(NAME)
        self.practice = Practice(self.calendar)
        self._commands: App | None = None
        self._life: Life | None = None
        self._open: set[str] = set()
        self._broken = False
        self._downtime = timedelta(seconds=1)
        self._begin = asyncio.Event()
        self._keeper = self.loop.create_task(self._keep())

    # The machine

    def start(self) -> None:
        """The service starts; from now on it is started again whenever it dies."""
        self._begin.set()
        self._run(asyncio.sleep(0.01))

    def stop(self) -> None:
        """The service is stopped in peace."""
        self._begin.clear()
        if self._life is not None:
            self.story.add(Stopping(self.clock.now()))
            self._life.stop()
        self._run(asyncio.sleep(0.01))

    def kill(self, downtime: timedelta) -> None:
        """The daemon dies, and is started again after `downtime`."""
        if (life := self._living()) is not None:
            self._downtime = downtime
            life.die()
            self._run(asyncio.sleep(0.01))

    def die_at(self, statement: int, downtime: timedelta) -> None:
        """The daemon is going to die at its n-th statement or commit from now."""
        if (life := self._living()) is not None:
            self._downtime = downtime
            life.die_at(statement)
            self._tell(f"(the daemon is going to die at statement {statement})")

    def die_when_taken(self, channel: str, downtime: timedelta) -> None:
        """The daemon is going to die when this channel has taken a notice, before it can record that."""

        def die() -> None:
            if (life := self._living()) is not None:
                self.displays[channel].after = _nothing
                self._downtime = downtime
                life.die()
                raise Crash

        self.displays[channel].after = die
        self._tell(f"(the daemon is going to die when the {channel} takes a notice)")

    def pass_time(self, span: timedelta) -> None:
        """The world goes on for so long. In hours a display gets well: days of attempts would cost minutes of ours."""
        seconds = max(span.total_seconds(), 0.0)
        self._run(asyncio.sleep(min(seconds, _PATIENCE)))
        if seconds > _PATIENCE:
            for name in self.displays:
                self.turn_display(name, Mood.TAKES)
            self._run(asyncio.sleep(seconds - _PATIENCE))

    def sleep(self, span: timedelta, lag: timedelta) -> None:
        """The machine sleeps. The daemon notices after `lag`, which is 15 s at most."""
        before = self._between_turns()
        self.clock.sleep(span)
        self._leapt(before, lag, slept=True)

    def step(self, by: timedelta, lag: timedelta) -> None:
        """The clock is set. The daemon notices after `lag`, which is 15 s at most."""
        before = self._between_turns()
        self.clock.step(by)
        self._leapt(before, lag, slept=False)

    def _between_turns(self) -> datetime:
        """The daemon is let finish its turn: what it does in the instant of a leap is left open."""
        while (life := self._living()) is not None and not life.resting:
            self._run(asyncio.sleep(0.0001))
        return self.clock.now()

    def _leapt(self, before: datetime, lag: timedelta, *, slept: bool) -> None:
        self.story.add(Jumped(self.clock.now(), before, slept))
        self._open.clear()  # what is open still is told anew
        self._run(asyncio.sleep(lag.total_seconds()))
        if self._life is not None:
            self._life.wake()
            self._run(asyncio.sleep(0.01))

    # The therapist

    def say(self, kind: Kind, subject: str, span: timedelta | None = None) -> None:
        """An answer on the command line: a process of its own on the same store."""
        if self._commands is None:
            self._commands = self._app(disk().commands)
        commands = self._commands
        with suppress(KeptHourError):  # the story tells
            commands.answer(kind, subject, "cli", span)
        if self._life is not None:
            self._life.wake()
        self._run(asyncio.sleep(0.01))

    def press(self, channel: str, reference: str, key: Key) -> None:
        """A button of an open notice. It is dead if the process that showed it is."""
        notice, screen = self.displays[channel].shown[reference]
        if screen.answered is None or screen.owner is not self._living():
            self._tell(f"the therapist presses {key.value!r} on {reference}, which is dead")
            return
        self._tell(f"the therapist presses {key.value!r} on {reference}")
        self.loop.call_soon(screen.answered, Answer(notice.delivery, notice.subject, key, channel))
        self._run(asyncio.sleep(0.01))

    def turn_display(self, channel: str, mood: Mood) -> None:
        """A display changes its mood."""
        if self.displays[channel].mood is not mood:
            self.displays[channel].mood = mood
            self.story.add(Turned(self.clock.now(), channel, mood))

    def sync(self) -> None:
        """The time for a poll has come."""
        if self._life is not None:
            self._life.next_poll = self.clock.now()
            self._life.wake()
        self._run(asyncio.sleep(0.01))

    def changed(self, text: str, *, told: bool = False) -> None:
        """The calendar changed. `told`: the time for a poll has come, too."""
        self._tell(text)
        if told:
            self.sync()

    # What a life tells

    def asks(self, life: Life) -> datetime:
        view = dict(self.practice.view())
        try:
            polled = life.app.ask(NAME)
        except Crash:
            self.story.add(Polled(self.clock.now(), view, whole=False))
            raise
        if polled.problem is None:
            self.story.add(Polled(self.clock.now(), view, whole=True))
        else:
            self.story.add(PollFailed(self.clock.now(), polled.problem))
        return life.app.next_poll(NAME, polled)

    def sees_questions(self, rows: Sequence[SessionRow]) -> None:
        for row in rows:
            if row.id not in self._open and row.verdict is not None and row.decided_at is not None:
                self.story.add(Concluded(self.clock.now(), row.id, row.verdict.value, row.decided_at))
        self._open = {row.id for row in rows}

    def hears(
        self, kind: Kind, subject: str, span: timedelta | None, take: Callable[[], Answered_]
    ) -> Answered_:
        """An answer is given; `take` stores it."""
        try:
            answered = take()
        except Crash:
            self.story.add(Answered(self.clock.now(), subject, kind, span, sure=False))
            raise
        except KeptHourError as error:
            self.story.add(Rejected(self.clock.now(), subject, kind, isinstance(error, NotFound), str(error)))
            raise
        self.story.add(Answered(self.clock.now(), subject, kind, span, sure=True))
        return answered

    def hears_reply(self, answer: Answer, take: Callable[[], Settled]) -> Settled:
        """A question is answered; `take` stores what is said."""
        asked = self.displays[answer.surface].told[answer.delivery]
        taken, why = None, ""
        try:
            settled = take()
            taken = True
        except KeptHourError as error:
            taken, why = False, str(error)
            raise
        finally:
            self.story.add(Replied(self.clock.now(), asked, answer.key.value, taken, why))
        return settled

    def decisive_spells(self, before: timedelta) -> list[tuple[datetime, datetime]]:
        after = self.setup.missed_after
        return [(start - before, start + after) for _alias, start in self.practice.view()]

    def died(self) -> None:
        self.story.add(Ended(self.clock.now(), crash=True))
        self.loop.call_soon(self._end_tasks)

    # How it is made

    def close(self) -> None:
        """Leave nothing behind."""
        try:
            if self._life is not None:
                self._life.dead = True
            self._end_tasks()
            self._keeper.cancel()
            self._run(asyncio.sleep(0.01))
        finally:
            self.loop.close()

    async def _keep(self) -> None:
        """As systemd: starts the daemon, and starts it again when it died."""
        while True:
            await self._begin.wait()
            self.story.add(Began(self.clock.now()))
            screens: dict[str, Screen] = {}
            life = self._life = Life(self._app(disk().daemon), screens, self)
            disk().step = life.step
            screens |= {name: self._screen(name) for name in self.displays}
            await self._lived(life)
            life.app.store.close()
            self._life = None
            if self._broken:
                return
            if life.dead:
                await asyncio.sleep(self._downtime.total_seconds())
            else:
                self.story.add(Ended(self.clock.now(), crash=False))

    async def _lived(self, life: Life) -> None:
        task = self.loop.create_task(life.live())
        await asyncio.wait({task})
        error = None if task.cancelled() else task.exception()
        if error is not None and not life.dead:
            self._fails(error)
            life.dead = True

    def _screen(self, name: str) -> Screen:
        assert self._life is not None
        return Screen(self.displays[name], self._life)

    def _app(self, store: Store) -> App:
        app = _Heard(configuration(self.setup.name), store, self._plugins, self.clock)
        app.world = self
        return app

    def _living(self) -> Life | None:
        return self._life if self._life is not None and not self._life.dead else None

    def _end_tasks(self) -> None:
        """What belonged to a dead process is gone."""
        for task in asyncio.all_tasks(self.loop) - {self._keeper, self._main}:
            task.cancel()

    def _listen(self) -> None:
        """An error in the daemon's log is a failure, but for what tells of a display that refuses."""
        for event in self._logged:
            if event["log_level"] == "error" and event.get("gaps") != ["unheard"]:
                self.story.add(Failed(self.clock.now(), repr(event)))
        self._logged.clear()

    def _run(self, work: Coroutine[None, None, None]) -> None:
        self._main = self.loop.create_task(work)
        with capture_logs() as self._logged:
            self.loop.run_until_complete(self._main)
        self._listen()

    def _failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException) and not isinstance(error, Crash):
            self._fails(error)

    def _fails(self, error: BaseException) -> None:
        self._broken = True
        last = traceback.extract_tb(error.__traceback__)[-1]
        self.story.add(Failed(self.clock.now(), f"{error!r} at {last.filename}:{last.lineno}"))

    def _tell(self, text: str) -> None:
        self.story.add(Told(self.clock.now(), text))


def _nothing() -> None:
    return
