"""A phone: an ntfy server, the channel that publishes there, and what it heard back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kepthour.channels.ntfy import Options
from kepthour.channels.ntfy.channel import Ntfy as Channel
from kepthour.channels.ntfy.memory import recall
from kepthour.channels.ntfy.tickets import Ticket, sealed
from kepthour.core.ladder import Urgency
from kepthour.ports import Action, Answer, Key, Notice
from tests.fakes.ntfy import Ntfy
from tests.support.clock import FakeClock
from tests.support.soon import soon

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
HERE, ACK, SNOOZE = Action(Key.HERE, "I'm here"), Action(Key.ACK, "On my way"), Action(Key.SNOOZE, "Snooze")
NOTICE = Notice(
    delivery="7", subject="3de72e0764", rung="-5m", urgency=Urgency.HIGH, title="Session at 14:00 starts in 5 min",
    text="50 min, video.", start=START, end=START + timedelta(minutes=50),
    actions=(Action(Key.JOIN, "Join"), HERE, ACK, SNOOZE), stays=True,
    far_hint="Answer at the computer: kepthour here",
)  # fmt: skip
TOPIC, ANSWERS, TOKEN = "marker-topic", "marker-answers", "tk_marker"


def after(**changes: Any) -> Notice:
    """The next notice of the same session."""
    return replace(NOTICE, **({"delivery": "8", "rung": "-1m"} | changes))


class Phone:
    """Times are of `clock`; the server's own clock is the real one."""

    def __init__(self, server: Ntfy, folder: Path, **keys: Any) -> None:
        self.server = server
        self.clock = FakeClock(START - timedelta(minutes=5))
        self.folder = folder / "house"
        self.keys = {
            "server": server.url,
            "topic": {"command": ["echo", TOPIC]},
            "answers": {"command": ["echo", ANSWERS]},
            **keys,
        }
        self.answers: list[Answer] = []
        self._last = 0

    def channel(self) -> Channel:
        """A channel as a process makes it, at home."""
        made = self.stranger()
        made.house(self.folder, self.clock)
        return made

    def stranger(self) -> Channel:
        """One of a process that only looks."""
        return Channel("phone", Options.model_validate(self.keys), pauses=(0.02,))

    @asynccontextmanager
    async def open(self, *, listens: bool = True) -> AsyncIterator[Channel]:
        """The daemon's channel, from a start to an end."""
        made, before = self.channel(), self.listening
        await made.open(self.answers.append)
        if listens:
            await soon(lambda: self.listening > before, "the stream")
        try:
            yield made
        finally:
            await made.close()

    @property
    def listening(self) -> int:
        """How often the topic of answers was asked for."""
        return sum(
            path.startswith(f"/{ANSWERS}/json") for _method, path, _headers, _body in self.server.requests
        )

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What was published for the phone."""
        return self.server.published(TOPIC)

    def press(self, label: str, ago: int = 0) -> str:
        """On the newest notice."""
        return self.server.press(TOPIC, label, ago)

    async def heard(self) -> list[Answer]:
        """What was taken of all that was sent so far: one that counts is sent after it, and waited for."""
        self._last += 1
        last = Ticket(str(self._last), "the last", Key.OUT, datetime(2100, 1, 1, tzinfo=UTC))
        self.server.put(ANSWERS, sealed(last, recall(self.folder).secret))
        await soon(lambda: self._last in self._lasts(), "the last answer")
        return [one for one in self.answers if one.subject != "the last"]

    def _lasts(self) -> list[int]:
        return [int(one.delivery) for one in self.answers if one.subject == "the last"]
