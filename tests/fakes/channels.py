"""A channel that keeps what it is handed, and refuses on request. Satisfies `ports.Channel` and `Recallable`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from kepthour.ports import Answer, ChannelFailed, Clock, Key, Notice


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")


@dataclass
class Recorder:
    """Keeps (when, notice), in the order of arrival; `open_notices` are those not yet replaced or recalled."""

    clock: Clock
    received: list[tuple[datetime, Notice]] = field(default_factory=list)
    open_notices: dict[str, Notice] = field(default_factory=dict)
    refuse: bool = False
    answered: Callable[[Answer], None] | None = None

    async def open(self, answered: Callable[[Answer], None]) -> None:
        self.answered = answered

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        if self.refuse:
            raise ChannelFailed("refused", "The test refuses.", "Let it pass.")
        if replaces is not None:
            self.open_notices.pop(replaces, None)
        reference = f"shown-{len(self.received)}"
        self.received.append((self.clock.now(), notice))
        self.open_notices[reference] = notice
        return reference

    async def recall(self, reference: str) -> None:
        self.open_notices.pop(reference, None)

    async def close(self) -> None:
        self.answered = None

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
