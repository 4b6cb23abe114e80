"""What the therapist looks at, which outlives the daemon; and the daemon's channel to it, which does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from kepthour.ports import Answer, ChannelFailed, Notice
from tests.fakes.channels import Options
from tests.model.story import Handed, Mood, Recalled, Refused, Story, Took

_FOREVER = 3600.0  # seconds; no deadline is longer
_SLOWLY = 5.0


@dataclass
class Display:
    """One screen: the open notices by reference, and which channel shows each."""

    name: str
    story: Story
    now: Callable[[], datetime]
    mood: Mood = Mood.TAKES
    shown: dict[str, tuple[Notice, Screen]] = field(default_factory=dict)
    told: dict[str, Handed] = field(default_factory=dict)  # by delivery: how it was last handed over
    after: Callable[[], None] = lambda: None  # called when a notice was taken, before the daemon hears of it
    handed: int = 0


class Process(Protocol):
    """Whose channel it is."""

    def alive(self) -> None:
        """Raises if it is dead: what is dead hands over nothing."""
        ...


class Screen:
    """A channel of one life of the daemon. Satisfies `ports.Channel` and `Recallable`."""

    def __init__(self, display: Display, owner: Process) -> None:
        self._display = display
        self.owner = owner
        self.answered: Callable[[Answer], None] | None = None

    async def open(self, answered: Callable[[Answer], None]) -> None:
        self.answered = answered

    async def send(self, notice: Notice, replaces: str | None) -> str | None:
        self.owner.alive()
        to = self._display
        to.handed += 1
        handed = Handed(
            to.now(), to.handed, to.name, notice.subject, notice.rung, notice.start, notice.title, replaces
        )
        to.story.add(handed)
        await self._consider(handed)
        if replaces is not None:
            to.shown.pop(replaces, None)
        reference = f"{to.name}-{to.handed}-{handed.number}"
        to.shown[reference] = notice, self
        to.told[notice.delivery] = handed
        to.story.add(Took(to.now(), handed, reference))
        to.after()
        return reference

    async def _consider(self, handed: Handed) -> None:
        to = self._display
        if to.mood is Mood.REFUSES:
            to.story.add(Refused(to.now(), handed, "refused"))
            raise ChannelFailed("refused", "The display refuses.", "Let it pass.")
        try:
            if to.mood is not Mood.TAKES:
                await asyncio.sleep(_FOREVER if to.mood is Mood.HANGS else _SLOWLY)
        except asyncio.CancelledError:
            to.story.add(Refused(to.now(), handed, "given up"))
            raise

    async def recall(self, reference: str) -> None:
        self.owner.alive()
        to = self._display
        if to.shown.pop(reference, None) is not None:
            to.story.add(Recalled(to.now(), to.name, reference))

    async def close(self) -> None:
        self.answered = None


class DisplayKind:
    """What an entry point would name: every process gets a channel of its own to the display of that name."""

    Options = Options

    def __init__(self, make: Callable[[str], Screen]) -> None:
        self._make = make

    def make(self, name: str, options: Any) -> Screen:
        assert isinstance(options, Options)
        return self._make(name)
