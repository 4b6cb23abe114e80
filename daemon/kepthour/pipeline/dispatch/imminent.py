"""Keeps the moments before a hand-over free: work beside it, which takes some milliseconds, would make it late."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_MAKE_WAY = 0.05  # seconds


class Imminent:
    """The hand-overs that are near. Lives on the event loop: enter it around each."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()

    def __enter__(self) -> None:
        self._count += 1
        self._none.clear()

    def __exit__(self, *_error: object) -> None:
        self._count -= 1
        if not self._count:
            self._none.set()

    async def over(self) -> None:
        """Wait until there is none, for a moment: where one follows the other, the work has to be done all the same."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_MAKE_WAY):
                await self._none.wait()
