"""Hears what is published on the topic of answers, and begins anew whenever the connection ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from kepthour.channels.ntfy.server import Event, Server
from kepthour.logger import log
from kepthour.ports import ChannelFailed, Clock

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)  # seconds
_SILENCE = timedelta(seconds=100)  # a server says each 45 s that it is there


@dataclass(frozen=True, slots=True)
class Way:
    """Where to listen."""

    server: Server
    topic: str


class Listener:
    """`heard` gets each message, and how long ago it was sent; `mark` is the last one's id, which `marked` takes."""

    def __init__(
        self,
        way: Callable[[], Awaitable[Way]],
        clock: Clock,
        mark: Callable[[], str | None],
        marked: Callable[[str], None],
        heard: Callable[[Event, timedelta], None],
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._way = way
        self._clock = clock
        self._mark = mark
        self._marked = marked
        self._heard = heard
        self._pauses = pauses
        self._task: asyncio.Task[None] | None = None
        # were begun anew, and are letting go of their connections
        self._ending: set[asyncio.Task[None]] = set()
        self._last: datetime | None = None  # when something was heard last
        self._opened = False  # since the present attempt began
        self._problem: str | None = None  # what was logged last

    def begin(self) -> None:
        """Listen from now on; anew, if it does already."""
        if self._task is not None:
            self._task.cancel()
            self._ending.add(self._task)
            self._task.add_done_callback(self._ending.discard)
        self._task = asyncio.create_task(self._listen())

    def look(self) -> None:
        """A notice goes out: if nothing was heard for too long, as after a sleep, do not wait for it to be noticed."""
        if self._last is not None and abs(self._clock.now() - self._last) > _SILENCE:
            self.begin()

    async def end(self) -> None:
        """Stop."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, *self._ending, return_exceptions=True)

    async def _listen(self) -> None:
        attempt = 0
        while True:
            self._opened = False
            code = await self._attempt()
            attempt = 0 if self._opened else attempt + 1
            self._tell(code)
            await asyncio.sleep(self._pauses[min(attempt, len(self._pauses) - 1)])

    async def _attempt(self) -> str:
        """Listen until it ends; why it did."""
        try:
            await self._hear()
        except ChannelFailed as error:
            return error.code
        except TimeoutError:
            return "silent"
        except Exception as error:  # noqa: BLE001  supervised: whatever it was, listening must go on
            return f"bug-{type(error).__name__}"
        return "ended"

    async def _hear(self) -> None:
        way = await self._way()
        opened_at = 0
        self._last = self._clock.now()
        async with aclosing(way.server.events(way.topic, self._mark())) as events:
            while (event := await _next(events)) is not None:
                if self._is_stale():
                    return  # what comes now may have waited long: asked for anew, its age is known
                if event.event == "open":
                    opened_at = event.time
                    self._open()
                elif event.event == "message":
                    # By the server's clock alone: it may differ from ours.
                    self._heard(event, timedelta(seconds=max(0, opened_at - event.time)))
                    self._marked(event.id)

    def _is_stale(self) -> bool:
        before, self._last = self._last, self._clock.now()
        return before is not None and abs(self._last - before) > _SILENCE

    def _open(self) -> None:
        self._opened = True
        if self._problem is not None:
            log.info("answers.heard_again")
        self._problem = None

    def _tell(self, code: str) -> None:
        """Once, not at each attempt; that a server ends a connection and takes the next is nothing to tell."""
        if code not in {self._problem, "ended"} and not self._opened:
            log.warning("answers.not_heard", problem=code)
            self._problem = code


async def _next(events: AsyncGenerator[Event, None]) -> Event | None:
    """The next one; None: there are no more. Raises TimeoutError, ChannelFailed."""
    async with asyncio.timeout(_SILENCE.total_seconds()):
        return await anext(events, None)
