"""A channel that keeps what it is handed, and refuses on request. Satisfies `ports.Channel` and `Recallable`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from kepthour.ports import Answer, ChannelFailed, Clock, Key, Notice
from tests.support.fence import fenced


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")


@dataclass
class Recorder:
    """Keeps (when, notice), in the order of arrival; `open_notices` are those not yet replaced or recalled."""

    clock: Clock
    received: list[tuple[datetime, Notice]] = field(default_factory=list)
    open_notices: dict[str, Notice] = field(default_factory=dict)
    refuse: bool = False
    code: str = "refused"  # with which it does
    hangs: bool = False  # until it is cancelled
    bug: Exception | None = None  # raised by whatever it is asked for
    answered: Callable[[Answer], None] | None = None

    async def open(self, answered: Callable[[Answer], None]) -> None:
        await self._fail()
        self.answered = answered

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        await self._fail()
        if self.refuse:
            raise ChannelFailed(self.code, "The test refuses.", "Let it pass.")
        if replaces is not None:
            self.open_notices.pop(replaces, None)
        fenced(repr(notice))
        reference = f"shown-{len(self.received)}"
        self.received.append((self.clock.now(), notice))
        self.open_notices[reference] = notice
        return reference

    async def recall(self, reference: str) -> None:
        await self._fail()
        self.open_notices.pop(reference, None)

    async def close(self) -> None:
        await self._fail()
        self.answered = None

    async def _fail(self) -> None:
        if self.bug is not None:
            raise self.bug
        if self.hangs:
            await asyncio.Event().wait()

    def press(self, key: Key) -> None:
        """The therapist presses a button on the newest notice."""
        assert self.answered is not None
        _at, notice = self.received[-1]
        self.answered(Answer(notice.delivery, notice.subject, key, "recorder"))


class RecorderKind:
    """What an entry point would name."""

    Options = Options

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.made: dict[str, Recorder] = {}

    def make(self, name: str, options: Options) -> Recorder:
        return self.made.setdefault(name, Recorder(self.clock))
